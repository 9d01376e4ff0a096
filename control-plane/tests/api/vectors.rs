//! What SBT's own functions answered, replayed: ours may say more, and differs where it says so here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stand::Stand;

const RECORDED: &str = include_str!("../../../platform/contract/tests/vectors/sbt-http.jsonl");

const CATALOGUE: &str = "[[tiers]]\nname = \"basic\"\nplacement = \"external\"\n";

/// Where ours differs on purpose: what it answers instead. An entry that no longer differs fails.
fn differences() -> BTreeMap<&'static str, (u16, Value)> {
    let limit = json!({"statusCode": 422, "errors": [{"field": "limit"}]});
    let deleting = json!({"data": {"registrationStatus": "Deleting", "sbtaws_active": false}});
    BTreeMap::from([
        // A validation error is a problem document.
        ("limit 0", (422, limit.clone())),
        ("limit abc", (422, limit.clone())),
        ("users limit 61", (422, limit)),
        ("create user, no role", (422, json!({"statusCode": 422, "errors": [{"field": "userRole"}]}))),
        // A user that exists is a conflict.
        ("create user again", (409, json!({"statusCode": 409}))),
        // A failure report without the two members ends the operation.
        ("SBT's failure report", (200, json!({"data": {"tenantRegistration": {"registrationStatus": "Failed"}}}))),
        // An offboarding shows.
        ("registration after delete", (200, deleting)),
    ])
}

#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Whether `actual` is what was recorded, or more. `{name}` stands for whatever it first was.
    fn covers(&mut self, expected: &Value, actual: &Value) -> Result<(), String> {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                let partial = expected.contains_key("next_token");
                for (key, value) in expected {
                    let ours = actual.get(key).unwrap_or(&Value::Null);
                    match (key.as_str(), ours) {
                        ("next_token", Value::String(token)) if !token.is_empty() => {}
                        // Which ones come first is not said.
                        ("data", Value::Array(ours)) if partial => {
                            let length = value.as_array().map_or(0, Vec::len);
                            (ours.len() == length).then_some(()).ok_or("a page of another length")?;
                        }
                        _ => self.covers(value, ours).map_err(|why| format!("{key}: {why}"))?,
                    }
                }
                let more = actual.contains_key("next_token") && !partial && expected.get("data").is_some();
                if more { Err("there is a next page".into()) } else { Ok(()) }
            }
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                let mut left: Vec<&Value> = actual.iter().collect();
                for one in expected {
                    let found = left.iter().position(|ours| self.covers(one, ours).is_ok());
                    left.remove(found.ok_or_else(|| format!("nothing like {one}"))?);
                }
                Ok(())
            }
            (Value::String(expected), Value::String(actual)) => self.same_text(expected, actual),
            _ if expected == actual => Ok(()),
            _ => Err(format!("{expected} was recorded, {actual} came")),
        }
    }

    fn same_text(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        let is_name = expected.starts_with('{') && expected.ends_with('}') && !expected.contains('"');
        let same = match expected {
            "{time}" => actual.len() >= 20 && actual.contains('T') && actual.ends_with('Z'),
            name if is_name => self.0.entry(name.to_owned()).or_insert_with(|| actual.to_owned()) == actual,
            text => text == actual,
        };
        if same { Ok(()) } else { Err(format!("{expected:?} was recorded, {actual:?} came")) }
    }
}

#[tokio::test(start_paused = true)]
async fn ours_answers_as_sbt_did() {
    let stand = Stand::with(CATALOGUE).await;
    let mut names = Names::default();
    let mut differences = differences();
    let mut faults = Vec::new();
    for line in RECORDED.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let (name, request, response) = (vector["name"].as_str().unwrap(), &vector["request"], &vector["response"]);
        let path = names.fill(request["path"].as_str().unwrap());
        let body = request.get("body").map(|body| serde_json::from_str(&names.fill(&body.to_string())).unwrap());
        let headers: Vec<(&str, &str)> = request["headers"]
            .as_object()
            .map(|headers| headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect())
            .unwrap_or_default();
        let answer = stand.call_with(request["method"].as_str().unwrap(), &path, body.as_ref(), &headers).await;
        let (status, came) = (answer.status, answer.json());
        let mut held = |expected_status: u64, expected: &Value| {
            if u64::from(status) == expected_status {
                return names.covers(expected, &came);
            }
            Err(format!("status {expected_status} was recorded, {status} came: {came}"))
        };
        let as_recorded = held(response["status"].as_u64().unwrap(), &response["body"]);
        match differences.remove(name) {
            None => faults.extend(as_recorded.err().map(|why| format!("{name}: {why}"))),
            Some(_) if as_recorded.is_ok() => faults.push(format!("{name}: does not differ any more")),
            Some((status, body)) => faults.extend(held(status.into(), &body).err().map(|why| format!("{name}: {why}"))),
        }
    }
    faults.extend(differences.keys().map(|name| format!("{name}: there is no such vector")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
