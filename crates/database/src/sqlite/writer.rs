//! The writing thread: takes what has queued up, runs it in one transaction, commits once, hands it on to be synced and
//! answered. It must never commit when it can't tell what the engine still holds.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;

use crate::Error;
use crate::job::{Failure, WriteJob, run_write};
use crate::queue::Queue;
use crate::sqlite::Lite;
use crate::sqlite::syncer::{Horizon, Settled};
use crate::statistics::Counters;
use crate::tx::{Backend, Hint};

/// What the writing thread works with.
pub(crate) struct Writer<'c> {
    pub(crate) lite: Lite<'c>,
    pub(crate) horizon: &'c Horizon,
    pub(crate) settled: SyncSender<Settled>,
    pub(crate) batch_max: usize,
    pub(crate) counters: &'c Counters,
}

/// Runs until the queue is closed and empty.
pub(crate) fn run(mut writer: Writer<'_>, queue: &Queue<WriteJob>) {
    let mut batch = Vec::with_capacity(writer.batch_max);
    while queue.take(writer.batch_max, &mut batch) {
        let mut settled = Settled { batch: std::mem::take(&mut batch), hints: Vec::new(), commit: 0 };
        if let Err(error) = write_batch(&mut writer, &mut settled) {
            tracing::warn!(%error, writes = settled.batch.len(), "a batch of writes was left out as a whole");
            settled.hints.clear();
            settled.batch.iter_mut().for_each(|job| job.fail(error.clone()));
        }
        if writer.settled.send(settled).is_err() {
            return;
        }
    }
}

/// `Err` when nothing of the whole batch is kept.
fn write_batch(writer: &mut Writer<'_>, settled: &mut Settled) -> Result<(), Error> {
    let Settled { batch, hints, commit: number } = settled;
    let (lite, counters) = (&mut writer.lite, writer.counters);
    begin(lite, counters)?;
    let mut changed = false;
    if run_bare(lite, batch, hints, &mut changed, counters)? {
        return commit(lite, writer.horizon, changed, number);
    }
    lite.control("ROLLBACK")?;
    hints.clear();
    if batch.len() == 1 {
        return Ok(());
    }
    counters.reruns.fetch_add(1, Relaxed);
    begin(lite, counters)?;
    run_separately(lite, batch, hints, counters)?;
    commit(lite, writer.horizon, true, number)
}

/// Without savepoints, which cost a third of the throughput. `false` when a write failed after it may have changed
/// something, so that all of it has to be undone.
fn run_bare(
    lite: &mut Lite<'_>,
    batch: &mut [WriteJob],
    hints: &mut Vec<Hint>,
    changed: &mut bool,
    counters: &Counters,
) -> Result<bool, Error> {
    for job in batch {
        let failure = run_write(job, lite, hints, counters).failure;
        *changed |= lite.is_dirty();
        check_transaction(lite, failure.as_ref())?;
        if failure.is_some_and(|failure| failure.dirty) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Each write in its own savepoint: only those that fail are undone.
fn run_separately(
    lite: &mut Lite<'_>,
    batch: &mut [WriteJob],
    hints: &mut Vec<Hint>,
    counters: &Counters,
) -> Result<(), Error> {
    for job in batch {
        lite.control("SAVEPOINT w")?;
        let failure = run_write(job, lite, hints, counters).failure;
        check_transaction(lite, failure.as_ref())?;
        if failure.is_some() {
            lite.control("ROLLBACK TO w")?;
        }
        lite.control("RELEASE w")?;
    }
    Ok(())
}

fn begin(lite: &Lite<'_>, counters: &Counters) -> Result<(), Error> {
    if lite.in_transaction() {
        // Something before this left a transaction open; nothing in it was answered with success.
        lite.control("ROLLBACK")?;
    }
    counters.batches.fetch_add(1, Relaxed);
    lite.control("BEGIN IMMEDIATE")
}

/// Readers may see the batch from here on, so what they see is held back until `number` is synced.
fn commit(lite: &Lite<'_>, horizon: &Horizon, changed: bool, number: &mut u64) -> Result<(), Error> {
    if changed {
        *number = horizon.announce();
    }
    let committed = lite.control("COMMIT");
    if committed.is_err() && lite.in_transaction() {
        let _ = lite.control("ROLLBACK");
    }
    committed
}

/// Tried without: after a full disk had ended the transaction, the writes that followed in the batch were committed
/// one by one while their callers heard that they had failed.
fn check_transaction(lite: &Lite<'_>, failure: Option<&Failure>) -> Result<(), Error> {
    if lite.in_transaction() {
        return Ok(());
    }
    let cause = failure.and_then(|failure| failure.statement.clone());
    Err(cause.unwrap_or_else(|| Error::Other("the engine ended the transaction in mid-batch".to_owned())))
}
