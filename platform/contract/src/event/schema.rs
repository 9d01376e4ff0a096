//! JSON Schemas of every event, generated into `docs/events/` and held against it by a test.

#![expect(dead_code, reason = "the types here are read by schemars alone")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde_json::{Map, Value, json};

use super::{EventName, Plane, Sources};
use crate::operation::{Failure, OperationKind, OperationState, Step};
use crate::status::Status;
use crate::time::Timestamp;

/// What every detail of ours carries, and none of another's must.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Ours {
    event_id: Option<String>,
    operation_id: Option<String>,
    attempt: Option<u32>,
    schema_version: Option<u32>,
    traceparent: Option<String>,
}

/// A request for an application plane: the tenant's and the registration's members in one flat object.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Request {
    tenant_id: String,
    tenant_registration_id: String,
    tenant_name: String,
    email: String,
    tier: String,
    registration_status: Status,
    #[schemars(rename = "sbtaws_active")]
    sbtaws_active: bool,
    #[schemars(rename = "useFederation")]
    use_federation: String,
    #[schemars(rename = "useEc2")]
    use_ec2: String,
    #[schemars(rename = "useRProxy")]
    use_r_proxy: String,
    /// A list, or JSON text of one as an application plane wrote it back.
    prices: Value,
    /// JSON text.
    tenant_config: Option<String>,
    #[schemars(flatten)]
    ours: Ours,
}

/// What became of an operation.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct ReportDetail {
    tenant_registration_id: String,
    tenant_id: Option<String>,
    job_output: JobOutput,
    #[schemars(flatten)]
    ours: Ours,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct JobOutput {
    /// Merged into the tenant.
    tenant_data: Option<Map<String, Value>>,
    /// Merged into the registration.
    tenant_registration_data: Option<Map<String, Value>>,
    /// Why it failed, in words.
    tenant_status: Option<String>,
    failure: Option<Failure>,
}

/// Steps of an operation that have just changed.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Progress {
    tenant_id: String,
    operation_kind: OperationKind,
    steps: Vec<Step>,
    #[schemars(flatten)]
    ours: Ours,
}

/// The end of an operation, whatever it was.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Ended {
    tenant_id: String,
    tenant_registration_id: String,
    tenant_name: String,
    tier: String,
    operation_kind: OperationKind,
    outcome: OperationState,
    registration_status: Status,
    #[schemars(flatten)]
    ours: Ours,
}

/// A thing that carries this stage's tags and that no inventory names.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct OrphanDetail {
    orphan_id: String,
    /// Absent for a thing of the stage.
    tenant_id: Option<String>,
    resource: String,
    kind: String,
    native: String,
    holds_data: bool,
    first_seen: Timestamp,
    #[schemars(flatten)]
    ours: Ours,
}

/// An event whose detail is the sender's affair.
#[derive(JsonSchema)]
struct Free {
    #[schemars(flatten)]
    members: Map<String, Value>,
}

/// A schema for every event, by detail type.
pub fn schemas() -> BTreeMap<&'static str, Value> {
    EventName::ALL.iter().map(|name| (name.detail_type(), envelope(*name))).collect()
}

fn envelope(name: EventName) -> Value {
    let sources = Sources::default();
    let mut detail = detail(name).to_value();
    let definitions = detail.as_object_mut().and_then(|d| {
        d.remove("$schema");
        d.remove("$defs")
    });
    let plane = match name.plane() {
        Plane::Control => "control plane",
        Plane::Application => "application plane",
    };
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name.detail_type(),
        "description": format!("Published by the {plane}."),
        "type": "object",
        "required": ["id", "source", "detail-type", "time", "detail"],
        "properties": {
            "version": { "type": "string" },
            "id": { "type": "string" },
            "source": { "type": "string", "default": sources.of(name.plane()) },
            "detail-type": { "const": name.detail_type() },
            "account": { "type": "string" },
            "time": { "type": "string", "format": "date-time" },
            "region": { "type": "string" },
            "resources": { "type": "array", "items": { "type": "string" } },
            "detail": detail,
        },
    });
    if let Some(definitions) = definitions {
        schema["$defs"] = definitions;
    }
    schema
}

fn detail(name: EventName) -> Schema {
    use EventName as N;
    match name {
        N::OnboardingRequest | N::OffboardingRequest | N::ActivateRequest | N::DeactivateRequest => {
            schema_for!(Request)
        }
        N::ProvisionSuccess
        | N::ProvisionFailure
        | N::DeprovisionSuccess
        | N::DeprovisionFailure
        | N::ActivateSuccess
        | N::ActivateFailure
        | N::DeactivateSuccess
        | N::DeactivateFailure => schema_for!(ReportDetail),
        N::ProvisionProgress => schema_for!(Progress),
        N::OperationEnded => schema_for!(Ended),
        N::OrphanFound => schema_for!(OrphanDetail),
        _ => schema_for!(Free),
    }
}
