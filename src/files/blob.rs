//! Where bytes lie: one file per content below the data folder, named by its SHA-256.
//!
//! A blob is written under another name, synced, and renamed into place, so it is there as a whole or not at all. Rows
//! name blobs only after that. What no row names is swept, an hour after it came: until then somebody may be about to
//! write the row. The functions of [`Blobs`] are all that the rest knows, so that another store can take their place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::link::{hex, unhex};
use crate::clock::Time;
use crate::error::Error;
use crate::id::random_bytes;

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Where blobs grow until they are whole.
const NEW: &str = "new";
/// What is handed to the disk at once.
const WRITE_BYTES: usize = 256 * 1024;
/// The first bytes, by which a file's type is known.
pub const HEAD_BYTES: usize = 8 * 1024;
/// A blob younger than this is never swept.
pub const UNSWEPT: Duration = Duration::from_secs(3600);
/// When somebody may try again whose file found no room.
const FULL_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The SHA-256 that names a blob.
pub type BlobId = [u8; 32];

/// The store of blobs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Held while a blob is put in place or swept, so that none is swept that was just put there again.
    places: Mutex<()>,
}

/// A stored blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub id: BlobId,
    pub size_bytes: u64,
    /// Its first bytes, at most [`HEAD_BYTES`].
    pub head: Vec<u8>,
}

/// A blob that is being written; dropped before its end it leaves nothing behind.
pub struct NewBlob {
    blobs: Blobs,
    path: PathBuf,
    /// On its way through a blocking thread while a write runs.
    open: Option<Open>,
    waiting: Vec<u8>,
    head: Vec<u8>,
    size_bytes: u64,
}

struct Open {
    file: File,
    hash: Sha256,
}

impl Blobs {
    /// The store below `root`, which is made at the first need.
    pub fn new(root: PathBuf) -> Blobs {
        Blobs(Arc::new(Folder { root, places: Mutex::new(()) }))
    }

