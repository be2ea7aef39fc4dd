//! A reading thread: one consistent snapshot per read. It can't change anything, by the engine's own word.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use crate::job::ReadJob;
use crate::queue::Queue;
use crate::sqlite::syncer::Horizon;
use crate::sqlite::{Lite, open};
use crate::statistics::Counters;
use crate::{Config, Error};

/// Runs until the queue is closed and empty. The connection is opened at the first read, so that readers nobody
/// needs cost neither time at the start nor memory.
pub(crate) fn run(
    path: &Path,
    config: &Config,
    queue: &Queue<Box<dyn ReadJob>>,
    horizon: &Horizon,
    counters: &Counters,
) {
    let mut waiting = Vec::new();
    while waiting.is_empty() {
        if !queue.take(1, &mut waiting) {
            return;
        }
        let opened = open(path, config, config.reader_cache_kib).and_then(|conn| {
            conn.execute_batch("PRAGMA query_only = ON").map(|()| conn).map_err(|e| super::fault(&e, ""))
        });
        match opened {
            Ok(conn) => return serve(&mut Lite::new(&conn), &mut waiting, queue, horizon, counters),
            Err(error) => waiting.drain(..).for_each(|mut job| {
                job.fail(error.clone());
                job.answer();
            }),
        }
    }
}

fn serve(
    lite: &mut Lite<'_>,
    jobs: &mut Vec<Box<dyn ReadJob>>,
    queue: &Queue<Box<dyn ReadJob>>,
    horizon: &Horizon,
    counters: &Counters,
) {
    loop {
        for mut job in jobs.drain(..) {
            if let Err(error) = read(lite, &mut *job) {
                job.fail(error);
            }
            counters.reads.fetch_add(1, Relaxed);
            horizon.answer(job);
        }
        if !queue.take(1, jobs) {
            return;
        }
    }
}

fn read(lite: &mut Lite<'_>, job: &mut dyn ReadJob) -> Result<(), Error> {
    lite.control("BEGIN")?;
    job.run(lite);
    if lite.in_transaction() {
        lite.control("ROLLBACK")?;
    }
    Ok(())
}
