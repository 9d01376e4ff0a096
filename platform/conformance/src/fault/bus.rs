//! A [`Bus`] and its [`Inbox`]es that fail on purpose: messages come shuffled, and some of them again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::event::Event;
use tenantry_ports::bus::{Bus, BusError, Consumer, DeadLetter, Delivery, Inbox, Receipt};

use super::plan::Plan;

pub struct FaultyBus {
    inner: Arc<dyn Bus>,
    plan: Plan,
}

impl FaultyBus {
    pub fn new(inner: Arc<dyn Bus>, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl Bus for FaultyBus {
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError> {
        self.plan.around("bus.publish".into(), || self.inner.publish(events.clone())).await
    }

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox> {
        Arc::new(FaultyInbox::new(self.inner.inbox(consumer), consumer, self.plan.clone()))
    }
}

pub struct FaultyInbox {
    inner: Arc<dyn Inbox>,
    consumer: Consumer,
    plan: Plan,
    /// Copies still to be delivered.
    again: Mutex<Vec<Delivery>>,
}

impl FaultyInbox {
    pub fn new(inner: Arc<dyn Inbox>, consumer: Consumer, plan: Plan) -> Self {
        Self { inner, consumer, plan, again: Mutex::new(Vec::new()) }
    }

    fn name(&self, method: &str) -> String {
        format!("inbox.{method} {}", self.consumer.as_str())
    }

    /// Up to `max` copies that were kept back.
    fn copies(&self, max: usize) -> Vec<Delivery> {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = again.len().min(max);
        again.drain(..rest).collect()
    }

    fn keep(&self, copies: &[Delivery]) {
        self.again.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(copies);
    }
}

#[async_trait]
impl Inbox for FaultyInbox {
    async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Delivery>, BusError> {
        let copies = self.copies(max);
        if !copies.is_empty() {
            return Ok(copies);
        }
        let call = || self.inner.receive(max, wait, hide);
        let (mut got, repeat) = self.plan.around_or_repeat(self.name("receive"), call).await?;
        self.plan.shuffle(&mut got);
        if repeat {
            self.keep(&got);
        }
        Ok(got)
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BusError> {
        self.plan.around(self.name("ack"), || self.inner.ack(receipts.clone())).await
    }

    async fn retry_after(&self, receipt: Receipt, after: Duration) -> Result<(), BusError> {
        self.plan.around(self.name("retry_after"), || self.inner.retry_after(receipt.clone(), after)).await
    }

    async fn reject(&self, receipt: Receipt, reason: &str) -> Result<(), BusError> {
        self.plan.around(self.name("reject"), || self.inner.reject(receipt.clone(), reason)).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, BusError> {
        self.plan.around(self.name("dead_letters"), || self.inner.dead_letters(limit)).await
    }
}
