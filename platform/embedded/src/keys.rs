//! `Idempotency-Key`s. Expiry is compared in the query; removing old ones is only tidiness.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use tenantry_contract::time::Timestamp;
use tenantry_ports::keys::{KEY_LIFETIME, Key, KeyStore, StoredAnswer, Taken};
use tenantry_ports::store::StoreError;

use crate::database::{Change, Database};

/// A key as it is kept: its scope may be long, its digest is not.
#[derive(Debug, Clone)]
pub(crate) struct HashedKey {
    scope: [u8; 32],
    request: [u8; 32],
}

impl From<&Key> for HashedKey {
    fn from(key: &Key) -> Self {
        Self { scope: Sha256::digest(key.scope.as_bytes()).into(), request: key.request }
    }
}

/// Which day's part of a table a moment belongs to. What lives a day is in this one's or the one before.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(i64::try_from(KEY_LIFETIME.as_millis()).unwrap_or(i64::MAX))
}

/// What is known of a key.
pub(crate) fn look(conn: &Connection, key: &HashedKey, now: Timestamp) -> Result<Taken, rusqlite::Error> {
    let today = day_of(now);
    let known = conn
        .prepare_cached(
            "SELECT request, status, answer FROM keys
             WHERE day IN (?1, ?2) AND scope = ?3 AND expires > ?4 ORDER BY day DESC LIMIT 1",
        )?
        .query_row(params![today, today - 1, key.scope, now.millis()], |row| {
            let answer = match (row.get(1)?, row.get(2)?) {
                (Some(status), Some(body)) => Some(StoredAnswer { status, body }),
                _ => None,
            };
            Ok((row.get::<_, [u8; 32]>(0)? == key.request, answer))
        })
        .optional()?;
    Ok(match known {
        None => Taken::New,
        Some((false, _)) => Taken::Reused,
        Some((true, None)) => Taken::Unanswered,
        Some((true, Some(answer))) => Taken::Replayed(answer),
    })
}

/// Keeps a key from now on, with its answer if there is one.
pub(crate) fn keep(
    conn: &Connection,
    key: &HashedKey,
    answer: Option<&StoredAnswer>,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO keys (day, scope, expires, request, status, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        day_of(now),
        key.scope,
        now.plus(KEY_LIFETIME).millis(),
        key.request,
        answer.map(|a| a.status),
        answer.map(|a| &a.body),
    ])
    .map(drop)
}

/// Writes the answer of a key that was taken, however long ago within its life.
fn answer(change: &Change<'_>, key: &HashedKey, answer: &StoredAnswer) -> Result<(), rusqlite::Error> {
    let today = day_of(change.now);
    let answered = change
        .prepare_cached(
            "UPDATE keys SET status = ?1, answer = ?2
             WHERE day IN (?3, ?4) AND scope = ?5 AND request = ?6 AND expires > ?7 AND status IS NULL",
        )?
        .execute(params![answer.status, answer.body, today, today - 1, key.scope, key.request, change.now.millis()])?;
    if answered == 0 && look(change, key, change.now)? == Taken::New {
        keep(change, key, Some(answer), change.now)?;
    }
    Ok(())
}

#[async_trait]
impl KeyStore for Database {
    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        let key = HashedKey::from(key);
        let take = move |change: &Change<'_>| {
            let taken = look(change, &key, change.now)?;
            if taken == Taken::New {
                keep(change, &key, None, change.now)?;
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
