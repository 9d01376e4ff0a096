//! An operation as the API tells it, as far as it is shown.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    #[serde(rename = "operationId")]
    pub id: String,
    pub tenant_id: String,
    pub kind: String,
    pub attempt: u32,
    pub status: String,
    pub requested_at: String,
    #[serde(default)]
    pub ended_at: Option<String>,
    #[serde(default)]
    pub failure: Option<Failure>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Failure {
    #[serde(default)]
    pub step: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub remains: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub name: String,
    pub action: String,
    pub state: String,
    pub started_at: String,
    #[serde(default)]
    pub ended_at: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
}

impl Operation {
    pub fn read(data: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(data)
    }

    pub fn ended(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "failed" | "superseded")
    }

    pub fn succeeded(&self) -> bool {
        self.status == "succeeded"
    }

    /// How it ended, in a sentence.
    pub fn verdict(&self) -> String {
        let what = match self.kind.as_str() {
            "onboard" => "Onboarding",
            "offboard" => "Offboarding",
            other => other,
        };
        let took = self.ended_at.as_deref().and_then(|end| took(&self.requested_at, end));
        let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
        match (self.status.as_str(), &self.failure) {
            ("succeeded", _) => format!("{what} succeeded{took}."),
            ("superseded", _) => format!("{what} was superseded by a newer operation."),
            (_, Some(failure)) => {
                let at = failure.step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
                let remains = match failure.remains.as_slice() {
                    [] => String::new(),
                    left => format!("; still there: {}", left.join(", ")),
                };
                format!("{what} failed{at}{took}: {}{remains}", failure.reason)
            }
            (status, None) => format!("{what} is {status}."),
        }
    }
}

/// The time between two moments, to show.
pub fn took(from: &str, to: &str) -> Option<String> {
    let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    let millis = (to.as_millisecond() - from.as_millisecond()).max(0);
    Some(match millis {
        0..1000 => format!("{millis} ms"),
        1000..120_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis / 1000 % 60),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ended(status: &str, failure: &Value) -> String {
        let data = json!({
            "operationId": "o", "tenantId": "t", "kind": "onboard", "attempt": 1, "status": status,
            "requestedAt": "2026-11-22T10:00:00.000Z", "endedAt": "2026-11-22T10:00:01.250Z", "failure": failure,
        });
        Operation::read(&data).unwrap().verdict()
    }

    #[test]
    fn verdicts() {
        assert_eq!(ended("succeeded", &Value::Null), "Onboarding succeeded in 1.2 s.");
        let failure = json!({ "step": "service/orders", "reason": "no port", "remains": ["table/orders"] });
        let words = "Onboarding failed at service/orders in 1.2 s: no port; still there: table/orders";
        assert_eq!(ended("failed", &failure), words);
        assert_eq!(ended("failed", &json!({ "reason": "late" })), "Onboarding failed in 1.2 s: late");
    }

    #[test]
    fn durations() {
        let shown = |millis: i64| {
            let at = |ms| jiff::Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap().to_string();
            took(&at(0), &at(millis)).unwrap()
        };
        assert_eq!([0, 42, 1000, 119_990, 125_000].map(shown), ["0 ms", "42 ms", "1.0 s", "119.9 s", "2 min 5 s"]);
        assert_eq!(took("x", "y"), None);
    }
}
