//! Writes per second and CPU per write of the shared commit, against one transaction per request, in one run.
//!
//! `cargo bench -p database --bench writes [seconds]`. The write is what accepting a message costs: eleven statements.
//! PostgreSQL takes part when `PARTYLINE_TEST_POSTGRES` is set; it gets a schema of its own. CPU is this process's:
//! on PostgreSQL the server's share is not in it.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use database::{Config, Database, Error, Location, Migration, Priority, Read, Sql, Tx, owned_params, params};

const WORKSPACES: i64 = 64;

const TABLES: &str = "
    CREATE TABLE counters (ws BIGINT PRIMARY KEY, calls BIGINT, credits BIGINT, seq BIGINT);
    CREATE TABLE chats (ws BIGINT, id BIGINT, last BIGINT, unread BIGINT, name TEXT, PRIMARY KEY (ws, id));
    CREATE INDEX chats_last ON chats (ws, last);
    CREATE TABLE messages (ws BIGINT, uid BLOB, chat BIGINT, status BIGINT, text TEXT, at BIGINT, wamid TEXT,
                           account BIGINT, PRIMARY KEY (ws, uid));
    CREATE INDEX messages_chat ON messages (ws, chat, at);
    CREATE INDEX messages_wamid ON messages (ws, account, chat, wamid);
    CREATE TABLE history (ws BIGINT, uid BLOB, n BIGINT, status BIGINT, at BIGINT, PRIMARY KEY (ws, uid, n));
    CREATE TABLE outbox (ws BIGINT, account BIGINT, n BIGINT, uid BLOB, due BIGINT, PRIMARY KEY (ws, account, n));
    CREATE INDEX outbox_due ON outbox (account, due);
    CREATE TABLE events (ws BIGINT, seq BIGINT, kind BIGINT, at BIGINT, body TEXT, PRIMARY KEY (ws, seq));
    CREATE TABLE deliveries (ws BIGINT, hook BIGINT, seq BIGINT, due BIGINT, state BIGINT, PRIMARY KEY (ws, hook, seq));
    CREATE INDEX deliveries_due ON deliveries (state, due);
    CREATE TABLE calls (ws BIGINT, n BIGINT, at BIGINT, token BIGINT, path TEXT, status BIGINT, ms BIGINT,
                        request BLOB, PRIMARY KEY (ws, n));
    CREATE INDEX calls_at ON calls (ws, at);
    CREATE TABLE idempotency (ws BIGINT, key TEXT, hash BLOB, answer TEXT, at BIGINT, PRIMARY KEY (ws, key));";

const IDEMPOTENT: Sql = Sql::both("SELECT at FROM idempotency WHERE ws = $1 AND key = $2");
const COUNT: Sql = Sql::both(
    "UPDATE counters SET calls = calls + 1, credits = credits + 1, seq = seq + 1 WHERE ws = $1 RETURNING seq",
);
const CHAT: Sql = Sql::both("SELECT id FROM chats WHERE ws = $1 AND id = $2");
const CHAT_UPSERT: Sql = Sql::both(
    "INSERT INTO chats (ws, id, last, unread, name) VALUES ($1, $2, $3, 0, 'Some name')
     ON CONFLICT (ws, id) DO UPDATE SET last = excluded.last",
);
const MESSAGE: Sql = Sql::both(
    "INSERT INTO messages (ws, uid, chat, status, text, at, wamid, account) VALUES ($1, $2, $3, 0, $4, $5, $6, 1)",
);
const HISTORY: Sql = Sql::both("INSERT INTO history (ws, uid, n, status, at) VALUES ($1, $2, 0, 0, $3)");
const OUTBOX: Sql = Sql::both("INSERT INTO outbox (ws, account, n, uid, due) VALUES ($1, 1, $2, $3, 0)");
const EVENT: Sql = Sql::both("INSERT INTO events (ws, seq, kind, at, body) VALUES ($1, $2, 1, $3, $4)");
const DELIVERY: Sql = Sql::both("INSERT INTO deliveries (ws, hook, seq, due, state) VALUES ($1, 1, $2, 0, 0)");
const CALL: Sql = Sql::both(
    "INSERT INTO calls (ws, n, at, token, path, status, ms, request) VALUES ($1, $2, $3, 1, '/messages', 200, 1, $4)",
);
const REMEMBER: Sql =
    Sql::both("INSERT INTO idempotency (ws, key, hash, answer, at) VALUES ($1, $2, $3, '{\"status\":\"ok\"}', $4)");
