//! A dedicated tenant's pool: made as the contract says, mended, found after a crash, removed.

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, UsernameAttributeType, VerifiedAttributeType,
};
use tenantry_contract::id::PoolId;
use tenantry_contract::resource::Owner;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Issuers as _, Made, NewTenantUser, SpeaksFor, TenantUsers as _};
use tenantry_ports::page::PageRequest;

use crate::support::emulator::Emulator;
use crate::world::{APP, World, facts, tenant, world};

async fn described(world: &World, pool: &PoolId) -> aws_sdk_cognitoidentityprovider::types::UserPoolType {
    let found = world.cognito.describe_user_pool().user_pool_id(pool.as_str()).send().await.unwrap();
    found.user_pool.unwrap()
}

async fn as_the_contract_says(emulator: Emulator) {
    let world = world(&emulator).await;
    let t = tenant("t-own");
    let (pool, client) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    let found = described(&world, &pool).await;
    assert!(found.admin_create_user_config().unwrap().allow_admin_create_user_only());
    assert_eq!(found.username_attributes().iter().map(UsernameAttributeType::as_str).collect::<Vec<_>>(), ["email"]);
    assert_eq!(found.auto_verified_attributes(), [VerifiedAttributeType::Email]);
    let first = found.user_attribute_update_settings().unwrap();
    assert_eq!(first.attributes_require_verification_before_update(), [VerifiedAttributeType::Email]);
    assert_eq!(found.domain(), Some(client.as_str()));
    let tags = found.user_pool_tags().unwrap();
    assert_eq!((tags["TenantId"].as_str(), tags["Tier"].as_str()), ("t-own", "premium"));
    assert_eq!(tags["Stage"], world.pools.stage);
    let described = world.cognito.describe_user_pool_client().user_pool_id(pool.as_str()).client_id(client.as_str());
    let described = described.send().await.unwrap().user_pool_client.unwrap();
    let mut flows = described.explicit_auth_flows().to_vec();
    flows.sort();
    assert_eq!(
        flows,
        [
            ExplicitAuthFlowsType::AllowRefreshTokenAuth,
            ExplicitAuthFlowsType::AllowUserPasswordAuth,
            ExplicitAuthFlowsType::AllowUserSrpAuth,
        ]
    );
    assert_eq!(described.client_secret(), None);
    assert_eq!(described.write_attributes(), ["email"]);
    assert!(described.read_attributes().contains(&"custom:tenantId".to_owned()));
    assert_eq!(described.allowed_o_auth_flows(), [OAuthFlowType::Code]);
    assert_eq!((described.callback_urls(), described.logout_urls()), (&[APP.to_owned()][..], &[APP.to_owned()][..]));
    // The same again changes nothing.
    assert_eq!(world.identity.inspect_pool(&t, &pool).await.unwrap(), None);
    assert_eq!(world.identity.ensure_pool(&t, "premium", Some(&pool)).await.unwrap(), (pool.clone(), client));
    assert_eq!(world.identity.owned_pools().await.unwrap(), [(Owner::Tenant(t), pool)]);
}

async fn drift_is_mended(emulator: Emulator) {
    let world = world(&emulator).await;
    let t = tenant("t-own");
    let (pool, client) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    let update = world.cognito.update_user_pool().user_pool_id(pool.as_str());
    let open = aws_sdk_cognitoidentityprovider::types::AdminCreateUserConfigType::builder();
    let update = update.admin_create_user_config(open.allow_admin_create_user_only(false).build());
    let none = aws_sdk_cognitoidentityprovider::types::UserAttributeUpdateSettingsType::builder();
    let none = none.set_attributes_require_verification_before_update(Some(Vec::new())).build();
    update.user_attribute_update_settings(none).send().await.unwrap();
    let update = world.cognito.update_user_pool_client().user_pool_id(pool.as_str()).client_id(client.as_str());
    update.client_name(format!("{}.t-own", world.pools.stage)).write_attributes("name").send().await.unwrap();
    let delete = world.cognito.delete_user_pool_domain().user_pool_id(pool.as_str()).domain(client.as_str());
    delete.send().await.unwrap();
    let drift = world.identity.inspect_pool(&t, &pool).await.unwrap().unwrap();
    assert!(drift.contains("sign up") && drift.contains("before it is verified"), "{drift}");
    assert_eq!(world.identity.ensure_pool(&t, "premium", Some(&pool)).await.unwrap(), (pool.clone(), client.clone()));
    assert_eq!(world.identity.inspect_pool(&t, &pool).await.unwrap(), None);
    let found = described(&world, &pool).await;
    assert_eq!(found.domain(), Some(client.as_str()));
    assert_eq!(found.user_pool_tags().unwrap()["TenantId"], "t-own");
}

