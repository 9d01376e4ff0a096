//! Messages that nobody could handle or deliver.

use std::time::Duration;

use serde_json::json;
use tenantry_conformance::make::foreign_event;
use tenantry_contract::event::EventName;
use tenantry_ports::bus::{Bus as _, BusError, Consumer, Receipt};

use crate::stand::{Stand, next};
use crate::support::emulator::Emulator;

#[tokio::test]
async fn dead_letters_can_be_read_again_and_again() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let inbox = stand.inbox();
    for n in 0..23 {
        let event = foreign_event(EventName::ProvisionFailure, &n.to_string(), &json!({}));
        stand.bus.publish(vec![event]).await.unwrap();
        inbox.reject(next(&inbox).await.receipt, &format!("reason {n}")).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(inbox.dead_letters(100).await.unwrap().len(), 23);
    }
    assert_eq!(inbox.dead_letters(2).await.unwrap()[0].reason, "reason 22");
    assert_eq!(stand.bus.inbox(Consumer::Provisioner).dead_letters(100).await.unwrap(), []);
}

#[tokio::test]
async fn any_reason_is_kept_as_far_as_sqs_can_hold_it() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let inbox = stand.inbox();
    for reason in ["", "bell \u{7}, crab \u{1F980}", &"long ".repeat(500)] {
        let event = foreign_event(EventName::ProvisionFailure, "e1", &json!({}));
        stand.bus.publish(vec![event]).await.unwrap();
        inbox.reject(next(&inbox).await.receipt, reason).await.unwrap();
    }
    let reasons: Vec<String> = inbox.dead_letters(10).await.unwrap().into_iter().map(|dead| dead.reason).collect();
    assert!(reasons[0].starts_with("long long") && reasons[0].len() == 1_000);
    assert_eq!(reasons[1..], ["bell \u{FFFD}, crab \u{1F980}", "no reason given"]);
}

#[tokio::test]
async fn a_made_up_receipt_cannot_be_rejected() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let refused = stand.inbox().reject(Receipt("made up".into()), "why").await.unwrap_err();
    assert!(matches!(refused, BusError::Broken { .. }), "{refused:?}");
    assert_eq!(stand.inbox().dead_letters(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_receipt_is_good_in_any_process() {
    let emulator = Emulator::ministack();
    let stand = Stand::new(&emulator).await;
    let event = foreign_event(EventName::ProvisionFailure, "e1", &json!({}));
    stand.bus.publish(vec![event]).await.unwrap();
    let receipt = next(&stand.inbox()).await.receipt;
    let other = crate::stand::bus(&stand.sdk, &stand.names).inbox(Consumer::ControlPlane);
    other.reject(receipt, "by another").await.unwrap();
    assert_eq!(stand.inbox().dead_letters(10).await.unwrap()[0].reason, "by another");
}

#[tokio::test]
async fn what_eventbridge_cannot_deliver_is_among_the_dead_letters_with_its_reason() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let url = stand.url(&stand.names.dead_letters_of(Consumer::ControlPlane)).await;
    let text = |value: &str| {
        let value = aws_sdk_sqs::types::MessageAttributeValue::builder().data_type("String").string_value(value);
        value.build().unwrap()
    };
    // As EventBridge would, whose emulators have no failing deliveries.
    let send = stand.sqs().send_message().queue_url(&url).message_body("{}");
    let send = send.message_attributes("ERROR_CODE", text("NO_PERMISSIONS"));
    send.message_attributes("ERROR_MESSAGE", text("not allowed")).send().await.unwrap();
    let dead = stand.inbox().dead_letters(10).await.unwrap();
    assert_eq!(dead[0].reason, "EventBridge could not deliver it: NO_PERMISSIONS: not allowed");
}

#[tokio::test]
async fn more_than_ten_are_acknowledged_at_once() {
    let stand = Stand::new(&Emulator::ministack()).await;
    let event = |n: i32| foreign_event(EventName::ProvisionSuccess, &n.to_string(), &json!({}));
    stand.bus.publish((0..23).map(event).collect()).await.unwrap();
    let inbox = stand.inbox();
    let mut receipts = Vec::new();
    while receipts.len() < 23 {
        let got = inbox.receive(100, Duration::from_secs(2), Duration::from_secs(1_000)).await.unwrap();
        assert!((1..=10).contains(&got.len()), "{} came", got.len());
        receipts.extend(got.into_iter().map(|delivery| delivery.receipt));
    }
    inbox.ack(receipts).await.unwrap();
    let url = stand.url(&stand.names.control_plane).await;
    let name = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    let asked = stand.sqs().get_queue_attributes().queue_url(&url).attribute_names(name.clone()).send().await.unwrap();
    assert_eq!(asked.attributes.unwrap()[&name], "0");
}
