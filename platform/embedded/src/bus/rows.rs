//! What of a consumer's queue survives the process: how far it is, what it has acknowledged beyond, and how
//! often it has failed on what.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use tenantry_contract::time::Timestamp;
use tenantry_ports::bus::{Consumer, DeadLetter};

use super::queue::{Out, State, Turn};
use crate::database::{hears_bit, rows};

pub fn load(conn: &Connection, consumer: Consumer) -> Result<State, rusqlite::Error> {
    let me = hears_bit(consumer);
    let mut state = State::new(
        conn.query_row("SELECT low FROM inboxes WHERE consumer = ?1", [me], |row| row.get(0))?,
        conn.prepare("SELECT seq FROM acked WHERE consumer = ?1")?
            .query_map([me], |row| row.get(0))?
            .collect::<Result<_, _>>()?,
    );
    let mut redeliveries = conn.prepare("SELECT seq, receives, visible_at FROM redeliveries WHERE consumer = ?1")?;
    let mut found = redeliveries.query([me])?;
    while let Some(row) = found.next()? {
        let out = Out { receives: row.get(1)?, visible_at: Timestamp::from_millis(row.get(2)?), kept: true };
        state.put(row.get(0)?, out);
    }
    Ok(state)
}

/// Messages the consumer hears, after `after` and up to `until`.
pub fn read_on(
    conn: &Connection,
    consumer: Consumer,
    after: i64,
    until: i64,
    max: usize,
) -> Result<Vec<(i64, Vec<u8>)>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT seq, body FROM events WHERE seq > ?1 AND seq <= ?2 AND hears & ?3 ORDER BY seq LIMIT ?4",
    )?
    .query_map(params![after, until, hears_bit(consumer), rows(max)], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

pub fn body(conn: &Connection, seq: i64) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    conn.prepare_cached("SELECT body FROM events WHERE seq = ?1")?.query_row([seq], |row| row.get(0)).optional()
}

/// These are done with, and so is everything up to `low`. `kept` are those among them whose redelivery is remembered.
pub fn ack(
    conn: &Connection,
    consumer: Consumer,
    done: &BTreeSet<i64>,
    kept: &[i64],
    low: i64,
) -> Result<(), rusqlite::Error> {
    let me = hears_bit(consumer);
    conn.prepare_cached("UPDATE inboxes SET low = max(low, ?2) WHERE consumer = ?1")?.execute((me, low))?;
    conn.prepare_cached("DELETE FROM acked WHERE consumer = ?1 AND seq <= ?2")?.execute((me, low))?;
    for seq in done.range(low + 1..) {
        conn.prepare_cached("INSERT OR IGNORE INTO acked (consumer, seq) VALUES (?1, ?2)")?.execute((me, seq))?;
    }
    forget(conn, consumer, kept)
}

/// These have no redelivery to be remembered.
pub fn forget(conn: &Connection, consumer: Consumer, these: &[i64]) -> Result<(), rusqlite::Error> {
    for seq in these {
        conn.prepare_cached("DELETE FROM redeliveries WHERE consumer = ?1 AND seq = ?2")?
            .execute((hears_bit(consumer), seq))?;
    }
    Ok(())
}

/// It was delivered so often, and is hidden until then. What is known of a later delivery stays.
pub fn hide(conn: &Connection, consumer: Consumer, turn: Turn, until: Timestamp) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO redeliveries (consumer, seq, receives, visible_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (consumer, seq) DO UPDATE SET receives = excluded.receives, visible_at = excluded.visible_at
         WHERE excluded.receives >= receives",
    )?
    .execute((hears_bit(consumer), turn.seq, turn.receives, until.millis()))
    .map(drop)
}

pub fn bury(
    conn: &Connection,
    consumer: Consumer,
    seq: i64,
    reason: &str,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO dead_letters (consumer, at, reason, body) SELECT ?1, ?2, ?3, body FROM events WHERE seq = ?4",
    )?
    .execute(params![hears_bit(consumer), at.millis(), reason, seq])
    .map(drop)
}

pub fn dead_letters(conn: &Connection, consumer: Consumer, limit: usize) -> Result<Vec<DeadLetter>, rusqlite::Error> {
    conn.prepare_cached("SELECT body, reason FROM dead_letters WHERE consumer = ?1 ORDER BY id DESC LIMIT ?2")?
        .query_map(params![hears_bit(consumer), rows(limit)], |row| {
            Ok(DeadLetter { body: row.get(0)?, reason: row.get(1)? })
        })?
        .collect()
}
