//! The user pools that the stage's stack makes.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, ExplicitAuthFlowsType, OAuthFlowType, UserPoolClientType, UserPoolType,
};
use tenantry_contract::id::{ClientId, PoolId};

use super::finding::Findings;
use crate::fault::{Fault, call};
use crate::identity::pools::PoolSettings;
use crate::identity::stage::SCOPES;
use crate::identity::{AdminPool, Pools, SharedPool};

pub(super) async fn look(sdk: &SdkConfig, pools: &Pools, findings: &mut Findings<'_>) {
    let client = Client::new(sdk);
    if let Some(admins) = &pools.admins {
        look_at_admins(&client, admins, findings).await;
    }
    if let Some(pooled) = &pools.pooled {
        look_at_pooled(&client, pools, pooled, findings).await;
    }
}

async fn look_at_admins(client: &Client, admins: &AdminPool, findings: &mut Findings<'_>) {
    let what = format!("the admins' user pool {}", admins.id);
    match pool(client, &admins.id).await {
        Ok(pool) => {
            let closed =
                pool.admin_create_user_config().is_some_and(AdminCreateUserConfigType::allow_admin_create_user_only);
            let open = "anybody may sign up as an admin; allow administrators only to create users".to_owned();
            findings.differs(what, if closed { &[] } else { std::slice::from_ref(&open) });
        }
        Err(fault) => return findings.fault(what, &fault, "set admin-pool to the id of the stage's"),
    }
    for id in &admins.user_clients {
        let what = format!("the admins' app client {id}");
        match app_client(client, &admins.id, id).await {
            Ok(found) => findings.differs(what, &people(&found)),
            Err(fault) => findings.fault(what, &fault, "set admin-user-client to a client of that pool"),
        }
    }
    for id in &admins.machine_clients {
        let what = format!("the machines' app client {id}");
        match app_client(client, &admins.id, id).await {
            Ok(found) => findings.differs(what, &machines(&found)),
            Err(fault) => findings.fault(what, &fault, "set admin-machine-client to a client of that pool"),
        }
    }
    for (server, scopes) in SCOPES {
        let what = format!("resource server {server} of user pool {}", admins.id);
        let got = client.describe_resource_server().user_pool_id(admins.id.as_str()).identifier(server).send().await;
        match got.map_err(|e| call("cognito-idp:DescribeResourceServer", what.clone()).fault(e)) {
            Ok(got) => {
                let has: BTreeSet<_> = got
                    .resource_server()
                    .map(|server| server.scopes().iter().map(|scope| scope.scope_name().to_owned()).collect())
                    .unwrap_or_default();
                let lacks = scopes.iter().filter(|scope| !has.contains(**scope));
                findings.differs(what, &lacks.map(|scope| format!("it lacks the scope {scope}")).collect::<Vec<_>>());
            }
            Err(fault) => findings.fault(what, &fault, &format!("make it with the scopes {}", scopes.join(", "))),
        }
    }
    for group in &admins.groups {
        let what = format!("group {group} of user pool {}", admins.id);
        let got = client.get_group().user_pool_id(admins.id.as_str()).group_name(group).send().await;
        match got.map_err(|e| call("cognito-idp:GetGroup", what.clone()).fault(e)) {
            Ok(_) => findings.fine(what),
            Err(fault) => findings.fault(what, &fault, "make it, or take it out of admin-groups"),
        }
    }
}

async fn look_at_pooled(client: &Client, pools: &Pools, pooled: &SharedPool, findings: &mut Findings<'_>) {
    let what = format!("the pooled tenants' user pool {}", pooled.id);
    match pool(client, &pooled.id).await {
        Ok(pool) => {
            let drift = PoolSettings::shared(&pools.stage, pools.mail.clone()).drift(&pool);
            findings.differs(what, &drift.into_iter().collect::<Vec<_>>());
        }
        Err(fault) => return findings.fault(what, &fault, "set pooled-pool to the id of the stage's"),
    }
    let what = format!("the pooled tenants' app client {}", pooled.client);
    match app_client(client, &pooled.id, &pooled.client).await {
        Ok(found) => findings.differs(what, &people(&found)),
        Err(fault) => findings.fault(what, &fault, "set pooled-client to a client of that pool"),
    }
}

async fn pool(client: &Client, id: &PoolId) -> Result<UserPoolType, Fault> {
    let named = || call("cognito-idp:DescribeUserPool", format!("user pool {id}"));
    let got = client.describe_user_pool().user_pool_id(id.as_str()).send().await.map_err(|e| named().fault(e))?;
    got.user_pool.ok_or_else(|| named().nonsense("the answer has no pool"))
}

async fn app_client(client: &Client, pool: &PoolId, id: &ClientId) -> Result<UserPoolClientType, Fault> {
    let named = || call("cognito-idp:DescribeUserPoolClient", format!("client {id} of user pool {pool}"));
    let describe = client.describe_user_pool_client().user_pool_id(pool.as_str()).client_id(id.as_str());
    let got = describe.send().await.map_err(|e| named().fault(e))?;
    got.user_pool_client.ok_or_else(|| named().nonsense("the answer has no client"))
}

fn people(client: &UserPoolClientType) -> Vec<String> {
    let mut found = Vec::new();
    if !client.explicit_auth_flows().contains(&ExplicitAuthFlowsType::AllowUserPasswordAuth) {
        found.push(
            "it does not take passwords, by which the command line signs in; allow ALLOW_USER_PASSWORD_AUTH".into(),
        );
    }
    if client.write_attributes().is_empty() {
        found.push("it may write every attribute, a user's tenant too; let it write email only".into());
    } else if client.write_attributes().iter().any(|name| name.starts_with("custom:")) {
        found.push("it may write custom attributes, such as a user's tenant; let it write email only".into());
    }
    found
}

fn machines(client: &UserPoolClientType) -> Vec<String> {
    let mut found = Vec::new();
    if !client.allowed_o_auth_flows().contains(&OAuthFlowType::ClientCredentials) {
        found.push("it has no client-credentials flow; allow it".to_owned());
    }
    if !client.allowed_o_auth_scopes().iter().any(|scope| scope.starts_with("tenant/")) {
        found.push("it has no scope such as tenant/tenant_read; allow some".to_owned());
    }
    found
}