    /// Begins a blob.
    ///
    /// # Errors
    /// Busy (503) where the disk is full, else a fault.
    pub async fn begin(&self) -> Result<NewBlob, Error> {
        let name = hex(&random_bytes::<16>());
        let folder = self.0.root.join(NEW);
        let path = folder.join(name);
        let at = path.clone();
        let file = blocking(move || {
            make_folder(&folder)?;
            OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&at)
        })
        .await?;
        let open = Some(Open { file, hash: Sha256::new() });
        Ok(NewBlob { blobs: self.clone(), path, open, waiting: Vec::new(), head: Vec::new(), size_bytes: 0 })
    }

    /// Stores bytes that are in memory already.
    ///
    /// # Errors
    /// As [`Blobs::begin`].
    pub async fn put(&self, bytes: &[u8]) -> Result<Blob, Error> {
        let mut new = self.begin().await?;
        new.write(bytes).await?;
        new.finish().await
    }

    /// Opens a blob for reading, with its size; `None` if it isn't there.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn open(&self, id: &BlobId) -> Result<Option<(tokio::fs::File, u64)>, Error> {
        let path = self.path(id);
        let opened = blocking(move || match File::open(&path) {
            Ok(file) => file.metadata().map(|found| Some((file, found.len()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await?;
        Ok(opened.map(|(file, size_bytes)| (tokio::fs::File::from_std(file), size_bytes)))
    }

    /// A whole blob of at most `bytes_max`; `None` if it isn't there or is larger.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn read(&self, id: &BlobId, bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(id);
        blocking(move || match fs::metadata(&path) {
            Ok(found) if found.len() <= bytes_max => fs::read(&path).map(Some),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Blobs and unfinished ones that may be swept as far as their age goes: of the `part`th of 256 parts, at most
    /// `found_max`. Unfinished ones, which a killed process left, are removed at once.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn old(&self, part: u8, now: Time, found_max: usize) -> Result<Vec<BlobId>, Error> {
        let (new, folder) = (self.0.root.join(NEW), self.0.root.join(hex(&[part])));
        blocking(move || {
            for (path, _) in old_files(&new, now, found_max)? {
                remove(&path)?;
            }
            let names = old_files(&folder, now, found_max)?.into_iter();
            Ok(names.filter_map(|(_, name)| unhex(&name)).collect())
        })
        .await
    }

    /// Removes a blob that no row names, unless it was put there again in the meantime; whether it went.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn sweep(&self, id: &BlobId, now: Time) -> Result<bool, Error> {
        let (blobs, path) = (self.clone(), self.path(id));
        blocking(move || {
            let _held = blobs.0.places.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_old(&path, now)? {
                return Ok(false);
            }
            remove(&path).map(|()| true)
        })
        .await
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        self.0.root.join(hex(&id[..1])).join(hex(id))
    }

    fn place(&self, from: &Path, id: &BlobId) -> io::Result<()> {
        let to = self.path(id);
        let folder = to.parent().unwrap_or(&self.0.root);
        make_folder(folder)?;
        let _held = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        // Over an equal one that is there already: so it is young again, and isn't swept before its row comes.
        fs::rename(from, &to)?;
        File::open(folder)?.sync_all()
    }
}

impl NewBlob {
    /// Adds bytes; whoever bounds the size looks at [`NewBlob::size_bytes`].
    ///
    /// # Errors
    /// Busy (503) where the disk is full, else a fault.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        self.waiting.extend_from_slice(bytes);
        self.size_bytes += bytes.len() as u64;
        if self.waiting.len() >= WRITE_BYTES { self.flush().await } else { Ok(()) }
    }

    /// What was written so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The first bytes so far, at most [`HEAD_BYTES`].
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let mut open = self.open.take().ok_or_else(|| Error::internal("a blob was written to after a fault"))?;
        let mut waiting = std::mem::take(&mut self.waiting);
        let (open, waiting) = blocking(move || {
            open.hash.update(&waiting);
            open.file.write_all(&waiting)?;
            waiting.clear();
            Ok((open, waiting))
        })
        .await?;
        (self.open, self.waiting) = (Some(open), waiting);
        Ok(())
    }

    /// Makes it a blob, durably.
    ///
    /// # Errors
    /// As [`NewBlob::write`].
    pub async fn finish(mut self) -> Result<Blob, Error> {
        self.flush().await?;
        let open = self.open.take().ok_or_else(|| Error::internal("a blob was ended twice"))?;
        let (blobs, path) = (self.blobs.clone(), self.path.clone());
        let id = blocking(move || {
            open.file.sync_all()?;
            let id: BlobId = open.hash.finalize().into();
            blobs.place(&path, &id)?;
            Ok(id)
        })
        .await?;
        Ok(Blob { id, size_bytes: self.size_bytes, head: std::mem::take(&mut self.head) })
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        // Gone already where it became a blob. A name that stays all the same is swept later.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes a folder and what is above it, durably.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    for above in folder.ancestors().skip(1).take(2) {
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

fn old_files(folder: &Path, now: Time, found_max: usize) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if found.len() == found_max {
            break;
        }
        if is_old(&entry.path(), now)? {
            found.push((entry.path(), entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(found)
}

/// Whether a file has not been touched for [`UNSWEPT`]; one that is gone isn't old.
fn is_old(path: &Path, now: Time) -> io::Result<bool> {
    let modified = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        found => found?.modified()?,
    };
    let ms = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Ok(now.since(Time::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))) >= UNSWEPT)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Does what may block away from the asynchronous threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(trouble(error)),
        Err(error) => Err(Error::internal(error)),
    }
}

fn trouble(error: io::Error) -> Error {
    // Also where the system lets this process write no larger file: there is no room for it either.
    if !matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) {
        return Error::internal(error);
    }
    let mut full = Error::busy(error).retry_after(FULL_RETRY_AFTER);
    full.message = "The server's disk is full. Nothing was stored; try again later.".to_owned();
    full
}
