//! Rows that this program cannot read: a newer one wrote them, or the file is damaged. Such a row is left alone, and
//! nobody else's waits for it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Which rows were spoken of already, so that each is named in the log once and not at every look.
#[derive(Debug, Default)]
pub struct Unreadable {
    told: Mutex<BTreeSet<(&'static str, String)>>,
}

impl Unreadable {
    /// Names a row: what it is and whose, as far as that can be read.
    pub fn tell(&self, what: &'static str, of: &str, error: &rusqlite::Error) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert((what, of.to_owned())) {
            tracing::error!(
                %error, of,
                "{what} cannot be read and is left alone: run the version of this program that wrote it, \
                 or restore the data directory from a backup"
            );
        }
    }
}

/// Whether a row was there and made no sense, which trying again does not change.
pub fn is_unreadable(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..) | E::Utf8Error(..)
    )
}
