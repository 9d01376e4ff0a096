//! [`OrphanStore`](tenantry_ports::orphans::OrphanStore): what sweeps found, and what operators decided.

mod deciding;
mod recording;

pub use self::deciding::*;
pub use self::recording::*;

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_contract::resource::{Owner, ResourceId};

use crate::make::START;

/// A table of that owner.
pub(crate) fn orphan(owner: &Owner, name: &str) -> Orphan {
    let resource = ResourceId::new("table", name);
    let native = format!("table-{name}");
    Orphan {
        id: OrphanId::of(owner, &resource, &native),
        owner: owner.clone(),
        resource,
        kind: "table".into(),
        native,
        holds_data: true,
        recorded_twin: None,
        first_seen: START,
        removal_requested: None,
    }
}

/// Tests of an [`OrphanStore`](tenantry_ports::orphans::OrphanStore), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! orphans_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; orphans:
            a_recorded_orphan_is_listed,
            a_new_orphan_is_published_once,
            orphans_are_listed_page_by_page,
            many_orphans_are_recorded_at_once,
            a_requested_removal_is_noted_once,
            a_sweep_keeps_a_requested_removal,
            a_forgotten_orphan_is_gone,
        }
    };
}