async fn it_goes_with_its_domain_and_users_and_nobody_comes_after(emulator: Emulator) {
    let world = world(&emulator).await;
    let t = tenant("t-own");
    let (pool, _) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    world.identity.ensure_tenant_admin(&pool, &facts(&t, "ada@example.com")).await.unwrap();
    let url = world.identity.issuer_url(&pool);
    let issuer = world.identity.issuer(&url).await.unwrap().unwrap();
    assert_eq!(issuer.speaks_for, SpeaksFor::Tenant(t.clone()));
    for _ in 0..2 {
        world.identity.remove_pool(&t, Some(&pool)).await.unwrap();
        assert_eq!(world.identity.issuer(&url).await.unwrap(), None);
        assert_eq!(world.identity.owned_pools().await.unwrap(), []);
        assert_eq!(world.identity.list(&t, PageRequest::first(10)).await.unwrap().items, []);
    }
    // A token of the tenant's admin is good for a while, and makes nobody, in no pool.
    let eve = NewTenantUser {
        name: "eve".into(),
        email: tenantry_contract::name::Email::parse("eve@example.com").unwrap(),
        role: "TenantUser".into(),
        tenant_name: "acme".into(),
        tenant_tier: "premium".into(),
    };
    let made = world.identity.create(&t, eve).await;
    assert!(matches!(made, Err(IdentityError::Refused(Refusal::Gone))), "{made:?}");
    // A retried onboarding gets a new pool.
    let (again, _) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    assert_ne!(again, pool);
    world.identity.ensure_tenant_admin(&again, &facts(&t, "ada@example.com")).await.unwrap();
}

async fn a_pool_of_somebody_else_is_left_alone(emulator: Emulator) {
    let world = world(&emulator).await;
    let t = tenant("t-own");
    let create = world.cognito.create_user_pool().pool_name(format!("{}.t-own", world.pools.stage));
    let foreign = create.send().await.unwrap().user_pool.unwrap();
    let foreign = PoolId::parse(foreign.id().unwrap()).unwrap();
    let removed = world.identity.remove_pool(&t, Some(&foreign)).await.unwrap_err();
    assert!(removed.to_string().contains("not tagged"), "{removed}");
    described(&world, &foreign).await;
}

async fn a_twin_goes_and_the_tenants_own_pool_stays(emulator: Emulator) {
    let world = world(&emulator).await;
    let t = tenant("t-own");
    let (pool, _) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    let tags = described(&world, &pool).await.user_pool_tags.unwrap();
    let create = world.cognito.create_user_pool().pool_name(format!("{}.t-own", world.pools.stage));
    let twin = create.set_user_pool_tags(Some(tags)).send().await.unwrap().user_pool.unwrap();
    let twin = PoolId::parse(twin.id().unwrap()).unwrap();
    assert_eq!(world.identity.owned_pools().await.unwrap().len(), 2);
    world.identity.remove_pool(&t, Some(&twin)).await.unwrap();
    assert_eq!(world.identity.owned_pools().await.unwrap(), [(Owner::Tenant(t.clone()), pool.clone())]);
    assert_eq!(world.identity.inspect_pool(&t, &pool).await.unwrap(), None);
    let ada = facts(&t, "ada@example.com");
    world.identity.ensure_tenant_admin(&pool, &ada).await.unwrap();
}

async fn a_first_user_is_made_once_where_the_tenant_belongs(emulator: Emulator) {
    let world = world(&emulator).await;
    let (one, two) = (tenant("t-1"), tenant("t-2"));
    let shared = world.pools.pooled.clone().unwrap().id;
    for _ in 0..2 {
        world.identity.ensure_tenant_admin(&shared, &facts(&one, "ada@example.com")).await.unwrap();
    }
    let admin = world.identity.get(&one, "tenant-admin").await.unwrap().unwrap();
    assert_eq!((admin.role.as_str(), admin.status.as_str()), ("TenantAdmin", "FORCE_CHANGE_PASSWORD"));
    // The same e-mail in two pooled tenants is refused before anything is made.
    let taken = world.identity.ensure_tenant_admin(&shared, &facts(&two, "Ada@example.com")).await.unwrap_err();
    assert!(taken.to_string().contains("e-mail"), "{taken}");
    let users = world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap();
    assert_eq!(users.users().len(), 1);
    // In Cognito the user's name says nothing.
    assert!(!users.users()[0].username().unwrap().contains("admin"));
    let (own, _) = world.identity.ensure_pool(&two, "premium", None).await.unwrap();
    let elsewhere = world.identity.ensure_tenant_admin(&own, &facts(&one, "eve@example.com")).await;
    assert!(elsewhere.unwrap_err().to_string().contains("not for users of tenant t-1"));
    while !world.identity.remove_tenant_users(&shared, &one).await.unwrap() {}
    assert_eq!(world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap().users(), []);
    let eve = NewTenantUser {
        name: "eve".into(),
        email: tenantry_contract::name::Email::parse("eve@example.com").unwrap(),
        role: "TenantUser".into(),
        tenant_name: "acme".into(),
        tenant_tier: "basic".into(),
    };
    let gone = world.identity.create(&one, eve.clone()).await;
    assert!(matches!(gone, Err(IdentityError::Refused(Refusal::Gone))), "{gone:?}");
    // The e-mail is free again.
    world.identity.ensure_tenant_admin(&shared, &facts(&one, "ada@example.com")).await.unwrap();
    assert!(matches!(world.identity.create(&one, eve).await.unwrap(), Made::New(_)));
}

