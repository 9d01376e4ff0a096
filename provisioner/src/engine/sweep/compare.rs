//! What is listed against what the inventories say, a thing at a time.

use std::collections::BTreeMap;

use tenantry_contract::resource::{Entry, Owner, ResourceId};
use tenantry_ports::runtime::Tagged;

use crate::strays::tells;

#[derive(Default)]
pub struct Comparison {
    strays: BTreeMap<Owner, Found>,
    /// Those that a line names by their own name, and those whose line names another or none: twins may be on
    /// different pages. Only lines that tell something are worth keeping; pooled tenants' tell nothing.
    named: BTreeMap<(Owner, ResourceId), Tagged>,
    doubtful: BTreeMap<(Owner, ResourceId), Vec<Tagged>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub strays: Vec<Tagged>,
    /// Recorded, and of the same tags as a stray.
    pub twins: Vec<Tagged>,
}

impl Comparison {
    pub fn see(&mut self, thing: Tagged, line: Option<&Entry>) {
        let Some(line) = line else {
            return self.strays.entry(thing.owner.clone()).or_default().strays.push(thing);
        };
        if line.outputs().is_none_or(BTreeMap::is_empty) {
            return;
        }
        let key = (thing.owner.clone(), thing.resource.clone());
        if tells(line, &thing.native) {
            self.named.insert(key, thing);
        } else {
            self.doubtful.entry(key).or_default().push(thing);
        }
    }

    pub fn strays(mut self) -> BTreeMap<Owner, Found> {
        for (key, things) in self.doubtful {
            // A line that names none of them means the one there is.
            if let Some(named) = self.named.remove(&key) {
                let found = self.strays.entry(key.0).or_default();
                found.strays.extend(things);
                found.twins.push(named);
            }
        }
        self.strays
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

    fn line(outputs: &[&str]) -> Entry {
        let outputs = outputs.iter().map(|native| ("userPoolId".to_owned(), (*native).to_owned()));
        let resource = Resource {
            id: pool(),
            kind: "pool".into(),
            spec: Value::Null,
            spec_hash: String::new(),
            needs: Vec::new(),
            holds_data: false,
            watched: false,
        };
        Entry { resource, state: EntryState::Present { outputs: outputs.collect::<Outputs>() } }
    }

    fn strays(seen: &[(&str, Option<Entry>)]) -> Vec<String> {
        let mut comparison = Comparison::default();
        for (native, line) in seen {
            comparison.see(thing(native), line.as_ref());
        }
        comparison.strays().into_values().flat_map(|found| found.strays).map(|thing| thing.native).collect()
    }

    #[test]
    fn twins_are_told_apart_in_whatever_order_they_come() {
        let told = || Some(line(&["p1"]));
        assert_eq!(strays(&[("p1", told()), ("p2", told())]), ["p2"]);
        assert_eq!(strays(&[("p2", told()), ("p1", told())]), ["p2"]);
    }

    #[test]
    fn a_line_that_does_not_tell_names_them_all() {
        assert!(strays(&[("p1", Some(line(&[]))), ("p2", Some(line(&["elsewhere"])))]).is_empty());
        assert_eq!(strays(&[("p1", None), ("p2", None)]), ["p1", "p2"]);
    }
}
