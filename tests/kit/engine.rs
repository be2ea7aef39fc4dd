//! Where a test's data lies: a folder of its own, or a PostgreSQL database of its own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use database::{Config, Database, Location};
use partyline::store::MIGRATIONS;
use tempfile::TempDir;

use super::migrated;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The engines this run has: SQLite always, PostgreSQL where `PARTYLINE_TEST_POSTGRES` says where it is.
    #[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
    pub fn all() -> Vec<Engine> {
        if postgres_url().is_some() {
            return vec![Engine::Sqlite, Engine::Postgres];
        }
        assert!(std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL promised a PostgreSQL");
        eprintln!("LEFT OUT: PostgreSQL (PARTYLINE_TEST_POSTGRES is not set)");
        vec![Engine::Sqlite]
    }
}

fn postgres_url() -> Option<String> {
    std::env::var("PARTYLINE_TEST_POSTGRES").ok()
}

/// A place for data that goes when the test ends.
pub enum Stage {
    Folder(TempDir),
    Postgres { url: String, name: String },
}

impl Stage {
    pub fn set(engine: Engine) -> Stage {
        match engine {
            Engine::Sqlite => Stage::Folder(tempfile::tempdir().expect("a temporary folder")),
            Engine::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("partyline_test_{}_{number}", std::process::id());
                let url = postgres_url().expect("PostgreSQL is there");
                let template = TEMPLATE.get_or_init(|| template(&url));
                on_postgres(url.clone(), format!("CREATE DATABASE {name} TEMPLATE {template}"));
                Stage::Postgres { url, name }
            }
        }
    }

    pub fn open(&self) -> Database {
        let location = match self {
            Stage::Folder(folder) => Location::File(folder.path().join("partyline.db")),
            Stage::Postgres { url, name } => Location::Postgres(with_database(url, name)),
        };
        std::thread::spawn(move || migrated(Config::new(location))).join().expect("the database opens")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Stage::Postgres { url, name } = self {
            on_postgres(url.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The database with the schema in it that others are copies of: making it anew takes as long as most stories.
static TEMPLATE: OnceLock<String> = OnceLock::new();
/// What programs that need it at once take turns at; any number of ours.
const TEMPLATE_LOCK: i64 = 7_202_611;
const RENAMES_MAX: usize = 1_000;

/// Makes the template of these migrations, unless another program has. A server that isn't thrown away keeps it.
fn template(url: &str) -> String {
    let mut hasher = DefaultHasher::new();
    MIGRATIONS.iter().for_each(|migration| migration.postgres.hash(&mut hasher));
    let name = format!("partyline_template_{:016x}", hasher.finish());
    let (url, wanted) = (url.to_owned(), name.clone());
    let make = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).expect("PostgreSQL answers");
        client.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).expect("a lock");
        if client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&wanted]).expect("a list").is_some() {
            return;
        }
        let raw = format!("{wanted}_raw");
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {raw}")).expect("what a broken run has left goes");
        client.batch_execute(&format!("CREATE DATABASE {raw}")).expect("a database");
        migrated(Config::new(Location::Postgres(with_database(&url, &raw)))).close();
        // Its last session may take a moment to be gone.
        let rename = format!("ALTER DATABASE {raw} RENAME TO {wanted}");
        let renamed = (0..RENAMES_MAX).any(|_| client.batch_execute(&rename).is_ok());
        assert!(renamed, "somebody holds on to {raw}");
    };
    std::thread::spawn(make).join().expect("the template is made");
    name
}

fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}

/// Runs a statement on a thread of its own: the client must not live on an asynchronous one.
fn on_postgres(url: String, statement: String) {
    let run = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).expect("PostgreSQL answers");
        client.batch_execute(&statement).expect("the statement runs");
    };
    std::thread::spawn(run).join().expect("the statement runs");
}
