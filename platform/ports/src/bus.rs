//! The bus. What our own stores write is on it by that write; this is how others' events get onto it and how
//! consumers get theirs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::event::{Event, EventName, Plane};

use crate::error::port_error;

port_error!(
    /// Why a bus did not do what it was asked.
    BusError,
    "bus"
);

/// Who consumes. Each has one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// Hears the control plane's requests.
    Provisioner,
    /// Hears the application plane's reports.
    ControlPlane,
}

impl Consumer {
    pub const ALL: [Self; 2] = [Self::Provisioner, Self::ControlPlane];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioner => "provisioner",
            Self::ControlPlane => "control-plane",
        }
    }

    /// The events it hears: what its rule matches.
    pub const fn names(self) -> &'static [EventName] {
        use EventName as N;
        match self {
            Self::Provisioner => &[N::OnboardingRequest, N::OffboardingRequest],
            Self::ControlPlane => {
                &[N::ProvisionSuccess, N::ProvisionFailure, N::DeprovisionSuccess, N::DeprovisionFailure]
            }
        }
    }

    /// Whether it is to see an event. The control plane sees what has no known name, too: somebody may have meant a
    /// report by it. The source is the consumer's to look at.
    pub fn hears(self, event: &Event) -> bool {
        match event.name() {
            Some(name) => self.names().contains(&name),
            None => self == Self::ControlPlane,
        }
    }

    /// Detail types of the application plane that are not the control plane's to hear, with and without prefix.
    pub fn unheard() -> Vec<&'static str> {
        let heard = Self::ControlPlane.names();
        let names = EventName::ALL.iter().filter(|name| name.plane() == Plane::Application && !heard.contains(name));
        names.flat_map(|name| std::iter::once(name.detail_type()).chain(name.bare())).collect()
    }
}

/// Publishing for those who have no write of ours to ride on.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes as they are. An event may arrive more than once.
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError>;

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox>;
}

/// A consumer's queue, with SQS's semantics: at least once, in no order, dead-letter after
/// [`MAX_RECEIVES`] deliveries.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Up to `max` messages, hidden from others for `hide`. Waits up to `wait` for the first one.
    async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Delivery>, BusError>;

    /// These are done with.
    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BusError>;

    /// Not now; again after `after`.
    async fn retry_after(&self, receipt: Receipt, after: Duration) -> Result<(), BusError>;

    /// It can never be handled: to the dead letters, with the reason.
    async fn reject(&self, receipt: Receipt, reason: &str) -> Result<(), BusError>;

    /// What was given up on, newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, BusError>;
}

/// After so many deliveries without an ack a message is given up on.
pub const MAX_RECEIVES: u32 = 10;

/// Stands for one delivery of a message, not for the message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub receipt: Receipt,
    /// The message as it came: an event if all is well.
    pub body: Vec<u8>,
    /// Counts from 1.
    pub receives: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    pub body: Vec<u8>,
    pub reason: String,
}
