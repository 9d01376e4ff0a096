//! Events on their way to the queue.

use serde_json::json;
use tenantry_aws::bus::Queues;
use tenantry_conformance::make::foreign_event;
use tenantry_contract::event::{Event, EventName};
use tenantry_ports::bus::{Bus as _, BusError, Consumer};
use tenantry_ports::error::Retry;

use crate::stand::{Stand, bus, next};
use crate::support::emulator::Emulator;

fn report(id: &str) -> Event {
    foreign_event(EventName::ProvisionSuccess, id, &json!({ "eventId": id }))
}

#[tokio::test]
async fn the_body_of_a_message_is_eventbridges_envelope() {
    let stand = Stand::new(&Emulator::ministack()).await;
    stand.bus.publish(vec![report("e1")]).await.unwrap();
    let got = Event::parse(&next(&stand.inbox()).await.body).unwrap();
    assert_eq!((got.version.as_str(), got.key(), got.region.as_str()), ("0", "e1", "eu-west-1"));
    assert_ne!(got.id, "e1", "EventBridge gives ids of its own");
}

#[tokio::test]
async fn the_control_plane_hears_the_application_plane_alone_and_whatever_it_may_mean() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let entry = |source: &str, detail_type: &str, detail: &str| {
        aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .event_bus_name(&stand.names.bus)
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build()
    };
    let plane = "sbt.application.plane";
    let unheard = stand.events().put_events();
    let unheard = unheard.entries(entry("evil.source", "sbt_aws_provisionSuccess", "{}"));
    let unheard = unheard.entries(entry("evil.source", "Something else", "{}"));
    let unheard = unheard.entries(entry(plane, "sbt_aws_ingestUsage", "{}"));
    unheard.entries(entry(plane, "ingestUsage", "{}")).send().await.unwrap();
    let mut heard = vec!["sbt_aws_provisionSuccess", "deprovisionFailure", "sbt_aws_provisionSucess"];
    for detail_type in &heard {
        let put = stand.events().put_events().entries(entry(plane, detail_type, r#"{"jobOutput":17}"#));
        put.send().await.unwrap();
    }
    while !heard.is_empty() {
        let got = Event::parse(&next(&stand.inbox()).await.body).unwrap();
        assert_eq!((got.source.as_str(), got.text("eventId")), (plane, None));
        assert_eq!(got.detail.get("jobOutput"), Some(&json!(17)));
        let at = heard.iter().position(|detail_type| *detail_type == got.detail_type).unwrap();
        heard.remove(at);
    }
    for consumer in Consumer::ALL {
        let inbox = stand.bus.inbox(consumer);
        let left = inbox.receive(10, std::time::Duration::ZERO, std::time::Duration::ZERO);
        assert_eq!(left.await.unwrap(), [], "{consumer:?}");
    }
}

#[tokio::test]
async fn what_is_no_event_is_delivered_as_it_came() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let url = stand.url(&stand.names.control_plane).await;
    stand.sqs().send_message().queue_url(&url).message_body("\u{1F980} no\njson").send().await.unwrap();
    let got = next(&stand.inbox()).await;
    assert_eq!(got.body, "\u{1F980} no\njson".as_bytes());
    stand.inbox().reject(got.receipt, "no event").await.unwrap();
    let dead = stand.inbox().dead_letters(10).await.unwrap();
    assert_eq!((dead[0].body.as_slice(), dead[0].reason.as_str()), ("\u{1F980} no\njson".as_bytes(), "no event"));
}

#[tokio::test]
async fn a_large_event_goes_and_a_larger_one_is_refused_in_words() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let sized = |id, bytes| foreign_event(EventName::ProvisionSuccess, id, &json!({ "x": "x".repeat(bytes) }));
    stand.bus.publish(vec![sized("e1", 250_000), sized("e2", 250_000)]).await.unwrap();
    let inbox = stand.inbox();
    for _ in 0..2 {
        assert!(next(&inbox).await.body.len() > 250_000);
    }
    let refused = stand.bus.publish(vec![report("e3"), sized("e4", 262_144)]).await.unwrap_err();
    assert!(matches!(refused, BusError::Broken { .. }), "{refused:?}");
    assert!(refused.to_string().contains("sbt_aws_provisionSuccess e4 is too large"), "{refused}");
    let got = inbox.receive(10, std::time::Duration::ZERO, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(got, [], "all or nothing, where it is known beforehand");
}

#[tokio::test]
async fn an_event_that_may_not_be_published_is_named() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let mut bad = report("e1");
    bad.source = "aws.ec2".into();
    let refused = stand.bus.publish(vec![bad, report("e2")]).await.unwrap_err();
    assert_eq!(refused.retryable(), Retry::Never);
    let words = refused.to_string();
    assert!(words.contains("sbt_aws_provisionSuccess e1: NotAuthorizedForSourceException"), "{words}");
    assert_eq!(Event::parse(&next(&stand.inbox()).await.body).unwrap().key(), "e2", "the other one went");
}

#[tokio::test]
async fn nothing_is_put_onto_a_bus_that_is_not_there() {
    // EventBridge, and the emulators with it, would accept it and drop it.
    for emulator in [Emulator::ministack(), Emulator::moto()] {
        let sdk = emulator.config().await;
        let nowhere = bus(&sdk, &Queues::of_stage(&emulator.prefix));
        let words = nowhere.publish(vec![report("e1")]).await.unwrap_err().to_string();
        let named = format!("events:DescribeEventBus of event bus {}-bus", emulator.prefix);
        assert!(words.contains(&named), "{words}");
    }
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_named() {
    for emulator in [Emulator::ministack(), Emulator::moto()] {
        let sdk = emulator.config().await;
        let inbox = bus(&sdk, &Queues::of_stage(&emulator.prefix)).inbox(Consumer::Provisioner);
        let second = std::time::Duration::from_secs(1);
        let words = inbox.receive(1, second, second).await.unwrap_err().to_string();
        let named = format!("sqs:GetQueueUrl of queue {}-provisioner failed", emulator.prefix);
        assert!(words.contains(&named), "{words}");
    }
}
