//! What can go wrong with a file of SQLite's, and what that means for the ports that stand on one.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::ErrorCode;
use tenantry_ports::bus::BusError;
use tenantry_ports::data::DataError;
use tenantry_ports::error::Applied;
use tenantry_ports::identity::IdentityError;
use tenantry_ports::store::StoreError;

/// Why a database could not be opened, in words for the person who started the process.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{place} was written by a newer version of this program: it has schema version {found}, and this program \
         knows up to {known}; start the newer version, or choose another data directory"
    )]
    Newer { place: String, found: i64, known: i64 },
    #[error("the data directory {} is in use by another process; stop that one, or choose another directory", .dir.display())]
    InUse { dir: PathBuf },
    #[error("cannot use {what}")]
    Io {
        what: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("cannot open {place}")]
    Sqlite {
        place: String,
        #[source]
        cause: rusqlite::Error,
    },
    #[error("{what} does not hold what it should: {why}")]
    Damaged { what: String, why: String },
}

/// Why a read or a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    #[error("the database has been closed")]
    Closed,
    #[error("too much work is waiting")]
    Busy { retry_after: Duration },
    /// Nothing was written.
    #[error("there is no room left on the disk: {0}")]
    Full(String),
    /// The group's transaction did not come to its end.
    #[error("{what}")]
    Lost { what: String, applied: Applied },
    /// A statement of this very job failed; its changes were taken back.
    #[error("a statement failed")]
    Failed(#[source] rusqlite::Error),
    /// This very job panicked; its changes were taken back.
    #[error("the work panicked")]
    Panicked,
}

impl From<rusqlite::Error> for SqliteError {
    fn from(cause: rusqlite::Error) -> Self {
        match cause.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(cause.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { retry_after: Duration::from_millis(200) }
            }
            _ => Self::Failed(cause),
        }
    }
}

macro_rules! into_port_error {
    ($($port:ident),*) => {$(
        impl From<SqliteError> for $port {
            fn from(error: SqliteError) -> Self {
                match error {
                    SqliteError::Closed => Self::Unavailable {
                        what: "it is shutting down".into(),
                        applied: Applied::No,
                        cause: None,
                    },
                    SqliteError::Busy { retry_after } => Self::Busy { retry_after },
                    SqliteError::Full(what) => Self::Full { what },
                    SqliteError::Lost { what, applied } => Self::Unavailable { what, applied, cause: None },
                    SqliteError::Panicked => Self::Broken { what: "its work panicked".into(), cause: None },
                    SqliteError::Failed(cause) => match cause.sqlite_error_code() {
                        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                            Self::unavailable("the disk did not do what it was asked", cause)
                        }
                        _ => Self::broken("a statement failed", cause),
                    },
                }
            }
        }
    )*};
}
into_port_error!(StoreError, BusError, DataError, IdentityError);
