//! What is listed against what the inventories say, a thing at a time.

use std::collections::BTreeMap;

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_contract::time::Timestamp;
use tenantry_ports::runtime::Tagged;

#[derive(Default)]
pub struct Comparison {
    /// Things whose owner's inventory has no line for their resource.
    unlisted: Vec<Tagged>,
    /// Native names that a line tells, and things whose line tells another or none: twins may be on different pages.
    /// Only lines that tell something are worth keeping; pooled tenants' tell nothing.
    named: BTreeMap<(Owner, ResourceId), String>,
    doubtful: BTreeMap<(Owner, ResourceId), Vec<Tagged>>,
}

impl Comparison {
    pub fn see(&mut self, thing: Tagged, line: Option<&Entry>) {
        let Some(line) = line else { return self.unlisted.push(thing) };
        let Some(outputs) = line.outputs().filter(|outputs| !outputs.is_empty()) else { return };
        let key = (thing.owner.clone(), thing.resource.clone());
        if outputs.values().any(|value| *value == thing.native) {
            self.named.insert(key, thing.native);
        } else {
            self.doubtful.entry(key).or_default().push(thing);
        }
    }

    /// The orphans among all that was seen.
    pub fn orphans(self, now: Timestamp, holds_data: impl Fn(&str) -> bool) -> Vec<Orphan> {
        let Self { unlisted, named, doubtful } = self;
        // A line that names none of them means the one there is.
        let twins = doubtful.into_iter().filter_map(|(key, things)| named.get(&key).map(|twin| (things, twin.clone())));
        let twins = twins.flat_map(|(things, twin)| things.into_iter().map(move |thing| (thing, Some(twin.clone()))));
        let all = unlisted.into_iter().map(|thing| (thing, None)).chain(twins);
        all.map(|(thing, recorded_twin)| {
            let Tagged { owner, resource, kind, native } = thing;
            Orphan {
                id: OrphanId::of(&owner, &resource, &native),
                holds_data: holds_data(&kind),
                owner,
                resource,
                kind,
                native,
                recorded_twin,
                first_seen: now,
                removal_requested: None,
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use tenantry_contract::resource::{EntryState, Outputs, Resource};

    fn thing(native: &str) -> Tagged {
        Tagged { owner: Owner::Stage, resource: pool(), kind: "pool".into(), native: native.into() }
    }

    fn pool() -> ResourceId {
        ResourceId::new("pool", "users")
    }

    fn line(state: EntryState) -> Entry {
        let resource = Resource {
            id: pool(),
            kind: "pool".into(),
            spec: Value::Null,
            spec_hash: String::new(),
            needs: Vec::new(),
            holds_data: false,
            watched: false,
        };
        Entry { resource, state }
    }

    fn present(outputs: &[&str]) -> Entry {
        let outputs = outputs.iter().map(|native| ("userPoolId".to_owned(), (*native).to_owned()));
        line(EntryState::Present { outputs: outputs.collect::<Outputs>() })
    }

    fn orphans(seen: &[(&str, Option<Entry>)]) -> Vec<Orphan> {
        let mut comparison = Comparison::default();
        for (native, line) in seen {
            comparison.see(thing(native), line.as_ref());
        }
        comparison.orphans(Timestamp::from_millis(0), |kind| kind == "pool")
    }

    fn natives(orphans: &[Orphan]) -> Vec<&str> {
        orphans.iter().map(|orphan| orphan.native.as_str()).collect()
    }

    #[test]
    fn twins_are_told_apart_in_whatever_order_they_come() {
        let recorded = || Some(present(&["p1"]));
        for seen in [[("p1", recorded()), ("p2", recorded())], [("p2", recorded()), ("p1", recorded())]] {
            let found = orphans(&seen);
            assert_eq!(natives(&found), ["p2"]);
            assert_eq!(found[0].recorded_twin.as_deref(), Some("p1"));
            assert!(found[0].is_unlisted(recorded().as_ref()));
            assert!(!found[0].is_unlisted(Some(&present(&["p2"]))), "the inventory names it by now");
        }
    }

    #[test]
    fn a_line_that_does_not_tell_names_them_all() {
        assert!(orphans(&[("p1", Some(present(&[]))), ("p2", Some(present(&["elsewhere"])))]).is_empty());
    }

    #[test]
    fn what_no_line_names_is_an_orphan_until_a_line_names_it() {
        let found = orphans(&[("p1", None), ("p2", None)]);
        assert_eq!(natives(&found), ["p1", "p2"]);
        assert!(found[0].holds_data && found[0].is_unlisted(None));
        assert!(!found[0].is_unlisted(Some(&line(EntryState::Intended))));
    }
}
