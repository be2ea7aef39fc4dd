//! Counters, kept by the writing threads and read by whoever asks.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A moment's view of the counters; they count from opening on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Writes that committed.
    pub writes: u64,
    /// Writes answered with an error.
    pub failed_writes: u64,
    /// Transactions begun for writes; `writes / batches` is how many shared a commit.
    pub batches: u64,
    /// Batches run again, because a write in them failed or met a conflict.
    pub reruns: u64,
    /// Statements run by writes, BEGIN and COMMIT not counted.
    pub statements: u64,
    /// Statements of the last write that was run.
    pub last_write_statements: u64,
    /// Reads answered.
    pub reads: u64,
    /// Foreground writes waiting.
    pub foreground_queued: u64,
    /// Background writes waiting.
    pub background_queued: u64,
    /// Reads waiting.
    pub reads_queued: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) writes: AtomicU64,
    pub(crate) failed_writes: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) reruns: AtomicU64,
    pub(crate) statements: AtomicU64,
    pub(crate) last_write_statements: AtomicU64,
    pub(crate) reads: AtomicU64,
}

impl Counters {
    pub(crate) fn wrote(&self, statements: u64) {
        self.statements.fetch_add(statements, Relaxed);
        self.last_write_statements.store(statements, Relaxed);
    }

    pub(crate) fn view(&self) -> Statistics {
        Statistics {
            writes: self.writes.load(Relaxed),
            failed_writes: self.failed_writes.load(Relaxed),
            batches: self.batches.load(Relaxed),
            reruns: self.reruns.load(Relaxed),
            statements: self.statements.load(Relaxed),
            last_write_statements: self.last_write_statements.load(Relaxed),
            reads: self.reads.load(Relaxed),
            ..Statistics::default()
        }
    }
}
