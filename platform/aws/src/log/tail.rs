//! The log's end as this process sees it: the last events in the order they came to light here, for all followers
//! together, so that many of them cost no more calls than one.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tenantry_contract::event::Event;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout_at};

use super::position::At;
use crate::table::{Database, Item, Read, moment, readable_event};

/// How late an event may come to light: longer than a write may take with all its tries, and than machines' clocks
/// differ.
const LATE: Duration = Duration::from_secs(60);
/// How often it is looked while somebody follows. What this process publishes is looked at once.
const EVERY: Duration = Duration::from_millis(500);
/// How long what this process published is gathered.
const TOGETHER: Duration = Duration::from_millis(20);
/// Nobody followed for so long: begin anew.
const STALE: Duration = Duration::from_secs(30);
/// Events that are remembered for followers who are behind.
const REMEMBERED: usize = 1_000;

#[derive(Default)]
pub(crate) struct Tail {
    seen: Mutex<Option<Seen>>,
    /// Counts what this process published.
    rung: watch::Sender<u64>,
}

struct Seen {
    /// Tells one tail from another in positions.
    name: String,
    events: VecDeque<(String, Event)>,
    /// The number of the first of `events`.
    first: u64,
    /// Sort keys of the last stretch that are in `events`, or were.
    keys: BTreeSet<String>,
    /// Every event from here on is in `events`.
    since: String,
    /// When it was looked, and what was published here by then.
    looked: Instant,
    rung: u64,
}

impl Tail {
    /// Something was published by this process.
    pub fn ring(&self) {
        self.rung.send_modify(|n| *n += 1);
    }

    pub async fn end(&self, database: &Database) -> Result<At, StoreError> {
        let mut seen = self.seen.lock().await;
        let seen = self.look(database, &mut seen, true).await?;
        Ok(seen.at(seen.first + seen.events.len() as u64, database.now()))
    }

    pub async fn follow(
        &self,
        database: &Database,
        mut after: At,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(At, Event)>, StoreError> {
        let deadline = Instant::now() + wait;
        let mut rung = self.rung.subscribe();
        loop {
            rung.mark_unchanged();
            let behind = {
                let mut seen = self.seen.lock().await;
                let seen = self.look(database, &mut seen, false).await?;
                match seen.after(&after, limit, database.now()) {
                    After::Found(found) if !found.is_empty() => return Ok(found),
                    After::Found(_) => None,
                    After::Behind { from } => Some((from, seen.since.clone())),
                }
            };
            if let Some((from, since)) = behind {
                let items = database.merged("events", limit, |query| query.after(&from).before(&since)).await?;
                let found = read(&items)?;
                if !found.is_empty() {
                    return Ok(found.into_iter().map(|(sk, event)| (At::Log { sk }, event)).collect());
                }
                // Past those that cannot be read; with nothing more behind the tail, on with the tail.
                let sk = items.last().map_or(Ok(since), |item| item.text("sk").map(str::to_owned))?;
                after = At::Log { sk };
                continue;
            }
            let next = (Instant::now() + EVERY).min(deadline);
            match timeout_at(next, rung.changed()).await {
                // With what comes together with it.
                Ok(_) => tokio::time::sleep(TOGETHER).await,
                Err(_) if next == deadline => return Ok(Vec::new()),
                Err(_) => {}
            }
        }
    }

    /// Looks at the last stretch of the log, if it was not just looked at.
    async fn look<'a>(
        &self,
        database: &Database,
        seen: &'a mut Option<Seen>,
        now_at_once: bool,
    ) -> Result<&'a mut Seen, StoreError> {
        let rung = *self.rung.borrow();
        let since = moment(earlier(database.now(), LATE));
        if seen.as_ref().is_some_and(|seen| seen.looked.elapsed() > STALE) {
            *seen = None;
        }
        let fresh = |seen: &Seen| seen.rung == rung && seen.looked.elapsed() < EVERY && !now_at_once;
        if !seen.as_ref().is_some_and(fresh) {
            // Before the calls: what is published during them may not be among their answers.
            let looked = Instant::now();
            let items = database.merged("events", usize::MAX, |query| query.from(&since)).await?;
            let seen = seen.get_or_insert_with(|| Seen::new(database.ids().fresh(), since.clone(), looked));
            seen.add(&items, &since)?;
            (seen.looked, seen.rung) = (looked, rung);
        }
        seen.as_mut().ok_or_else(|| StoreError::Broken { what: "the log's end is not known".into(), cause: None })
    }
}

fn read(items: &[Item]) -> Result<Vec<(String, Event)>, StoreError> {
    let found = items.iter().filter_map(|item| {
        let sk = item.text("sk").map(str::to_owned);
        readable_event(item).map(|event| sk.map(|sk| (sk, event)))
    });
    found.collect()
}

impl Seen {
    fn new(name: String, since: String, looked: Instant) -> Self {
        Self { name, events: VecDeque::new(), first: 0, keys: BTreeSet::new(), since, looked, rung: 0 }
    }

    fn at(&self, number: u64, seen: Timestamp) -> At {
        At::Tail { tail: self.name.clone(), number, seen }
    }

    /// Adds those that are new, and forgets what is too long ago to come again or too much to remember.
    fn add(&mut self, found: &[Item], since: &str) -> Result<(), StoreError> {
        for item in found {
            let sk = item.text("sk")?;
            if self.keys.insert(sk.to_owned()) {
                self.events.extend(readable_event(item).map(|event| (sk.to_owned(), event)));
            }
        }
        self.keys = self.keys.split_off(since);
        while self.events.len() > REMEMBERED {
            if let Some((sk, _)) = self.events.pop_front() {
                self.first += 1;
                // Just behind it: it is the newest that is not here.
                self.since = std::mem::take(&mut self.since).max(format!("{sk}!"));
            }
        }
        Ok(())
    }

    fn after(&self, after: &At, limit: usize, now: Timestamp) -> After {
        let from = match after {
            At::Tail { tail, number, .. } if *tail == self.name && *number >= self.first => {
                let skip = usize::try_from(number - self.first).unwrap_or(usize::MAX);
                let next = self.numbered().skip(skip).take(limit);
                return After::Found(next.map(|(n, (_, event))| (self.at(n + 1, now), event.clone())).collect());
            }
            // Another process may have seen what came late, or not.
            At::Tail { seen, .. } => moment(earlier(*seen, LATE)),
            At::Log { sk } => sk.clone(),
        };
        if from < self.since {
            return After::Behind { from };
        }
        let next = self.numbered().filter(|(_, (sk, _))| *sk > from).take(limit);
        After::Found(next.map(|(n, (_, event))| (self.at(n + 1, now), event.clone())).collect())
    }

    fn numbered(&self) -> impl Iterator<Item = (u64, &(String, Event))> {
        (self.first..).zip(&self.events)
    }
}

enum After {
    Found(Vec<(At, Event)>),
    /// What comes next is further back than is remembered: to be read from the log.
    Behind {
        from: String,
    },
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}
