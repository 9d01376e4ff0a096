//! What is kept is kept for a time, and looked through a stretch at a time.

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn days_kept(database: &Database) -> i64 {
    database.inner.sqlite.read(|c| c.query_row("SELECT count(*) FROM usage", [], |row| row.get(0))).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn days_that_nobody_asks_for_any_more_go() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    let tenants: Vec<TenantId> = (0..3).map(|n| TenantId::parse(format!("t{n}")).unwrap()).collect();
    for _ in 0..60 {
        for tenant in &tenants {
            let today = database.inner.clock.now().day();
            assert_eq!(database.take(tenant, &today, 5).await.unwrap(), Counted::Within { used: 1 });
        }
        tokio::time::advance(DAY).await;
    }
    assert_eq!(days_kept(&database).await, 3 * 59, "today is counted elsewhere");
    assert_eq!(database.purge().await.unwrap(), 3 * 20);
    let kept = Timestamp::from_millis(database.inner.clock.now().millis() - 40 * 86_400_000).day();
    assert_eq!(database.used(&tenants[0], &kept).await.unwrap(), 1);
    assert_eq!(database.purge().await.unwrap(), 0);
}

#[tokio::test]
async fn the_place_of_one_that_is_long_gone_is_anothers() {
    let dir = tempfile::tempdir().unwrap();
    let (gone, stays, comes) = ("t1", "t2", "t3");
    let tenant = |id: &str| TenantId::parse(id).unwrap();
    let start = 1_795_000_000_000;
    let day = |days: i64| Timestamp::from_millis(start + days * 86_400_000).day();
    let slots = dir.path().join("usage.slots");

    let database = open(dir.path());
    database.take(&tenant(gone), &day(0), 5).await.unwrap();
    database.take(&tenant(stays), &day(2), 5).await.unwrap();
    database.close().await;
    drop(database);
    let size = std::fs::metadata(&slots).unwrap().len();

    let database = Database::open(dir.path(), deps_at(start + 41 * 86_400_000)).unwrap();
    database.take(&tenant(comes), &day(41), 5).await.unwrap();
    assert_eq!(database.used(&tenant(stays), &day(2)).await.unwrap(), 1);
    assert_eq!(database.used(&tenant(gone), &day(0)).await.unwrap(), 0);
    assert_eq!(std::fs::metadata(&slots).unwrap().len(), size);
    let database = reopened(database, dir.path()).await;
    assert_eq!(database.used(&tenant(comes), &day(41)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rare_type_is_looked_for_a_stretch_at_a_time() {
    let database = Database::in_memory(deps_at(1_795_000_000_000)).unwrap();
    let mut published = events(12_000);
    for rare in [0, 1, 11_000] {
        published[rare].detail_type = "tenantry_rare".into();
    }
    database.publish(published).await.unwrap();
    let filter = EventFilter { tenant: None, detail_type: Some("tenantry_rare".into()) };
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = database.recent(&filter, PageRequest { limit: 10, after }).await.unwrap();
        pages.push(page.items.into_iter().map(|event| event.id).collect::<Vec<_>>());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["e11000"], vec![], vec!["e1", "e0"]]);
}
