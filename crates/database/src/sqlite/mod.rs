//! SQLite: one writing thread, a few reading ones. Opening a connection and running statements on it stand here.

pub(crate) mod backup;
pub(crate) mod checkpointer;
mod log_file;
pub(crate) mod migrate;
pub(crate) mod reader;
pub(crate) mod syncer;
pub(crate) mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, PrepFlags, Statement};

use crate::row::Kind;
use crate::sql::{Key, check_allowed, for_sqlite, summary};
use crate::sqlite::checkpointer::Checkpointer;
use crate::tx::{Backend, EachRow, Later};
use crate::{Config, Engine, Error, Row, Sql, Value};

const LOCKED_PAUSE: Duration = Duration::from_millis(2);

/// Bytes the write-ahead log is cut back to after a checkpoint emptied it: what it usually grows to, because room that the
/// file has already is written and synced faster than new room.
const WAL_KEPT_BYTES: u32 = 160 << 20;

pub(crate) fn open(path: &Path, config: &Config, cache_kib: u32) -> Result<Connection, Error> {
    open_by(path, config, cache_kib, |flags| Connection::open_with_flags(path, flags))
}

fn open_by(
    path: &Path,
    config: &Config,
    cache_kib: u32,
    connect: impl FnOnce(OpenFlags) -> rusqlite::Result<Connection>,
) -> Result<Connection, Error> {
    let log = backup::beside(path, "-wal");
    if !path.exists() && log.metadata().is_ok_and(|log| log.len() > 0) {
        // SQLite would start an empty database and throw the log, with the newest writes in it, away.
        let why = format!("{} is missing but its log {} is there: restore it", path.display(), log.display());
        return Err(Error::Unavailable(why));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = connect(flags).map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    let place = path.display().to_string();
    prepare(&conn, config, cache_kib).map_err(|error| fault(&error, &place))?;
    let journal = use_log(&conn, config.unavailable_wait_max).map_err(|error| fault(&error, &place))?;
    if journal != "wal" {
        return Err(Error::Unavailable(format!("{place} is on a file system without shared memory: {journal}")));
    }
    Ok(conn)
}

/// The writing connection. The engine itself syncs only around checkpoints, which is all that it needs to stay whole;
/// answers wait for the thread that syncs the log.
pub(crate) fn open_writer(path: &Path, config: &Config) -> Result<(Connection, Checkpointer), Error> {
    log_file::register()?;
    let connect = |flags| Connection::open_with_flags_and_vfs(path, flags, log_file::NAME);
    let mut conn = open_by(path, config, config.writer_cache_kib, connect)?;
    conn.execute_batch("PRAGMA synchronous = NORMAL").map_err(|error| fault(&error, "synchronous"))?;
    let checkpointer = checkpointer::attach(&mut conn, config.checkpoint_pages)?;
    Ok((conn, checkpointer))
}

fn prepare(conn: &Connection, config: &Config, cache_kib: u32) -> rusqlite::Result<()> {
    conn.busy_timeout(config.unavailable_wait_max)?;
    // PostgreSQL takes "x" for a name; SQLite would silently make it a string when no such name exists.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache_kib}; PRAGMA journal_size_limit = {WAL_KEPT_BYTES};
         PRAGMA wal_autocheckpoint = {};",
        config.checkpoint_pages,
    ))?;
    conn.execute_batch(&config.sqlite_extra_pragmas)
}

/// Turns the write-ahead log on, and says which journal is used now. The engine's own waiting doesn't cover this
/// step, which two programs that make one file at once both take.
fn use_log(conn: &Connection, wait: Duration) -> rusqlite::Result<String> {
    let started = Instant::now();
    loop {
        let turned = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match turned {
            Err(error) if is_locked(&error) && started.elapsed() < wait => std::thread::sleep(LOCKED_PAUSE),
            settled => return settled,
        }
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// A connection with every statement it has met, prepared once and found again by where its text stands.
pub(crate) struct Lite<'c> {
    pub(crate) conn: &'c Connection,
    prepared: HashMap<Key, Prepared<'c>>,
    dirty: bool,
}

struct Prepared<'c> {
    statement: Statement<'c>,
    reads_only: bool,
}

