//! Consistent copies of a SQLite database while it is in use. Never leaves half a copy under the final name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::fault;
use crate::{Engine, Error, Sql};

/// Copies everything committed into the new file `target`, but for what `left_out` deletes there. An existing file is replaced
/// only when `replace` says so.
pub(crate) fn copy(conn: &Connection, target: &Path, replace: bool, left_out: &[Sql]) -> Result<(), Error> {
    if !replace && target.exists() {
        return Err(Error::Misuse(format!("{} exists already", target.display())));
    }
    let partial = beside(target, ".partial");
    let _ = fs::remove_file(&partial);
    let name = partial.to_str().ok_or_else(|| Error::Misuse(format!("{} isn't UTF-8", partial.display())))?;
    conn.execute("VACUUM INTO ?1", [name]).map_err(|error| fault(&error, "VACUUM INTO"))?;
    if !left_out.is_empty() {
        leave_out(&partial, left_out).map_err(|error| fault(&error, "leaving out of a copy"))?;
    }
    // VACUUM INTO leaves its file unsynced.
    let moved = File::open(&partial).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&partial, target));
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    moved
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| Error::Other(format!("{}: {error}", target.display())))
}

// Deleted rows are overwritten, so that the file doesn't hold them where no statement sees them.
fn leave_out(file: &Path, left_out: &[Sql]) -> Result<(), rusqlite::Error> {
    let copy = Connection::open(file)?;
    copy.pragma_update(None, "secure_delete", "ON")?;
    for sql in left_out {
        copy.execute(sql.text(Engine::Sqlite), [])?;
    }
    copy.close().map_err(|(_, error)| error)
}

/// `path` with `ending` added to its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
