//! What waits for the writer, in two lanes: work that a request waits for goes in front, work that nobody watches goes
//! behind it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::queue::NotTaken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Front,
    Behind,
}

pub struct Lanes<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    /// Of each lane.
    bound: usize,
}

struct State<T> {
    front: VecDeque<T>,
    behind: VecDeque<T>,
    sleeping: bool,
    closed: bool,
}

impl<T> Lanes<T> {
    pub fn new(bound: usize) -> Self {
        let state = State { front: VecDeque::new(), behind: VecDeque::new(), sleeping: false, closed: false };
        Self { state: Mutex::new(state), arrived: Condvar::new(), bound }
    }

    pub fn push(&self, item: T, lane: Lane) -> Result<(), NotTaken> {
        let mut state = self.lock();
        if state.closed {
            return Err(NotTaken::Closed);
        }
        let items = state.of(lane);
        if items.len() >= self.bound {
            return Err(NotTaken::Full);
        }
        items.push_back(item);
        let wake = state.sleeping;
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for work, and moves up to `max` of what is in front to `front`. Work behind ends the wait only once
    /// `rest` has passed. False once closed and empty.
    pub fn take(&self, max: usize, rest: Duration, front: &mut Vec<T>) -> bool {
        let mut state = self.lock();
        let mut since = None;
        while state.front.is_empty() {
            let left = match (state.behind.is_empty(), state.closed) {
                (true, true) => return false,
                (false, true) => return true,
                (true, false) => None,
                (false, false) => {
                    let waited = since.get_or_insert_with(Instant::now).elapsed();
                    let left = rest.saturating_sub(waited);
                    if left.is_zero() {
                        return true;
                    }
                    Some(left)
                }
            };
            state.sleeping = true;
            state = match left {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            state.sleeping = false;
        }
        let n = state.front.len().min(max);
        front.extend(state.front.drain(..n));
        true
    }

    /// The next of those behind.
    pub fn next_behind(&self) -> Option<T> {
        self.lock().behind.pop_front()
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// No more are taken in; what waits is still handed out.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn of(&mut self, lane: Lane) -> &mut VecDeque<T> {
        match lane {
            Lane::Front => &mut self.front,
            Lane::Behind => &mut self.behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_has_its_own_bound_and_order() {
        let lanes = Lanes::new(2);
        for (item, lane) in [(1, Lane::Behind), (2, Lane::Front), (3, Lane::Behind), (4, Lane::Front)] {
            lanes.push(item, lane).unwrap();
        }
        assert_eq!(lanes.push(5, Lane::Behind), Err(NotTaken::Full));
        let mut front = Vec::new();
        assert!(lanes.take(9, Duration::from_secs(60), &mut front));
        assert_eq!(front, [2, 4]);
        assert_eq!((lanes.next_behind(), lanes.next_behind(), lanes.next_behind()), (Some(1), Some(3), None));
    }

    #[test]
    fn work_behind_waits_for_its_turn_but_not_for_ever() {
        let lanes = Lanes::new(2);
        lanes.push(1, Lane::Behind).unwrap();
        let (mut front, since) = (Vec::new(), Instant::now());
        assert!(lanes.take(9, Duration::from_millis(20), &mut front));
        assert!(front.is_empty() && since.elapsed() >= Duration::from_millis(20));
        lanes.close();
        assert!(lanes.take(9, Duration::from_secs(60), &mut front), "what waits is handed out at once");
        assert_eq!(lanes.next_behind(), Some(1));
        assert!(!lanes.take(9, Duration::ZERO, &mut front));
        assert_eq!(lanes.push(2, Lane::Front), Err(NotTaken::Closed));
    }
}