impl<'c> Lite<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Lite<'c> {
        Lite { conn, prepared: HashMap::new(), dirty: false }
    }

    /// Runs one of this crate's own statements: BEGIN and its kind.
    pub(crate) fn control(&self, text: &str) -> Result<(), Error> {
        let run = || self.conn.prepare_cached(text)?.execute([]).map(drop);
        run().map_err(|error| fault(&error, text))
    }

    /// Whether the transaction this crate began is still there. A full disk and some other faults end it silently.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.conn.is_autocommit()
    }

    fn prepared<'s>(
        cache: &'s mut HashMap<Key, Prepared<'c>>,
        conn: &'c Connection,
        text: &'static str,
    ) -> Result<&'s mut Prepared<'c>, Error> {
        use std::collections::hash_map::Entry;
        match cache.entry(Key::of(text)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                check_allowed(text)?;
                let statement = conn
                    .prepare_with_flags(&for_sqlite(text), PrepFlags::SQLITE_PREPARE_PERSISTENT)
                    .map_err(|error| fault(&error, text))?;
                let reads_only = statement.readonly();
                Ok(entry.insert(Prepared { statement, reads_only }))
            }
        }
    }

    fn run(&mut self, text: &'static str, params: &[Value<'_>], each: &mut EachRow<'_>) -> Result<(), Error> {
        let prepared = Self::prepared(&mut self.prepared, self.conn, text)?;
        bind(&mut prepared.statement, text, params)?;
        self.dirty |= !prepared.reads_only;
        let mut rows = prepared.statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| fault(&error, text))? {
            // Whatever a statement changes and checks is done before its first row, so the rest needn't be fetched.
            if !each(&Row(Kind::Sqlite(row)))? {
                break;
            }
        }
        Ok(())
    }
}

impl Backend for Lite<'_> {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn execute(&mut self, sql: &Sql, params: &[Value<'_>]) -> Result<u64, Error> {
        self.run(sql.text(Engine::Sqlite), params, &mut |_| Ok(true))?;
        Ok(self.conn.changes())
    }

    fn query(&mut self, sql: &Sql, params: &[Value<'_>], each: &mut EachRow<'_>) -> Result<(), Error> {
        self.run(sql.text(Engine::Sqlite), params, each)
    }

    fn execute_later(&mut self, later: &[Later]) -> Result<u64, Error> {
        for Later { sql, params } in later {
            self.run(sql.text(Engine::Sqlite), params, &mut |_| Ok(true))?;
        }
        Ok(later.len() as u64)
    }

    fn is_dirty(&self) -> bool {
        self.dirty
    }

    fn mark_clean(&mut self) {
        self.dirty = false;
    }
}

fn bind(statement: &mut Statement<'_>, text: &str, params: &[Value<'_>]) -> Result<(), Error> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(crate::value::wrong_count(wanted, params.len(), text));
    }
    for (index, value) in params.iter().enumerate() {
        crate::value::check_storable(value, index, text)?;
        statement.raw_bind_parameter(index + 1, Bound(value)).map_err(|error| fault(&error, text))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Bool(bool) => ValueRef::Integer(i64::from(*bool)),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Sorts an engine's error into our kinds, saying where it happened.
pub(crate) fn fault(error: &rusqlite::Error, text: &str) -> Error {
    let why = format!("{error} (in {})", summary(text));
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full(why),
        Some(ErrorCode::ConstraintViolation) => Error::Constraint(why),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen) => Error::Unavailable(why),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::Other(format!("the file is damaged, restore a backup: {why}"))
        }
        _ => Error::Other(why),
    }
}
