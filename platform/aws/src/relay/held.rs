//! The rows of the outbox that a relay knows of: those it has in hand, and those it tries again later.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::table::Pointer;

#[derive(Debug, Default)]
pub struct Held(HashMap<Pointer, Row>);

#[derive(Debug, Clone, Copy)]
struct Row {
    failures: u32,
    /// When to try again. None while it is in hand.
    due: Option<Instant>,
}

impl Held {
    /// It is about to be put.
    pub fn take(&mut self, pointer: &Pointer) {
        self.0.entry(pointer.clone()).or_insert(Row { failures: 0, due: None }).due = None;
    }

    /// It was found in the outbox. False if it is known already.
    pub fn find(&mut self, pointer: Pointer, now: Instant) -> bool {
        let mut new = false;
        self.0.entry(pointer).or_insert_with(|| {
            new = true;
            Row { failures: 0, due: Some(now) }
        });
        new
    }

    /// It failed; `after` says by the number of its failures when it is tried again.
    pub fn fail(&mut self, pointer: &Pointer, after: impl FnOnce(u32) -> Instant) -> u32 {
        let row = self.0.entry(pointer.clone()).or_insert(Row { failures: 0, due: None });
        row.failures = row.failures.saturating_add(1);
        row.due = Some(after(row.failures));
        row.failures
    }

    /// It was not its fault, and it is tried again then.
    pub fn postpone(&mut self, pointer: &Pointer, due: Instant) {
        self.0.entry(pointer.clone()).or_insert(Row { failures: 0, due: None }).due = Some(due);
    }

    /// It is no longer in the outbox.
    pub fn forget(&mut self, pointer: &Pointer) {
        self.0.remove(pointer);
    }

    /// Takes up to `most` of those that are due, the longest due first.
    pub fn take_due(&mut self, now: Instant, most: usize) -> Vec<Pointer> {
        let mut due: Vec<(Instant, Pointer)> = self
            .0
            .iter()
            .filter_map(|(pointer, row)| row.due.filter(|due| *due <= now).map(|due| (due, pointer.clone())))
            .collect();
        due.sort_unstable();
        due.truncate(most);
        for (_, pointer) in &due {
            self.take(pointer);
        }
        due.into_iter().map(|(_, pointer)| pointer).collect()
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().filter_map(|row| row.due).min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn pointer(n: u8) -> Pointer {
        Pointer { shard: n, sk: format!("{n}#e") }
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_is_in_one_hand_at_a_time_and_comes_back_when_it_is_due() {
        let (mut held, now) = (Held::default(), Instant::now());
        held.take(&pointer(1));
        assert!(!held.find(pointer(1), now), "it is in hand");
        assert!(held.find(pointer(2), now) && held.find(pointer(3), now - Duration::from_secs(1)));
        assert_eq!(held.take_due(now, 1), [pointer(3)]);
        assert_eq!(held.take_due(now, 9), [pointer(2)]);
        assert_eq!((held.take_due(now, 9), held.next()), (vec![], None));

        let later = |failures| now + Duration::from_secs(u64::from(failures));
        assert_eq!(held.fail(&pointer(2), later), 1);
        assert_eq!(held.next(), Some(later(1)));
        assert_eq!(held.take_due(later(1), 9), [pointer(2)]);
        assert_eq!(held.fail(&pointer(2), later), 2);
        held.postpone(&pointer(3), later(1));
        assert_eq!(held.take_due(later(2), 9), [pointer(3), pointer(2)]);
        held.forget(&pointer(2));
        assert!(held.find(pointer(2), now));
    }
}
