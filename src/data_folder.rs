//! The folder of everything a server keeps: made and guarded here, with its key file and its lock.
//! Nobody but the owner may look into it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use database::FolderLock;

use crate::config::DATABASE_FILE;
use crate::failure::Failure;
use crate::id::random_bytes;

pub const FOLDER_MODE: u32 = 0o700;
pub const FILE_MODE: u32 = 0o600;
pub const KEY_BYTES: usize = 32;

const KEY: &str = "key";
const LOCK: &str = "lock";
const KEY_MARKS: &str = "key-marks";
const FILES: &str = "files";
/// What a fresh file system has in its root by itself.
const NOT_COUNTED: &str = "lost+found";

/// A data folder that exists and is closed to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// The folder at `path`, made if it isn't there, with others shut out and its key file in place.
    ///
    /// # Errors
    /// It is no folder, holds other things, belongs to somebody else, or its key file is damaged.
    pub fn create(path: &Path) -> Result<DataFolder, Failure> {
        match fs::metadata(path) {
            Ok(found) if !found.is_dir() => {
                return Err(refusal(path, "is a file", "name a folder with --data"));
            }
            Ok(_) => adopt(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path);
                made.map_err(|error| trouble("The data folder can't be made", path, &error))?;
            }
            Err(error) => return Err(trouble("The data folder can't be looked at", path, &error)),
        }
        Ok(DataFolder { path: path.to_owned() })
    }

    /// The folder at `path` if Partyline has been there before; nothing is made or changed.
    pub fn find(path: &Path) -> Option<DataFolder> {
        is_ours(path).then(|| DataFolder { path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn key_file(&self) -> PathBuf {
        self.path.join(KEY)
    }

    pub fn lock_file(&self) -> PathBuf {
        self.path.join(LOCK)
    }

    /// How far the keys of linked numbers have come.
    pub fn key_marks_file(&self) -> PathBuf {
        self.path.join(KEY_MARKS)
    }

    /// Where the bytes of files lie.
    pub fn files_folder(&self) -> PathBuf {
        DataFolder::files_in(&self.path)
    }

    /// As [`DataFolder::files_folder`], of a folder that may not be there.
    pub fn files_in(path: &Path) -> PathBuf {
        path.join(FILES)
    }

    pub fn database_file(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }

    /// Takes the folder for this process; `None` if another one has it.
    pub fn try_lock(&self) -> Result<Option<FolderLock>, Failure> {
        match FolderLock::acquire(&self.lock_file()) {
            Ok(lock) => Ok(Some(lock)),
            Err(database::Error::Locked(_)) => Ok(None),
            Err(error) => Err(Failure::new(format!("The data folder can't be locked: {error}"))),
        }
    }

    /// Makes the key file unless it is there: 32 random bytes that secrets at rest are sealed with. Never overwrites.
    /// Only whoever holds the lock may call this.
    ///
    /// Returns whether it was made.
    ///
    /// # Errors
    /// The file that is there has another length, which means it was damaged, or it can't be read.
    pub fn ensure_key(&self, _lock: &FolderLock) -> Result<bool, Failure> {
        let file = self.key_file();
        match fs::metadata(&file) {
            Ok(found) if found.len() == KEY_BYTES as u64 => {
                if found.permissions().mode() & 0o077 != 0 {
                    let closed = fs::set_permissions(&file, Permissions::from_mode(FILE_MODE));
                    closed.map_err(|error| {
                        trouble("The key file is open to others and can't be closed", &file, &error)
                    })?;
                }
                Ok(false)
            }
            Ok(found) => Err(refusal(
                &file,
                &format!("has {} bytes instead of {KEY_BYTES}, so it was damaged", found.len()),
                "put it back from a backup; without it stored secrets can't be read",
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.write_key(&file).map_err(|error| trouble("The key file can't be written", &file, &error))?;
                Ok(true)
            }
            Err(error) => Err(trouble("The key file can't be looked at", &file, &error)),
        }
    }

    // Written under another name first, so that a crash leaves no half a key.
    fn write_key(&self, file: &Path) -> std::io::Result<()> {
        let partial = self.path.join("key.partial");
        let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&partial)?;
        written.write_all(&random_bytes::<KEY_BYTES>())?;
        written.sync_all()?;
        fs::rename(&partial, file)?;
        File::open(&self.path)?.sync_all()
    }

    /// The key's bytes.
    pub fn read_key(&self) -> Result<[u8; KEY_BYTES], Failure> {
        let file = self.key_file();
        let mut key = [0; KEY_BYTES];
        let read = File::open(&file).and_then(|mut open| open.read_exact(&mut key));
        read.map_err(|error| trouble("The key file can't be read", &file, &error))?;
        Ok(key)
    }
}

/// Checks a folder that was there before us, and shuts others out of it.
fn adopt(path: &Path) -> Result<(), Failure> {
    let entries = fs::read_dir(path).map_err(|error| trouble("The data folder can't be read", path, &error))?;
    let is_empty = entries.flatten().all(|entry| entry.file_name() == NOT_COUNTED);
    if !is_empty && !is_ours(path) {
        return Err(refusal(
            path,
            "holds other things and no data of Partyline",
            "name an empty or a new folder with --data, as --data ./partyline-data",
        ));
    }
    let mode = mode(path).map_err(|error| trouble("The data folder can't be looked at", path, &error))?;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    // Ours or empty, so closing it takes nothing from anybody.
    fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)).map_err(|error| {
        let inside = path.join("partyline");
        let why = format!("is open to others (mode {mode:03o}) and can't be closed ({error})");
        let fix = format!("run `chmod 700 {}` as its owner, or use --data {}", path.display(), inside.display());
        refusal(path, &why, &fix)
    })
}

