//! Calls that fail, before they are carried out and after.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use tenantry_aws::identity::Identity;
use tenantry_conformance::subject::Time as _;
use tenantry_contract::id::TenantId;
use tenantry_contract::name::Email;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser, TenantUserChange, TenantUsers as _};

use crate::proxy::{Fate, Proxy};
use crate::support::emulator::Emulator;
use crate::world::{World, facts, tenant, world_at};

pub async fn world() -> (World, Proxy) {
    let emulator = Emulator::ministack();
    let proxy = Proxy::before(&emulator.url).await;
    // Adaptive retries hold the calls after a throttled one back for longer than a test has.
    let quick = RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(10));
    let sdk = emulator.config_at(&proxy.url).await.into_builder().retry_config(quick).build();
    (world_at(&emulator, &sdk).await, proxy)
}

fn new(name: &str) -> NewTenantUser {
    NewTenantUser {
        name: name.to_owned(),
        email: Email::parse(format!("{name}@example.com")).unwrap(),
        role: "TenantUser".into(),
        tenant_name: "acme".into(),
        tenant_tier: "basic".into(),
    }
}

async fn made(identity: &Identity, tenant: &TenantId, name: &str) -> TenantUser {
    match identity.create(tenant, new(name)).await.unwrap() {
        Made::New(user) => user,
        Made::Taken => panic!("{name} is taken"),
    }
}

/// More often than the SDK tries by itself.
pub fn for_good(proxy: &Proxy, operation: &str, fate: Fate) {
    for _ in 0..4 {
        proxy.next(operation, fate);
    }
}

/// Tries until it is done, as a runtime does.
async fn in_the_end(world: &World, t: &TenantId) -> tenantry_contract::id::PoolId {
    let mut last = String::new();
    for _ in 0..30 {
        match world.identity.ensure_pool(t, "premium", None).await {
            Ok((pool, _)) => return pool,
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no pool was made: {last}");
}

#[tokio::test]
async fn every_call_of_a_pool_fails_once_after_it_is_carried_out_and_one_pool_is_made() {
    let (world, proxy) = world().await;
    let t = tenant("t-own");
    for operation in ["CreateUserPool", "CreateUserPoolClient", "CreateUserPoolDomain", "DescribeUserPool"] {
        proxy.next(operation, Fate::Throttled);
        proxy.next(operation, Fate::BrokenAfter);
    }
    let pool = in_the_end(&world, &t).await;
    assert_eq!(proxy.left(), 0);
    assert_eq!(world.identity.owned_pools().await.unwrap().len(), 1);
    let clients = world.cognito.list_user_pool_clients().user_pool_id(pool.as_str()).send().await.unwrap();
    assert_eq!(clients.user_pool_clients().len(), 1);
    assert_eq!(world.identity.inspect_pool(&t, &pool).await.unwrap(), None);
    for operation in ["DeleteUserPoolDomain", "DeleteUserPool"] {
        for_good(&proxy, operation, Fate::BrokenAfter);
    }
    for _ in 0..20 {
        if world.identity.remove_pool(&t, Some(&pool)).await.is_ok() {
            break;
        }
    }
    assert_eq!(world.identity.owned_pools().await.unwrap(), []);
}

#[tokio::test]
async fn a_user_that_was_made_unanswered_is_found_by_the_next_try() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    // The SDK's own next try finds the user there.
    proxy.next("AdminCreateUser", Fate::BrokenAfter);
    made(&world.identity, &t, "ada").await;
    // All its tries come to nothing; whoever tries again finds the user.
    for_good(&proxy, "AdminCreateUser", Fate::BrokenAfter);
    for_good(&proxy, "AdminGetUser", Fate::BrokenAfter);
    let lost = world.identity.create(&t, new("bob")).await.unwrap_err();
    assert!(lost.to_string().contains("AdminCreateUser") || lost.to_string().contains("AdminGetUser"), "{lost}");
    assert_eq!(world.identity.get(&t, "bob").await.unwrap(), None);
    for _ in 0..8 {
        match world.identity.create(&t, new("bob")).await {
            Ok(Made::New(bob)) => {
                assert_eq!(world.identity.get(&t, "bob").await.unwrap(), Some(bob));
                break;
            }
            Ok(Made::Taken) => panic!("his own name is taken"),
            Err(_) => {}
        }
    }
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let users = world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap();
    assert_eq!(users.users().len(), 2);
    assert_eq!(world.identity.create(&t, new("bob")).await.unwrap(), Made::Taken);
}

/// A worker has the tenant to itself: what another one began, it finishes at once. Whoever else makes a user waits until
/// nobody can be at it.
#[tokio::test]
async fn a_first_user_whose_making_was_cut_short_is_made_by_the_next_worker_at_once() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let users = async || world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap().users.unwrap();
    let ada = facts(&t, "ada@example.com");
    proxy.next("AdminCreateUser", Fate::Unanswered);
    tokio::select! {
        answered = world.identity.ensure_tenant_admin(&shared, &ada) => panic!("{answered:?}"),
        () = async { while users().await.is_empty() { tokio::time::sleep(Duration::from_millis(10)).await } } => {}
    }
    let same = NewTenantUser { name: "tenant-admin".into(), ..new("ada") };
    let busy = world.identity.create(&t, same).await.unwrap_err();
    assert!(matches!(busy, IdentityError::Busy { .. }), "{busy}");
    world.identity.ensure_tenant_admin(&shared, &ada).await.unwrap();
    assert_eq!(users().await.len(), 1);
    assert!(world.identity.get(&t, "tenant-admin").await.unwrap().is_some());
}