const BODY: &str = r#"{"event_type":"message:sent:new","chat":{"chat_id":1},"message":{"text":"Hello"}}"#;
const TEXT: &str = "Hello there, your order 1234 is ready to be picked up";

fn send(tx: &mut Tx, ws: i64, i: i64) -> Result<(), Error> {
    let chat = i % 500;
    let (key, wamid) = (format!("key-{i}"), format!("3EB0{i:018X}"));
    let mut uid = [0_u8; 16];
    uid[..8].copy_from_slice(&i.to_be_bytes());
    tx.query_row(&IDEMPOTENT, params![ws, key], |row| row.get::<i64>(0))?;
    let seq = tx.query_row(&COUNT, params![ws], |row| row.get::<i64>(0))?;
    let seq = seq.ok_or_else(|| Error::Other("no counters".to_owned()))?;
    tx.query_row(&CHAT, params![ws, chat], |row| row.get::<i64>(0))?;
    tx.execute(&CHAT_UPSERT, params![ws, chat, i])?;
    tx.later(&MESSAGE, owned_params![ws, uid, chat, TEXT, i, wamid])?;
    tx.later(&HISTORY, owned_params![ws, uid, i])?;
    tx.later(&OUTBOX, owned_params![ws, seq, uid])?;
    tx.later(&EVENT, owned_params![ws, seq, i, BODY])?;
    tx.later(&DELIVERY, owned_params![ws, seq])?;
    tx.later(&CALL, owned_params![ws, seq, i, uid])?;
    tx.later(&REMEMBER, owned_params![ws, key, uid, i])
}

