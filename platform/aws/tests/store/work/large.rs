use serde_json::json;
use tenantry_conformance::make::{new_tenant, owner, present};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{EventName, Verdict};
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Registered, TenantStore};
use tenantry_ports::work::{Done, Held, Release, WorkStore};

use super::{claimed, now, recorded};
use crate::support::emulator::Emulator;
use crate::support::subject::fresh;

const LINES: usize = 250;

/// More lines than a transaction has actions, and more text than it has room.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_large_inventory_is_written_before_the_verdict() {
    let fresh = fresh(&Emulator::ministack()).await;
    let new = new_tenant("acme", Placement::DedicatedServices);
    let Registered::New(record) = fresh.database.register(new, None).await.unwrap() else { panic!("not registered") };
    let claim = claimed(&fresh, &owner(&record)).await;
    let text = "x".repeat(50_000);
    let entries: Vec<_> = (0..LINES)
        .map(|n| {
            let mut entry = present("service", &format!("{n:03}"));
            entry.resource.spec = json!(if n < 100 { text.as_str() } else { "" });
            entry
        })
        .collect();
    let gone: Vec<_> = entries.iter().map(|entry| entry.resource.id.clone()).collect();
    let done =
        Done { entries: entries.clone(), verdict: Some((Verdict::Success, Attributes::default())), ..Done::default() };
    recorded(&fresh.database, &claim, done).await;
    assert_eq!(fresh.database.inventory(&owner(&record)).await.unwrap(), entries);
    let told = fresh.database.recent(&EventFilter::default(), PageRequest::first(10)).await.unwrap().items;
    assert_eq!(told.iter().filter(|e| e.name() == Some(EventName::ProvisionSuccess)).count(), 1);

    let done = Done { gone, release: Some(Release { next: Some(now(&fresh)) }), ..Done::default() };
    recorded(&fresh.database, &claim, done).await;
    assert_eq!(fresh.database.inventory(&owner(&record)).await.unwrap(), []);
    assert_eq!(fresh.database.owners(PageRequest::first(10)).await.unwrap().items, []);

    // Nothing of it is written by who does not hold the owner any more, not even the first part.
    assert_eq!(fresh.database.record(&claim.hold, Done { entries, ..Done::default() }).await.unwrap(), Held::Lost);
    assert_eq!(fresh.database.inventory(&owner(&record)).await.unwrap(), []);
}
