//! The bus on EventBridge and SQS: one rule and one queue for each consumer. What our store writes is carried onto it by
//! the relay; this is the rest of the port.

mod dead;
mod entry;
mod inbox;
mod put;
mod queue;
mod receipt;
pub mod topology;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use tenantry_contract::event::Event;
use tenantry_ports::bus::{Bus, BusError, Consumer, Inbox};
use tenantry_ports::error::Applied;
use tenantry_ports::ids::Ids;
use tokio::time::sleep;

pub(crate) use self::entry::{Entry, MOST, ROOM, batches};
pub(crate) use self::put::{Outcome, Putter};

use self::inbox::SqsInbox;
use self::queue::Queue;
use crate::backoff::Backoff;

/// What the stage's stack calls the bus and the consumers' queues. Everything else of [`topology`] is named after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queues {
    pub bus: String,
    pub provisioner: String,
    pub control_plane: String,
}

impl Queues {
    /// As the stack of that name has them.
    pub fn of_stage(stage: &str) -> Self {
        Self {
            bus: format!("{stage}-bus"),
            provisioner: format!("{stage}-provisioner"),
            control_plane: format!("{stage}-control-plane"),
        }
    }

    pub fn of(&self, consumer: Consumer) -> &str {
        match consumer {
            Consumer::Provisioner => &self.provisioner,
            Consumer::ControlPlane => &self.control_plane,
        }
    }

    /// Where the consumer's messages go that are given up on.
    pub fn dead_letters_of(&self, consumer: Consumer) -> String {
        format!("{}-dead", self.of(consumer))
    }

    /// The rule that fills the consumer's queue.
    pub fn rule_of(&self, consumer: Consumer) -> &str {
        self.of(consumer)
    }
}

/// A consumer's queue and what it gives up on.
#[derive(Clone)]
struct Ends {
    queue: Arc<Queue>,
    dead: Arc<Queue>,
}

pub struct AwsBus {
    putter: Putter,
    ids: Arc<dyn Ids>,
    provisioner: Ends,
    control_plane: Ends,
}

/// Entries that EventBridge had no time for are put again so often before whoever publishes is told.
const TRIES: u32 = 6;
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(3) };

impl AwsBus {
    pub fn new(sdk: &SdkConfig, names: &Queues, ids: Arc<dyn Ids>) -> Self {
        let sqs = aws_sdk_sqs::Client::new(sdk);
        let ends = |consumer| Ends {
            queue: Arc::new(Queue::new(sqs.clone(), names.of(consumer).to_owned())),
            dead: Arc::new(Queue::new(sqs.clone(), names.dead_letters_of(consumer))),
        };
        Self {
            putter: Putter::new(sdk, names.bus.clone()),
            provisioner: ends(Consumer::Provisioner),
            control_plane: ends(Consumer::ControlPlane),
            ids,
        }
    }

    pub(crate) fn putter(&self) -> &Putter {
        &self.putter
    }

    /// Puts a batch, and what of it fails for now again.
    async fn put(&self, mut batch: Vec<Entry>) -> Result<(), BusError> {
        let mut refused = Vec::new();
        for failures in 1.. {
            let (mut later, mut last) = (Vec::new(), None);
            let outcomes = self.putter.put(&batch).await?;
            for (entry, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Accepted => {}
                    Outcome::Refused(why) => refused.push(format!("{entry}: {why}")),
                    Outcome::Failed(why) => {
                        last = Some(format!("{entry}: {why}"));
                        later.push(entry);
                    }
                }
            }
            match last {
                None => break,
                Some(last) if failures == TRIES => {
                    let what =
                        format!("{} does not take {} of the events; the last one: {last}", self.putter, later.len());
                    return Err(BusError::Unavailable { what, applied: Applied::Unknown, cause: None });
                }
                Some(_) => sleep(BACKOFF.after(failures, &*self.ids)).await,
            }
            batch = later;
        }
        if refused.is_empty() {
            return Ok(());
        }
        Err(BusError::Broken { what: format!("{} refuses {}", self.putter, refused.join("; ")), cause: None })
    }
}

#[async_trait]
impl Bus for AwsBus {
    async fn publish(&self, events: Vec<Event>) -> Result<(), BusError> {
        // All of them before the first is put, so that one that can never go keeps none from being tried alone.
        let entries = events.iter().map(Entry::new).collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|e| BusError::Broken { what: e.to_string(), cause: None })?;
        for batch in batches(entries) {
            self.put(batch).await?;
        }
        Ok(())
    }

    fn inbox(&self, consumer: Consumer) -> Arc<dyn Inbox> {
        let Ends { queue, dead } = match consumer {
            Consumer::Provisioner => self.provisioner.clone(),
            Consumer::ControlPlane => self.control_plane.clone(),
        };
        Arc::new(SqsInbox { queue, dead, ids: self.ids.clone() })
    }
}
