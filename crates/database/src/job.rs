//! Closures with their answers, as the writing and reading threads see them. Decides nothing about commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::panic_text;
use crate::statistics::Counters;
use crate::tx::{Backend, Hint};
use crate::{Error, Snapshot, Tx};

/// A write whose result type is forgotten. May be run more than once; only the last outcome counts.
pub(crate) trait Write: Send {
    /// Runs the closure and keeps its outcome; `true` when it returned `Ok`.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replaces an `Ok` outcome, or a missing one.
    fn fail(&mut self, error: Error);
    /// Whether the outcome is `Ok` so far.
    fn is_ok(&self) -> bool;
    /// Sends the outcome.
    fn answer(self: Box<Self>);
}

pub(crate) type WriteJob = Box<dyn Write>;

pub(crate) struct WriteCall<F, T, E> {
    pub(crate) run: F,
    pub(crate) outcome: Option<Result<T, E>>,
    pub(crate) answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Write for WriteCall<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // A half-done closure leaves nothing behind but its Tx, and that is rolled back.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(tx)));
        let outcome = outcome.unwrap_or_else(|panic| Err(Error::Panicked(panic_text(&*panic)).into()));
        let ok = outcome.is_ok();
        self.outcome = Some(outcome);
        ok
    }

    fn fail(&mut self, error: Error) {
        if !matches!(self.outcome, Some(Err(_))) {
            self.outcome = Some(Err(error.into()));
        }
    }

    fn is_ok(&self) -> bool {
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>) {
        // The caller may have gone away; the write stands all the same.
        let _ = self.answer.send(self.outcome.unwrap_or_else(|| Err(Error::Closed.into())));
    }
}

/// How one run of one write ended.
pub(crate) struct Ran {
    /// Why the write can't commit, if it can't; its closure's own error is kept in the job.
    pub(crate) failure: Option<Failure>,
}

pub(crate) struct Failure {
    /// The statement's failure behind it, where there was one.
    pub(crate) statement: Option<Error>,
    /// Whether the write may have changed something in the transaction.
    pub(crate) dirty: bool,
}

/// Runs one write, with the statements it queued for later. Hints of a failed write are dropped.
pub(crate) fn run_write(
    job: &mut WriteJob,
    backend: &mut dyn Backend,
    hints: &mut Vec<Hint>,
    counters: &Counters,
) -> Ran {
    let hints_before = hints.len();
    backend.mark_clean();
    let mut tx = Tx::new(backend, hints);
    let mut ok = job.run(&mut tx);
    if ok && let Err(error) = tx.finish() {
        job.fail(error);
        ok = false;
    }
    counters.wrote(tx.statements());
    let statement = tx.failure().cloned();
    if ok {
        return Ran { failure: None };
    }
    hints.truncate(hints_before);
    Ran { failure: Some(Failure { statement, dirty: backend.is_dirty() }) }
}

/// Follows the hints of committed writes. A hint that panics hurts nobody else.
pub(crate) fn follow(hints: Vec<Hint>) {
    for hint in hints {
        match hint {
            Hint::Wake(notify) => notify.notify_one(),
            Hint::Call(call) => {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
                    tracing::error!(panic = panic_text(&*panic), "an after_commit hint panicked");
                }
            }
        }
    }
}

/// Writes to be answered, at the latest when this is dropped.
struct Answers(Vec<WriteJob>);

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|job| job.answer());
    }
}

/// Counts the writes of a batch and answers them, on a thread of `runtime` where there is one.
///
/// Tried from here: each answer woke a thread of the runtime, which took the core and gave it back, three changes of
/// context a write.
pub(crate) fn answer_all(batch: Vec<WriteJob>, counters: &Counters, runtime: Option<&Handle>) {
    let all = batch.len() as u64;
    let ok = batch.iter().filter(|job| job.is_ok()).count() as u64;
    counters.writes.fetch_add(ok, Relaxed);
    counters.failed_writes.fetch_add(all - ok, Relaxed);
    let answers = Answers(batch);
    // A runtime that has ended drops what it is given, and that answers too.
    match runtime.filter(|_| all > 1) {
        Some(runtime) => drop(runtime.spawn(async move { drop(answers) })),
        None => drop(answers),
    }
}

/// Ends the process when a thread that owns a connection dies: nobody would ever be answered again.
pub(crate) struct AbortOnPanic(pub(crate) &'static str);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(thread = self.0, "a database thread died; ending the process");
            std::process::abort();
        }
    }
}

/// A read whose result type is forgotten.
pub(crate) trait ReadJob: Send {
    /// Runs the closure and keeps its outcome.
    fn run(&mut self, backend: &mut dyn Backend);
    /// Sets the outcome of a read that could not be run.
    fn fail(&mut self, error: Error);
    /// Sends the outcome.
    fn answer(self: Box<Self>);
}

pub(crate) struct ReadCall<F, T, E> {
    pub(crate) run: Option<F>,
    pub(crate) outcome: Option<Result<T, E>>,
    pub(crate) answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> ReadJob for ReadCall<F, T, E>
where
    F: FnOnce(&mut Snapshot<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, backend: &mut dyn Backend) {
        let Some(run) = self.run.take() else { return };
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&mut Snapshot::new(backend))));
        self.outcome = Some(outcome.unwrap_or_else(|panic| Err(Error::Panicked(panic_text(&*panic)).into())));
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let _ = self.answer.send(self.outcome.unwrap_or_else(|| Err(Error::Closed.into())));
    }
}
