//! What a suite is given.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::Bus;
use tenantry_ports::clock::Clock;
use tenantry_ports::keys::KeyStore;
use tenantry_ports::log::EventLog;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::secrets::Secrets;
use tenantry_ports::store::TenantStore;
use tenantry_ports::usage::Usage;
use tenantry_ports::work::WorkStore;

/// A fresh, empty installation's store and bus, whose sources are [`tenantry_contract::event::Sources::default`].
pub struct Subject {
    pub store: Arc<dyn TenantStore>,
    pub work: Arc<dyn WorkStore>,
    pub bus: Arc<dyn Bus>,
    pub log: Arc<dyn EventLog>,
    pub orphans: Arc<dyn OrphanStore>,
    pub keys: Arc<dyn KeyStore>,
    pub secrets: Arc<dyn Secrets>,
    pub usage: Arc<dyn Usage>,
    pub time: Arc<dyn Time>,
    /// Whatever must live as long as the subject, such as a temporary folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// The subject's clock, which a suite can move.
#[async_trait]
pub trait Time: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Returns when the adapter's clock has moved on by at least this much.
    async fn pass(&self, by: Duration);
}

/// Time that passes by itself: by waiting for it, which on a paused runtime takes no time.
pub struct Waiting(pub Arc<dyn Clock>);

#[async_trait]
impl Time for Waiting {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn pass(&self, by: Duration) {
        tokio::time::sleep(by).await;
    }
}

/// A clock that stands still until it is moved: for cases on several threads, where tokio's cannot be paused.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.millis()))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Time for HandClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    async fn pass(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}
