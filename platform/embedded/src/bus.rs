//! The bus is the event log: a consumer's queue is how far it is in it, not a copy of it.

mod inbox;
mod queue;
mod rows;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use tenantry_contract::event::Event;
use tenantry_ports::bus::{Bus, BusError, Consumer, Inbox};

use self::inbox::LogInbox;
use self::queue::Queue;
use crate::database::{Change, Database, hears_bit};
use crate::sqlite::SqliteError;

/// Every consumer's queue.
pub struct Queues {
    provisioner: Queue,
    control_plane: Queue,
}

impl Queues {
    pub fn load(conn: &Connection) -> Result<Self, rusqlite::Error> {
        let provisioner = Queue::new(rows::load(conn, Consumer::Provisioner)?);
        Ok(Self { provisioner, control_plane: Queue::new(rows::load(conn, Consumer::ControlPlane)?) })
    }

    /// Something is new for those who have these bits.
    pub fn rung(&self, hears: i64) {
        for consumer in Consumer::ALL.into_iter().filter(|consumer| hears & hears_bit(*consumer) != 0) {
            self.of(consumer).worth_a_look.notify_waiters();
        }
    }

    fn of(&self, consumer: Consumer) -> &Queue {
        match consumer {
            Consumer::Provisioner => &self.provisioner,
            Consumer::ControlPlane => &self.control_plane,
        }
    }
}

impl Database {
    /// Writes down how far each consumer is: one that hears nothing of what goes by acknowledges nothing either.
    pub(crate) async fn note_inboxes(&self) -> Result<(), SqliteError> {
        let none = BTreeSet::new();
        let lows = Consumer::ALL.map(|consumer| (consumer, self.inner.queues.of(consumer).lock().low_without(&none)));
        let write = move |c: &Connection| {
            lows.into_iter().try_for_each(|(consumer, low)| rows::ack(c, consumer, &BTreeSet::new(), &[], low))
        };
        self.inner.sqlite.write(write).await
    }
}

#[async_trait]
impl Bus for Database {
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError> {
        if events.is_empty() {
            return Ok(());
        }
        let publish = move |change: &Change<'_>| events.iter().try_for_each(|event| change.publish(event));
        Ok(self.change(publish).await?)
    }

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox> {
        Arc::new(LogInbox { database: self.clone(), consumer })
    }
}
