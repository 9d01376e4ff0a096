//! A bus that takes what is in the outbox straight to its own queues, so that the store can be tested without
//! `EventBridge` and SQS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_aws::table::{Database, Pointer, stored_event};
use tenantry_contract::event::Event;
use tenantry_contract::id::TenantId;
use tenantry_ports::bus::{Bus, BusError, Consumer, DeadLetter, Delivery, Inbox, Receipt};

#[derive(Clone)]
pub struct OutboxBus {
    database: Database,
    queues: Arc<[Mutex<VecDeque<Event>>; 2]>,
}

impl OutboxBus {
    pub fn new(database: Database) -> Self {
        Self { database, queues: Arc::default() }
    }

    async fn relay(&self) {
        let pointers = self.database.merged("outbox", 100, |query| query).await.unwrap();
        for item in pointers {
            let pointer = Pointer::read(&item).unwrap();
            let mut taken = self.database.intent();
            taken.delete_if(pointer.key(), tenantry_aws::table::Expression::new("attribute_exists(#pk)"));
            if !matches!(taken.commit().await.unwrap(), tenantry_aws::table::Outcome::Written) {
                continue;
            }
            let stored = self.database.get(&pointer.event()).await.unwrap().expect("the pointer's event is there");
            let event = stored_event(&stored).unwrap();
            for (consumer, queue) in Consumer::ALL.into_iter().zip(self.queues.iter()) {
                if consumer.hears(&event) {
                    queue.lock().unwrap().push_back(event.clone());
                }
            }
        }
    }
}

#[async_trait]
impl Bus for OutboxBus {
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError> {
        for event in events {
            let mut intent = self.database.intent();
            let tenant = event.text("tenantId").and_then(|id| TenantId::parse(id).ok());
            intent.publish(&event, tenant.as_ref()).unwrap();
            intent.commit().await.unwrap();
        }
        Ok(())
    }

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox> {
        let which = Consumer::ALL.iter().position(|c| *c == consumer).unwrap();
        Arc::new(Queue { bus: self.clone(), which })
    }
}

struct Queue {
    bus: OutboxBus,
    which: usize,
}

#[async_trait]
impl Inbox for Queue {
    async fn receive(&self, max: usize, _: Duration, _: Duration) -> Result<Vec<Delivery>, BusError> {
        self.bus.relay().await;
        let mut queue = self.bus.queues[self.which].lock().unwrap();
        let some = max.min(queue.len());
        let delivery = |event: Event| Delivery {
            receipt: Receipt(event.key().to_owned()),
            body: serde_json::to_vec(&event).unwrap(),
            receives: 1,
        };
        Ok(queue.drain(..some).map(delivery).collect())
    }

    async fn ack(&self, _: Vec<Receipt>) -> Result<(), BusError> {
        Ok(())
    }

    async fn retry_after(&self, _: Receipt, _: Duration) -> Result<(), BusError> {
        panic!("no case of the store's or the log's puts a message back")
    }

    async fn reject(&self, _: Receipt, _: &str) -> Result<(), BusError> {
        panic!("no case of the store's or the log's rejects a message")
    }

    async fn dead_letters(&self, _: usize) -> Result<Vec<DeadLetter>, BusError> {
        Ok(Vec::new())
    }
}
