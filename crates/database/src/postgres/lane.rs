//! A writing lane: one thread, one connection, one key per transaction. Reruns what lost against others, settles
//! what was cut in COMMIT. It must never answer before it knows, and never guess.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::session::{Commit, Session};
use super::{Server, pause};
use crate::job::{WriteJob, answer_all, follow, run_write};
use crate::queue::Queue;
use crate::statistics::Counters;
use crate::tx::Hint;
use crate::{Config, Error};

/// Runs of one write before [`Error::Conflict`]. With the pauses between them about four seconds.
const ATTEMPTS_MAX: u32 = 12;
const CONFLICT_PAUSE_FIRST: Duration = Duration::from_millis(2);
const CONFLICT_PAUSE_MAX: Duration = Duration::from_millis(1000);
const CONNECT_PAUSE_FIRST: Duration = Duration::from_millis(20);
const CONNECT_PAUSE_MAX: Duration = Duration::from_millis(1000);
/// How long a server found unreachable is taken for it without trying.
const DOWN_ASSUMED: Duration = Duration::from_millis(500);

pub(crate) struct Lane {
    server: Arc<Server>,
    config: Arc<Config>,
    counters: Arc<Counters>,
    session: Option<Session>,
    /// When and why connecting failed, if it did last time.
    down: Option<(Instant, Error)>,
}

/// How one run of some writes in one transaction ended. Only after `Committed` is anything kept.
enum Ended {
    Committed,
    /// One of the writes failed by its own doing; `Some` when it doesn't know yet.
    Failed(Option<Error>),
    /// Lost against other writes, or the connection went: run it again.
    Again(Error),
    /// Running it again won't help now: the server can't be reached, or the outcome is unknown.
    GivenUp(Error),
}

impl Lane {
    pub(crate) fn new(server: Arc<Server>, config: Arc<Config>, counters: Arc<Counters>) -> Lane {
        Lane { server, config, counters, session: None, down: None }
    }

