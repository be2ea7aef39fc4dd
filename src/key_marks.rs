//! How far the keys of each linked number have come, remembered in a small file beside the database. Whoever puts an old
//! copy of the database in its place takes these numbers back with it, but not the file: so it is known that the keys went
//! back in time, and that using them again would ruin what both sides have agreed on since (`docs/adr/0010-keys-that-went-back.md`).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::id::{AccountId, WorkspaceId};

/// How old what the file says may be. A copy made in the last moment before the process was killed is not told from what
/// it replaces.
const SAVE_EVERY: Duration = Duration::from_secs(1);
const HEAD: &str = "partyline key marks 1";
const FILE_MODE: u32 = 0o600;

/// The marks of all numbers that this node had open; clones share them.
#[derive(Clone, Default)]
pub struct KeyMarks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    file: OnceLock<PathBuf>,
    marks: Mutex<Marks>,
}

#[derive(Default)]
struct Marks {
    of: BTreeMap<(i64, i64), i64>,
    is_changed: bool,
}

impl KeyMarks {
    /// Goes on from what `file` says, and keeps it from then on. The first file named stays.
    ///
    /// # Errors
    /// It is there and can't be read, or is something else.
    pub fn keep_in(&self, file: PathBuf) -> std::io::Result<()> {
        let read = match fs::read_to_string(&file) {
            Ok(text) => parse(&text).ok_or_else(|| std::io::Error::other("it is no list of marks"))?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        for ((workspace, account), writes) in read {
            self.note(WorkspaceId(workspace), AccountId(account), writes);
        }
        self.lock().is_changed = false;
        let _ = self.0.file.set(file);
        Ok(())
    }

    /// Notes how many writes of a number's keys are durable.
    pub fn note(&self, workspace: WorkspaceId, account: AccountId, writes: i64) {
        let mut marks = self.lock();
        let mark = marks.of.entry((workspace.0, account.0)).or_insert(i64::MIN);
        if *mark < writes {
            *mark = writes;
            marks.is_changed = true;
        }
    }

    /// The most that was ever noted of a number.
    pub fn find(&self, workspace: WorkspaceId, account: AccountId) -> Option<i64> {
        self.lock().of.get(&(workspace.0, account.0)).copied()
    }

    /// Writes the file if anything is new. Blocks.
    ///
    /// # Errors
    /// It can't be written; it is new the next time as well.
    pub fn save(&self) -> std::io::Result<()> {
        let Some(file) = self.0.file.get() else { return Ok(()) };
        let text = {
            let mut marks = self.lock();
            if !std::mem::take(&mut marks.is_changed) {
                return Ok(());
            }
            let lines =
                marks.of.iter().map(|((workspace, account), writes)| format!("{workspace} {account} {writes}\n"));
            format!("{HEAD}\n{}", lines.collect::<String>())
        };
        replace(file, &text).inspect_err(|_| self.lock().is_changed = true)
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.0.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Saves the marks every second until `shutdown`.
pub async fn keep_marks(marks: KeyMarks, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(SAVE_EVERY) => {}
        }
        let saving = marks.clone();
        let saved = tokio::task::spawn_blocking(move || saving.save()).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(%error, "how far the keys of linked numbers have come can't be noted; trying again");
        }
    }
}

// Under another name first, so that a crash leaves no half a list.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let partial = file.with_extension("partial");
    let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&partial)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&partial, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn parse(text: &str) -> Option<BTreeMap<(i64, i64), i64>> {
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return None;
    }
    lines
        .map(|line| {
            let mut numbers = line.split(' ').map(|number| number.parse().ok());
            let mark = ((numbers.next()??, numbers.next()??), numbers.next()??);
            numbers.next().is_none().then_some(mark)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: (WorkspaceId, AccountId) = (WorkspaceId(1), AccountId(2));

    #[test]
    fn marks_only_grow_and_outlive_the_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key-marks");
        let marks = KeyMarks::default();
        marks.keep_in(file.clone()).expect("nothing there");
        for writes in [7, 9, 8] {
            marks.note(ONE.0, ONE.1, writes);
        }
        marks.note(WorkspaceId(3), AccountId(4), 1);
        marks.save().expect("saved");
        let again = KeyMarks::default();
        again.keep_in(file.clone()).expect("read");
        assert_eq!(again.find(ONE.0, ONE.1), Some(9));
        assert_eq!(again.find(WorkspaceId(3), AccountId(4)), Some(1));
        assert_eq!(again.find(WorkspaceId(4), AccountId(4)), None);
        fs::remove_file(&file).expect("there");
        again.save().expect("nothing is new");
        assert!(!file.exists(), "nothing was written");
    }

    #[test]
    fn something_else_in_the_file_is_told_and_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key-marks");
        for text in ["", "1 2 3\n", "partyline key marks 1\n1 2\n", "partyline key marks 1\n1 2 3 4\n"] {
            fs::write(&file, text).expect("written");
            let marks = KeyMarks::default();
            assert!(marks.keep_in(file.clone()).is_err(), "{text:?}");
            marks.note(ONE.0, ONE.1, 1);
            marks.save().expect("no file is kept");
            assert_eq!(fs::read_to_string(&file).expect("there"), text);
        }
    }
}
