//! A reading thread: one consistent snapshot per read, on a connection of its own that can't write.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Server;
use super::session::Session;
use crate::Error;
use crate::job::ReadJob;
use crate::queue::Queue;
use crate::statistics::Counters;

/// Runs until the queue is closed and empty. Connects at the first read, and again whenever the connection is gone.
pub(crate) fn run(server: &Arc<Server>, queue: &Queue<Box<dyn ReadJob>>, counters: &Counters) {
    let mut session = None;
    let mut jobs = Vec::new();
    while queue.take(1, &mut jobs) {
        for mut job in jobs.drain(..) {
            let begun = begin(server, &mut session);
            match begun {
                Ok(session) => job.run(session),
                Err(error) => job.fail(error),
            }
            counters.reads.fetch_add(1, Relaxed);
            job.answer();
            // The caller needn't wait for the end of a transaction that changed nothing.
            if let Some(open) = &mut session {
                open.rollback();
            }
        }
    }
}

/// A closure can't be run twice here, so a connection that died while idle must be noticed before it runs.
fn begin<'s>(server: &Server, session: &'s mut Option<Session>) -> Result<&'s mut Session, Error> {
    if let Some(open) = session
        && (open.is_lost() || open.begin_read().is_err())
    {
        *session = None;
    }
    match session {
        Some(open) => Ok(open),
        None => {
            let mut opened = Session::open(server)?;
            opened.begin_read()?;
            Ok(session.insert(opened))
        }
    }
}
