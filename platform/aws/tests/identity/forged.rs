//! What a tenant's own service writes of its users gives the tenant nothing of another's.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_ports::identity::{Issuers as _, SpeaksFor};

use crate::support::emulator::Emulator;
use crate::world::{World, facts, tenant, world};

/// Writes an item of the control plane's table, as a role may that has that key.
async fn forge(world: &World, pk: &str, sk: &str, attributes: &[(&str, &str)]) {
    let text = |(name, value): (&str, &str)| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let keys = [("pk", pk), ("sk", sk)];
    let mut item: HashMap<_, _> = keys.into_iter().chain(attributes.iter().copied()).map(text).collect();
    for moment in ["created", "modified", "until"] {
        item.insert(moment.to_owned(), AttributeValue::N("0".to_owned()));
    }
    world.dynamo.put_item().table_name(&world.table).set_item(Some(item)).send().await.unwrap();
}

async fn speaks_for(world: &World, pool: &PoolId) -> SpeaksFor {
    let issuer = world.identity.issuer(&world.identity.issuer_url(pool)).await.unwrap();
    issuer.unwrap().speaks_for.clone()
}

async fn victims_pool(world: &World) -> (TenantId, PoolId, ClientId) {
    let victim = tenant("t-victim");
    let (pool, client) = world.identity.ensure_pool(&victim, "premium", None).await.unwrap();
    world.identity.ensure_tenant_admin(&pool, &facts(&victim, "ada@example.com")).await.unwrap();
    (victim, pool, client)
}

#[tokio::test]
async fn a_forged_record_steals_no_pool() {
    let world = world(&Emulator::ministack()).await;
    let (victim, pool, client) = victims_pool(&world).await;
    let thief = tenant("t-thief");
    let says = [("pool", pool.as_str()), ("client", client.as_str()), ("making", "yes")];
    // All that a tenant's role may write: it gets a pool like anybody.
    forge(&world, "users#t-thief", "tenant", &says).await;
    let (own, _) = world.identity.ensure_pool(&thief, "premium", None).await.unwrap();
    assert_ne!(own, pool);
    assert_eq!(speaks_for(&world, &own).await, SpeaksFor::Tenant(thief.clone()));
    assert_eq!(speaks_for(&world, &pool).await, SpeaksFor::Tenant(victim.clone()));
    // Not even what only we can write is believed against what Cognito says.
    forge(&world, "own-pool#t-thief", "own-pool", &says).await;
    let refused = world.identity.ensure_pool(&thief, "premium", None).await.unwrap_err();
    assert!(refused.to_string().contains("not tagged"), "{refused}");
    world.identity.remove_pool(&thief, Some(&pool)).await.unwrap_err();
    assert_eq!(speaks_for(&world, &pool).await, SpeaksFor::Tenant(victim.clone()));
    assert_eq!(world.identity.inspect_pool(&victim, &pool).await.unwrap(), None);
}

#[tokio::test]
async fn a_forged_user_takes_none_of_another_tenant_along() {
    let world = world(&Emulator::ministack()).await;
    let (_, pool, _) = victims_pool(&world).await;
    let users = || async {
        let users = world.cognito.list_users().user_pool_id(pool.as_str()).send().await.unwrap();
        users.users().iter().map(|user| user.username().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ada = users().await;
    let thief = tenant("t-thief");
    let (own, _) = world.identity.ensure_pool(&thief, "premium", None).await.unwrap();
    // As if its first user were being removed from the other's pool.
    for name in (0..30).map(|n| format!("forged-{n:02}")).chain(["tenant-admin".to_owned()]) {
        let says = [
            ("name", name.as_str()),
            ("state", "removing"),
            ("pool", pool.as_str()),
            ("username", &ada[0]),
            ("email", "ada@example.com"),
            ("role", "TenantAdmin"),
            ("tenantName", "acme"),
            ("tenantTier", "premium"),
            ("status", "CONFIRMED"),
            ("enabled", "true"),
            ("version", "1"),
        ];
        forge(&world, "users#t-thief", &format!("user#{name}"), &says).await;
    }
    world.identity.ensure_tenant_admin(&own, &facts(&thief, "eve@example.com")).await.unwrap();
    assert_eq!(users().await, ada);
    // And as many as there are, they keep nobody from being removed.
    let mut calls = 0;
    while !world.identity.remove_tenant_users(&own, &thief).await.unwrap() {
        calls += 1;
        assert!(calls < 10, "its users do not become fewer");
    }
    world.identity.remove_pool(&thief, Some(&own)).await.unwrap();
    assert_eq!(users().await, ada);
}
