use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::resource::{Entry, EntryState, Need, Owner, ResourceId};
use tenantry_ports::page::PageRequest;
use tenantry_ports::work::{Done, Held};

use crate::make::{intended, owner, present};
use crate::subject::Subject;

fn by_id(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| a.resource.id.cmp(&b.resource.id));
    entries
}

async fn write(s: &Subject, of: &Owner, entries: Vec<Entry>, gone: Vec<ResourceId>) {
    let claim = s.claimed(of).await;
    let done = Done { entries, gone, ..Done::default() };
    assert!(matches!(s.work.record(&claim.hold, done).await.unwrap(), Held::Still { .. }));
    s.released(&claim, None).await;
}

pub async fn a_recorded_inventory_is_kept(s: Subject) {
    let of = owner(&s.new_tenant("acme", Placement::DedicatedServices).await);
    let mut service = present("service", "orders");
    service.resource.needs = vec![Need::Own(ResourceId::new("pool", "users")), Need::Stage(ResourceId::new("t", "x"))];
    service.resource.spec = json!({ "env": { "A": "1" }, "n": [1, 2.5, null] });
    (service.resource.holds_data, service.resource.watched) = (true, true);
    write(&s, &of, vec![intended("pool", "users"), service.clone()], Vec::new()).await;
    assert_eq!(by_id(s.work.inventory(&of).await.unwrap()), [intended("pool", "users"), service.clone()]);

    let mut removing = service.clone();
    removing.state = EntryState::Removing { outputs: BTreeMap::from([("port".to_owned(), "1".to_owned())]) };
    removing.resource.spec_hash = "h2".into();
    write(&s, &of, vec![removing.clone(), present("pool", "users")], Vec::new()).await;
    assert_eq!(by_id(s.work.inventory(&of).await.unwrap()), [present("pool", "users"), removing]);

    let nobody = ResourceId::new("no", "body");
    write(&s, &of, vec![intended("table", "t")], vec![service.resource.id, nobody]).await;
    assert_eq!(by_id(s.work.inventory(&of).await.unwrap()), [present("pool", "users"), intended("table", "t")]);
}

pub async fn inventories_do_not_mix(s: Subject) {
    let a = owner(&s.new_tenant("a", Placement::Pooled).await);
    let b = owner(&s.new_tenant("b", Placement::Pooled).await);
    for (of, name) in [(&a, "one"), (&b, "two"), (&Owner::Stage, "three")] {
        let mut entry = present("service", "orders");
        entry.resource.spec = json!(name);
        write(&s, of, vec![entry], Vec::new()).await;
    }
    write(&s, &b, Vec::new(), vec![ResourceId::new("service", "orders")]).await;
    for (of, name) in [(&a, Some("one")), (&b, None), (&Owner::Stage, Some("three"))] {
        let specs: Vec<_> = s.work.inventory(of).await.unwrap().into_iter().map(|e| e.resource.spec).collect();
        assert_eq!(specs, name.map(|n| json!(n)).into_iter().collect::<Vec<_>>(), "{of}");
    }
}

pub async fn owners_with_an_inventory_are_listed_once(s: Subject) {
    let mut expected = BTreeSet::from([Owner::Stage]);
    for n in 0..7 {
        expected.insert(owner(&s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await));
    }
    for of in &expected {
        write(&s, of, vec![present("a", "1"), present("b", "2")], Vec::new()).await;
    }
    let empty = owner(&s.new_tenant("empty", Placement::Pooled).await);
    write(&s, &empty, vec![present("a", "1")], Vec::new()).await;
    write(&s, &empty, Vec::new(), vec![ResourceId::new("a", "1")]).await;
    s.new_tenant("never", Placement::Pooled).await;
    for limit in [1, 3, 8, 50] {
        let (mut listed, mut page) = (Vec::new(), PageRequest::first(limit));
        loop {
            let got = s.work.owners(page.clone()).await.unwrap();
            listed.extend(got.items);
            let Some(next) = got.next else { break };
            page.after = Some(next);
        }
        assert_eq!(listed.len(), expected.len(), "limit {limit}");
        assert_eq!(BTreeSet::from_iter(listed), expected, "limit {limit}");
    }
}

pub async fn inventories_are_read_together(s: Subject) {
    assert_eq!(s.work.inventories(&[]).await.unwrap(), BTreeMap::new());
    let mut expected = BTreeMap::new();
    for n in 0..20 {
        let of = owner(&s.new_tenant(&format!("tenant{n}"), Placement::Pooled).await);
        let mut entry = present("rows", "orders");
        entry.resource.spec = json!(n);
        entry.resource.needs = vec![Need::Stage(ResourceId::new("table", "orders"))];
        write(&s, &of, vec![entry.clone()], Vec::new()).await;
        expected.insert(of, vec![entry]);
    }
    write(&s, &Owner::Stage, vec![present("table", "orders")], Vec::new()).await;
    let bare = owner(&s.new_tenant("bare", Placement::Pooled).await);
    let asked: Vec<Owner> = expected.keys().cloned().chain([bare]).collect();
    assert_eq!(s.work.inventories(&asked).await.unwrap(), expected, "of those asked for alone");
    let stage = s.work.inventories(&[Owner::Stage]).await.unwrap();
    assert_eq!(stage.into_iter().collect::<Vec<_>>(), [(Owner::Stage, vec![present("table", "orders")])]);
}
