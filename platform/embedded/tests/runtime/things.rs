//! Pools, users, tables and rows; and what the sweep sees of them.

use serde_json::json;
use tenantry_contract::resource::{Entry, EntryState, Need, Outputs, Owner, ResourceId};
use tenantry_contract::want::{Want, Whose};
use tenantry_embedded::data::LocalTable;
use tenantry_ports::data::{DataError, Existing, TenantTable as _};
use tenantry_ports::error::Refusal;
use tenantry_ports::page::PageRequest;
use tenantry_ports::runtime::{Condition, Inputs, Runtime as _, RuntimeError, Step, Tagged};

use crate::support::{World, little, service, table, tenant, until};

fn wants() -> (Want, Want) {
    let (service, table) = (service("shop"), table("big-things"));
    (Want::Table { service: service.clone(), table: table.clone() }, Want::Rows { service, table })
}

async fn ready(world: &World, owner: &Owner, want: Want, inputs: &Inputs) -> (Entry, Outputs) {
    let resource = world.lower(owner, vec![want]).remove(0);
    for _ in 0..2 {
        // The second time it is there already.
        let step = world.runtime.ensure(owner, &resource, None, inputs).await.unwrap();
        if let Step::Ready(outputs) = step {
            let entry = Entry { resource: resource.clone(), state: EntryState::Present { outputs: outputs.clone() } };
            let again = world.runtime.ensure(owner, &resource, Some(&entry), inputs).await.unwrap();
            assert_eq!(again, Step::Ready(outputs.clone()));
            return (entry, outputs);
        }
    }
    panic!("{} was not ready at once", resource.id)
}

async fn removed(world: &World, owner: &Owner, entry: &Entry) {
    until("it is removed", async || matches!(world.runtime.remove(owner, entry).await.unwrap(), Step::Ready(()))).await;
    assert_eq!(world.runtime.remove(owner, entry).await.unwrap(), Step::Ready(()), "again, to no effect");
}

async fn all(world: &World) -> Vec<Tagged> {
    let mut all = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = world.runtime.owned(request).await.unwrap();
        assert!(page.items.len() == 2 || page.next.is_none(), "a page that is not the last is full");
        all.extend(page.items);
        match page.next {
            Some(next) => request = PageRequest { limit: 2, after: Some(next) },
            None => return all,
        }
    }
}

#[tokio::test]
async fn a_tables_file_comes_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let owner = world.owner.clone();
    let (entry, _) = ready(&world, &owner, wants().0, &Inputs::new()).await;
    let file = dir.path().join("data/tenants/t-1/shop-big-things.db");
    assert!(file.exists());
    assert_eq!(world.runtime.inspect(&owner, &entry).await.unwrap(), Condition::Sound);
    removed(&world, &owner, &entry).await;
    assert!(!file.parent().unwrap().exists());
    assert!(matches!(world.runtime.inspect(&owner, &entry).await.unwrap(), Condition::Drifted(_)));
}

#[tokio::test]
async fn rows_of_a_removed_tenant_go_and_its_late_requests_write_none() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let (a, b) = (tenant("a"), tenant("b"));
    let rows = world.lower(&a, vec![wants().1]).remove(0);
    let early = world.runtime.ensure(&a, &rows, None, &Inputs::new()).await.unwrap_err();
    assert!(matches!(early, RuntimeError::Transient { .. }), "before there is a table: {early}");

    ready(&world, &Owner::Stage, wants().0, &Inputs::new()).await;
    let (rows, _) = ready(&world, &a, wants().1, &Inputs::new()).await;
    ready(&world, &b, wants().1, &Inputs::new()).await;
    // As a service has it.
    let file = LocalTable::open(&dir.path().join("data/shared/shop-big-things.db")).unwrap();
    let item = json!({ "n": 1 }).as_object().unwrap().clone();
    for owner in [&a, &b] {
        assert!(file.put(owner.tenant().unwrap(), "1", item.clone(), Existing::Absent).await.unwrap());
    }
    removed(&world, &a, &rows).await;
    assert_eq!(file.get(a.tenant().unwrap(), "1").await.unwrap(), None);
    assert_eq!(file.get(b.tenant().unwrap(), "1").await.unwrap(), Some(item.clone()));
    let late = file.put(a.tenant().unwrap(), "2", item, Existing::Either).await;
    assert!(matches!(late, Err(DataError::Refused(Refusal::Gone))), "{late:?}");
}

#[tokio::test]
async fn a_pooled_tenants_user_is_in_the_stages_pool_and_goes_also_when_nobody_noted_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let (_, pool) = ready(&world, &Owner::Stage, Want::Pool, &Inputs::new()).await;
    let inputs = Inputs::from([(Need::Stage(ResourceId::new("pool", "users")), pool.clone())]);
    let owner = world.owner.clone();
    let (entry, outputs) = ready(&world, &owner, Want::TenantAdmin { pool: Whose::Shared }, &inputs).await;
    assert_eq!(outputs, pool, "where its user is, a tenant signs in");
    assert_eq!(world.pools.users.lock().unwrap().len(), 1);
    removed(&world, &owner, &Entry { state: EntryState::Intended, ..entry }).await;
    assert!(world.pools.users.lock().unwrap().is_empty());
    assert_eq!(world.pools.pools.lock().unwrap().len(), 1, "the pool is the stage's");
}

#[tokio::test]
async fn the_sweep_sees_everything_and_can_discard_it() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path(), &little());
    let owner = world.owner.clone();
    for owner in [&Owner::Stage, &owner] {
        ready(&world, owner, Want::Pool, &Inputs::new()).await;
        ready(&world, owner, wants().0, &Inputs::new()).await;
    }
    let file = LocalTable::open(&dir.path().join("data/shared/shop-big-things.db")).unwrap();
    for id in ["a", "b", "c"] {
        let item = json!({}).as_object().unwrap().clone();
        file.put(tenant(id).tenant().unwrap(), "1", item, Existing::Absent).await.unwrap();
    }
    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    // Of a service long gone.
    std::fs::create_dir_all(dir.path().join("logs/t-0")).unwrap();
    std::fs::write(dir.path().join("logs/t-0/shop.log.1"), "old").unwrap();

    let mut seen: Vec<_> = all(&world).await.iter().map(|t| format!("{} {}", t.owner, t.resource)).collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "stage pool/users",
            "stage table/shop-big-things",
            "tenant a rows/shop-big-things",
            "tenant b rows/shop-big-things",
            "tenant c rows/shop-big-things",
            "tenant t-0 service/shop",
            "tenant t-1 pool/users",
            "tenant t-1 service/shop",
            "tenant t-1 table/shop-big-things",
        ]
    );
    let tenants = async || all(&world).await.into_iter().filter(|thing| thing.owner != Owner::Stage);
    until("all is discarded", async || {
        let mut left = 0;
        for thing in tenants().await {
            left += 1;
            world.runtime.discard(&thing).await.unwrap();
        }
        left == 0
    })
    .await;
    assert!(world.locate("shop").await.is_none());
    assert_eq!(std::fs::read_dir(dir.path().join("logs")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(dir.path().join("data/tenants")).unwrap().count(), 0);
}
