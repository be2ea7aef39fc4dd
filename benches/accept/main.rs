//! What a durable, idempotent `POST /messages` costs beside a bare handler that checks the same bearer and echoes JSON.
//!
//! `cargo bench --bench accept` starts each server as a process of its own, drives it from this one, and prints ratios of
//! one run: machines are noisy, ratios less so. With `PARTYLINE_TEST_POSTGRES` the same on PostgreSQL.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod load;
mod servers;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use load::{Measured, drive};

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
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Bare => "bare",
            Kind::Sqlite => "sqlite",
            Kind::SqliteWorking => "sqlite-working",
            Kind::Postgres => "postgres",
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
    let mut kinds = vec![Kind::Bare, Kind::Sqlite, Kind::SqliteWorking];
    if std::env::var_os("PARTYLINE_TEST_POSTGRES").is_some() {
        kinds.push(Kind::Postgres);
    }
    println!("server           conns  requests/s    ratio  CPU us/req    ratio   p50 ms   p99 ms");
    for connections in [32, 256] {
        compare(&kinds, connections);
    }
}

/// Runs all kinds in turn, several rounds, and prints medians and their ratios to the bare server's.
fn compare(kinds: &[Kind], connections: usize) {
    let mut rounds: Vec<Vec<Measured>> = kinds.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (kind, results) in kinds.iter().zip(&mut rounds) {
            results.push(measure(*kind, connections));
        }
    }
    let bare = Measured::median(&rounds[0]);
    for (kind, results) in kinds.iter().zip(&rounds) {
        let this = Measured::median(results);
        println!(
            "{:<16}{:>6}{:>12.0}{:>9.3}{:>12.1}{:>9.2}{:>9.2}{:>9.2}",
            kind.word(),
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

fn measure(kind: Kind, connections: usize) -> Measured {
    let mut server = Server::start(kind);
    let before = server.cpu_us();
    let mut measured = drive(&server.address, &server.token, connections, RUN);
    measured.cpu_us = (server.cpu_us() - before) / measured.requests;
    server.stop();
    measured
}

struct Server {
    process: Child,
    address: String,
    token: String,
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
        let (address, token) = line.trim().split_once(' ').expect("address and token");
        Server { address: address.to_owned(), token: token.to_owned(), process }
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
