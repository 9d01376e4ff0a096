//! [`WorkStore`](tenantry_ports::work::WorkStore): who is due, who holds whom, and the inventory.

mod claiming;
mod fencing;
mod inventory;
mod recording;
mod ringing;
mod settling;

pub use self::claiming::*;
pub use self::fencing::*;
pub use self::inventory::*;
pub use self::recording::*;
pub use self::ringing::*;
pub use self::settling::*;

use std::time::Duration;

use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::work::{Claim, Held};

use crate::make::worker;
use crate::subject::Subject;

/// How long the suite's workers hold on.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

impl Subject {
    pub(crate) async fn rung(&self, owners: &[Owner]) {
        self.work.ring(owners, self.time.now()).await.unwrap();
    }

    /// What worker `n` can claim now, for [`LEASE`].
    pub(crate) async fn claims(&self, n: usize, max: usize) -> Vec<Claim> {
        let now = self.time.now();
        self.work.claim(&worker(n), now, now.plus(LEASE), max).await.unwrap()
    }

    /// Rings and claims; nobody else may be due.
    pub(crate) async fn claimed(&self, owner: &Owner) -> Claim {
        self.rung(std::slice::from_ref(owner)).await;
        let mut claims = self.claims(1, 10).await;
        assert_eq!(claims.len(), 1, "only one owner is due");
        assert_eq!(&claims[0].hold.owner, owner);
        claims.remove(0)
    }

    pub(crate) async fn released(&self, claim: &Claim, next: Option<Timestamp>) {
        let held = self.work.release(&claim.hold, next).await.unwrap();
        assert!(matches!(held, Held::Still { .. }));
    }
}

pub(crate) fn owners(claims: &[Claim]) -> Vec<Owner> {
    let mut owners: Vec<Owner> = claims.iter().map(|c| c.hold.owner.clone()).collect();
    owners.sort();
    owners
}

/// Tests of a [`WorkStore`](tenantry_ports::work::WorkStore), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! work_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; work:
            nobody_is_due_at_first,
            who_is_rung_is_claimed,
            a_ring_for_later_waits,
            a_later_ring_does_not_postpone_and_an_earlier_one_hastens,
            a_ring_during_a_claim_is_kept,
            a_release_says_when_to_look_again,
            a_release_never_moves_a_ring_later,
            watched_owners_can_all_be_rung,
            a_claim_carries_what_is_known,
            the_first_claim_starts_the_clock,
            a_claim_leaves_another_planes_deadline,
            no_more_than_asked_for_are_claimed,
            who_is_held_is_not_claimed,
            claims_at_once_are_exclusive,
            a_lease_that_runs_out_is_handed_over,
            a_renewed_lease_is_kept,
            fences_only_rise,
            a_stale_fence_never_writes,
            a_stale_fence_writes_nothing_else_either,
            of_two_with_one_owner_only_the_newer_writes,
            a_recorded_inventory_is_kept,
            owners_with_an_inventory_are_listed_once,
            inventories_do_not_mix,
            inventories_are_read_together,
            steps_are_kept_with_the_operation,
            progress_is_told_when_asked,
            a_verdict_is_told_and_ends_the_operation,
            a_failed_verdict_carries_its_reason,
            a_verdict_of_an_older_generation_is_not_told,
            a_turn_gives_the_operation_up,
            a_turn_can_release_too,
            a_turn_of_an_older_generation_does_not,
            facts_are_kept_whatever_the_generation,
            steps_of_an_older_attempt_are_not_the_newer_ones,
            a_record_can_release_too,
            an_operations_end_calls_the_next_look_off,
            what_can_drift_is_looked_at_after_its_operation,
            what_must_go_is_looked_at_after_its_operation,
            who_holds_an_owner_says_when_to_look_after_its_operation,
        }
    };
}
