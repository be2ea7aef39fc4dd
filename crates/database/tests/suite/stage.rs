//! Where a story plays: a fresh database on one engine, and the means to put several writes into one batch.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::task::{Context, Poll, Waker};

use database::{Config, Database, Engine, Error, Location, Migration, Priority, Read, Row, Sql, Tx, Value};

/// A fresh database. Dropped with everything in it.
pub struct Stage {
    pub config: Config,
    folder: tempfile::TempDir,
    schema: Option<(String, String)>,
}

pub const THINGS: &[Migration] = &[Migration {
    version: 1,
    name: "things to write",
    sqlite: "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL, flag BOOLEAN, data BLOB);
             CREATE TABLE facts (thing_id BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (thing_id, n));
             CREATE TABLE counters (id BIGINT PRIMARY KEY, total BIGINT NOT NULL);
             INSERT INTO counters (id, total) VALUES (1, 0), (2, 0);",
    postgres: "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL, flag BOOLEAN, data BYTEA);
               CREATE TABLE facts (thing_id BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (thing_id, n));
               CREATE TABLE counters (id BIGINT PRIMARY KEY, total BIGINT NOT NULL);
               INSERT INTO counters (id, total) VALUES (1, 0), (2, 0);",
}];

pub const THING_INSERT: Sql = Sql::both("INSERT INTO things (id, name) VALUES ($1, $2)");
pub const FACT_INSERT: Sql = Sql::both("INSERT INTO facts (thing_id, n) VALUES ($1, $2)");
pub const THING_IDS: Sql = Sql::both("SELECT id FROM things ORDER BY id");
pub const COUNTER_ADD: Sql = Sql::both("UPDATE counters SET total = total + $2 WHERE id = $1");
pub const COUNTER: Sql = Sql::both("SELECT total FROM counters WHERE id = $1");

impl Stage {
    pub fn sqlite() -> Stage {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = Config::new(Location::File(folder.path().join("test.db")));
        Stage { config, folder, schema: None }
    }

