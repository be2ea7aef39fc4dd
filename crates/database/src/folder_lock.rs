//! One server per data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::Error;

/// Held for as long as it lives; the operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock file `path` (made when it isn't there), or fails with [`Error::Locked`] at once when another
    /// process, or another part of this one, holds it.
    pub fn acquire(path: &Path) -> Result<FolderLock, Error> {
        let unavailable = |error| Error::Unavailable(format!("{}: {error}", path.display()));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}
