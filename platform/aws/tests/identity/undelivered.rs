//! Cognito makes a user, and then says that it failed, as the mail did not go out.

use tenantry_contract::name::Email;
use tenantry_ports::error::Applied;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUsers as _};

use crate::faults::{for_good, world};
use crate::proxy::Fate;
use crate::world::{World, facts, tenant};

async fn users(world: &World, pool: &tenantry_contract::id::PoolId) -> usize {
    world.cognito.list_users().user_pool_id(pool.as_str()).send().await.unwrap().users().len()
}

#[tokio::test]
async fn a_user_is_kept_in_mind_and_gets_the_mail_with_the_next_try() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let ada = NewTenantUser {
        name: "ada".into(),
        email: Email::parse("ada@example.com").unwrap(),
        role: "TenantUser".into(),
        tenant_name: "acme".into(),
        tenant_tier: "basic".into(),
    };
    proxy.next("AdminCreateUser", Fate::Undelivered);
    let failed = world.identity.create(&t, ada.clone()).await.unwrap_err();
    let unknown = matches!(failed, IdentityError::Unavailable { applied: Applied::Unknown, .. });
    assert!(unknown && failed.to_string().contains("CodeDeliveryFailure"), "{failed}");
    assert_eq!((proxy.calls("AdminCreateUser"), users(&world, &shared).await), (1, 1));
    // What is known of the first try is not lost with the second.
    proxy.next("AdminUpdateUserAttributes", Fate::Contended);
    world.identity.create(&t, ada.clone()).await.unwrap_err();
    assert_eq!(world.identity.get(&t, "ada").await.unwrap(), None);
    let before = proxy.calls("AdminCreateUser");
    assert!(matches!(world.identity.create(&t, ada.clone()).await.unwrap(), Made::New(_)));
    // It is there, and the mail is sent again.
    assert_eq!((proxy.calls("AdminCreateUser") - before, users(&world, &shared).await), (2, 1));
    assert!(world.identity.get(&t, "ada").await.unwrap().is_some());
    assert_eq!(world.identity.create(&t, ada).await.unwrap(), Made::Taken);
}

#[tokio::test]
async fn a_first_user_is_tried_again_and_goes_with_the_tenant() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let first = facts(&t, "first@example.com");
    let pools: &dyn tenantry_aws::runtime::Pools = &world.identity;
    proxy.next("AdminCreateUser", Fate::Undelivered);
    let failed = pools.ensure_tenant_admin(&shared, &first).await.unwrap_err();
    assert!(failed.retryable(), "{failed}");
    assert_eq!(users(&world, &shared).await, 1);
    while !world.identity.remove_tenant_users(&shared, &t).await.unwrap() {}
    assert_eq!(users(&world, &shared).await, 0);
}

#[tokio::test]
async fn a_change_that_meets_another_is_tried_again() {
    let (world, proxy) = world().await;
    let pools: &dyn tenantry_aws::runtime::Pools = &world.identity;
    let t = tenant("t-own");
    for_good(&proxy, "CreateUserPoolDomain", Fate::Contended);
    let failed = pools.ensure_pool(&t, "premium", None).await.unwrap_err();
    assert!(failed.retryable(), "{failed}");
}
