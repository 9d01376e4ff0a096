//! What of a consumer's queue is in memory: which messages are out, and for how long. One process holds the
//! database, so memory is enough for that; what must survive it is in `rows`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::{MAX_RECEIVES, Receipt};
use tokio::sync::Notify;

pub struct Queue {
    state: Mutex<State>,
    /// Held while reading on in the log, so that two receivers do not read the same.
    pub reading: tokio::sync::Mutex<()>,
    /// A message has come, or a hidden one may be due earlier than it was.
    pub worth_a_look: Notify,
}

/// A message that was delivered and is not done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out {
    pub receives: u32,
    pub visible_at: Timestamp,
    /// A restart remembers it: there is a row of redeliveries.
    pub kept: bool,
}

#[derive(Default)]
pub struct State {
    /// Everything the consumer hears up to here is in `out` or done with.
    pub read_to: i64,
    pub out: BTreeMap<i64, Out>,
    by_time: BTreeSet<(Timestamp, i64)>,
    /// Acknowledged before a restart, and beyond `read_to`.
    pub done: BTreeSet<i64>,
    /// The time of the last call that took what is due.
    followed: Timestamp,
}

/// One message to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub seq: i64,
    pub receives: u32,
}

/// What is visible again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub again: Vec<Turn>,
    /// Delivered as often as may be.
    pub hopeless: Vec<i64>,
    /// How those that are delivered again were before.
    before: Vec<(i64, Out)>,
}

