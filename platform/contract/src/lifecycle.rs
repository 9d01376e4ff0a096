//! The life of a tenant, as pure functions: a record and what happens to it in, the new record and its events
//! out. Stores make "load, decide, write" one atomic step; nothing else changes a record.
//!
//! ```text
//!             onboard                        offboard
//!  (none) ─► In progress ─► Created ─► Deleting ─► Deleted
//!               │  ▲ retry     │  ▲        │ ▲ retry
//!               ▼  │           ▼  │        ▼ │
//!              Failed      Deactivated    Failed
//! ```

mod adopt;
mod amend;
mod apply;
mod begin;
mod expire;
mod register;
mod work;

pub use self::adopt::{Foundling, adopt};
pub use self::amend::{AmendRefused, Amendment, amend};
pub use self::apply::{Applied, Ignored, apply};
pub use self::begin::{Begin, Begun, Refused, begin};
pub use self::expire::{Expired, expire};
pub use self::register::{Minted, NewTenant, register};
pub use self::work::{Presence, claimed, presence, turn};

use crate::event::Draft;
use crate::operation::Operation;
use crate::record::TenantRecord;

/// A change of state: to be written whole, events and all, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub record: TenantRecord,
    /// An operation that is no longer the record's, in its last state.
    pub replaced: Option<Operation>,
    pub events: Vec<Draft>,
    /// The provisioner should look at the tenant now.
    pub look: bool,
}

impl Decided {
    fn quiet(record: TenantRecord) -> Self {
        Self { record, replaced: None, events: Vec::new(), look: false }
    }
}
