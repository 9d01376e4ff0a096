//! [`Bus`](tenantry_ports::bus::Bus) and [`Inbox`]: at least once, in no order.

mod delivering;
mod giving_up;

pub use self::delivering::*;
pub use self::giving_up::*;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_contract::event::{Event, EventName};
use tenantry_ports::bus::{Delivery, Inbox};

use crate::make::foreign_event;

pub(crate) const HIDE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_millis(200);

/// Another application plane's report.
pub(crate) fn said(id: &str) -> Event {
    foreign_event(EventName::ProvisionSuccess, id, &json!({ "eventId": id, "tenantRegistrationId": "r1", "note": id }))
}

/// A control plane's request.
pub(crate) fn asked(id: &str) -> Event {
    foreign_event(EventName::OnboardingRequest, id, &json!({ "eventId": id, "tenantId": "t1", "note": id }))
}

/// The next message; it must come within a few waits.
pub(crate) async fn next(inbox: &Arc<dyn Inbox>) -> Delivery {
    for _ in 0..50 {
        if let Some(delivery) = inbox.receive(1, WAIT, HIDE).await.unwrap().pop() {
            return delivery;
        }
    }
    panic!("nothing came")
}

/// Nothing is to be had.
pub(crate) async fn silent(inbox: &Arc<dyn Inbox>) {
    let got = inbox.receive(10, WAIT, HIDE).await.unwrap();
    assert_eq!(got, [], "nothing was to come");
}

pub(crate) fn note(body: &[u8]) -> String {
    let event = Event::parse(body).unwrap();
    event.detail.get("note").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Tests of a [`Bus`](tenantry_ports::bus::Bus), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! bus_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; bus:
            a_message_comes_as_it_was_sent,
            each_consumer_hears_its_own,
            everything_published_arrives,
            no_more_than_asked_for_are_received,
            who_waits_is_served_when_something_comes,
            several_receivers_leave_nothing_behind,
            a_message_is_hidden_until_it_is_not,
            what_is_acknowledged_is_over,
            a_retry_comes_after_its_time,
            a_retry_at_once_comes_at_once,
            an_unknown_receipt_does_no_harm,
            what_is_never_acknowledged_is_given_up_on,
            what_is_rejected_is_given_up_on_with_its_reason,
            a_rejection_leaves_the_others,
            dead_letters_come_newest_first,
        }
    };
}