struct Measured {
    writes_per_second: f64,
    cpu_us_per_write: f64,
    writes_per_commit: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn measure(config: &Config, callers: usize, seconds: f64, before_close: impl FnOnce()) -> Measured {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let db = Database::open(config.clone()).expect("the database opens");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let done = Arc::new(AtomicU64::new(0));
    let (began, cpu) = (Instant::now(), cpu_us());
    let end = began + Duration::from_secs_f64(seconds);
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let (db, done) = (db.clone(), done.clone());
            runtime.spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < end {
                    let (i, asked) = (NEXT.fetch_add(1, Relaxed), Instant::now());
                    let ws = i % WORKSPACES;
                    let sent = db.write(ws, Priority::Foreground, move |tx| send(tx, ws, i)).await;
                    sent.map_err(|error: Error| error).expect("a send");
                    done.fetch_add(1, Relaxed);
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits: Vec<_> = calls.into_iter().flat_map(|call| runtime.block_on(call).expect("no panic")).collect();
    let (elapsed, cpu) = (began.elapsed().as_secs_f64(), cpu_us() - cpu);
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let writes = done.load(Relaxed) as f64;
    let writes_per_commit = writes / db.statistics().batches as f64;
    before_close();
    db.close();
    Measured {
        writes_per_second: writes / elapsed,
        cpu_us_per_write: cpu / writes,
        writes_per_commit,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
    }
}

fn compare(name: &str, fresh: &dyn Fn() -> (Config, Option<tempfile::TempDir>), seconds: f64) {
    for callers in [32, 256] {
        let (grouped_config, _folder) = fresh();
        let grouped = measure(&grouped_config, callers, seconds, || {});
        let (mut alone_config, _folder) = fresh();
        alone_config.batch_max = 1;
        let alone = measure(&alone_config, callers, seconds, || {});
        for (way, m) in [("shared commit", &grouped), ("one per request", &alone)] {
            println!(
                "{name:10} {callers:4} callers  {way:16} {:8.0} writes/s {:7.1} us CPU/write {:6.1} writes/commit \
                 p50 {:6.2} ms p99 {:6.2} ms",
                m.writes_per_second, m.cpu_us_per_write, m.writes_per_commit, m.p50_ms, m.p99_ms
            );
        }
        println!(
            "{name:10} {callers:4} callers  ratio: {:.2} times the writes, {:.2} of the CPU\n",
            grouped.writes_per_second / alone.writes_per_second,
            grouped.cpu_us_per_write / alone.cpu_us_per_write
        );
    }
}

fn prepared(location: Location) -> Config {
    let config = Config::new(location);
    let db = Database::open(config.clone()).expect("the database opens");
    let tables = Migration {
        version: 1,
        name: "tables",
        sqlite: TABLES,
        postgres: Box::leak(TABLES.replace("BLOB", "BYTEA").into_boxed_str()),
    };
    db.migrate(&[tables]).expect("the tables are made");
    const COUNTERS: Sql = Sql::both("INSERT INTO counters (ws, calls, credits, seq) VALUES ($1, 0, 0, 0)");
    let filled = db.write_blocking(1, Priority::Foreground, |tx| {
        (0..WORKSPACES).try_for_each(|ws| tx.execute(&COUNTERS, params![ws]).map(drop))
    });
    filled.map_err(|error: Error| error).expect("the counters");
    db.close();
    config
}

/// What an idle server pays for: opening a database that exists, cleanly closed or not, and the memory of doing so.
fn start() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let config = prepared(Location::File(at("start.db")));
    measure(&config, 64, 2.0, || {
        std::fs::copy(at("start.db"), at("crash.db")).expect("a copy");
        std::fs::copy(at("start.db-wal"), at("crash.db-wal")).expect("a copy");
    });
    open_and_read("cleanly closed", config);
    let log_kib = at("crash.db-wal").metadata().map_or(0, |log| log.len() >> 10);
    open_and_read(&format!("after a crash, {log_kib} KiB of log"), Config::new(Location::File(at("crash.db"))));
    println!();
}

fn open_and_read(what: &str, config: Config) {
    let (began, memory) = (Instant::now(), resident_kib());
    let db = Database::open(config).expect("it opens");
    let opened = began.elapsed();
    let read = db.read_blocking(|view| view.query_row(&CHAT, params![1, 1], |row| row.get::<i64>(0)));
    read.map_err(|error: Error| error).expect("a read");
    println!(
        "open ({what}) {:.2} ms, to the first read {:.2} ms, memory {} KiB more than {memory} KiB",
        opened.as_secs_f64() * 1000.0,
        began.elapsed().as_secs_f64() * 1000.0,
        resident_kib().saturating_sub(memory),
    );
    db.close();
}

/// User and system time of this process so far, in microseconds; the kernel counts hundredths of a second.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10_000.0
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(3.0);
    start();
    let on_sqlite = || {
        let folder = tempfile::tempdir().expect("a folder");
        (prepared(Location::File(folder.path().join("bench.db"))), Some(folder))
    };
    compare("SQLite", &on_sqlite, seconds);
    match std::env::var("PARTYLINE_TEST_POSTGRES") {
        Err(_) => eprintln!("LEFT OUT: PostgreSQL (set PARTYLINE_TEST_POSTGRES)"),
        Ok(address) => {
            let on_postgres = || {
                fresh_schema(&address);
                (prepared(Location::Postgres(format!("{address} options='-c search_path=bench_writes'"))), None)
            };
            compare("PostgreSQL", &on_postgres, seconds);
        }
    }
}

fn fresh_schema(address: &str) {
    let mut client = postgres::Client::connect(address, postgres::NoTls).expect("the server answers");
    let fresh = "DROP SCHEMA IF EXISTS bench_writes CASCADE; CREATE SCHEMA bench_writes";
    client.batch_execute(fresh).expect("a fresh schema");
}
