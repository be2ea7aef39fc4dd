//! What a closure holds: [`Tx`] in a write, [`Snapshot`] in a read. Nothing here knows when or whether a commit happens.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::sql::verb;
use crate::{Engine, Error, Row, Sql, Value};

/// Statements one write may queue with [`Tx::later`].
const LATER_MAX: usize = 10_000;

/// A connection inside a transaction, as [`Tx`] and [`Snapshot`] see it.
pub(crate) trait Backend {
    fn engine(&self) -> Engine;
    fn execute(&mut self, sql: &Sql, params: &[Value<'_>]) -> Result<u64, Error>;
    /// Calls `each` for every row until it says `false`.
    fn query(&mut self, sql: &Sql, params: &[Value<'_>], each: &mut EachRow<'_>) -> Result<(), Error>;
    /// Runs the queued statements in order; says how many statements that took.
    fn execute_later(&mut self, later: &[Later]) -> Result<u64, Error>;
    /// Whether anything but reading may have happened since the transaction began or [`Backend::mark_clean`].
    fn is_dirty(&self) -> bool;
    fn mark_clean(&mut self);
}

pub(crate) type EachRow<'f> = dyn FnMut(&Row<'_>) -> Result<bool, Error> + 'f;

/// A queued statement and its parameters.
pub(crate) struct Later {
    pub(crate) sql: &'static Sql,
    pub(crate) params: Vec<Value<'static>>,
}

/// Something to do after the commit.
pub(crate) enum Hint {
    Wake(Arc<Notify>),
    Call(Box<dyn FnOnce() + Send>),
}

/// Reading, the same in a write and in a read.
pub trait Read {
    /// The engine the statement will run on.
    fn engine(&self) -> Engine;

    /// The first row, decoded by `map`, or `None`.
    fn query_row<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error>;

    /// All rows, each decoded by `map`. Bound them with LIMIT.
    fn query<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error>;
}

/// One write in progress. Once a statement failed, every further one fails with [`Error::Poisoned`] and the write
/// can't commit, whatever its closure returns: so it is on PostgreSQL, and so it is made to be on SQLite.
pub struct Tx<'a> {
    backend: &'a mut (dyn Backend + 'a),
    hints: &'a mut Vec<Hint>,
    later: Vec<Later>,
    has_update: bool,
    failed: Option<Error>,
    statements: u64,
    writes: u64,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(backend: &'a mut (dyn Backend + 'a), hints: &'a mut Vec<Hint>) -> Tx<'a> {
        Tx { backend, hints, later: Vec::new(), has_update: false, failed: None, statements: 0, writes: 0 }
    }

