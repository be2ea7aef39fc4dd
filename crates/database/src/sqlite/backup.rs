//! Consistent copies of a SQLite database while it is in use. Never leaves half a copy under the final name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::fault;
use crate::Error;

/// Copies everything committed into the new file `target`. An existing file is replaced only when `replace` says so.
pub(crate) fn copy(conn: &Connection, target: &Path, replace: bool) -> Result<(), Error> {
    if !replace && target.exists() {
        return Err(Error::Misuse(format!("{} exists already", target.display())));
    }
    let partial = beside(target, ".partial");
    let _ = fs::remove_file(&partial);
    let name = partial.to_str().ok_or_else(|| Error::Misuse(format!("{} isn't UTF-8", partial.display())))?;
    conn.execute("VACUUM INTO ?1", [name]).map_err(|error| fault(&error, "VACUUM INTO"))?;
    // VACUUM INTO leaves its file unsynced.
    let moved = File::open(&partial).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&partial, target));
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    moved
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| Error::Other(format!("{}: {error}", target.display())))
}

/// `path` with `ending` added to its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
