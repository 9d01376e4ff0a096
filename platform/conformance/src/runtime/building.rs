use std::collections::BTreeSet;

use tenantry_contract::resource::{Need, Owner};
use tenantry_ports::runtime::{Condition, Step};

use super::RuntimeSubject;
use super::drive::{Made, intended, present};

pub async fn lowering_is_pure(s: RuntimeSubject) {
    for desired in s.all() {
        let resources = s.runtime.lower(desired).unwrap();
        assert_eq!(s.runtime.lower(desired).unwrap(), resources);
        let ids: BTreeSet<_> = resources.iter().map(|r| &r.id).collect();
        assert_eq!(ids.len(), resources.len(), "ids are distinct among an owner's");
    }
    assert!(s.owned().await.is_empty(), "lowering makes nothing");
}

pub async fn needs_can_be_met(s: RuntimeSubject) {
    let stage: Vec<_> = s.runtime.lower(&s.stage).unwrap().into_iter().map(|r| r.id).collect();
    for desired in s.all() {
        let own = s.ordered(desired);
        for need in own.iter().flat_map(|r| &r.needs) {
            match need {
                Need::Own(id) => assert!(own.iter().any(|r| &r.id == id), "{id}"),
                Need::Stage(id) => assert!(stage.contains(id) && desired.owner != Owner::Stage, "{id}"),
            }
        }
    }
    assert!(s.owned().await.is_empty(), "planning makes nothing");
}

pub async fn everything_wanted_becomes_sound(s: RuntimeSubject) {
    let made = s.build_all().await;
    for (owner, entry) in &made.entries {
        let condition = s.runtime.inspect(owner, entry).await.unwrap();
        assert_eq!(condition, Condition::Sound, "{} of {owner}", entry.resource.id);
    }
    let owned = s.owned().await;
    assert!(!owned.is_empty());
    for ((owner, resource), natives) in &owned {
        assert_eq!(natives.len(), 1, "{resource} of {owner}");
        assert!(made.of(owner).any(|e| e.resource.id.as_str() == resource), "{resource} of {owner} was not wanted");
    }
    s.clear(&made).await;
}

pub async fn ensuring_again_changes_nothing(s: RuntimeSubject) {
    let made = s.build_all().await;
    let before = s.owned().await;
    for (owner, entry) in &made.entries {
        let again = s.ensured(&made, owner, &entry.resource, entry).await;
        assert_eq!(Some(&again), entry.outputs(), "{} of {owner}", entry.resource.id);
    }
    assert_eq!(s.owned().await, before);
    s.clear(&made).await;
}

/// The thing was made and the process died before it could say so: the inventory still says `Intended`.
pub async fn what_a_crash_left_unrecorded_is_adopted(s: RuntimeSubject) {
    let mut made = Made::default();
    for desired in s.all() {
        for resource in s.ordered(desired) {
            let owner = &desired.owner;
            let prior = intended(resource.clone());
            let lost = s.ensured(&made, owner, &resource, &prior).await;
            let there = s.owned().await;
            let found = s.ensured(&made, owner, &resource, &prior).await;
            assert_eq!(found, lost, "{} of {owner}", resource.id);
            assert_eq!(s.owned().await, there, "{} of {owner}", resource.id);
            made.entries.push((owner.clone(), present(resource, found)));
        }
    }
    s.clear(&made).await;
}

/// Died in the middle of making it, after the first call of perhaps several.
pub async fn what_a_crash_left_is_adopted_by_a_second_try_at_once(s: RuntimeSubject) {
    let mut made = Made::default();
    for desired in s.all() {
        for resource in s.ordered(desired) {
            let owner = &desired.owner;
            let prior = intended(resource.clone());
            let inputs = made.inputs(owner, &resource).expect("what it needs is ready");
            if let Step::Ready(outputs) = s.runtime.ensure(owner, &resource, None, &inputs).await.unwrap() {
                assert_eq!(s.ensured(&made, owner, &resource, &prior).await, outputs);
            }
            let outputs = s.ensured(&made, owner, &resource, &prior).await;
            made.entries.push((owner.clone(), present(resource, outputs)));
        }
    }
    let owned = s.owned().await;
    assert!(owned.values().all(|natives| natives.len() == 1), "{owned:?}");
    s.clear(&made).await;
}
