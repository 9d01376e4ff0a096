//! An event as `PutEvents` takes it, and how many of them go into one call.

use std::fmt;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use tenantry_contract::event::Event;

/// `PutEvents` takes so many at once.
pub const MOST: usize = 10;
/// The entries of a call must be smaller than this together.
pub const ROOM: usize = 256 * 1024;
/// What a time counts as, however long it is.
const TIME: usize = 14;

#[derive(Debug, Clone)]
pub struct Entry {
    request: PutEventsRequestEntry,
    size: usize,
    key: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    #[error(
        "the event {detail_type} {key} is too large for EventBridge: its entry is {size} bytes and must be smaller than \
         {ROOM}; put large data elsewhere and its address into the event"
    )]
    TooLarge { detail_type: String, key: String, size: usize },
    #[error("the event {detail_type} {key} cannot be written as JSON: {why}")]
    NoJson { detail_type: String, key: String, why: String },
}

impl Entry {
    pub fn new(event: &Event) -> Result<Self, BadEntry> {
        let (detail_type, key) = (event.detail_type.clone(), event.key().to_owned());
        let detail = match serde_json::to_string(&event.detail) {
            Ok(detail) => detail,
            Err(e) => return Err(BadEntry::NoJson { detail_type, key, why: e.to_string() }),
        };
        let resources: usize = event.resources.iter().map(String::len).sum();
        let size = TIME + event.source.len() + detail_type.len() + detail.len() + resources;
        if size >= ROOM {
            return Err(BadEntry::TooLarge { detail_type, key, size });
        }
        let request = PutEventsRequestEntry::builder()
            .time(DateTime::from_millis(event.time.millis()))
            .source(&event.source)
            .detail_type(detail_type)
            .detail(detail)
            .set_resources(Some(event.resources.clone()))
            .build();
        Ok(Self { request, size, key })
    }

    /// As AWS counts it.
    pub fn size(&self) -> usize {
        self.size
    }

    /// For the bus of that name.
    pub fn on(&self, bus: &str) -> PutEventsRequestEntry {
        let mut request = self.request.clone();
        request.event_bus_name = Some(bus.to_owned());
        request
    }
}

/// For messages; the detail is nobody's business.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.request.detail_type().unwrap_or_default(), self.key)
    }
}

/// Calls that carry these, in this order, each as full as may be.
pub fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut filled = 0;
    for entry in entries {
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST && filled + entry.size() < ROOM => {
                filled += entry.size();
                batch.push(entry);
            }
            _ => {
                filled = entry.size();
                batches.push(vec![entry]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenantry_conformance::make::foreign_event;
    use tenantry_contract::event::EventName;

    use super::*;

    fn event(id: &str, letters: usize) -> Event {
        foreign_event(EventName::IngestUsage, id, &json!({ "x": "\u{1F980}".repeat(letters / 4) }))
    }

    fn sizes(batches: &[Vec<Entry>]) -> Vec<usize> {
        batches.iter().map(Vec::len).collect()
    }

    fn made(count: usize, letters: usize) -> Vec<Entry> {
        (0..count).map(|n| Entry::new(&event(&n.to_string(), letters)).unwrap()).collect()
    }

    #[test]
    fn an_entry_is_as_large_as_aws_counts_it() {
        let mut event = event("e1", 4);
        event.resources = vec!["arn:aws:x".into(), "ä".into()];
        let entry = Entry::new(&event).unwrap();
        let expected =
            14 + "sbt.application.plane".len() + "sbt_aws_ingestUsage".len() + r#"{"x":""}"#.len() + 4 + 9 + 2;
        assert_eq!(entry.size(), expected);
    }

    #[test]
    fn a_call_carries_ten_and_less_than_the_room() {
        assert_eq!(sizes(&batches(Vec::new())), [0; 0]);
        assert_eq!(sizes(&batches(made(25, 4))), [10, 10, 5]);
        assert_eq!(sizes(&batches(made(5, 100_000))), [2, 2, 1]);
        let frame = made(1, 0)[0].size();
        // The letters are four bytes each.
        let half = (ROOM / 2 - frame) / 4 * 4;
        let together: usize = made(2, half).iter().map(Entry::size).sum();
        assert!(together < ROOM && sizes(&batches(made(2, half))) == [2], "{together}");
        assert_eq!(sizes(&batches(made(2, half + 4))), [1, 1]);
    }

    #[test]
    fn what_is_too_large_is_refused_in_words() {
        let error = Entry::new(&event("e1", ROOM)).unwrap_err().to_string();
        assert!(error.contains("sbt_aws_ingestUsage e1") && error.contains("too large"), "{error}");
        let frame = made(1, 0)[0].size();
        let mut event = event("e1", 0);
        event.source.push_str(&"s".repeat(ROOM - 1 - frame));
        assert_eq!(Entry::new(&event).unwrap().size(), ROOM - 1);
        event.source.push('s');
        let too_large = Entry::new(&event);
        assert!(matches!(too_large, Err(BadEntry::TooLarge { size: ROOM, .. })), "{too_large:?}");
    }
}