    /// Runs a statement now. Returns how many rows it changed.
    pub fn execute<'p>(&mut self, sql: &Sql, params: impl AsRef<[Value<'p>]>) -> Result<u64, Error> {
        self.writes += 1;
        self.step(|backend| backend.execute(sql, params.as_ref()))
    }

    /// Queues an INSERT that nothing in this write reads back. Queued statements run in order at the end of the
    /// closure, before the commit: one by one on SQLite, as one single statement on PostgreSQL. There they don't see
    /// each other's rows, so two of them must not meet in one `ON CONFLICT`, and a parameter of an `INSERT .. SELECT`
    /// needs a CAST.
    ///
    /// Fails with [`Error::Misuse`] when the text doesn't begin with INSERT.
    pub fn later(&mut self, sql: &'static Sql, params: Vec<Value<'static>>) -> Result<(), Error> {
        self.queue("INSERT", sql, params)
    }

    /// Queues one UPDATE beside the INSERTs of [`Tx::later`]. Only one per write: of two updates of a row in one
    /// statement PostgreSQL silently does just one. A second fails with [`Error::Misuse`].
    pub fn later_update(&mut self, sql: &'static Sql, params: Vec<Value<'static>>) -> Result<(), Error> {
        if std::mem::replace(&mut self.has_update, true) {
            return self.step(|_| Err(Error::Misuse("a second UPDATE was queued for later".to_owned())));
        }
        self.queue("UPDATE", sql, params)
    }

    fn queue(&mut self, wanted: &str, sql: &'static Sql, params: Vec<Value<'static>>) -> Result<(), Error> {
        let text = sql.text(self.backend.engine());
        if !verb(text).eq_ignore_ascii_case(wanted) {
            let why = format!("only an {wanted} can be queued here: {}", crate::sql::summary(text));
            return self.step(|_| Err(Error::Misuse(why)));
        }
        if self.later.len() == LATER_MAX {
            return self.step(|_| Err(Error::Misuse(format!("more than {LATER_MAX} statements queued in one write"))));
        }
        self.check_usable()?;
        self.writes += 1;
        self.later.push(Later { sql, params });
        Ok(())
    }

    /// Runs what was queued for later now, for a write that reads back what it wrote. It costs the round trip that the
    /// queue saves.
    pub fn run_later(&mut self) -> Result<(), Error> {
        self.finish()?;
        self.has_update = false;
        Ok(())
    }

    /// Statements so far that may change rows, queued ones included. Compared before and after, it tells whether a
    /// piece of work wrote anything.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    fn note_query(&mut self, sql: &Sql) {
        self.writes += u64::from(!verb(sql.text(self.backend.engine())).eq_ignore_ascii_case("SELECT"));
    }

    /// Wakes one waiter of `notify` after the commit, or the next one to wait. A hint: whoever waits must also look
    /// by itself, at start and from time to time.
    pub fn wake(&mut self, notify: &Arc<Notify>) {
        self.hints.push(Hint::Wake(Arc::clone(notify)));
    }

    /// Calls `hint` after the commit and before the caller hears, on the thread that answers: it must be quick and
    /// must not block, least of all on this database. Dropped uncalled when the write doesn't commit or the process dies.
    pub fn after_commit(&mut self, hint: impl FnOnce() + Send + 'static) {
        self.hints.push(Hint::Call(Box::new(hint)));
    }

    fn step<T>(&mut self, run: impl FnOnce(&mut (dyn Backend + 'a)) -> Result<T, Error>) -> Result<T, Error> {
        self.check_usable()?;
        self.statements += 1;
        run(self.backend).inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn check_usable(&self) -> Result<(), Error> {
        match &self.failed {
            None => Ok(()),
            Some(first) => Err(Error::Poisoned(first.to_string())),
        }
    }

    /// Ends the closure's part: runs what was queued for later, or says why this write can't commit.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.check_usable()?;
        let later = std::mem::take(&mut self.later);
        if later.is_empty() {
            return Ok(());
        }
        self.statements += self.backend.execute_later(&later).inspect_err(|e| self.failed = Some(e.clone()))?;
        Ok(())
    }

    /// The first failure of a statement, if there was one.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failed.as_ref()
    }

    /// Statements so far, BEGIN and COMMIT not counted.
    pub(crate) fn statements(&self) -> u64 {
        self.statements
    }
}

impl Read for Tx<'_> {
    fn engine(&self) -> Engine {
        self.backend.engine()
    }

    fn query_row<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.note_query(sql);
        self.step(|backend| first(backend, sql, params.as_ref(), map))
    }

    fn query<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.note_query(sql);
        self.step(|backend| all(backend, sql, params.as_ref(), map))
    }
}

/// One consistent view of the database: every query of one [`crate::Database::read`] sees the same commits.
pub struct Snapshot<'a> {
    backend: &'a mut (dyn Backend + 'a),
}

impl<'a> Snapshot<'a> {
    pub(crate) fn new(backend: &'a mut (dyn Backend + 'a)) -> Snapshot<'a> {
        Snapshot { backend }
    }
}

impl Read for Snapshot<'_> {
    fn engine(&self) -> Engine {
        self.backend.engine()
    }

    fn query_row<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        first(self.backend, sql, params.as_ref(), map)
    }

    fn query<'p, T>(
        &mut self,
        sql: &Sql,
        params: impl AsRef<[Value<'p>]>,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        all(self.backend, sql, params.as_ref(), map)
    }
}

fn first<T>(
    backend: &mut dyn Backend,
    sql: &Sql,
    params: &[Value<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut found = None;
    backend.query(sql, params, &mut |row| {
        found = Some(map(row)?);
        Ok(false)
    })?;
    Ok(found)
}

fn all<T>(
    backend: &mut dyn Backend,
    sql: &Sql,
    params: &[Value<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    backend.query(sql, params, &mut |row| {
        found.push(map(row)?);
        Ok(true)
    })?;
    Ok(found)
}