fn is_ours(path: &Path) -> bool {
    [KEY, LOCK, DATABASE_FILE].iter().any(|name| path.join(name).is_file())
}

/// The permission bits of a file or folder.
pub fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

fn refusal(path: &Path, why: &str, fix: &str) -> Failure {
    Failure::new(format!("{} {why}.\nTo fix it, {fix}.", path.display()))
}

fn trouble(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let fix = match error.kind() {
        ErrorKind::PermissionDenied => "give this account the right to it, or name another folder with --data",
        ErrorKind::ReadOnlyFilesystem => "name a folder on a disk that can be written to with --data",
        ErrorKind::StorageFull => "make room on the disk",
        _ => "mend that, or name another folder with --data",
    };
    Failure::new(format!("{what}: {}: {error}.\nTo fix it, {fix}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_folder() -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let path = outer.path().join("data");
        (outer, path)
    }

    #[test]
    fn a_new_folder_is_closed_and_keeps_its_first_key() {
        let (_outer, path) = new_folder();
        let folder = DataFolder::create(&path).expect("made");
        assert_eq!(mode(&path).expect("there"), FOLDER_MODE);
        let lock = folder.try_lock().expect("works").expect("free");
        assert!(folder.ensure_key(&lock).expect("made"));
        let first = folder.read_key().expect("there");
        assert_eq!(mode(&folder.key_file()).expect("there"), FILE_MODE);
        assert!(!folder.ensure_key(&lock).expect("kept"));
        assert_eq!(folder.read_key().expect("there"), first);
        assert!(folder.try_lock().expect("works").is_none(), "taken");
    }

    #[test]
    fn an_open_folder_of_ours_is_closed_and_a_foreign_one_refused() {
        let (_outer, path) = new_folder();
        fs::create_dir(&path).expect("made");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("opened");
        DataFolder::create(&path).expect("empty, so taken");
        assert_eq!(mode(&path).expect("there"), FOLDER_MODE);

        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("opened");
        fs::write(path.join("letter.txt"), "dear").expect("written");
        let failure = DataFolder::create(&path).expect_err("not ours");
        assert!(failure.message.contains("holds other things"), "{failure}");
        assert_eq!(mode(&path).expect("there"), 0o755, "left alone");
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let (_outer, path) = new_folder();
        let folder = DataFolder::create(&path).expect("made");
        let lock = folder.try_lock().expect("works").expect("free");
        fs::write(folder.key_file(), "short").expect("written");
        assert!(folder.ensure_key(&lock).expect_err("damaged").message.contains("5 bytes"));
        assert_eq!(fs::read(folder.key_file()).expect("there"), b"short", "never overwritten");
    }
}
