//! What somebody changes by hand, the provisioner finds by its own looks and mends.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{AdminCreateUserConfigType, UserPoolType};
use tenantry_aws::runtime::names;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;

use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_opened_by_hand_is_closed_again() {
    let stage = Stage::new().await;
    let control_plane = Role::start(&stage, "control-plane");
    let mut provisioner = command(&stage, "provisioner");
    provisioner.env("TENANTRY_DRIFT_SECONDS", "5");
    let _provisioner = Role::spawn(provisioner);
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    let (registration, tenant) = client.register("acme", "advanced").await;
    client.until(&registration, "Created", PATIENCE).await;
    let tenant = TenantId::parse(&tenant).unwrap();
    let config = client.tenant_config("acme").await;
    let (pool, app) = (config["userPoolId"].as_str().unwrap(), config["appClientId"].as_str().unwrap());

    let cognito = aws_sdk_cognitoidentityprovider::Client::new(&stage.sdk);
    let described = || async {
        let pool: UserPoolType =
            cognito.describe_user_pool().user_pool_id(pool).send().await.unwrap().user_pool.unwrap();
        let app = cognito.describe_user_pool_client().user_pool_id(pool.id().unwrap()).client_id(app);
        let app = app.send().await.unwrap().user_pool_client.unwrap();
        let closed =
            pool.admin_create_user_config().is_some_and(AdminCreateUserConfigType::allow_admin_create_user_only);
        (closed, pool.domain().map(str::to_owned), app.write_attributes().to_vec())
    };
    let iam = aws_sdk_iam::Client::new(&stage.sdk);
    let role = names::role(&stage.name, &Owner::Tenant(tenant.clone()));
    let policy = || async {
        let policy = iam.get_role_policy().role_name(&role).policy_name("tenant").send().await.unwrap();
        policy.policy_document().to_owned()
    };
    let ec2 = aws_sdk_ec2::Client::new(&stage.sdk);
    let group = names::of_tenant(&stage.name, &tenant);
    let rules = || async {
        let by_name = aws_sdk_ec2::types::Filter::builder().name("group-name").values(&group).build();
        let found = ec2.describe_security_groups().filters(by_name).send().await.unwrap();
        let found = found.security_groups()[0].clone();
        let ports = |rule: &aws_sdk_ec2::types::IpPermission| (rule.from_port(), rule.user_id_group_pairs().len());
        let mut rules: Vec<_> = found.ip_permissions().iter().map(ports).collect();
        rules.sort_unstable();
        (found, rules)
    };
    let (pool_before, policy_before, (found, rules_before)) = (described().await, policy().await, rules().await);
    assert_eq!(pool_before, (true, Some(app.to_owned()), vec!["email".to_owned()]));

    let open = AdminCreateUserConfigType::builder().allow_admin_create_user_only(false).build();
    cognito.update_user_pool().user_pool_id(pool).admin_create_user_config(open).send().await.unwrap();
    let update = cognito.update_user_pool_client().user_pool_id(pool).client_id(app);
    update.write_attributes("email").write_attributes("custom:tenantId").send().await.unwrap();
    cognito.delete_user_pool_domain().user_pool_id(pool).domain(app).send().await.unwrap();
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    iam.put_role_policy().role_name(&role).policy_name("tenant").policy_document(all).send().await.unwrap();
    let revoke = ec2.revoke_security_group_ingress().group_id(found.group_id().unwrap());
    revoke.set_ip_permissions(found.ip_permissions).send().await.unwrap();

    eventually("the pool to be as it was", PATIENCE, || async { (described().await == pool_before).then_some(()) })
        .await;
    eventually("the policy to be as it was", PATIENCE, || async { (policy().await == policy_before).then_some(()) })
        .await;
    eventually("the rules to be as they were", PATIENCE, || async { (rules().await.1 == rules_before).then_some(()) })
        .await;
}
