//! Moving the log into the database: on a thread beside the writer while that goes on, and by the writer itself only for
//! the short rest, after which the log begins anew. A writer that did it all would stand still for the time in which
//! the disk takes thousands of scattered pages.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::Connection;

use super::{fault, open};
use crate::{Config, Error};

/// A log of this many times `checkpoint_pages` begins anew once the thread has moved most of it.
const BEGIN_ANEW_AT: u32 = 2;

/// At this many times, the writer waits for nobody and moves all.
const OVERFULL_AT: u32 = 4;

/// The thread's side.
pub(crate) struct Checkpointer {
    wanted: Receiver<()>,
    caught_up: Arc<AtomicBool>,
}

/// Has `conn`, the writer's, look at the log after each commit.
pub(crate) fn attach(conn: &mut Connection, checkpoint_pages: u32) -> Result<Checkpointer, Error> {
    let (ask, wanted) = sync_channel(1);
    let caught_up = Arc::new(AtomicBool::new(false));
    let mut watch = Watch { ask, caught_up: caught_up.clone(), checkpoint_pages, asked_at: 0 };
    let hook = move |log: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
        if watch.is_mine_to_move(u32::try_from(pages).unwrap_or(0)) {
            // Whatever becomes of it, the commit stands; the next one looks again.
            let _ = log.checkpoint();
        }
        Ok(())
    };
    conn.wal_hook(Some(hook)).map_err(|error| fault(&error, "wal_hook"))?;
    Ok(Checkpointer { wanted, caught_up })
}

struct Watch {
    ask: SyncSender<()>,
    caught_up: Arc<AtomicBool>,
    checkpoint_pages: u32,
    /// Pages in the log when the thread was last asked.
    asked_at: u32,
}

impl Watch {
    fn is_mine_to_move(&mut self, pages: u32) -> bool {
        if pages < self.asked_at {
            self.asked_at = 0;
        }
        let begin_anew = pages >= self.checkpoint_pages.saturating_mul(BEGIN_ANEW_AT);
        if (begin_anew && self.caught_up.swap(false, Ordering::AcqRel))
            || pages >= self.checkpoint_pages.saturating_mul(OVERFULL_AT)
        {
            return true;
        }
        if pages - self.asked_at >= self.checkpoint_pages && self.ask.try_send(()).is_ok() {
            self.asked_at = pages;
        }
        false
    }
}

impl Checkpointer {
    /// Runs until the writing connection is closed.
    pub(crate) fn run(&self, path: &Path, config: &Config) {
        let mut conn = None;
        while self.wanted.recv().is_ok() {
            if let Err(error) = move_log(&mut conn, path, config) {
                tracing::warn!(%error, "the log could not be moved into the database; the writer will");
                conn = None;
                continue;
            }
            self.caught_up.store(true, Ordering::Release);
        }
    }
}

fn move_log(conn: &mut Option<Connection>, path: &Path, config: &Config) -> Result<(), Error> {
    const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(open(path, config, config.reader_cache_kib)?),
    };
    conn.query_row(MOVE, [], |_| Ok(())).map_err(|error| fault(&error, MOVE))
}
