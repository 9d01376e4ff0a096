//! How much tenants use.
//!
//! A request costs one write of a few bytes into the page cache, at the tenant's own place in a file: no lock that
//! all share, no commit, no fsync. The page cache outlives the process, so the count is exact over a `kill -9`;
//! only a crash of the whole machine can lose the counts of its last seconds. The file has the day under way;
//! days that are over are in the database.

mod slots;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::id::TenantId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::usage::{Counted, Usage};

use self::slots::{Count, Slots};
use crate::database::{Database, IdKey};
use crate::sqlite::OpenError;

/// Longer than anybody asks for.
const KEPT: Duration = Duration::from_secs(40 * 24 * 60 * 60);

/// Every tenant's counter.
pub struct Counters {
    slots: Slots,
    tenants: RwLock<HashMap<TenantId, Arc<Counter>>>,
}

struct Counter {
    slot: u64,
    count: Mutex<Count>,
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        let (slots, found) = Slots::open(path, oldest(now))?;
        let tenants = found
            .into_iter()
            .map(|(slot, tenant, count)| (tenant, Arc::new(Counter { slot, count: Mutex::new(count) })));
        Ok(Self { slots, tenants: RwLock::new(tenants.collect()) })
    }

    pub fn in_memory() -> Self {
        Self { slots: Slots::none(), tenants: RwLock::default() }
    }

    fn known(&self, tenant: &TenantId) -> Option<Arc<Counter>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    /// The tenant's counter, with a place in the file from now on.
    fn of(&self, tenant: &TenantId, day: u32) -> std::io::Result<Arc<Counter>> {
        if let Some(counter) = self.known(tenant) {
            return Ok(counter);
        }
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = tenants.get(tenant) {
            return Ok(counter.clone());
        }
        let count = Count { day, used: 0 };
        let slot = self.slots.add(tenant, count)?;
        let counter = Arc::new(Counter { slot, count: Mutex::new(count) });
        tenants.insert(tenant.clone(), counter.clone());
        Ok(counter)
    }
}

/// What a try on the counter came to.
enum Tried {
    Counted(Counted),
    /// The counter is at an earlier day, which is to be put away first.
    Earlier(Count),
    /// It is past that day.
    Later,
}

#[async_trait]
impl Usage for Database {
    async fn take(&self, tenant: &TenantId, day: &str, limit: u64) -> Result<Counted, StoreError> {
        let number = number_of(day)?;
        let counter = self.inner.usage.of(tenant, number).map_err(broken_file)?;
        loop {
            match self.try_take(&counter, number, limit)? {
                Tried::Counted(answer) => return Ok(answer),
                Tried::Later => return self.take_late(tenant, day, limit).await,
                Tried::Earlier(old) => {
                    self.put_away(tenant, old).await?;
                    let mut count = counter.lock();
                    // Somebody may have counted on that day meanwhile, or turned the page.
                    if *count == old {
                        let new = Count { day: number, used: 0 };
                        self.inner.usage.slots.write(counter.slot, new).map_err(broken_file)?;
                        *count = new;
                    }
                }
            }
        }
    }

    async fn used(&self, tenant: &TenantId, day: &str) -> Result<u64, StoreError> {
        let number = number_of(day)?;
        let current = self.inner.usage.known(tenant).map(|counter| *counter.lock());
        if let Some(count) = current.filter(|count| count.day == number) {
            return Ok(count.used);
        }
        let (tenant, day) = (tenant.clone(), day.to_owned());
        Ok(self.inner.sqlite.read(move |c| past(c, &tenant, &day)).await?)
    }
}

impl Database {
    fn try_take(&self, counter: &Counter, day: u32, limit: u64) -> Result<Tried, StoreError> {
        let mut count = counter.lock();
        if count.day != day {
            return Ok(if count.day < day { Tried::Earlier(*count) } else { Tried::Later });
        }
        if count.used >= limit {
            return Ok(Tried::Counted(Counted::Over));
        }
        let new = Count { day, used: count.used + 1 };
        self.inner.usage.slots.write(counter.slot, new).map_err(broken_file)?;
        *count = new;
        Ok(Tried::Counted(Counted::Within { used: new.used }))
    }

    /// A day's end result, into the database before its place is used for another day.
    async fn put_away(&self, tenant: &TenantId, count: Count) -> Result<(), StoreError> {
        let (tenant, day) = (tenant.clone(), day_of(count.day));
        let write = self.inner.sqlite.write(move |c| {
            c.prepare_cached(
                "INSERT INTO usage (tenant, day, used) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant, day) DO UPDATE SET used = max(used, excluded.used)",
            )?
            .execute(params![IdKey(tenant.as_str()), day, i64::try_from(count.used).unwrap_or(i64::MAX)])
        });
        Ok(write.await.map(drop)?)
    }

    /// Counts on a day that was put away: rare, so an ordinary write.
    async fn take_late(&self, tenant: &TenantId, day: &str, limit: u64) -> Result<Counted, StoreError> {
        let (tenant, day) = (tenant.clone(), day.to_owned());
        let write = self.inner.sqlite.write(move |c| {
            let used = past(c, &tenant, &day)?;
            if used >= limit {
                return Ok(Counted::Over);
            }
            c.execute(
                "INSERT INTO usage (tenant, day, used) VALUES (?1, ?2, 1)
                 ON CONFLICT (tenant, day) DO UPDATE SET used = used + 1",
                params![IdKey(tenant.as_str()), day],
            )?;
            Ok(Counted::Within { used: used + 1 })
        });
        Ok(write.await?)
    }
}

/// The first day that is still kept.
fn oldest(now: Timestamp) -> u32 {
    // A day that is none, as of a clock that was never set, is before all others.
    number_of(&first_kept(now)).unwrap_or(0)
}

fn first_kept(now: Timestamp) -> String {
    let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.millis().saturating_sub(kept)).day()
}

/// Removes some of the days that nobody asks for any more, and says how many.
pub(crate) fn purge(conn: &Connection, now: Timestamp, most: i64) -> Result<usize, rusqlite::Error> {
    conn.prepare_cached(
        "DELETE FROM usage WHERE (tenant, day) IN (SELECT tenant, day FROM usage WHERE day < ?1 ORDER BY day LIMIT ?2)",
    )?
    .execute(params![first_kept(now), most])
}

fn past(conn: &Connection, tenant: &TenantId, day: &str) -> Result<u64, rusqlite::Error> {
    let used: Option<i64> = conn
        .prepare_cached("SELECT used FROM usage WHERE tenant = ?1 AND day = ?2")?
        .query_row(params![IdKey(tenant.as_str()), day], |row| row.get(0))
        .optional()?;
    Ok(used.map_or(0, i64::unsigned_abs))
}

fn broken_file(cause: std::io::Error) -> StoreError {
    if cause.kind() == std::io::ErrorKind::StorageFull {
        return StoreError::Full { what: "the file that requests are counted in cannot grow".into() };
    }
    StoreError::unavailable("the file that requests are counted in", cause)
}

/// `2026-11-22` as 20261122.
fn number_of(day: &str) -> Result<u32, StoreError> {
    let plain = day.len() == 10
        && day.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let digits = day.bytes().filter(u8::is_ascii_digit).fold(0, |n: u32, b| n.wrapping_mul(10) + u32::from(b - b'0'));
    if plain {
        Ok(digits)
    } else {
        Err(StoreError::Broken { what: "a day must look like 2026-11-22".into(), cause: None })
    }
}

fn day_of(number: u32) -> String {
    format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100)
}
