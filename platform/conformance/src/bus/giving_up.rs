use std::time::Duration;

use tenantry_ports::bus::{Consumer, DeadLetter, MAX_RECEIVES};

use super::{HIDE, next, note, said, silent};
use crate::subject::Subject;

const SECOND: Duration = Duration::from_secs(1);

pub async fn what_is_never_acknowledged_is_given_up_on(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    for receives in 1..=MAX_RECEIVES {
        let delivery = next(&inbox).await;
        assert_eq!(delivery.receives, receives);
        assert_eq!(inbox.dead_letters(10).await.unwrap(), []);
        // Both ways of not handling it count.
        if receives % 2 == 0 {
            inbox.retry_after(delivery.receipt, Duration::ZERO).await.unwrap();
        } else {
            s.time.pass(HIDE + SECOND).await;
        }
    }
    silent(&inbox).await;
    s.time.pass(HIDE + SECOND).await;
    silent(&inbox).await;
    let dead = inbox.dead_letters(10).await.unwrap();
    assert_eq!(dead.iter().map(|d| note(&d.body)).collect::<Vec<_>>(), ["e1"]);
    assert!(!dead[0].reason.is_empty());
}

pub async fn what_is_rejected_is_given_up_on_with_its_reason(s: Subject) {
    s.bus.publish(vec![said("e1")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let delivery = next(&inbox).await;
    inbox.reject(delivery.receipt, "it names no registration").await.unwrap();
    s.time.pass(HIDE + SECOND).await;
    silent(&inbox).await;
    let dead = inbox.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].body.clone(), dead[0].reason.as_str()), (delivery.body, "it names no registration"));
    assert_eq!(s.bus.inbox(Consumer::Provisioner).dead_letters(10).await.unwrap(), []);
}

pub async fn a_rejection_leaves_the_others(s: Subject) {
    s.bus.publish(vec![said("e1"), said("e2")]).await.unwrap();
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    let (bad, good) = (next(&inbox).await, next(&inbox).await);
    inbox.reject(bad.receipt, "bad").await.unwrap();
    s.time.pass(HIDE + SECOND).await;
    assert_eq!(next(&inbox).await.body, good.body);
}

pub async fn dead_letters_come_newest_first(s: Subject) {
    let inbox = s.bus.inbox(Consumer::ControlPlane);
    for id in ["e1", "e2", "e3"] {
        s.bus.publish(vec![said(id)]).await.unwrap();
        inbox.reject(next(&inbox).await.receipt, id).await.unwrap();
        s.time.pass(SECOND).await;
    }
    let reasons = |dead: Vec<DeadLetter>| dead.into_iter().map(|d| d.reason).collect::<Vec<_>>();
    assert_eq!(reasons(inbox.dead_letters(10).await.unwrap()), ["e3", "e2", "e1"]);
    assert_eq!(reasons(inbox.dead_letters(2).await.unwrap()), ["e3", "e2"]);
}
