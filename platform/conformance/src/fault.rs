//! Decorators that make a port fail on purpose, by one seeded [`Plan`] for all of them, so that a run can be
//! repeated: fail before a call or after it (it happened, its answer is lost), delay it, make it twice, refuse
//! it for good, suspend the caller in the middle, or let it die there.

mod around;
mod bus;
mod plan;
mod runtime;
mod store;
mod work;

pub use self::bus::{FaultyBus, FaultyInbox};
pub use self::plan::{Fault, Plan};
pub use self::runtime::FaultyRuntime;
pub use self::store::FaultyStore;
pub use self::work::FaultyWork;
