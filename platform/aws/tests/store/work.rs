//! The provisioner's work: what its suite does not ask, as it is about items, calls that fail, and many at once.

mod claiming;
mod large;
mod onboarding;
mod unanswered;

use std::time::Duration;

use tenantry_aws::table::Database;
use tenantry_conformance::make::worker;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::work::{Claim, Done, Held, Release, WorkStore};

use crate::support::subject::Fresh;

const LEASE: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);

fn now(fresh: &Fresh) -> Timestamp {
    Clock::now(&*fresh.clock)
}

async fn claims(fresh: &Fresh, n: usize, max: usize) -> Vec<Claim> {
    let now = now(fresh);
    fresh.database.claim(&worker(n), now, now.plus(LEASE), max).await.unwrap()
}

/// Rings and claims; nobody else may be due.
async fn claimed(fresh: &Fresh, owner: &Owner) -> Claim {
    fresh.database.ring(std::slice::from_ref(owner), now(fresh)).await.unwrap();
    let mut claims = claims(fresh, 1, 10).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

async fn recorded(database: &Database, claim: &Claim, done: Done) {
    let held = database.record(&claim.hold, done).await.unwrap();
    assert!(matches!(held, Held::Still { .. }), "{held:?}");
}

fn letting_go(next: Option<Timestamp>) -> Done {
    Done { release: Some(Release { next }), ..Done::default() }
}
