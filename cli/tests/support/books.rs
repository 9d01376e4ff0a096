//! What the files of a data directory say: beside a running system, and of one that was killed.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// A database to look into. It leaves the file and its log as they are, for the next start to make whole.
pub struct Book(Connection);

impl Book {
    pub fn open(data: &Path, file: &str) -> Self {
        let book = Connection::open_with_flags(data.join(file), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        book.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        book.pragma_update(None, "query_only", true).unwrap();
        book.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        Self(book)
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }
}

/// Tenants that the engine has in hand: their steps are under way.
pub const IN_HAND: &str = "SELECT count(*) FROM work WHERE held_until IS NOT NULL AND owner <> 0";
