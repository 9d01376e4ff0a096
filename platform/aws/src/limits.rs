//! How often we call AWS: a token bucket for each family of calls that AWS counts together, shared by all workers
//! of a process, a little below what AWS allows; and a poller that asks for many things in one call.
//!
//! ```text
//! limits.take(Family::EcsServices).await?;       // waits its turn, first come, first served
//! ecs.create_service()…
//! ```

mod bucket;
mod family;
mod poller;
pub mod quotas;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tenantry_ports::runtime::{RuntimeError, Step};
use tokio::time::Instant;

pub(crate) use self::bucket::Bucket;
pub(crate) use self::family::Pace;
pub use self::family::{Family, Rate};
pub use self::poller::{Batch, PollError, Poller};

/// How long a call waits for its turn before it is told to come back: short beside the time a claim is held.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The buckets of a process. A cheap handle: clones share them.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    /// tokio's clock when this was made; buckets count from it.
    start: Instant,
    buckets: HashMap<Family, Mutex<Bucket>>,
    patience: Duration,
}

/// The part of the account's rates that this process may use: one of so many equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(NonZeroU32);

impl Share {
    pub const WHOLE: Self = Self(NonZeroU32::MIN);

    /// For each of so many processes that call AWS in one account and region.
    pub const fn one_of(processes: NonZeroU32) -> Self {
        Self(processes)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(Share::WHOLE)
    }
}

impl Limits {
    pub fn new(share: Share) -> Self {
        Self::with_patience(share, PATIENCE)
    }

    pub fn with_patience(share: Share, patience: Duration) -> Self {
        let buckets = Family::ALL.iter().map(|family| (*family, Mutex::new(Bucket::new(family.rate().ours(share.0)))));
        Self(Arc::new(Inner { start: Instant::now(), buckets: buckets.collect(), patience }))
    }

    /// Waits until a call of that family may be made. Those who wait go in the order they came; who gives up
    /// waiting leaves a call unused.
    pub async fn take(&self, family: Family) -> Result<(), Busy> {
        self.take_within(family, self.0.patience).await
    }

    /// The same with another patience. None at all for a port that never waits.
    pub async fn take_within(&self, family: Family, patience: Duration) -> Result<(), Busy> {
        let now = Instant::now();
        let turn = self.with(family, |bucket| bucket.take(now - self.0.start, patience));
        match turn {
            Ok(turn) if self.0.start + turn > now => tokio::time::sleep_until(self.0.start + turn).await,
            Ok(_) => {}
            Err(again_in) => return Err(Busy { family, again_in }),
        }
        Ok(())
    }

    /// AWS says that it is too much all the same, because others use the account too: nobody calls for a moment.
    pub fn throttled(&self, family: Family) {
        let now = Instant::now() - self.0.start;
        self.with(family, |bucket| bucket.drain(now));
    }

    fn with<T>(&self, family: Family, f: impl FnOnce(&mut Bucket) -> T) -> T {
        // Every family has its bucket from the start.
        let bucket = &self.0.buckets[&family];
        f(&mut bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call's turn is further away than it would wait. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("waiting for a turn to call AWS ({family}): ask again in {} ms", .again_in.as_millis())]
pub struct Busy {
    pub family: Family,
    /// Spread, so that all who are told to come back do not come at once.
    pub again_in: Duration,
}

impl Busy {
    /// The answer of a runtime, which never waits.
    pub fn pending<T>(self) -> Step<T> {
        Step::Pending { after: self.again_in, why: self.to_string() }
    }
}

impl From<Busy> for RuntimeError {
    fn from(busy: Busy) -> Self {
        Self::Transient { what: busy.to_string(), retry_after: Some(busy.again_in), cause: Some(Box::new(busy)) }
    }
}

macro_rules! into_port_error {
    ($($error:path),+ $(,)?) => { $(
        impl From<Busy> for $error {
            fn from(busy: Busy) -> Self {
                Self::Busy { retry_after: busy.again_in }
            }
        }
    )+ };
}

into_port_error!(tenantry_ports::data::DataError, tenantry_ports::identity::IdentityError);
