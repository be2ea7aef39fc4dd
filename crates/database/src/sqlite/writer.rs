//! The writing thread: takes what has queued up, runs it in one transaction, commits once, answers everybody.
//! It must never answer before the commit, and never commit when it can't tell what the engine still holds.

use std::sync::atomic::Ordering::Relaxed;

use crate::Error;
use crate::job::{Failure, WriteJob, answer_all, follow, run_write};
use crate::queue::Queue;
use crate::sqlite::Lite;
use crate::statistics::Counters;
use crate::tx::Hint;

/// Runs until the queue is closed and empty.
pub(crate) fn run(mut lite: Lite<'_>, queue: &Queue<WriteJob>, batch_max: usize, counters: &Counters) {
    let mut batch = Vec::with_capacity(batch_max);
    while queue.take(batch_max, &mut batch) {
        let mut hints = Vec::new();
        match write_batch(&mut lite, &mut batch, &mut hints, counters) {
            Ok(()) => follow(hints),
            Err(error) => {
                tracing::warn!(%error, writes = batch.len(), "a batch of writes was left out as a whole");
                batch.iter_mut().for_each(|job| job.fail(error.clone()));
            }
        }
        answer_all(&mut batch, counters);
    }
}

/// `Err` when nothing of the whole batch is kept.
fn write_batch(
    lite: &mut Lite<'_>,
    batch: &mut [WriteJob],
    hints: &mut Vec<Hint>,
    counters: &Counters,
) -> Result<(), Error> {
    begin(lite, counters)?;
    if run_bare(lite, batch, hints, counters)? {
        return commit(lite);
    }
    lite.control("ROLLBACK")?;
    hints.clear();
    if batch.len() == 1 {
        return Ok(());
    }
    counters.reruns.fetch_add(1, Relaxed);
    begin(lite, counters)?;
    run_separately(lite, batch, hints, counters)?;
    commit(lite)
}

/// Without savepoints, which cost a third of the throughput. `false` when a write failed after it may have changed
/// something, so that all of it has to be undone.
fn run_bare(
    lite: &mut Lite<'_>,
    batch: &mut [WriteJob],
    hints: &mut Vec<Hint>,
    counters: &Counters,
) -> Result<bool, Error> {
    for job in batch {
        let failure = run_write(job, lite, hints, counters).failure;
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

fn commit(lite: &Lite<'_>) -> Result<(), Error> {
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
