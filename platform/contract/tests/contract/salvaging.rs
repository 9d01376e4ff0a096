//! What is left of a record that nests too deep.

use serde_json::{Value, json};
use tenantry_contract::catalogue::Placement;
use tenantry_contract::record::{TenantRecord, salvage};

use crate::make::registered;

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn a_record_is_salvaged_without_the_members_that_nest_too_deep() {
    let whole = registered(1, Placement::Pooled).record;
    for levels in [97, 126, 5_000] {
        let text = "[".repeat(levels) + &"]".repeat(levels);
        let json = serde_json::to_string(&whole).unwrap();
        let json = json.replacen("\"tenant\":{", &format!("\"tenant\":{{\"note\":{text},"), 1);
        let json = json.replacen("\"registration\":{", &format!("\"registration\":{{\"x\":{{\"y\":{text}}},"), 1);
        assert_eq!(serde_json::from_str::<TenantRecord>(&json).is_err(), levels > 125, "{levels}");
        let salvaged = salvage(json.as_bytes()).unwrap();
        assert_eq!(salvaged.record, whole, "{levels}");
        assert_eq!(salvaged.lost, ["tenant.note", "registration.x"], "{levels}");
    }
}

#[test]
fn what_can_be_read_is_whole() {
    let mut whole = registered(1, Placement::Pooled).record;
    whole.tenant.0.insert("all".into(), json!([null, true, -1, 1.5, "x", { "a": nested(60) }]));
    let salvaged = salvage(&serde_json::to_vec(&whole).unwrap()).unwrap();
    assert_eq!((salvaged.record, salvaged.lost), (whole, vec![]));
}

#[test]
fn what_is_no_record_is_none() {
    for json in ["", "{}", "{\"from\":2031}", "[", "null", "{} x"] {
        assert_eq!(salvage(json.as_bytes()), None, "{json}");
    }
}
