//! The thread that makes commits durable: syncs the log once for all batches that were committed meanwhile, then answers
//! them, while the writer runs the next batch. Nothing leaves before its sync, neither a write's answer nor what a read
//! saw of it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::backup::beside;
use crate::job::{ReadJob, WriteJob, answer_all, follow};
use crate::statistics::Counters;
use crate::tx::Hint;

/// Committed batches that wait for a sync before the writer waits too. One under way and one behind it: with more, the
/// writer would only make smaller batches.
const BATCHES_AHEAD: usize = 1;

/// A batch whose fate is decided; its answers wait for the sync.
pub(crate) struct Settled {
    pub(crate) batch: Vec<WriteJob>,
    pub(crate) hints: Vec<Hint>,
    /// The commit that readers may have seen; 0 if the batch changed nothing.
    pub(crate) commit: u64,
}

/// How far the log is synced, and the reads that saw more than that.
#[derive(Default)]
pub(crate) struct Horizon {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    announced: u64,
    synced: u64,
    waiting: Vec<(u64, Box<dyn ReadJob>)>,
}

impl Horizon {
    /// The number of a commit that is about to be made: readers may see it from now on.
    pub(crate) fn announce(&self) -> u64 {
        let mut state = self.lock();
        state.announced += 1;
        state.announced
    }

    /// Answers a read once everything it can have seen is durable.
    pub(crate) fn answer(&self, read: Box<dyn ReadJob>) {
        let mut state = self.lock();
        let seen = state.announced;
        if state.synced >= seen {
            drop(state);
            read.answer();
        } else {
            state.waiting.push((seen, read));
        }
    }

    fn reach(&self, commit: u64) {
        let mut state = self.lock();
        state.synced = state.synced.max(commit);
        let synced = state.synced;
        let durable: Vec<_> = state.waiting.extract_if(.., |(seen, _)| *seen <= synced).collect();
        drop(state);
        durable.into_iter().for_each(|(_, read)| read.answer());
    }

    // No code of anybody else runs under this lock, so a poisoned one still guards good data.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn channel() -> (SyncSender<Settled>, Receiver<Settled>) {
    sync_channel(BATCHES_AHEAD)
}

/// The log of the database at `database`. Opened at the first sync: the engine makes it with the first commit.
pub(crate) struct Log {
    database: PathBuf,
    file: Option<File>,
}

impl Log {
    pub(crate) fn beside(database: &Path) -> Log {
        Log { database: database.to_owned(), file: None }
    }

    fn sync(&mut self) -> io::Result<()> {
        match &self.file {
            Some(file) => file.sync_data(),
            None => self.file.insert(self.open()?).sync_data(),
        }
    }

    /// Makes the log's name in its folder durable too.
    fn open(&self) -> io::Result<File> {
        let folder = self.database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = File::options().read(true).write(true).open(beside(&self.database, "-wal"))?;
        File::open(folder)?.sync_all()?;
        Ok(file)
    }
}

/// Runs until the writer has gone and everything it left is answered.
pub(crate) fn run(
    mut log: Option<Log>,
    settled: &Receiver<Settled>,
    horizon: &Horizon,
    counters: &Counters,
    runtime: Option<&Handle>,
) {
    let mut round = Vec::new();
    while let Ok(first) = settled.recv() {
        round.push(first);
        round.extend(settled.try_iter());
        let commit = round.iter().map(|settled| settled.commit).max().unwrap_or(0);
        if commit > 0 {
            if let Some(log) = &mut log {
                sync(log);
            }
            horizon.reach(commit);
        }
        for Settled { batch, hints, .. } in round.drain(..) {
            follow(hints);
            answer_all(batch, counters, runtime);
        }
    }
}

/// After a failed sync nobody knows what the disk holds, and the system has forgotten which pages were not written:
/// trying again would only pretend. Nobody is answered; a restart reads what is really there.
fn sync(log: &mut Log) {
    if let Err(error) = log.sync() {
        tracing::error!(%error, "the database's log could not be synced; ending the process");
        std::process::abort();
    }
}
