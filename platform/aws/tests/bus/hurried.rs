//! The bus in a tenth of the time: what the suite hides for half a minute is hidden for three seconds, so that a suite
//! which waits in real time is done soon.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_conformance::subject::Time;
use tenantry_contract::event::Event;
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::{Bus, BusError, Consumer, DeadLetter, Delivery, Inbox, Receipt};
use tokio::time::{Instant, sleep};

const FACTOR: u32 = 10;
/// SQS counts in whole seconds: what is due in a part of one may be late by the rest.
const LATE: Duration = Duration::from_millis(300);

pub struct HurriedBus(pub Arc<dyn Bus>);

#[async_trait]
impl Bus for HurriedBus {
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError> {
        self.0.publish(events).await
    }

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox> {
        Arc::new(HurriedInbox(self.0.inbox(consumer)))
    }
}

struct HurriedInbox(Arc<dyn Inbox>);

#[async_trait]
impl Inbox for HurriedInbox {
    async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Delivery>, BusError> {
        // The shortest wait of SQS is a third of what the suite hides messages for.
        let wait = if wait < Duration::from_secs(1) { Duration::ZERO } else { wait };
        self.0.receive(max, wait, hide / FACTOR).await
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BusError> {
        self.0.ack(receipts).await
    }

    async fn retry_after(&self, receipt: Receipt, after: Duration) -> Result<(), BusError> {
        self.0.retry_after(receipt, after / FACTOR).await
    }

    async fn reject(&self, receipt: Receipt, reason: &str) -> Result<(), BusError> {
        self.0.reject(receipt, reason).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, BusError> {
        self.0.dead_letters(limit).await
    }
}

/// Real time, as fast as the bus.
pub struct HurriedTime(pub Instant);

#[async_trait]
impl Time for HurriedTime {
    fn now(&self) -> Timestamp {
        tenantry_conformance::make::START.plus(self.0.elapsed() * FACTOR)
    }

    async fn pass(&self, by: Duration) {
        sleep(by / FACTOR + LATE).await;
    }
}
