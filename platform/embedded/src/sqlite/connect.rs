//! Opening a connection, and bringing a file to the schema this program knows.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Memory,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory => f.write_str("memory"),
        }
    }
}

impl Place {
    pub fn error(&self, cause: rusqlite::Error) -> OpenError {
        OpenError::Sqlite { place: self.to_string(), cause }
    }

    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Memory => None,
        }
    }
}

/// How much of a file each connection keeps in memory at most, in KiB (a negative number, says SQLite). Names and keys
/// come in no order: without room for the pages they fall on, most of them are fetched anew.
const CACHE: i64 = -32 * 1024;
/// Statements each connection keeps prepared.
const CACHED_STATEMENTS: usize = 128;

pub fn connect(place: &Place) -> Result<Connection, rusqlite::Error> {
    let conn = match place {
        Place::File(path) => Connection::open(path)?,
        Place::Memory => Connection::open_in_memory()?,
    };
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // Checkpoints have their own thread, off the commit path.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "cache_size", CACHE)?;
    // A plan must not follow the values that are bound, or statements are planned anew at every use.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(conn)
}

/// A connection that refuses to write.
pub fn connect_reader(place: &Place) -> Result<Connection, rusqlite::Error> {
    let conn = connect(place)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Refuses a file of a newer version by its header alone, without opening it: opening one leaves traces. What is still
/// in its log is seen by [`migrate`].
pub fn refuse_newer(file: &Path, migrations: &[&str]) -> Result<(), OpenError> {
    let mut version = [0; 4];
    let read = std::fs::File::open(file).and_then(|f| f.read_exact_at(&mut version, VERSION_AT));
    let found = if read.is_ok() { i64::from(u32::from_be_bytes(version)) } else { 0 };
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found > known { Err(OpenError::Newer { place: file.display().to_string(), found, known }) } else { Ok(()) }
}

/// Where SQLite's file format keeps `user_version`, see <https://www.sqlite.org/fileformat2.html#user_version_number>.
const VERSION_AT: u64 = 60;

/// Runs the migrations a file has not seen, all or none.
pub fn migrate(conn: &mut Connection, place: &Place, migrations: &[&str]) -> Result<(), OpenError> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let transaction =
        conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|cause| place.error(cause))?;
    let found: i64 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|cause| place.error(cause))?;
    if found > known {
        return Err(OpenError::Newer { place: place.to_string(), found, known });
    }
    let mut missing = migrations.iter().skip(usize::try_from(found).unwrap_or(0));
    missing
        .try_for_each(|sql| transaction.execute_batch(sql))
        .and_then(|()| transaction.pragma_update(None, "user_version", known))
        .and_then(|()| transaction.commit())
        .map_err(|cause| place.error(cause))
}
