//! Putting entries onto the bus, and what became of each.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::entry::Entry;
use crate::fault::{Fault, Kind, call};

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    /// Not this time.
    Failed(String),
    /// Nor ever, as it is and as things are.
    Refused(String),
}

pub struct Putter {
    client: Client,
    bus: String,
    seen: Mutex<Option<Instant>>,
}

/// After this long it is asked again whether the bus is there.
const TRUST: Duration = Duration::from_secs(60);

impl Putter {
    pub fn new(sdk: &SdkConfig, bus: String) -> Self {
        Self { client: Client::new(sdk), bus, seen: Mutex::new(None) }
    }

    /// What became of each entry, in their order. A fault means that nothing is known of any, or nothing was done.
    pub async fn put(&self, batch: &[Entry]) -> Result<Vec<Outcome>, Fault> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.look().await?;
        let entries = batch.iter().map(|entry| entry.on(&self.bus)).collect();
        let call = call("events:PutEvents", self.to_string());
        let put = self.client.put_events().set_entries(Some(entries)).send().await;
        let results = match put {
            Ok(answer) => answer.entries.unwrap_or_default(),
            Err(error) => return Err(call.fault(error)),
        };
        if results.len() != batch.len() {
            let why = format!("{} entries were put and {} results came", batch.len(), results.len());
            return Err(call.nonsense(why));
        }
        Ok(results.iter().map(outcome).collect())
    }

    /// EventBridge accepts entries for a bus that is not there, and drops them: so it has to be asked.
    async fn look(&self) -> Result<(), Fault> {
        let mut seen = self.seen.lock().await;
        if seen.is_some_and(|at| at.elapsed() < TRUST) {
            return Ok(());
        }
        let looked = self.client.describe_event_bus().name(&self.bus).send().await;
        match looked.map_err(|e| call("events:DescribeEventBus", self.to_string()).fault(e)) {
            // Whoever may put events need not be allowed to ask; then the bus is taken on trust.
            Err(fault) if fault.kind == Kind::Denied && fault.code.is_some() => {
                tracing::warn!(bus = self.bus, "not allowed to ask whether the bus is there (events:DescribeEventBus)");
            }
            Err(fault) => {
                *seen = None;
                return Err(fault);
            }
            Ok(_) => {}
        }
        *seen = Some(Instant::now());
        Ok(())
    }
}

impl fmt::Display for Putter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event bus {}", self.bus)
    }
}

fn outcome(result: &PutEventsResultEntry) -> Outcome {
    let said = || {
        let (code, message) = (result.error_code(), result.error_message());
        format!("{}: {}", code.unwrap_or("no code"), message.unwrap_or("no reason given"))
    };
    match result.error_code() {
        None if result.event_id().is_some() => Outcome::Accepted,
        Some(
            "AccessDeniedException"
            | "InvalidAccountIdException"
            | "InvalidArgument"
            | "MalformedDetail"
            | "RedactionFailure"
            | "NotAuthorizedForSourceException"
            | "NotAuthorizedForDetailTypeException",
        ) => Outcome::Refused(said()),
        // Those AWS calls retryable, and those it has not told us of.
        _ => Outcome::Failed(said()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(id: Option<&str>, code: Option<&str>) -> PutEventsResultEntry {
        PutEventsResultEntry::builder()
            .set_event_id(id.map(Into::into))
            .set_error_code(code.map(Into::into))
            .set_error_message(code.map(|_| "because".into()))
            .build()
    }

    #[test]
    fn every_result_is_read_for_what_it_is() {
        assert_eq!(outcome(&result(Some("1"), None)), Outcome::Accepted);
        assert_eq!(outcome(&result(None, None)), Outcome::Failed("no code: no reason given".into()));
        for code in ["ThrottlingException", "InternalFailure", "InternalException", "Unheard"] {
            assert_eq!(outcome(&result(None, Some(code))), Outcome::Failed(format!("{code}: because")));
        }
        for code in ["MalformedDetail", "NotAuthorizedForSourceException"] {
            assert_eq!(outcome(&result(None, Some(code))), Outcome::Refused(format!("{code}: because")));
        }
    }
}
