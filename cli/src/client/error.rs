//! What goes wrong, in words that say what to do.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(
        "cannot reach {url}: is `tenantry up` running? Another address goes into --api-url or TENANTRY_API_URL. ({why})"
    )]
    Unreachable { url: String, why: String },
    #[error("{url} did not answer as it should ({why})")]
    Broken { url: String, why: String },
    #[error("{url} is not a Tenantry API: {what}")]
    Strange { url: String, what: String },
    #[error("not signed in: run `tenantry login`")]
    NotSignedIn,
    #[error("the sign-in has ended: run `tenantry login` again ({0})")]
    SignInEnded(String),
    #[error("sign-in refused: {0}")]
    SignInRefused(String),
    #[error("{0}")]
    Refused(Refusal),
    #[error("'{url}' is not an address such as http://127.0.0.1:8080")]
    Address { url: String },
    #[error("neither HOME nor XDG_CONFIG_HOME is set; name a file with --session")]
    Homeless,
    #[error("cannot use the file {path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is not {what}")]
    Contents {
        path: PathBuf,
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
    #[error("{0}")]
    Usage(String),
}

impl ClientError {
    /// A request that got no answer, or not a whole one.
    pub fn unanswered(url: &str, error: &reqwest::Error) -> Self {
        let (url, why) = (url.to_owned(), root(error).to_string());
        if error.is_connect() { Self::Unreachable { url, why } } else { Self::Broken { url, why } }
    }
}

/// What it comes down to; the layers above only say that they failed, too.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error.source().map_or(error, root)
}

/// A problem document, or whatever came in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub status: u16,
    pub message: String,
    pub fields: Vec<(String, String)>,
    pub request_id: Option<String>,
}

impl Refusal {
    pub fn read(status: reqwest::StatusCode, body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let said = text(&document, "message").or_else(|| text(&document, "detail"));
        let errors = document.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Self {
            status: status.as_u16(),
            message: said.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned()),
            fields: errors.iter().filter_map(|e| Some((text(e, "field")?, text(e, "rule")?))).collect(),
            request_id: text(&document, "requestId"),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let faults: Vec<String> = self.fields.iter().map(|(field, rule)| format!("{field} {rule}")).collect();
        // The message of several faults is often just all of them on one line.
        let listed = faults.len() > 1 && faults.join("; ") == self.message;
        let said = if listed { format!("{} faults", faults.len()) } else { self.message.clone() };
        let mut text = format!("{said} ({})", self.status);
        for fault in faults.iter().filter(|fault| listed || !self.message.contains(*fault)) {
            let _ = write!(text, "\n  {fault}");
        }
        if let Some(id) = self.request_id.as_ref().filter(|_| self.status >= 500) {
            let _ = write!(text, "\n  request {id}");
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    #[test]
    fn a_problem_names_fields_and_rules() {
        let body = br#"{"message":"Two fields are wrong.","errors":[{"field":"a.b","rule":"is taken"},
            {"field":"tier","rule":"must be one of basic, premium"}],"requestId":"r1"}"#;
        let text = Refusal::read(StatusCode::UNPROCESSABLE_ENTITY, body).to_string();
        assert_eq!(text, "Two fields are wrong. (422)\n  a.b is taken\n  tier must be one of basic, premium");
        let body = br#"{"message":"a.b is taken; tier is required",
            "errors":[{"field":"a.b","rule":"is taken"},{"field":"tier","rule":"is required"}]}"#;
        let text = Refusal::read(StatusCode::UNPROCESSABLE_ENTITY, body).to_string();
        assert_eq!(text, "2 faults (422)\n  a.b is taken\n  tier is required");
        let body = br#"{"message":"a.b is taken","errors":[{"field":"a.b","rule":"is taken"}]}"#;
        assert_eq!(Refusal::read(StatusCode::CONFLICT, body).to_string(), "a.b is taken (409)");
    }

    #[test]
    fn whatever_came_in_its_place() {
        assert_eq!(Refusal::read(StatusCode::BAD_GATEWAY, b"<html>").to_string(), "Bad Gateway (502)");
        let body = br#"{"message":"Oh.","requestId":"r1"}"#;
        assert_eq!(Refusal::read(StatusCode::INTERNAL_SERVER_ERROR, body).to_string(), "Oh. (500)\n  request r1");
    }
}
