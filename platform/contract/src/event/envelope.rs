//! The envelope an event travels in, as `EventBridge` makes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{EventName, Plane, SCHEMA_VERSION};
use crate::id::EventId;
use crate::time::Timestamp;

/// What each plane calls itself; both are configurable in SBT, so in ours too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    pub control_plane: String,
    pub application_plane: String,
}

impl Default for Sources {
    fn default() -> Self {
        Self { control_plane: "sbt.control.plane".into(), application_plane: "sbt.application.plane".into() }
    }
}

impl Sources {
    pub fn of(&self, plane: Plane) -> &str {
        match plane {
            Plane::Control => &self.control_plane,
            Plane::Application => &self.application_plane,
        }
    }
}

/// An event as a decision makes it, before a store gives it id and time in the write that holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub name: EventName,
    pub detail: Map<String, Value>,
}

impl Draft {
    /// Gives the event its id, time and source. The id rides in the detail, as `EventBridge` takes none.
    pub fn stamp(mut self, id: EventId, time: Timestamp, sources: &Sources) -> Event {
        self.detail.insert("eventId".into(), id.as_str().into());
        self.detail.insert("schemaVersion".into(), SCHEMA_VERSION.into());
        Event {
            version: "0".into(),
            id: id.into(),
            source: sources.of(self.name.plane()).to_owned(),
            detail_type: self.name.detail_type().to_owned(),
            account: "000000000000".into(),
            time,
            region: "local".into(),
            resources: Vec::new(),
            detail: self.detail,
        }
    }
}

/// An event as it is on the bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    #[serde(default)]
    pub version: String,
    /// The envelope's own id: another one at each delivery by another bus. See [`Event::key`].
    pub id: String,
    pub source: String,
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    #[serde(default)]
    pub account: String,
    pub time: Timestamp,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub resources: Vec<String>,
    pub detail: Map<String, Value>,
}

/// Why a message is not an event.
#[derive(Debug, thiserror::Error)]
#[error("not an event: {0}")]
pub struct EventFault(#[from] serde_json::Error);

impl Event {
    pub fn parse(json: &[u8]) -> Result<Self, EventFault> {
        Ok(serde_json::from_slice(json)?)
    }

    /// What consumers dedupe on: the sender's `eventId`, else the envelope's id.
    pub fn key(&self) -> &str {
        self.text("eventId").unwrap_or(&self.id)
    }

    /// An application plane may leave the prefix out.
    pub fn name(&self) -> Option<EventName> {
        EventName::parse(&self.detail_type).or_else(|| EventName::parse_bare(&self.detail_type))
    }

    /// A text member of the detail.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.detail.get(member).and_then(Value::as_str)
    }
}