impl Queue {
    pub fn new(state: State) -> Self {
        Self { state: Mutex::new(state), reading: tokio::sync::Mutex::default(), worth_a_look: Notify::new() }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub fn new(read_to: i64, done: BTreeSet<i64>) -> Self {
        Self { read_to, done, ..Self::default() }
    }

    pub fn put(&mut self, seq: i64, out: Out) {
        if let Some(old) = self.out.insert(seq, out) {
            self.by_time.remove(&(old.visible_at, seq));
        }
        self.by_time.insert((out.visible_at, seq));
    }

    pub fn remove(&mut self, seq: i64) {
        if let Some(old) = self.out.remove(&seq) {
            self.by_time.remove(&(old.visible_at, seq));
        }
    }

    /// Keeps what is hidden hidden for as long as it was to be, if the clock was set back since the last call.
    fn follow(&mut self, now: Timestamp) {
        let step_back = self.followed.since(now);
        self.followed = now;
        if step_back.is_zero() {
            return;
        }
        for (seq, out) in &mut self.out {
            self.by_time.remove(&(out.visible_at, *seq));
            out.visible_at = now.plus(out.visible_at.since(now.plus(step_back)));
            self.by_time.insert((out.visible_at, *seq));
        }
    }

    /// Hides up to `max` messages that are visible at `now` once more, and says which.
    pub fn take_due(&mut self, now: Timestamp, hide: Duration, max: usize) -> Due {
        self.follow(now);
        let mut due = Due::default();
        while due.again.len() < max
            && let Some(&(at, seq)) = self.by_time.first()
            && at <= now
        {
            let before = self.out.get(&seq).copied().unwrap_or(Out { receives: 0, visible_at: at, kept: false });
            let receives = before.receives;
            if receives >= MAX_RECEIVES {
                due.hopeless.push(seq);
                // Should burying it fail, it is tried again after as long.
                self.put(seq, Out { visible_at: now.plus(hide.max(Duration::from_millis(1))), ..before });
                continue;
            }
            let turn = Turn { seq, receives: receives + 1 };
            due.again.push(turn);
            due.before.push((seq, before));
            self.put(seq, Out { receives: turn.receives, visible_at: now.plus(hide), ..before });
            if hide.is_zero() {
                break;
            }
        }
        due
    }

    /// Takes a delivery back that nobody got: it could not be written down. It does not count.
    pub fn undo(&mut self, due: &Due) {
        for (turn, (seq, before)) in due.again.iter().zip(&due.before) {
            if let Some(out) = self.out.get(seq).copied().filter(|out| out.receives == turn.receives) {
                self.put(*seq, Out { kept: out.kept, ..*before });
            }
        }
    }

    /// When the next hidden message becomes visible.
    pub fn next_visible(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// The message of a receipt, if the delivery it stands for is the last one.
    pub fn stands_for(&self, receipt: &Receipt) -> Option<Turn> {
        let (seq, receives) = receipt.0.split_once('.')?;
        let turn = Turn { seq: seq.parse().ok()?, receives: receives.parse().ok()? };
        self.out.get(&turn.seq).filter(|out| out.receives == turn.receives).map(|_| turn)
    }

    /// These are being written down.
    pub fn keep(&mut self, turns: &[Turn]) {
        for turn in turns {
            if let Some(out) = self.out.get_mut(&turn.seq) {
                out.kept = true;
            }
        }
    }

    /// Those that a restart would remember.
    pub fn kept(&self, these: &BTreeSet<i64>) -> Vec<i64> {
        these.iter().copied().filter(|seq| self.out.get(seq).is_some_and(|out| out.kept)).collect()
    }

    /// How far everything is done with once these are.
    pub fn low_without(&self, these: &BTreeSet<i64>) -> i64 {
        self.out.keys().find(|seq| !these.contains(seq)).map_or(self.read_to, |seq| seq - 1)
    }
}

impl Turn {
    pub fn receipt(self) -> Receipt {
        Receipt(format!("{}.{}", self.seq, self.receives))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn first(visible_at: i64) -> Out {
        Out { receives: 1, visible_at: at(visible_at), kept: false }
    }

    #[test]
    fn the_low_mark_stops_at_what_is_still_out() {
        let mut state = State { read_to: 9, ..State::default() };
        for seq in [2, 5, 7] {
            state.put(seq, first(100));
        }
        assert_eq!(state.low_without(&BTreeSet::new()), 1);
        assert_eq!(state.low_without(&BTreeSet::from([2, 7])), 4);
        assert_eq!(state.low_without(&BTreeSet::from([2, 5, 7])), 9);
    }

    #[test]
    fn a_receipt_stands_for_one_delivery() {
        let mut state = State::default();
        state.put(3, first(10));
        let first = Turn { seq: 3, receives: 1 }.receipt();
        assert!(state.stands_for(&first).is_some());
        let due = state.take_due(at(10), Duration::from_secs(1), 5);
        assert_eq!(due.again, [Turn { seq: 3, receives: 2 }]);
        assert_eq!(state.stands_for(&first), None);
        for nonsense in ["", "3", "3.", "x.1", "4.1"] {
            assert_eq!(state.stands_for(&Receipt(nonsense.into())), None, "{nonsense}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_hides_nothing_longer() {
        let mut state = State::default();
        let hide = Duration::from_millis(50);
        state.take_due(at(9_000), hide, 5);
        state.put(3, first(9_020));
        assert!(state.take_due(at(1_000), hide, 5).again.is_empty());
        assert_eq!(state.next_visible(), Some(at(1_020)));
        assert_eq!(state.take_due(at(1_020), hide, 5).again, [Turn { seq: 3, receives: 2 }]);
    }

    #[test]
    fn a_delivery_that_is_taken_back_does_not_count() {
        let mut state = State::default();
        state.put(3, first(10));
        state.put(4, first(10));
        let due = state.take_due(at(10), Duration::from_secs(1), 5);
        // One of them is done with meanwhile.
        state.remove(4);
        state.keep(&due.again);
        state.undo(&due);
        assert_eq!(state.next_visible(), Some(at(10)));
        assert_eq!(state.take_due(at(10), Duration::from_secs(1), 5).again, [Turn { seq: 3, receives: 2 }]);
        assert_eq!(state.kept(&BTreeSet::from([3, 4])), [3]);
    }
}
