//! [`Runtime`]: one step at a time, each of which may be repeated, and found again after a crash.

mod building;
pub mod drive;
mod removing;
mod sweeping;

pub use self::building::*;
pub use self::removing::*;
pub use self::sweeping::*;

use std::any::Any;
use std::sync::Arc;

use tenantry_contract::want::Desired;
use tenantry_ports::runtime::Runtime;

/// A runtime with nothing in it, and what to make of it.
pub struct RuntimeSubject {
    pub runtime: Arc<dyn Runtime>,
    /// What the stage is to have.
    pub stage: Desired,
    /// What some tenants are to have: at least two, and between them every kind of want.
    pub tenants: Vec<Desired>,
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Tests of a [`Runtime`], each with a fresh [`RuntimeSubject`].
#[macro_export]
macro_rules! runtime_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; runtime:
            lowering_is_pure,
            needs_can_be_met,
            everything_wanted_becomes_sound,
            ensuring_again_changes_nothing,
            what_a_crash_left_unrecorded_is_adopted,
            what_a_crash_left_is_adopted_by_a_second_try_at_once,
            what_is_removed_is_gone,
            what_is_gone_may_be_removed_again,
            what_was_never_made_may_be_removed,
            what_is_removed_can_be_made_again,
            what_is_lost_has_drifted_and_is_mended,
            removing_one_tenant_leaves_the_others,
            what_no_inventory_names_can_be_discarded,
            pages_of_what_is_owned_are_complete,
        }
    };
}
