//! What goes wrong, and when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and nothing was done. Trying again may help.
    Before,
    /// The call is made and its answer is lost: the caller cannot know.
    After,
    /// The call is made after a while, by tokio's clock.
    Delay(Duration),
    /// The call is made twice, and the second answer given. A message is delivered again later.
    Twice,
    /// The call fails and nothing was done. Trying again will not help.
    Refuse,
    /// The caller stands still before the call until [`Plan::resume`].
    SuspendBefore,
    /// The caller stands still after the call until [`Plan::resume`].
    SuspendAfter,
    /// The caller dies before the call: neither it nor any later call ever returns. Whoever runs it drops its
    /// tasks once [`Plan::crashed`] says so.
    CrashBefore,
    /// The caller dies after the call.
    CrashAfter,
}

#[derive(Debug)]
enum When {
    /// The call of that number alone, from 0, among those the rule's prefix matches.
    Nth(usize),
    /// All calls from that number on.
    From(usize),
    /// So many in a thousand.
    Sometimes(u64),
}

#[derive(Debug)]
struct Rule {
    prefix: String,
    when: When,
    /// None: whichever the seed says.
    fault: Option<Fault>,
    met: usize,
    fired: bool,
    over: bool,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    calls: Vec<String>,
    random: u64,
    crashed: bool,
}

/// A plan of faults, shared by all clones. Calls are named by port, method and what they are about, such as
/// `runtime.ensure service/orders tenant t1` or `work.record tenant t1`; rules match the beginning of a name,
/// and the first rule that applies decides.
#[derive(Debug, Clone)]
pub struct Plan {
    state: Arc<Mutex<State>>,
    crash: Arc<watch::Sender<bool>>,
    resumes: Arc<watch::Sender<u64>>,
}

impl Plan {
    /// A plan in which nothing goes wrong yet. What is random in it follows from the seed.
    pub fn seeded(seed: u64) -> Self {
        let state = State { random: seed, ..State::default() };
        Self {
            state: Arc::new(Mutex::new(state)),
            crash: Arc::new(watch::Sender::new(false)),
            resumes: Arc::new(watch::Sender::new(0)),
        }
    }

    /// The `n`th matching call from now on, from 0.
    #[must_use]
    pub fn nth(self, prefix: &str, n: usize, fault: Fault) -> Self {
        self.rule(prefix, When::Nth(n), Some(fault))
    }

    /// All matching calls from the `n`th on.
    #[must_use]
    pub fn from(self, prefix: &str, n: usize, fault: Fault) -> Self {
        self.rule(prefix, When::From(n), Some(fault))
    }

    #[must_use]
    pub fn always(self, prefix: &str, fault: Fault) -> Self {
        self.from(prefix, 0, fault)
    }

    /// So many in a thousand matching calls fail before or after, are late, or are made twice.
    #[must_use]
    pub fn sometimes(self, prefix: &str, per_mille: u64) -> Self {
        self.rule(prefix, When::Sometimes(per_mille), None)
    }

    fn rule(self, prefix: &str, when: When, fault: Option<Fault>) -> Self {
        self.state().rules.push(Rule { prefix: prefix.to_owned(), when, fault, met: 0, fired: false, over: false });
        self
    }

    /// From here on nothing goes wrong. The dead stay dead.
    pub fn heal(&self) {
        self.state().rules.iter_mut().for_each(|rule| rule.over = true);
    }

    /// Faults that were planned for certain and never came: a test that waits for none of them shows nothing.
    pub fn unfired(&self) -> Vec<String> {
        let state = self.state();
        let certain = state.rules.iter().filter(|rule| !rule.fired && rule.fault.is_some());
        certain.map(|rule| format!("{} {:?} {:?}", rule.prefix, rule.when, rule.fault)).collect()
    }

    /// Lets the suspended go on.
    pub fn resume(&self) {
        self.resumes.send_modify(|n| *n += 1);
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// Returns once the caller has died.
    pub async fn crashed(&self) {
        // The sender lives as long as this does.
        let _ = self.crash.subscribe().wait_for(|crashed| *crashed).await;
    }

    pub fn has_crashed(&self) -> bool {
        self.state().crashed
    }

    /// Notes a call and says what goes wrong with it.
    pub(super) fn decide(&self, call: String) -> Option<Fault> {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut decided = None;
        for rule in state.rules.iter_mut().filter(|rule| !rule.over && call.starts_with(&rule.prefix)) {
            let n = rule.met;
            rule.met += 1;
            let applies = match rule.when {
                When::Nth(wanted) => n == wanted,
                When::From(first) => n >= first,
                When::Sometimes(per_mille) => next(&mut state.random) % 1000 < per_mille,
            };
            if applies && decided.is_none() {
                rule.fired = true;
                decided = Some(rule.fault.unwrap_or_else(|| any(&mut state.random)));
            }
        }
        state.calls.push(call);
        decided
    }

    /// Shuffles, as the seed says.
    pub(super) fn shuffle<T>(&self, items: &mut [T]) {
        let mut state = self.state();
        for end in (1..items.len()).rev() {
            let bound = u64::try_from(end).unwrap_or(u64::MAX).saturating_add(1);
            let other = usize::try_from(next(&mut state.random) % bound).unwrap_or(end);
            items.swap(end, other);
        }
    }

    pub(super) async fn die<T>(&self) -> T {
        self.state().crashed = true;
        self.crash.send_replace(true);
        std::future::pending().await
    }

    pub(super) async fn suspend(&self) {
        let mut resumed = self.resumes.subscribe();
        // Fails only when the sender is gone, and this holds it.
        let _ = resumed.changed().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `sometimes` means.
fn any(random: &mut u64) -> Fault {
    match next(random) % 4 {
        0 => Fault::Before,
        1 => Fault::After,
        2 => Fault::Twice,
        _ => Fault::Delay(Duration::from_millis(next(random) % 5_000)),
    }
}

/// `SplitMix64`: small, and good enough to choose by.
fn next(random: &mut u64) -> u64 {
    *random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *random;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
