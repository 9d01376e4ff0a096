//! The pools that the stage's stack makes, as it makes them: for tests that make them on an emulator.

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, AttributeDataType, ExplicitAuthFlowsType, OAuthFlowType, ResourceServerScopeType,
    SchemaAttributeType,
};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_ports::identity::IdentityError;

use super::errors::refused;
use super::pools::PoolSettings;
use super::{AdminPool, Mail, Pools, SharedPool};
use crate::fault::call;

/// Scopes of the admin API, by the resource server they are of.
pub const SCOPES: [(&str, [&str; 2]); 2] =
    [("tenant", ["tenant_read", "tenant_write"]), ("user", ["user_read", "user_write"])];
pub const GROUPS: [&str; 2] = ["SystemAdmin", "SystemViewer"];

/// Makes the admins' pool and the shared one. Each call makes others.
pub async fn create(sdk: &SdkConfig, stage: &str, app_origins: Vec<String>) -> Result<Pools, IdentityError> {
    let client = Client::new(sdk);
    let admins = Some(admins(&client, stage).await?);
    let settings = PoolSettings::shared(stage, Mail::Cognito);
    let named = call("cognito-idp:CreateUserPool", settings.name.clone());
    let made = settings.create(&client)?.send().await.map_err(|e| named.fault(e))?;
    let id = pool_id(made.user_pool.as_ref().and_then(|pool| pool.id()))?;
    let client = people(&client, &id, &settings.name, &app_origins).await?;
    let pooled = Some(SharedPool { id, client });
    Ok(Pools { stage: stage.to_owned(), admins, pooled, app_origins, mail: Mail::Cognito })
}

async fn admins(client: &Client, stage: &str) -> Result<AdminPool, IdentityError> {
    let name = format!("{stage}-admins");
    let named = |what| call(what, format!("user pool {name}"));
    let role = SchemaAttributeType::builder().name("userRole").attribute_data_type(AttributeDataType::String);
    let create = client
        .create_user_pool()
        .pool_name(&name)
        .schema(role.mutable(true).build())
        .admin_create_user_config(AdminCreateUserConfigType::builder().allow_admin_create_user_only(true).build());
    let made = create.send().await.map_err(|e| named("cognito-idp:CreateUserPool").fault(e))?;
    let id = pool_id(made.user_pool.as_ref().and_then(|pool| pool.id()))?;
    for group in GROUPS {
        let sent = client.create_group().user_pool_id(id.as_str()).group_name(group).send().await;
        sent.map_err(|e| named("cognito-idp:CreateGroup").fault(e))?;
    }
    for (server, scopes) in SCOPES {
        let mut create = client.create_resource_server().user_pool_id(id.as_str()).identifier(server).name(server);
        for scope in scopes {
            let scope = ResourceServerScopeType::builder().scope_name(scope).scope_description(scope).build();
            create = create.scopes(scope.map_err(|e| IdentityError::broken("a scope could not be built", e))?);
        }
        create.send().await.map_err(|e| named("cognito-idp:CreateResourceServer").fault(e))?;
    }
    let machine = client
        .create_user_pool_client()
        .user_pool_id(id.as_str())
        .client_name(format!("{name}-machines"))
        .generate_secret(true)
        .allowed_o_auth_flows_user_pool_client(true)
        .allowed_o_auth_flows(OAuthFlowType::ClientCredentials)
        .set_allowed_o_auth_scopes(Some(vec!["tenant/tenant_read".into(), "tenant/tenant_write".into()]));
    let machine = machine.send().await.map_err(|e| named("cognito-idp:CreateUserPoolClient").fault(e))?;
    let machine = client_id(machine.user_pool_client.as_ref().and_then(|made| made.client_id()))?;
    let people = people(client, &id, &name, &[]).await?;
    let groups = GROUPS.map(str::to_owned).to_vec();
    Ok(AdminPool { id, user_clients: vec![people], machine_clients: vec![machine], groups })
}

async fn people(client: &Client, pool: &PoolId, name: &str, origins: &[String]) -> Result<ClientId, IdentityError> {
    let create = client
        .create_user_pool_client()
        .user_pool_id(pool.as_str())
        .client_name(name)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
        .write_attributes("email")
        .set_callback_urls((!origins.is_empty()).then(|| origins.to_vec()))
        .set_logout_urls((!origins.is_empty()).then(|| origins.to_vec()));
    let named = call("cognito-idp:CreateUserPoolClient", format!("user pool {name}"));
    let made = create.send().await.map_err(|e| named.fault(e))?;
    client_id(made.user_pool_client.as_ref().and_then(|made| made.client_id()))
}

fn pool_id(id: Option<&str>) -> Result<PoolId, IdentityError> {
    let id = id.unwrap_or_default();
    PoolId::parse(id).map_err(|_| refused(format!("Cognito names a user pool {id:?}, which is no id")))
}

fn client_id(id: Option<&str>) -> Result<ClientId, IdentityError> {
    let id = id.unwrap_or_default();
    ClientId::parse(id).map_err(|_| refused(format!("Cognito names a client {id:?}, which is no id")))
}
