use serde_json::Value;
use tenantry_contract::resource::{EntryState, Outputs, Resource};

use super::*;

fn thing(resource: &str, native: &str) -> Tagged {
    Tagged {
        owner: Owner::Stage,
        resource: ResourceId::new("pool", resource),
        kind: "pool".into(),
        native: native.into(),
    }
}

fn line(resource: &str, state: EntryState) -> (ResourceId, Entry) {
    let id = ResourceId::new("pool", resource);
    let resource = Resource {
        id: id.clone(),
        kind: "pool".into(),
        spec: Value::Null,
        spec_hash: String::new(),
        needs: Vec::new(),
        holds_data: false,
        watched: false,
    };
    (id, Entry { resource, state })
}

fn present(native: &str) -> EntryState {
    EntryState::Present { outputs: Outputs::from([("userPoolId".into(), native.into())]) }
}

fn natives(things: &[Tagged], lines: [(ResourceId, Entry); 1]) -> Vec<String> {
    unlisted(things, &Inventory::from(lines)).into_iter().map(|t| t.native.clone()).collect()
}

#[test]
fn what_no_line_names_is_a_stray() {
    let things = [thing("a", "p1"), thing("b", "p2")];
    assert_eq!(natives(&things, [line("a", present("p1"))]), ["p2"]);
}

#[test]
fn of_twins_the_one_the_line_means_stays() {
    let things = [thing("a", "p1"), thing("a", "p2")];
    assert_eq!(natives(&things, [line("a", present("p2"))]), ["p1"]);
}

#[test]
fn a_line_that_does_not_tell_names_them_all() {
    let things = [thing("a", "p1"), thing("a", "p2")];
    assert!(natives(&things, [line("a", EntryState::Intended)]).is_empty());
    assert!(natives(&things, [line("a", present("elsewhere"))]).is_empty());
}