#[tokio::test]
async fn a_change_that_stopped_half_way_is_finished_by_the_next() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    made(&world.identity, &t, "ada").await;
    for_good(&proxy, "AdminUpdateUserAttributes", Fate::BrokenAfter);
    let email = Email::parse("new@example.com").unwrap();
    let change = TenantUserChange { email: Some(email), ..TenantUserChange::default() };
    world.identity.update(&t, "ada", change).await.unwrap_err();
    let change = TenantUserChange { enabled: Some(false), ..TenantUserChange::default() };
    let ada = world.identity.update(&t, "ada", change).await.unwrap().unwrap();
    assert_eq!((ada.email.as_str(), ada.enabled), ("new@example.com", false));
    // The old e-mail is free, and the new one is not.
    made(&world.identity, &t, "bob").await;
    let other = NewTenantUser { email: Email::parse("ada@example.com").unwrap(), ..new("eve") };
    assert!(matches!(world.identity.create(&t, other).await.unwrap(), Made::New(_)));
    let taken = NewTenantUser { email: Email::parse("new@example.com").unwrap(), ..new("zoe") };
    assert_eq!(world.identity.create(&t, taken).await.unwrap(), Made::Taken);
}

#[tokio::test]
async fn a_user_whose_removal_stopped_half_way_is_gone_and_the_name_is_free() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    made(&world.identity, &t, "ada").await;
    for_good(&proxy, "AdminDeleteUser", Fate::BrokenAfter);
    let lost = world.identity.delete(&t, "ada").await;
    // To the SDK's next try the user is not there, which is as good as removed.
    assert!(lost.is_ok() || world.identity.get(&t, "ada").await.unwrap().is_none());
    made(&world.identity, &t, "ada").await;
}

#[tokio::test]
async fn throttled_for_good_is_busy_and_nothing_is_made() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    for_good(&proxy, "AdminCreateUser", Fate::Throttled);
    let busy = world.identity.create(&t, new("ada")).await.unwrap_err();
    assert!(matches!(busy, IdentityError::Busy { .. }), "{busy}");
    made(&world.identity, &t, "ada").await;
    // A first user that could not be made is made by the runtime's next try.
    for_good(&proxy, "AdminCreateUser", Fate::Throttled);
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let first = facts(&t, "first@example.com");
    world.identity.ensure_tenant_admin(&shared, &first).await.unwrap_err();
    world.identity.ensure_tenant_admin(&shared, &first).await.unwrap();
}

/// Somebody stopped between Cognito and our record, long ago: his user is found.
#[tokio::test]
async fn after_a_crash_between_cognito_and_the_record_the_next_try_finds_its_own() {
    let (world, proxy) = world().await;
    let t = tenant("t-1");
    let identity = world.identity.clone();
    for_good(&proxy, "AdminCreateUser", Fate::BrokenAfter);
    for_good(&proxy, "AdminGetUser", Fate::Throttled);
    // Ended in the middle, as by a crash: nobody says in the record that nobody is at it.
    let crashing = tokio::spawn({
        let (identity, t) = (identity.clone(), t.clone());
        async move { identity.create(&t, new("ada")).await }
    });
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    for _ in 0..200 {
        let users = world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap();
        if !users.users().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    crashing.abort();
    assert!(crashing.await.unwrap_err().is_cancelled());
    let busy = identity.create(&t, new("ada")).await.unwrap_err();
    assert!(matches!(busy, IdentityError::Busy { .. }), "{busy}");
    world.clock.pass(Duration::from_secs(61)).await;
    for _ in 0..8 {
        if let Ok(made) = identity.create(&t, new("ada")).await {
            assert!(matches!(made, Made::New(_)));
            assert!(identity.get(&t, "ada").await.unwrap().is_some());
            return;
        }
        world.clock.pass(Duration::from_secs(61)).await;
    }
    panic!("she is never made");
}
