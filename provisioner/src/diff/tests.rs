use serde_json::Value;
use tenantry_contract::resource::Outputs;

use super::*;

fn id(name: &str) -> ResourceId {
    ResourceId::new("thing", name)
}

fn own(name: &str) -> Need {
    Need::Own(id(name))
}

fn thing(name: &str, needs: &[Need]) -> Resource {
    Resource {
        id: id(name),
        kind: "thing".into(),
        spec: Value::Null,
        spec_hash: "1".into(),
        needs: needs.to_vec(),
        holds_data: false,
        watched: false,
    }
}

fn data(name: &str, needs: &[Need]) -> Resource {
    Resource { holds_data: true, ..thing(name, needs) }
}

fn intended(resource: &Resource) -> Entry {
    Entry { resource: resource.clone(), state: EntryState::Intended }
}

fn present(resource: &Resource) -> Entry {
    Entry { resource: resource.clone(), state: EntryState::Present { outputs: Outputs::new() } }
}

fn removing(resource: &Resource) -> Entry {
    Entry { resource: resource.clone(), state: EntryState::Removing { outputs: Outputs::new() } }
}

fn goal(wanted: &[Resource]) -> Goal {
    Goal { wanted: wanted.iter().map(|r| (r.id.clone(), r.clone())).collect(), ..Goal::default() }
}

fn of(goal: &Goal, entries: &[Entry]) -> Diff {
    let inventory = entries.iter().map(|e| (e.resource.id.clone(), e.clone())).collect();
    diff(goal, &inventory, |_| false, &BTreeSet::new())
}

fn ensure(name: &str) -> Act {
    Act::Ensure(id(name))
}

fn remove(name: &str) -> Act {
    Act::Remove(id(name))
}

#[test]
fn what_is_unknown_is_intended_first() {
    let (a, b) = (thing("a", &[]), thing("b", &[own("a")]));
    let found = of(&goal(&[a.clone(), b]), &[intended(&a)]);
    assert_eq!(found.intend, [id("b")]);
    assert_eq!(found.ready, [ensure("a")]);
}

#[test]
fn a_thing_waits_for_its_needs() {
    let (a, b) = (thing("a", &[]), thing("b", &[own("a")]));
    let goal = goal(&[a.clone(), b.clone()]);
    let found = of(&goal, &[intended(&a), intended(&b)]);
    assert_eq!((found.ready, found.waits), (vec![ensure("a")], vec![(id("b"), Blocked::Own)]));
    let found = of(&goal, &[present(&a), intended(&b)]);
    assert_eq!((found.ready, found.waits), (vec![ensure("b")], vec![]));
    assert!(of(&goal, &[present(&a), present(&b)]).settled());
}

#[test]
fn a_need_that_changes_comes_first() {
    let (a, b) = (thing("a", &[]), thing("b", &[own("a")]));
    let old = |r: &Resource| present(&Resource { spec_hash: "0".into(), ..r.clone() });
    let found = of(&goal(&[a.clone(), b.clone()]), &[old(&a), old(&b)]);
    assert_eq!((found.ready, found.waits), (vec![ensure("a")], vec![(id("b"), Blocked::Own)]));
}

#[test]
fn what_is_unsound_is_ensured() {
    let a = thing("a", &[]);
    let inventory = BTreeMap::from([(a.id.clone(), present(&a))]);
    let found = diff(&goal(std::slice::from_ref(&a)), &inventory, |_| false, &BTreeSet::from([id("a")]));
    assert_eq!(found.ready, [ensure("a")]);
}

#[test]
fn needs_of_the_stage_and_of_nobody() {
    let shared = thing("a", &[Need::Stage(id("s"))]);
    let lost = thing("b", &[own("nothing")]);
    let wanted = goal(&[shared.clone(), lost.clone()]);
    let entries = [intended(&shared), intended(&lost)];
    let waits = [(id("a"), Blocked::Stage(id("s"))), (id("b"), Blocked::Nobody(id("nothing")))];
    assert_eq!(of(&wanted, &entries).waits, waits);
    let inventory = entries.into_iter().map(|e| (e.resource.id.clone(), e)).collect();
    let found = diff(&wanted, &inventory, |stage| stage == &id("s"), &BTreeSet::new());
    assert_eq!(found.ready, [ensure("a")]);
}

#[test]
fn removal_follows_the_recorded_needs_backwards() {
    let (a, b) = (data("a", &[]), thing("b", &[own("a")]));
    let absent = Goal { absent: true, ..Goal::default() };
    let found = of(&absent, &[intended(&b), present(&a)]);
    assert_eq!((found.strike, found.ready), (vec![id("a"), id("b")], vec![]));
    let found = of(&absent, &[removing(&b), removing(&a)]);
    assert_eq!((found.ready, found.waits), (vec![remove("b")], vec![(id("a"), Blocked::Own)]));
    assert_eq!(of(&absent, &[removing(&a)]).ready, [remove("a")]);
    assert!(of(&absent, &[]).settled());
}

#[test]
fn data_stays_though_the_plan_drops_it_and_so_does_what_it_needs() {
    let (a, b, c) = (thing("a", &[]), data("b", &[own("a")]), thing("c", &[own("b")]));
    let found = of(&goal(&[]), &[present(&a), present(&b), present(&c)]);
    assert_eq!(found.strike, [id("c")]);
    assert!(of(&goal(&[]), &[present(&a), present(&b)]).settled());
}

#[test]
fn what_tenants_stand_on_stays() {
    let (a, b) = (thing("a", &[]), thing("b", &[]));
    let goal = Goal { needed: BTreeSet::from([id("a")]), ..goal(&[]) };
    assert_eq!(of(&goal, &[present(&a), present(&b)]).strike, [id("b")]);
}

#[test]
fn what_is_half_gone_and_wanted_again_goes_first() {
    let a = thing("a", &[]);
    let goal = goal(std::slice::from_ref(&a));
    assert_eq!(of(&goal, &[removing(&a)]).ready, [remove("a")]);
    assert_eq!(of(&goal, &[]).intend, [id("a")]);
}

#[test]
fn nothing_is_intended_on_what_goes() {
    let (a, b) = (thing("a", &[]), thing("b", &[own("a")]));
    let found = of(&goal(&[a.clone(), b]), &[removing(&a)]);
    assert_eq!((found.intend, found.ready), (vec![], vec![remove("a")]), "a line would keep it from going");
    assert_eq!(found.waits, [(id("b"), Blocked::Own)]);
}

#[test]
fn what_was_to_go_and_is_stood_on_stays_when_it_is_wanted_again() {
    let (a, b) = (thing("a", &[]), thing("b", &[own("a")]));
    let goal = goal(&[a.clone(), b.clone()]);
    assert_eq!(of(&goal, &[removing(&a), present(&b)]).ready, [ensure("a")]);
    assert_eq!(of(&goal, &[removing(&a), removing(&b)]).ready, [ensure("a"), remove("b")]);
    assert!(of(&goal, &[present(&a), present(&b)]).settled());
}
