//! An event as clients see it: the envelope it travelled in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An event in `EventBridge`'s envelope.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventDoc {
    pub version: String,
    pub id: String,
    pub source: String,
    /// Such as `sbt_aws_onboardingRequest`; ours begin with `tenantry_`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    pub account: String,
    #[schema(format = "date-time")]
    pub time: String,
    pub region: String,
    pub resources: Vec<String>,
    /// What the detail type carries; consumers dedupe on `eventId` in it.
    pub detail: HashMap<String, Value>,
}
