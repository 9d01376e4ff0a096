use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tenantry_contract::event::{Event, EventName};
use tenantry_ports::bus::{Consumer, Receipt};

use super::{HIDE, asked, next, note, said, silent};
use crate::make::{foreign_event, together};
use crate::subject::Subject;

const SECOND: Duration = Duration::from_secs(1);

pub async fn a_message_comes_as_it_was_sent(s: Subject) {
    let sent = foreign_event(
        EventName::ProvisionFailure,
        "e1",
        &json!({ "eventId": "e1", "jobOutput": { "tenantStatus": "Fehlgeschlagen \u{2014} \u{1F980}" }, "n": [1, 2.5, null] }),
    );
    s.bus.publish(vec![sent.clone()]).await.unwrap();
    let got = next(&s.bus.inbox(Consumer::ControlPlane)).await;
    let event = Event::parse(&got.body).unwrap();
    assert_eq!((event.key(), event.name()), (sent.key(), sent.name()));
    assert_eq!((event.source, event.detail), (sent.source, sent.detail));
    assert_eq!(got.receives, 1);
}

pub async fn each_consumer_hears_its_own(s: Subject) {
    let quiet = foreign_event(EventName::IngestUsage, "e3", &json!({}));
    s.bus.publish(vec![said("e1"), asked("e2"), quiet]).await.unwrap();
    for (consumer, heard) in [(Consumer::ControlPlane, "e1"), (Consumer::Provisioner, "e2")] {
        let inbox = s.bus.inbox(consumer);
        assert_eq!(note(&next(&inbox).await.body), heard);
        silent(&inbox).await;
    }
}

pub async fn everything_published_arrives(s: Subject) {
    let sent: Vec<Event> = (0..25).map(|n| said(&format!("e{n}"))).collect();
    s.bus.publish(sent.clone()).await.unwrap();
    s.bus.publish(Vec::new()).await.unwrap();
    let expected: BTreeSet<String> = sent.iter().map(|e| e.key().to_owned()).collect();
    let seen = |events: &[Event]| events.iter().map(|e| e.key().to_owned()).collect::<BTreeSet<_>>();
    let heard = s.taken(Consumer::ControlPlane, |events| seen(events) == expected).await;
    assert_eq!(seen(&heard), expected);
}

pub async fn no_more_than_asked_for_are_received(s: Subject) {
    s.bus.publish((0..7).map(|n| said(&format!("e{n}"))).collect()).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let (mut seen, mut tries) = (BTreeSet::new(), 0);
    while seen.len() < 7 {
        let got = inbox.receive(3, SECOND, HIDE).await.unwrap();
        assert!(got.len() <= 3, "{} came", got.len());
        seen.extend(got.iter().map(|d| note(&d.body)));
        tries += 1;
        assert!(tries < 50, "only {seen:?} came");
    }
}

pub async fn who_waits_is_served_when_something_comes(s: Subject) {
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let waiting = tokio::spawn(async move {
        for _ in 0..12 {
            if let Some(delivery) = inbox.receive(10, 5 * SECOND, HIDE).await.unwrap().pop() {
                return note(&delivery.body);
            }
        }
        panic!("nothing came")
    });
    tokio::task::yield_now().await;
    s.bus.publish(vec![said("e1")]).await.unwrap();
    assert_eq!(waiting.await.unwrap(), "e1");
}

pub async fn several_receivers_leave_nothing_behind(s: Subject) {
    s.bus.publish((0..40).map(|n| said(&format!("e{n}"))).collect()).await.unwrap();
    let taken = together(4, |_| {
        let inbox = s.bus.inbox(Consumer::ControlPlane);
        async move {
            let mut notes = Vec::new();
            loop {
                let got = inbox.receive(3, SECOND / 5, HIDE).await.unwrap();
                if got.is_empty() {
                    return notes;
                }
                notes.extend(got.iter().map(|d| note(&d.body)));
                inbox.ack(got.into_iter().map(|d| d.receipt).collect()).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(taken.concat().into_iter().collect::<BTreeSet<_>>().len(), 40);
    s.time.pass(HIDE + SECOND).await;
    silent(&s.bus.inbox(Consumer::ControlPlane)).await;
}

pub async fn a_message_is_hidden_until_it_is_not(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let first = next(&inbox).await;
    silent(&inbox).await;
    silent(&s.bus.inbox(Consumer::ControlPlane)).await;
    s.time.pass(HIDE + SECOND).await;
    let second = next(&inbox).await;
    assert_eq!(second.body, first.body);
    assert_eq!((first.receives, second.receives), (1, 2));
}

pub async fn what_is_acknowledged_is_over(s: Subject) {
    s.bus.publish(vec![said("e1"), said("e2")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let receipts = vec![next(&inbox).await.receipt, next(&inbox).await.receipt];
    inbox.ack(receipts.clone()).await.unwrap();
    inbox.ack(receipts).await.unwrap();
    inbox.ack(Vec::new()).await.unwrap();
    s.time.pass(HIDE + SECOND).await;
    silent(&inbox).await;
    assert_eq!(inbox.dead_letters(10).await.unwrap(), []);
}

pub async fn a_retry_comes_after_its_time(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let first = next(&inbox).await;
    inbox.retry_after(first.receipt, 300 * SECOND).await.unwrap();
    s.time.pass(HIDE + SECOND).await;
    silent(&inbox).await;
    s.time.pass(300 * SECOND).await;
    let second = next(&inbox).await;
    assert_eq!((note(&second.body), second.receives), ("e1".to_owned(), 2));
}

pub async fn a_retry_at_once_comes_at_once(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    inbox.retry_after(next(&inbox).await.receipt, Duration::ZERO).await.unwrap();
    assert_eq!(next(&inbox).await.receives, 2);
}

pub async fn an_unknown_receipt_does_no_harm(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    // Whether it is an error is the adapter's affair.
    let _ = inbox.ack(vec![Receipt("no such receipt".into())]).await;
    let _ = inbox.retry_after(Receipt("nor this".into()), SECOND).await;
    assert_eq!(note(&next(&inbox).await.body), "e1");
}
