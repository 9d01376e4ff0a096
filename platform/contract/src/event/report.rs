//! A report: what an application plane says became of an operation.

use serde_json::{Map, Value};

use super::{Event, EventName};
use crate::attributes::{Attributes, TOO_DEEP};
use crate::id::{OperationId, RegistrationId};
use crate::operation::{Failure, OperationKind};
use crate::status::Status;

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Success,
    Failure(Failure),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// For deduping: a foreign plane's report names no attempt.
    pub event_key: Option<String>,
    pub registration_id: RegistrationId,
    /// What it speaks of, where it says so.
    pub attempt: Option<(OperationId, u32)>,
    /// The kind of operation it ends; none ends whichever is open.
    pub kind: Option<OperationKind>,
    pub verdict: Verdict,
    pub tenant_data: Attributes,
    pub registration_data: Attributes,
}

/// Why an event that should be a report is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportFault {
    #[error("detail.tenantRegistrationId is missing or no id")]
    NoRegistration,
    #[error("detail.operationId and detail.attempt must come together, an id and a number")]
    HalfAPair,
    #[error("detail.jobOutput.{0} must be an object")]
    NotAnObject(&'static str),
    #[error("detail.jobOutput.{part}.registrationStatus must be one of {}", Status::ALL.map(Status::as_str).join(", "))]
    NoStatus { part: &'static str },
    #[error("detail.jobOutput.{part}.{name} {TOO_DEEP}")]
    TooDeep { part: &'static str, name: String },
}

impl Report {
    /// Reads a report; `None` for an event that ends nothing.
    pub fn from_event(event: &Event) -> Result<Option<Self>, ReportFault> {
        let (kind, good) = match event.name() {
            Some(EventName::ProvisionSuccess) => (OperationKind::Onboard, true),
            Some(EventName::ProvisionFailure) => (OperationKind::Onboard, false),
            Some(EventName::DeprovisionSuccess) => (OperationKind::Offboard, true),
            Some(EventName::DeprovisionFailure) => (OperationKind::Offboard, false),
            _ => return Ok(None),
        };
        let registration_id = event
            .text("tenantRegistrationId")
            .and_then(|id| RegistrationId::parse(id).ok())
            .ok_or(ReportFault::NoRegistration)?;
        let output = event.detail.get("jobOutput").and_then(Value::as_object);
        let verdict = if good { Verdict::Success } else { Verdict::Failure(failure(output)) };
        Ok(Some(Self {
            event_key: Some(event.key().to_owned()),
            registration_id,
            attempt: pair(event)?,
            kind: Some(kind),
            verdict,
            tenant_data: member(output, "tenantData")?,
            registration_data: member(output, "tenantRegistrationData")?,
        }))
    }
}

fn pair(event: &Event) -> Result<Option<(OperationId, u32)>, ReportFault> {
    match (event.detail.get("operationId"), event.detail.get("attempt")) {
        (None, None) => Ok(None),
        (Some(Value::String(id)), Some(attempt)) => {
            let id = OperationId::parse(id.as_str()).map_err(|_| ReportFault::HalfAPair)?;
            let attempt = attempt.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or(ReportFault::HalfAPair)?;
            Ok(Some((id, attempt)))
        }
        _ => Err(ReportFault::HalfAPair),
    }
}

fn member(output: Option<&Map<String, Value>>, name: &'static str) -> Result<Attributes, ReportFault> {
    match output.and_then(|o| o.get(name)) {
        None | Some(Value::Null) => Ok(Attributes::default()),
        Some(Value::Object(members)) => {
            let members = Attributes(members.clone());
            if let Some(deep) = members.too_deep() {
                return Err(ReportFault::TooDeep { part: name, name: deep.to_owned() });
            }
            // A word that a PATCH may not say ends nothing here either.
            let is_word = |value: &Value| value.as_str().and_then(Status::parse).is_some();
            if members.get("registrationStatus").is_some_and(|value| !is_word(value)) {
                return Err(ReportFault::NoStatus { part: name });
            }
            Ok(members)
        }
        Some(_) => Err(ReportFault::NotAnObject(name)),
    }
}

/// Our own failure whole, else SBT's bare text, else a plain sentence.
fn failure(output: Option<&Map<String, Value>>) -> Failure {
    let Some(output) = output else { return Failure::new("the application plane reported a failure") };
    if let Some(ours) = output.get("failure").and_then(|f| serde_json::from_value(f.clone()).ok()) {
        return ours;
    }
    let text = output.get("tenantStatus").and_then(Value::as_str);
    Failure::new(text.unwrap_or("the application plane reported a failure"))
}