/// A pool with all but our attributes is given these, and left alone otherwise.
#[tokio::test]
async fn attributes_are_added_without_an_update() {
    let (world, proxy) = crate::faults::world().await;
    let t = tenant("t-own");
    let (like, _) = world.identity.ensure_pool(&tenant("t-like"), "premium", None).await.unwrap();
    let like = described(&world, &like).await;
    let tags = [("TenantId", "t-own"), ("Tier", "premium"), ("Stage", &world.pools.stage)];
    let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let create = world.cognito.create_user_pool().pool_name(format!("{}.t-own", world.pools.stage));
    let create = create
        .set_user_pool_tags(Some(tags.into_iter().collect()))
        .set_username_attributes(like.username_attributes.clone())
        .set_auto_verified_attributes(like.auto_verified_attributes.clone())
        .set_user_attribute_update_settings(like.user_attribute_update_settings.clone())
        .set_admin_create_user_config(like.admin_create_user_config.clone())
        .set_account_recovery_setting(like.account_recovery_setting.clone())
        .set_policies(like.policies.clone())
        .set_email_configuration(like.email_configuration.clone());
    let made = create.send().await.unwrap().user_pool.unwrap();
    let pool = PoolId::parse(made.id().unwrap()).unwrap();
    world.identity.ensure_pool(&t, "premium", Some(&pool)).await.unwrap();
    assert_eq!((proxy.calls("AddCustomAttributes"), proxy.calls("UpdateUserPool")), (1, 0));
    assert_eq!(world.identity.inspect_pool(&t, &pool).await.unwrap(), None);
}

/// Whose a pool is, its name says as well as its tags, where our record names it.
#[tokio::test]
async fn lost_tags_are_mended() {
    let world = world(&Emulator::ministack()).await;
    let t = tenant("t-own");
    let (pool, client) = world.identity.ensure_pool(&t, "premium", None).await.unwrap();
    let arn = described(&world, &pool).await.arn.unwrap();
    let untag = world.cognito.untag_resource().resource_arn(arn);
    untag.tag_keys("TenantId").tag_keys("Stage").send().await.unwrap();
    let drift = world.identity.inspect_pool(&t, &pool).await.unwrap().unwrap();
    assert!(drift.contains("tags"), "{drift}");
    assert_eq!(world.identity.ensure_pool(&t, "premium", Some(&pool)).await.unwrap(), (pool.clone(), client));
    assert_eq!(described(&world, &pool).await.user_pool_tags.unwrap()["TenantId"], "t-own");
}

#[tokio::test]
async fn drift_is_mended_on_ministack() {
    drift_is_mended(Emulator::ministack()).await;
}

/// In place of `drift_is_mended`: when moto mends this, the case is to be run on it.
#[tokio::test]
async fn on_moto_an_update_takes_away_what_no_update_can_change() {
    let world = world(&Emulator::moto()).await;
    let (pool, _) = world.identity.ensure_pool(&tenant("t-own"), "premium", None).await.unwrap();
    assert!(!described(&world, &pool).await.username_attributes().is_empty());
    world.cognito.update_user_pool().user_pool_id(pool.as_str()).send().await.unwrap();
    assert!(described(&world, &pool).await.username_attributes().is_empty());
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => { $(
        mod $case {
            #[tokio::test]
            async fn on_ministack() {
                super::$case(super::Emulator::ministack()).await;
            }

            #[tokio::test]
            async fn on_moto() {
                super::$case(super::Emulator::moto()).await;
            }
        }
    )* };
}

on_both! {
    as_the_contract_says,
    it_goes_with_its_domain_and_users_and_nobody_comes_after,
    a_pool_of_somebody_else_is_left_alone,
    a_twin_goes_and_the_tenants_own_pool_stays,
    a_first_user_is_made_once_where_the_tenant_belongs,
}
