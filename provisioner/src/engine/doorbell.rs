//! The doorbell: a message says *look at this tenant*, and is done with as soon as that is durable.

use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::event::{Event, EventName};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::bus::{Delivery, Inbox, Receipt};
use tokio::sync::Notify;
use tracing::{debug, error, warn};

use super::persist;
use crate::core::{Core, chain};

pub(super) struct Doorbell {
    pub core: Arc<Core>,
    pub inbox: Arc<dyn Inbox>,
    pub rung: Arc<Notify>,
}

/// As long as SQS waits.
const WAIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(500);

/// What a message says.
enum Heard {
    Look(Owner),
    /// Nothing to us.
    Nothing,
    Nonsense(String),
}

impl Doorbell {
    pub async fn run(self) {
        let stop = &self.core.stop;
        let config = &self.core.config;
        while !stop.is_cancelled() {
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                received = self.inbox.receive(config.doorbell_batch, WAIT, config.doorbell_hide) => received,
            };
            match received {
                Ok(deliveries) => self.answer(deliveries).await,
                Err(e) => {
                    error!(error = chain(&e), "the doorbell is not heard");
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = stop.cancelled() => return,
                    }
                }
            }
        }
    }

    /// One ring for the whole batch, then one ack.
    async fn answer(&self, deliveries: Vec<Delivery>) {
        let (mut owners, mut heard) = (Vec::new(), Vec::new());
        for Delivery { receipt, body, .. } in deliveries {
            match listen(&body) {
                Heard::Look(owner) => {
                    owners.push(owner);
                    heard.push(receipt);
                }
                Heard::Nothing => heard.push(receipt),
                Heard::Nonsense(why) => self.reject(receipt, &why).await,
            }
        }
        owners.sort();
        owners.dedup();
        if !owners.is_empty() {
            let now = self.core.now();
            let failed = "tenants were not rung for";
            // Not acknowledged, the messages come again.
            if !persist(&self.core, failed, || self.core.work.ring(&owners, now)).await {
                return;
            }
            debug!(owners = owners.len(), "the doorbell rang");
            self.rung.notify_one();
        }
        if !heard.is_empty()
            && let Err(e) = self.inbox.ack(heard).await
        {
            warn!(error = chain(&e), "messages were not acknowledged and will come again");
        }
    }

    async fn reject(&self, receipt: Receipt, why: &str) {
        warn!(why, "a message makes no sense");
        if let Err(e) = self.inbox.reject(receipt, why).await {
            warn!(error = chain(&e), "a message was not rejected and will come again");
        }
    }
}

/// Whether a tenant is ours to place is known by its record, not by a message: the claim finds out.
fn listen(body: &[u8]) -> Heard {
    let event = match Event::parse(body) {
        Ok(event) => event,
        Err(e) => return Heard::Nonsense(e.to_string()),
    };
    let Some(EventName::OnboardingRequest | EventName::OffboardingRequest) = event.name() else {
        return Heard::Nothing;
    };
    match event.text("tenantId").map(TenantId::parse) {
        Some(Ok(id)) => Heard::Look(Owner::Tenant(id)),
        Some(Err(e)) => Heard::Nonsense(format!("detail.tenantId {e}")),
        None => Heard::Nonsense("detail.tenantId is missing".into()),
    }
}
