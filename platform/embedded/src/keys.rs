//! `Idempotency-Key`s. They are random, and a b-tree in their order would cost every one of them a page of its own.
//! So they are written down in the order they come; where the newest are is known in memory, and where older ones
//! are is written many at a time, in order, into an index (see [`Young`]).
//!
//! Expiry is compared in the query; removing old ones is only tidiness.

mod settle;
#[cfg(test)]
mod tests;
mod young;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::{KEY_LIFETIME, Key, KeyStore, StoredAnswer, Taken};
use tenantry_ports::store::StoreError;

pub(crate) use self::young::Young;
use crate::database::{Change, Database};

/// A key's scope as it is kept: the text may be long, half of its digest is not.
pub(crate) type Scope = [u8; 16];

#[derive(Debug, Clone)]
pub(crate) struct HashedKey {
    scope: Scope,
    request: [u8; 32],
}

impl From<&Key> for HashedKey {
    fn from(key: &Key) -> Self {
        let digest: [u8; 32] = Sha256::digest(key.scope.as_bytes()).into();
        let mut scope = Scope::default();
        scope.copy_from_slice(&digest[..16]);
        Self { scope, request: key.request }
    }
}

/// Which day's part of a table a moment belongs to. What lives a day is in this one's or the one before.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(i64::try_from(KEY_LIFETIME.as_millis()).unwrap_or(i64::MAX))
}

/// A key's row, if it has not expired.
struct Kept {
    n: i64,
    request: [u8; 32],
    answer: Option<StoredAnswer>,
}

fn find(change: &Change<'_>, key: &HashedKey) -> Result<Option<Kept>, rusqlite::Error> {
    // What memory names may have been taken back with its transaction: the row itself has the last word.
    if let Some(n) = change.young.place(&key.scope)
        && let Some(kept) = row(change, n, key, change.now)?
    {
        return Ok(Some(kept));
    }
    if !change.young.any_settled() {
        return Ok(None);
    }
    let places: Vec<i64> = change
        .prepare_cached("SELECT n FROM keys_settled WHERE scope = ?1 ORDER BY n DESC")?
        .query_map([key.scope], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for n in places {
        if let Some(kept) = row(change, n, key, change.now)? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

fn row(conn: &Connection, n: i64, key: &HashedKey, now: Timestamp) -> Result<Option<Kept>, rusqlite::Error> {
    conn.prepare_cached("SELECT request, status, answer FROM keys WHERE n = ?1 AND scope = ?2 AND expires > ?3")?
        .query_row(params![n, key.scope, now.millis()], |row| {
            let answer = match (row.get(1)?, row.get(2)?) {
                (Some(status), Some(body)) => Some(StoredAnswer { status, body }),
                _ => None,
            };
            Ok(Kept { n, request: row.get(0)?, answer })
        })
        .optional()
}

/// What is known of a key.
pub(crate) fn look(change: &Change<'_>, key: &HashedKey) -> Result<Taken, rusqlite::Error> {
    Ok(match find(change, key)? {
        None => Taken::New,
        Some(kept) if kept.request != key.request => Taken::Reused,
        Some(Kept { answer: None, .. }) => Taken::Unanswered,
        Some(Kept { answer: Some(answer), .. }) => Taken::Replayed(answer),
    })
}

/// Keeps a key that is [`Taken::New`] from now on, with its answer if there is one.
pub(crate) fn keep(change: &Change<'_>, key: &HashedKey, answer: Option<&StoredAnswer>) -> Result<(), rusqlite::Error> {
    let n = change
        .prepare_cached("INSERT INTO keys (expires, scope, request, status, answer) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .insert(params![
            change.now.plus(KEY_LIFETIME).millis(),
            key.scope,
            key.request,
            answer.map(|a| a.status),
            answer.map(|a| &a.body),
        ])?;
    change.young.add(key.scope, n);
    Ok(())
}

/// Writes the answer of a key, taken or not, however long ago within its life.
pub(crate) fn answer(change: &Change<'_>, key: &HashedKey, answer: &StoredAnswer) -> Result<(), rusqlite::Error> {
    match find(change, key)? {
        None => keep(change, key, Some(answer)),
        Some(Kept { n, request, answer: None }) if request == key.request => change
            .prepare_cached("UPDATE keys SET status = ?2, answer = ?3 WHERE n = ?1")?
            .execute(params![n, answer.status, answer.body])
            .map(drop),
        Some(_) => Ok(()),
    }
}

/// Removes some of the oldest that have expired, and says how many.
pub(crate) fn purge(conn: &Connection, now: Timestamp, most: i64) -> Result<usize, rusqlite::Error> {
    let gone: Vec<(i64, Scope)> = conn
        .prepare_cached(
            "SELECT n, scope FROM (SELECT n, scope, expires FROM keys ORDER BY n LIMIT ?2) WHERE expires <= ?1",
        )?
        .query_map((now.millis(), most), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    // The newest stays, as its place is where the next one goes on: memory and index name places.
    let newest: i64 = conn.query_row("SELECT coalesce(max(n), 0) FROM keys", [], |row| row.get(0))?;
    let mut removed = 0;
    for (n, scope) in gone.into_iter().filter(|(n, _)| *n < newest) {
        conn.prepare_cached("DELETE FROM keys_settled WHERE scope = ?1 AND n = ?2")?.execute((scope, n))?;
        removed += conn.prepare_cached("DELETE FROM keys WHERE n = ?1")?.execute([n])?;
    }
    Ok(removed)
}

#[async_trait]
impl KeyStore for Database {
    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        let key = HashedKey::from(key);
        let take = move |change: &Change<'_>| {
            let taken = look(change, &key)?;
            if taken == Taken::New {
                keep(change, &key, None)?;
            }
            Ok(taken)
        };
        Ok(self.change(take).await?)
    }

    async fn answer(&self, key: &Key, given: StoredAnswer) -> Result<(), StoreError> {
        let key = HashedKey::from(key);
        Ok(self.change(move |change| answer(change, &key, &given)).await?)
    }
}
