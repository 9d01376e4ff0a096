//! What the records said of pools, for a moment; and how often they are asked.
//!
//! Anybody can name a pool that nobody has, in a token that nobody signed. So strangers are remembered apart from the
//! tenants' pools, and how many pools that were never heard of are asked about is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_contract::id::PoolId;
use tenantry_ports::identity::Issuer;
use tokio::time::Instant;

use crate::limits::{Bucket, Pace};

/// How long an answer from the records is good: a removed tenant's issuer is trusted no longer than this.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// Pools of nobody that are remembered.
const MOST: usize = 10_000;
/// Pools that were never heard of: as many at once as an account has at first, for a process that has just started,
/// and then so many a second.
const STRANGERS: Pace = Pace { burst: 1_000, every: Duration::from_millis(20) };

pub(in crate::identity) struct Known {
    start: Instant,
    memory: Mutex<Answers>,
}

struct Answers {
    /// Tenants' pools, also when the answer is no longer good: no more of them than there are.
    trusted: HashMap<PoolId, (Instant, Arc<Issuer>)>,
    nobodys: HashMap<PoolId, Instant>,
    strangers: Bucket,
}

/// What is remembered of a pool.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Memory {
    Fresh(Option<Arc<Issuer>>),
    /// The records are to be asked.
    Ask,
    /// Too many were asked about.
    TooMany {
        retry_after: Duration,
    },
}

impl Default for Known {
    fn default() -> Self {
        let answers = Answers { trusted: HashMap::new(), nobodys: HashMap::new(), strangers: Bucket::new(STRANGERS) };
        Self { start: Instant::now(), memory: Mutex::new(answers) }
    }
}

impl Known {
    pub(super) fn recall(&self, pool: &PoolId) -> Memory {
        let mut answers = self.lock();
        if let Some((at, issuer)) = answers.trusted.get(pool) {
            // Of a tenant's pool the records are asked as often as need be.
            return if at.elapsed() < GOOD_FOR { Memory::Fresh(Some(Arc::clone(issuer))) } else { Memory::Ask };
        }
        if answers.nobodys.get(pool).is_some_and(|at| at.elapsed() < GOOD_FOR) {
            return Memory::Fresh(None);
        }
        match answers.strangers.take(self.start.elapsed(), Duration::ZERO) {
            Ok(_) => Memory::Ask,
            Err(retry_after) => Memory::TooMany { retry_after },
        }
    }

    pub(super) fn put(&self, pool: &PoolId, issuer: Option<Arc<Issuer>>) {
        let (mut answers, now) = (self.lock(), Instant::now());
        let Some(issuer) = issuer else {
            answers.trusted.remove(pool);
            if answers.nobodys.len() >= MOST {
                answers.nobodys.retain(|_, at| at.elapsed() < GOOD_FOR);
            }
            if answers.nobodys.len() < MOST {
                answers.nobodys.insert(pool.clone(), now);
            }
            return;
        };
        answers.nobodys.remove(pool);
        answers.trusted.insert(pool.clone(), (now, issuer));
    }

    /// The records are asked again, whatever they said.
    pub(in crate::identity) fn forget(&self, pool: &PoolId) {
        let mut answers = self.lock();
        answers.nobodys.remove(pool);
        answers.trusted.remove(pool);
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tenantry_contract::id::TenantId;
    use tenantry_ports::identity::{Algorithm, SpeaksFor};

    use super::*;

    fn pool(name: &str) -> PoolId {
        PoolId::parse(format!("eu-west-1_{name}")).unwrap()
    }

    fn issuer(pool: &PoolId) -> Arc<Issuer> {
        Arc::new(Issuer {
            url: format!("https://issuer/{pool}"),
            pool: pool.clone(),
            speaks_for: SpeaksFor::Tenant(TenantId::parse("t-1").unwrap()),
            algorithm: Algorithm::Rs256,
            user_clients: Vec::new(),
            machine_clients: Vec::new(),
        })
    }

    /// Asked about, and nobody's: how many of so many were let through.
    fn made_up(known: &Known, many: usize) -> usize {
        let asked = (0..many).filter(|n| {
            let pool = pool(&format!("made{n}up"));
            let ask = known.recall(&pool) == Memory::Ask;
            if ask {
                known.put(&pool, None);
            }
            ask
        });
        asked.count()
    }

    #[tokio::test(start_paused = true)]
    async fn made_up_pools_cost_a_bounded_number_of_reads_and_put_no_tenant_out() {
        let known = Known::default();
        let tenants = pool("tenants");
        assert_eq!(known.recall(&tenants), Memory::Ask);
        known.put(&tenants, Some(issuer(&tenants)));
        assert_eq!(made_up(&known, 50_000), STRANGERS.burst as usize - 1);
        assert!(matches!(known.recall(&pool("more")), Memory::TooMany { .. }));
        // What is known to be nobody's is not asked about again.
        assert_eq!(known.recall(&pool("made0up")), Memory::Fresh(None));
        assert_eq!(known.recall(&tenants), Memory::Fresh(Some(issuer(&tenants))));
        // A tenant's is asked about when its time has come, however many strangers there are.
        tokio::time::advance(GOOD_FOR).await;
        let asked = made_up(&known, 50_000);
        assert!((200..=251).contains(&asked), "{asked} in {GOOD_FOR:?}");
        assert_eq!(known.recall(&tenants), Memory::Ask);
    }

    #[tokio::test(start_paused = true)]
    async fn a_removed_tenants_pool_is_nobodys_and_a_new_tenants_pool_is_not() {
        let known = Known::default();
        let one = pool("one");
        known.put(&one, Some(issuer(&one)));
        known.put(&one, None);
        assert_eq!(known.recall(&one), Memory::Fresh(None));
        known.forget(&one);
        assert_eq!(known.recall(&one), Memory::Ask);
        known.put(&one, Some(issuer(&one)));
        assert_eq!(known.recall(&one), Memory::Fresh(Some(issuer(&one))));
    }
}