    /// Connects now, once, so that opening a database says whether its server is there.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        self.session = Some(Session::open(&self.server)?);
        Ok(())
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self, queue: &Queue<WriteJob>) {
        let mut batch = Vec::new();
        let mut turn = 0;
        while queue.take_one_key(self.config.batch_max, &mut batch, turn) {
            turn += 1;
            self.write_batch(&mut batch);
            answer_all(std::mem::take(&mut batch), &self.counters, self.config.runtime.as_ref());
        }
    }

    fn write_batch(&mut self, batch: &mut [WriteJob]) {
        if batch.len() > 1 {
            let mut hints = Vec::new();
            match self.attempt(batch, &mut hints) {
                Ended::Committed => return follow(hints),
                Ended::GivenUp(error) => return batch.iter_mut().for_each(|job| job.fail(error.clone())),
                Ended::Failed(_) | Ended::Again(_) => drop(self.counters.reruns.fetch_add(1, Relaxed)),
            }
        }
        for job in batch {
            self.write_alone(job);
        }
    }

    fn write_alone(&mut self, job: &mut WriteJob) {
        for attempt in 0..ATTEMPTS_MAX {
            let mut hints = Vec::new();
            match self.attempt(std::slice::from_mut(job), &mut hints) {
                Ended::Committed => return follow(hints),
                Ended::Failed(None) => return,
                Ended::Failed(Some(error)) | Ended::GivenUp(error) => return job.fail(error),
                Ended::Again(error) if attempt + 1 == ATTEMPTS_MAX => return job.fail(error),
                Ended::Again(error) => {
                    tracing::debug!(%error, attempt, "a write is run again");
                    self.counters.reruns.fetch_add(1, Relaxed);
                    std::thread::sleep(pause(attempt, CONFLICT_PAUSE_FIRST, CONFLICT_PAUSE_MAX));
                }
            }
        }
    }

    fn attempt(&mut self, batch: &mut [WriteJob], hints: &mut Vec<Hint>) -> Ended {
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => return Ended::GivenUp(error),
        };
        let xid = match session.begin_write() {
            Ok(xid) => xid,
            Err(error) if session.is_lost() => return Ended::Again(error),
            Err(error) => {
                session.rollback();
                return Ended::GivenUp(error);
            }
        };
        self.counters.batches.fetch_add(1, Relaxed);
        if let Some(ended) = self.run_writes(batch, hints) {
            return ended;
        }
        match self.session.as_mut().map(Session::commit) {
            Some(Commit::Done) => Ended::Committed,
            Some(Commit::Refused(error @ Error::Conflict(_))) => Ended::Again(error),
            Some(Commit::Refused(error)) => Ended::Failed(Some(error)),
            Some(Commit::Unheard(error)) => self.settle(&xid, &error),
            None => Ended::GivenUp(Error::Closed),
        }
    }

    /// Runs every write in the open transaction; `Some` when it had to be rolled back.
    fn run_writes(&mut self, batch: &mut [WriteJob], hints: &mut Vec<Hint>) -> Option<Ended> {
        let session = self.session.as_mut()?;
        for job in batch {
            let Some(failure) = run_write(job, session, hints, &self.counters).failure else { continue };
            match failure.statement {
                None if !failure.dirty => continue,
                Some(error @ Error::Conflict(_)) => {
                    session.rollback();
                    return Some(Ended::Again(error));
                }
                Some(error) if session.is_lost() => return Some(Ended::Again(error)),
                _ => {
                    session.rollback();
                    return Some(Ended::Failed(None));
                }
            }
        }
        None
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        if self.session.as_ref().is_some_and(|session| session.is_lost()) {
            self.session = None;
        }
        if self.session.is_none() {
            self.session = Some(self.reconnect()?);
        }
        self.session.as_mut().ok_or(Error::Closed)
    }

    /// Tries for a while when the server was there until now; once it is known to be down, a try now and then.
    fn reconnect(&mut self) -> Result<Session, Error> {
        let wait = match &self.down {
            Some((since, error)) if since.elapsed() < DOWN_ASSUMED => return Err(error.clone()),
            Some(_) => Duration::ZERO,
            None => self.config.unavailable_wait_max,
        };
        let started = Instant::now();
        let opened = open_within(&self.server, started, wait);
        self.down = opened.as_ref().err().map(|error| (Instant::now(), error.clone()));
        if let Some((_, error)) = &self.down {
            tracing::warn!(%error, "PostgreSQL can't be reached");
        }
        opened
    }

    /// Asks a new connection what became of transaction `xid`, whose COMMIT was sent and not answered.
    fn settle(&mut self, xid: &str, cut: &Error) -> Ended {
        let timeline = self.session.take().and_then(|session| session.timeline().map(str::to_owned));
        let unknown = |why: &str| Ended::GivenUp(Error::Unknown(format!("{cut}; asking for transaction {xid}: {why}")));
        let started = Instant::now();
        let wait = self.config.settle_wait_max;
        for attempt in 0.. {
            let mut session = match open_within(&self.server, started, wait) {
                Ok(session) => session,
                Err(error) => return unknown(&error.to_string()),
            };
            if session.timeline() != timeline.as_deref() {
                // A standby took over. It may have given the same number to another transaction.
                return unknown("another server answers now");
            }
            let status = session.one_text(&format!("SELECT pg_xact_status('{xid}')"));
            match status.as_ref().map(Option::as_deref) {
                Ok(Some("committed")) => {
                    self.session = Some(session);
                    return Ended::Committed;
                }
                Ok(Some("aborted")) => {
                    self.session = Some(session);
                    return Ended::Again(cut.clone());
                }
                // The server hasn't noticed that the connection is gone. Ending its session settles the matter;
                // should COMMIT be under way in there, the next look says so.
                Ok(Some("in progress")) => drop(session.one_text(&end_session_of(xid))),
                Ok(Some(other)) => return unknown(other),
                Ok(None) => return unknown("too long ago"),
                Err(_) if session.is_lost() => {}
                Err(error) => return unknown(&error.to_string()),
            }
            if started.elapsed() >= wait {
                return unknown("still in progress");
            }
            std::thread::sleep(pause(attempt, CONNECT_PAUSE_FIRST, CONNECT_PAUSE_MAX));
        }
        unknown("gave up")
    }
}

fn open_within(server: &Server, started: Instant, wait: Duration) -> Result<Session, Error> {
    let mut attempt = 0;
    loop {
        match Session::open(server) {
            Err(_) if started.elapsed() < wait => {
                std::thread::sleep(pause(attempt, CONNECT_PAUSE_FIRST, CONNECT_PAUSE_MAX));
                attempt += 1;
            }
            settled => return settled,
        }
    }
}

/// Activity shows a transaction's id without the epoch, which is the lower 32 bits of the whole one.
fn end_session_of(xid: &str) -> String {
    let xid: u64 = xid.parse().unwrap_or(0);
    let short = xid & u64::from(u32::MAX);
    format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid = '{short}'")
}