    /// A fresh schema, or `None` with a loud word when there is no server to make it on.
    pub fn postgres() -> Option<Stage> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let Ok(address) = std::env::var("PARTYLINE_TEST_POSTGRES") else {
            eprintln!("LEFT OUT: PostgreSQL (set PARTYLINE_TEST_POSTGRES to the address of a throwaway server)");
            return None;
        };
        let nanos = std::time::UNIX_EPOCH.elapsed().expect("a clock past 1970").as_nanos();
        let schema = format!("t{}_{}_{nanos}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        admin(&address, &format!("CREATE SCHEMA {schema}"));
        let config = Config::new(Location::Postgres(with_options(&address, &format!("-c search_path={schema}"))));
        let folder = tempfile::tempdir().expect("a temporary folder");
        Some(Stage { config, folder, schema: Some((address, schema)) })
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The address with this stage's schema; panics on SQLite.
    pub fn address(&self) -> &str {
        match &self.config.location {
            Location::Postgres(address) => address,
            Location::File(_) => panic!("a SQLite stage has no address"),
        }
    }

    /// The same with more options for the session.
    pub fn address_with(&self, options: &str) -> String {
        let (address, schema) = self.schema.as_ref().expect("a SQLite stage has no address");
        with_options(address, &format!("-c search_path={schema} {options}"))
    }

    /// Opened, with the tables of [`THINGS`].
    pub fn open(&self) -> Database {
        let db = Database::open(self.config.clone()).expect("the database opens");
        db.migrate(THINGS).expect("the tables are made");
        db
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some((address, schema)) = &self.schema {
            admin(address, &format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

/// Runs statements as somebody outside this crate would.
pub fn admin(address: &str, text: &str) {
    admin_client(address).batch_execute(text).expect(text);
}

pub fn admin_client(address: &str) -> postgres::Client {
    postgres::Client::connect(address, postgres::NoTls).expect("the test server answers")
}

/// `address` with command-line options for the session added.
fn with_options(address: &str, options: &str) -> String {
    if address.contains("://") {
        let separator = if address.contains('?') { '&' } else { '?' };
        format!("{address}{separator}options={}", options.replace(' ', "%20").replace('=', "%3D"))
    } else {
        format!("{address} options='{options}'")
    }
}

/// Makes two tests of one story.
macro_rules! both_engines {
    ($($(#[$meta:meta])* fn $name:ident($stage:ident: Stage) $story:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[allow(unused_mut)]
            fn story(mut $stage: crate::stage::Stage) $story

            #[test]
            fn on_sqlite() {
                story(crate::stage::Stage::sqlite());
            }

            #[test]
            fn on_postgres() {
                if let Some(stage) = crate::stage::Stage::postgres() {
                    story(stage);
                }
            }
        }
    )+};
}
pub(crate) use both_engines;

/// Shows up in every list of tests, so that nobody takes half a run for a whole one.
#[test]
fn the_postgres_half_runs_only_when_partyline_test_postgres_is_set() {
    if let Some(stage) = Stage::postgres() {
        assert_eq!(stage.open().engine(), Engine::Postgres);
    }
}

/// A write that has been queued and not yet awaited.
pub struct Queued<T>(Pin<Box<dyn Future<Output = Result<T, Error>>>>);

impl<T: 'static> Queued<T> {
    /// Waits for the answer.
    pub fn answer(self) -> Result<T, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.0)
    }
}

/// Queues a write under key 1 in the foreground, at once: the order of calls is the order in the queue.
pub fn queue<T, F>(db: &Database, run: F) -> Queued<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx) -> Result<T, Error> + Send + 'static,
{
    queue_as(db, 1, Priority::Foreground, run)
}

pub fn queue_as<T, F>(db: &Database, key: i64, priority: Priority, run: F) -> Queued<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx) -> Result<T, Error> + Send + 'static,
{
    let db = db.clone();
    let mut write = Box::pin(async move { db.write(key, priority, run).await });
    // The first poll queues it. An answer that is there at once (Busy, Closed) is kept for whoever asks.
    match write.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => Queued(write),
        Poll::Ready(answer) => Queued(Box::pin(std::future::ready(answer))),
    }
}

/// Keeps the writing thread of key 1 busy, so that what is queued meanwhile becomes one batch.
pub struct Gate {
    open: mpsc::Sender<()>,
    write: Queued<()>,
}

impl Gate {
    pub fn shut(db: &Database) -> Gate {
        let (entered, inside) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let (entered, opened) = (Mutex::new(entered), Mutex::new(opened));
        let write = queue(db, move |_| {
            let _ = entered.lock().expect("no panic in here").send(());
            // Once the gate is open this finds the channel closed, so running again doesn't hang.
            let _ = opened.lock().expect("no panic in here").recv();
            Ok(())
        });
        inside.recv().expect("the writer enters the gate");
        Gate { open, write }
    }

    pub fn open(self) {
        drop(self.open);
        self.write.answer().expect("the gate itself commits");
    }
}

pub fn insert(db: &Database, id: i64) -> Queued<u64> {
    queue(db, move |tx| tx.execute(&THING_INSERT, params_of(id)))
}

pub fn params_of(id: i64) -> [Value<'static>; 2] {
    [Value::Int(id), Value::Text(format!("thing {id}").into())]
}

pub fn thing_ids(db: &Database) -> Vec<i64> {
    db.read_blocking(|view| view.query(&THING_IDS, [], first_int)).map_err(|error: Error| error).expect("the ids")
}

pub fn counter(db: &Database, id: i64) -> i64 {
    let read = db.read_blocking(move |view| view.query_row(&COUNTER, database::params![id], first_int));
    read.map_err(|error: Error| error).expect("the counter").expect("there is one")
}

pub fn first_int(row: &Row) -> Result<i64, Error> {
    row.get(0)
}
