//! What a durable, idempotent `POST /messages` costs beside a bare handler that checks the same bearer and echoes JSON.
//!
//! `cargo bench --bench accept` starts each server as a process of its own, drives it from this one, and prints ratios of
//! one run: machines are noisy, ratios less so. With `PARTYLINE_TEST_POSTGRES` the same on PostgreSQL.
//!
//! `cargo bench --bench accept -- --reads` measures reading instead, beside the same bare handler: one message, and the
//! first page of chats.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod load;
mod servers;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use load::{Measured, Work, drive};

const ROUNDS: usize = 3;
const RUN: Duration = Duration::from_secs(4);

/// A server to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bare,
    /// Accepting only.
    Sqlite,
    /// With account workers and the sandbox running beside.
    SqliteWorking,
    Postgres,
    /// With messages to read.
    SqliteFilled,
    PostgresFilled,
}

/// What is measured: how it is called, the server, and what it is asked for. `{uid}` stands for a message that is there.
type Case = (&'static str, Kind, Option<&'static str>);

const SENDS: [Case; 4] = [
    ("bare", Kind::Bare, None),
    ("sqlite", Kind::Sqlite, None),
    ("sqlite-working", Kind::SqliteWorking, None),
    ("postgres", Kind::Postgres, None),
];
const ONE: &str = "/messages/{uid}";
const CHATS: &str = "/chats?closed=false";
const READS: [Case; 5] = [
    ("bare", Kind::Bare, None),
    ("sqlite message", Kind::SqliteFilled, Some(ONE)),
    ("sqlite chats", Kind::SqliteFilled, Some(CHATS)),
    ("postgres message", Kind::PostgresFilled, Some(ONE)),
    ("postgres chats", Kind::PostgresFilled, Some(CHATS)),
];

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Bare => "bare",
            Kind::Sqlite => "sqlite",
            Kind::SqliteWorking => "sqlite-working",
            Kind::Postgres => "postgres",
            Kind::SqliteFilled => "sqlite-filled",
            Kind::PostgresFilled => "postgres-filled",
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, kind] = arguments.as_slice()
        && flag == "--serve"
    {
        servers::serve(kind);
        return;
    }
    // `cargo test --benches` only asks whether it starts.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let reads = arguments.iter().any(|argument| argument == "--reads");
    let has_postgres = std::env::var_os("PARTYLINE_TEST_POSTGRES").is_some();
    let all = if reads { READS.as_slice() } else { SENDS.as_slice() };
    let is_there = |case: &&Case| has_postgres || !matches!(case.1, Kind::Postgres | Kind::PostgresFilled);
    let cases: Vec<Case> = all.iter().filter(is_there).copied().collect();
    println!("server           conns  requests/s    ratio  CPU us/req    ratio   p50 ms   p99 ms");
    for connections in [32, 256] {
        compare(&cases, connections);
    }
}

/// Runs all kinds in turn, several rounds, and prints medians and their ratios to the bare server's.
fn compare(cases: &[Case], connections: usize) {
    let mut rounds: Vec<Vec<Measured>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for ((_, kind, path), results) in cases.iter().zip(&mut rounds) {
            results.push(measure(*kind, *path, connections));
        }
    }
    let bare = Measured::median(&rounds[0]);
    for ((name, _, _), results) in cases.iter().zip(&rounds) {
        let this = Measured::median(results);
        println!(
            "{:<16}{:>6}{:>12.0}{:>9.3}{:>12.1}{:>9.2}{:>9.2}{:>9.2}",
            name,
            connections,
            this.per_second,
            this.per_second / bare.per_second,
            this.cpu_us,
            this.cpu_us / bare.cpu_us,
            this.p50_ms,
            this.p99_ms
        );
    }
}

fn measure(kind: Kind, path: Option<&str>, connections: usize) -> Measured {
    let mut server = Server::start(kind);
    let work = path.map_or(Work::Send, |path| Work::Read(path.replace("{uid}", &server.uid)));
    let before = server.cpu_us();
    let mut measured = drive(&server.address, &server.token, &work, connections, RUN);
    measured.cpu_us = (server.cpu_us() - before) / measured.requests;
    server.stop();
    measured
}

struct Server {
    process: Child,
    address: String,
    token: String,
    /// Of a message that is there; empty where nothing is filled.
    uid: String,
}

impl Server {
    fn start(kind: Kind) -> Server {
        let this = std::env::current_exe().expect("this program");
        let mut process = Command::new(this)
            .args(["--serve", kind.word()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("it tells its address");
        let mut words = line.split_whitespace().map(str::to_owned);
        let (address, token) = (words.next().expect("an address"), words.next().expect("a token"));
        Server { address, token, uid: words.next().unwrap_or_default(), process }
    }

    /// Processor time that the server has used, in microseconds.
    fn cpu_us(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("it runs");
        let after_name = stat.rsplit_once(')').expect("a name").1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: f64 = [fields[11], fields[12]].iter().map(|field| field.parse::<f64>().expect("ticks")).sum();
        // Linux counts these in hundredths of a second.
        ticks * 10_000.0
    }

    /// The server ends when its input does.
    fn stop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("it ends");
    }
}
