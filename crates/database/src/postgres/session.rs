//! One connection with its prepared statements. Begins, runs, ends transactions; decides nothing about reruns.

use std::collections::HashMap;

use postgres::{Client, SimpleQueryMessage, Statement};

use super::compose::{COMPOSED_MAX, compose};
use super::value::Params;
use super::{Server, fault, is_lost, is_stale};
use crate::row::Kind;
use crate::sql::{Key, check_allowed, verb};
use crate::tx::{Backend, EachRow, Later};
use crate::{Engine, Error, Row, Sql, Value};

/// Composed statements kept prepared. A write's shape repeats; a few hundred shapes are more than there are.
const COMPOSED_KEPT: usize = 256;

pub(crate) struct Session {
    client: Client,
    prepared: HashMap<Key, Prepared>,
    composed: HashMap<Box<[Key]>, Statement>,
    dirty: bool,
    lost: bool,
    /// The server's timeline when this session began: a number that changes when a standby takes over.
    timeline: Option<String>,
}

#[derive(Clone)]
struct Prepared {
    statement: Statement,
    reads_only: bool,
}

/// How a COMMIT ended.
pub(crate) enum Commit {
    Done,
    /// The server refused, and still speaks to us: nothing is kept.
    Refused(Error),
    /// The connection broke before we heard.
    Unheard(Error),
}

impl Session {
    pub(crate) fn open(server: &Server) -> Result<Session, Error> {
        let mut client = server.connect()?;
        let timeline = timeline(&mut client);
        Ok(Session { client, prepared: HashMap::new(), composed: HashMap::new(), dirty: false, lost: false, timeline })
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    pub(crate) fn timeline(&self) -> Option<&str> {
        self.timeline.as_deref()
    }

    /// Begins a transaction and takes its id in the same round trip: what becomes of a COMMIT whose answer is lost
    /// can then be asked for by that id.
    pub(crate) fn begin_write(&mut self) -> Result<String, Error> {
        self.one_text("BEGIN; SELECT pg_current_xact_id()")?
            .ok_or_else(|| Error::Other("the server gave the transaction no id".to_owned()))
    }

    pub(crate) fn begin_read(&mut self) -> Result<(), Error> {
        self.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    pub(crate) fn rollback(&mut self) {
        if self.control("ROLLBACK").is_err() {
            self.lost = true;
        }
    }

    pub(crate) fn commit(&mut self) -> Commit {
        match self.client.batch_execute("COMMIT") {
            Ok(()) => Commit::Done,
            Err(error) if is_lost(&error) || self.client.is_closed() => {
                self.lost = true;
                Commit::Unheard(fault(&error, "COMMIT"))
            }
            Err(error) => Commit::Refused(fault(&error, "COMMIT")),
        }
    }

    /// Runs one of this crate's own queries and returns the first column of its first row.
    pub(crate) fn one_text(&mut self, text: &str) -> Result<Option<String>, Error> {
        let answer = self.client.simple_query(text).map_err(|error| self.note(&error, text))?;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(row.and_then(|row| row.get(0)).map(str::to_owned))
    }

    fn control(&mut self, text: &str) -> Result<(), Error> {
        self.client.batch_execute(text).map_err(|error| self.note(&error, text))
    }

    fn note(&mut self, error: &postgres::Error, text: &str) -> Error {
        self.lost |= is_lost(error);
        if error.as_db_error().is_some_and(is_stale) {
            self.prepared.clear();
            self.composed.clear();
        }
        fault(error, text)
    }

    fn prepare(&mut self, text: &'static str) -> Result<Prepared, Error> {
        if let Some(prepared) = self.prepared.get(&Key::of(text)) {
            return Ok(prepared.clone());
        }
        check_allowed(text)?;
        let statement = self.client.prepare(text).map_err(|error| self.note(&error, text))?;
        let reads_only = ["SELECT", "VALUES"].iter().any(|word| verb(text).eq_ignore_ascii_case(word));
        let prepared = Prepared { statement, reads_only };
        self.prepared.insert(Key::of(text), prepared.clone());
        Ok(prepared)
    }

    fn execute_composed(&mut self, later: &[Later]) -> Result<(), Error> {
        let texts: Vec<_> = later.iter().map(|later| later.sql.text(Engine::Postgres)).collect();
        let keys: Box<[Key]> = texts.iter().map(|text| Key::of(text)).collect();
        let statement = match self.composed.get(&keys) {
            Some(statement) => statement.clone(),
            None => {
                let text = compose(&texts);
                let statement = self.client.prepare(&text).map_err(|error| self.note(&error, &text))?;
                if self.composed.len() >= COMPOSED_KEPT {
                    self.composed.clear();
                }
                self.composed.insert(keys, statement.clone());
                statement
            }
        };
        let values = later.iter().flat_map(|later| &later.params);
        let params = Params::new(values, statement.params(), texts[0])?;
        self.dirty = true;
        self.client.execute(&statement, &params.list()).map_err(|error| self.note(&error, texts[0]))?;
        Ok(())
    }
}

impl Backend for Session {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn execute(&mut self, sql: &Sql, params: &[Value<'_>]) -> Result<u64, Error> {
        let text = sql.text(Engine::Postgres);
        let prepared = self.prepare(text)?;
        let params = Params::new(params.iter(), prepared.statement.params(), text)?;
        self.dirty |= !prepared.reads_only;
        self.client.execute(&prepared.statement, &params.list()).map_err(|error| self.note(&error, text))
    }

    fn query(&mut self, sql: &Sql, params: &[Value<'_>], each: &mut EachRow<'_>) -> Result<(), Error> {
        let text = sql.text(Engine::Postgres);
        let prepared = self.prepare(text)?;
        let params = Params::new(params.iter(), prepared.statement.params(), text)?;
        self.dirty |= !prepared.reads_only;
        // All rows are here before the first is looked at, so a closure that panics leaves the connection in order.
        let rows = self.client.query(&prepared.statement, &params.list()).map_err(|error| self.note(&error, text))?;
        for row in &rows {
            if !each(&Row(Kind::Postgres(row)))? {
                break;
            }
        }
        Ok(())
    }

    fn execute_later(&mut self, later: &[Later]) -> Result<u64, Error> {
        let chunks = later.chunks(COMPOSED_MAX);
        let statements = chunks.len() as u64;
        for chunk in chunks {
            match chunk {
                [one] => drop(self.execute(one.sql, &one.params)?),
                several => self.execute_composed(several)?,
            }
        }
        Ok(statements)
    }

    fn is_dirty(&self) -> bool {
        self.dirty
    }

    fn mark_clean(&mut self) {
        self.dirty = false;
    }
}

/// `None` where the server won't say, as some hosted ones won't.
fn timeline(client: &mut Client) -> Option<String> {
    let answer = client.simple_query("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)").ok()?;
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}
