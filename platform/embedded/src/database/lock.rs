//! One process holds a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::sqlite::OpenError;

/// Let go when dropped, or when the process ends, however it does.
pub struct Lock {
    _file: File,
}

impl Lock {
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("lock");
        let io = |cause| OpenError::Io { what: path.display().to_string(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(io(cause)),
        }
    }
}
