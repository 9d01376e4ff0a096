//! Services as local processes: started, watched, started again, and ended with their parent.

mod child;
mod command;
mod endpoints;
mod keeper;
pub(super) mod log;
mod ports;
mod probe;
mod redact;
mod services;

pub use self::command::find;
pub use self::endpoints::Endpoints;
pub use self::keeper::Launch;
pub use self::services::{Progress, Services};

use std::time::Duration;

/// The pace of supervision. The defaults are right for a machine; a test has less patience.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How many services may be starting at once: more would only slow each other down.
    pub starts: usize,
    /// A service that does not become healthy lets the next one start after this.
    pub turn: Duration,
    /// And is started anew after this.
    pub patience: Duration,
    /// Between two looks at a healthy service.
    pub watch: Duration,
    /// How long one answer to a look may take.
    pub answer: Duration,
    /// Before the first restart; doubled with each failure in a row, up to `longest_pause`.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// How long a freed port is kept from other owners.
    pub quarantine: Duration,
    /// Bytes a log may have before it is turned over.
    pub log_cap: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            starts: 8,
            turn: Duration::from_secs(10),
            patience: Duration::from_secs(60),
            watch: Duration::from_secs(10),
            answer: Duration::from_secs(2),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(30),
            quarantine: Duration::from_secs(60),
            log_cap: 4 * 1024 * 1024,
        }
    }
}
