//! Free members of a tenant, as clients send them and as they are kept.

use serde_json::{Map, Value};
use tenantry_contract::attributes::{Attributes, TOO_DEEP};
use tenantry_contract::catalogue::Placement;

use super::faults::Faults;

/// Flags that SBT's jobs read as shell words: kept as the texts `"true"` and `"false"`.
const FLAGS: [(&str, Option<&str>); 3] = [
    ("useFederation", Some("is not supported yet: tenants' users sign in with the pool that is made for them")),
    ("useEc2", Some("is not supported yet: every tenant runs on the platform's own compute")),
    ("useRProxy", None),
];

/// Reads a member that must be an object if it is there at all.
pub(crate) fn object(body: &mut Map<String, Value>, name: &str, faults: &mut Faults) -> Option<Map<String, Value>> {
    match body.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => {
            faults.say(name, "must be an object");
            None
        }
    }
}

/// Brings flags and `tenantConfig` into the form they are kept in. `at` is what comes before a member's name. Another
/// application plane may do what ours does not.
pub(crate) fn settle(members: &mut Map<String, Value>, at: &str, placement: Option<Placement>, faults: &mut Faults) {
    for (flag, unsupported) in FLAGS {
        let Some(value) = members.get_mut(flag) else { continue };
        match (as_flag(value), unsupported) {
            (None, _) => faults.say(format!("{at}{flag}"), "must be true or false"),
            (Some(true), Some(why)) if placement != Some(Placement::External) => faults.say(format!("{at}{flag}"), why),
            (Some(on), _) => *value = if on { "true" } else { "false" }.into(),
        }
    }
    if members.get("tenantConfig").is_some_and(|config| !is_config(config)) {
        faults.say(format!("{at}tenantConfig"), "must be an object, or the JSON text of one");
    }
    check_depth(members, at, faults);
    settle_config(members);
}

fn check_depth(members: &mut Map<String, Value>, at: &str, faults: &mut Faults) {
    let attributes = Attributes(std::mem::take(members));
    if let Some(name) = attributes.too_deep() {
        faults.say(format!("{at}{name}"), TOO_DEEP);
    }
    *members = attributes.0;
}

/// Anything else would take from the tenant's people where they sign in.
fn is_config(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::String(text) => serde_json::from_str::<Map<String, Value>>(text).is_ok(),
        _ => false,
    }
}

/// `tenantConfig` is kept as JSON text, whichever way it was sent.
pub(crate) fn settle_config(members: &mut Map<String, Value>) {
    if let Some(config) = members.get_mut("tenantConfig")
        && config.is_object()
    {
        *config = config.to_string().into();
    }
}

fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

pub(crate) fn check_size(attributes: &Attributes, at: &str, faults: &mut Faults) {
    if let Some(rule) = attributes.overfilled() {
        faults.say(at, rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settled(value: &Value) -> (Value, Faults) {
        let mut members = value.as_object().unwrap().clone();
        let mut faults = Faults::default();
        settle(&mut members, "tenantData.", Some(Placement::Pooled), &mut faults);
        (members.into(), faults)
    }

    #[test]
    fn flags_become_texts() {
        let (members, faults) = settled(&json!({"useEc2": false, "useFederation": "FALSE", "useRProxy": true}));
        assert_eq!(members, json!({"useEc2": "false", "useFederation": "false", "useRProxy": "true"}));
        assert!(faults.is_empty());
    }

    #[test]
    fn what_is_not_built_is_refused() {
        for bad in [json!({"useEc2": true}), json!({"useFederation": "true"}), json!({"useRProxy": 1})] {
            assert!(!settled(&bad).1.is_empty(), "{bad}");
        }
    }

    #[test]
    fn another_application_plane_may_have_built_it() {
        let mut members = json!({"useEc2": true, "useFederation": "TRUE"}).as_object().unwrap().clone();
        let mut faults = Faults::default();
        settle(&mut members, "", Some(Placement::External), &mut faults);
        assert_eq!(Value::Object(members), json!({"useEc2": "true", "useFederation": "true"}));
        assert!(faults.is_empty());
    }

    #[test]
    fn a_config_is_kept_as_text() {
        let (members, _) = settled(&json!({"tenantConfig": {"a": 1}}));
        assert_eq!(members, json!({"tenantConfig": "{\"a\":1}"}));
        assert_eq!(settled(&members), (members, Faults::default()));
    }

    #[test]
    fn what_is_no_config_is_refused() {
        for bad in [json!("garbage"), json!("[]"), json!(null), json!(5)] {
            assert!(!settled(&json!({ "tenantConfig": bad })).1.is_empty(), "{bad}");
        }
    }
}
