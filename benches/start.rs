//! How long a start takes on a database that is there, how much memory an idle server holds, how long a command takes
//! through it and how long a stop takes.
//!
//! `cargo bench --bench start -- [starts]` starts the real program, built as released. Ready is when it says that it
//! listens. Linux only: memory is read from `/proc`.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const STARTS: usize = 50;
/// What an idle server does once after its start is over by then.
const SETTLE: Duration = Duration::from_secs(5);

fn main() {
    let starts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(STARTS).max(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let (server, first) = start(&data);
    stop(server);
    println!("first start, which makes the database: {} ms", ms(first));

    let (mut ready, mut ended) = (Vec::new(), Vec::new());
    for _ in 0..starts {
        let (server, took) = start(&data);
        ready.push(took);
        ended.push(stop(server));
    }
    tell("start to ready", &mut ready);
    tell("SIGTERM to exit", &mut ended);

    let (server, _) = start(&data);
    std::thread::sleep(SETTLE);
    println!("idle: {}", memory(server.id()));
    let mut commands: Vec<Duration> = (0..starts).map(|_| command(&data, &["workspace", "list"])).collect();
    tell("a command through the server", &mut commands);
    stop(server);
    let mut commands: Vec<Duration> = (0..starts).map(|_| command(&data, &["workspace", "list"])).collect();
    tell("a command without a server", &mut commands);
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partyline"));
    command.args(arguments).arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).stdin(Stdio::null());
    command
}

fn start(data: &Path) -> (Child, Duration) {
    let begun = Instant::now();
    let mut child = program(data, &["serve"]).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    lines.read_line(&mut line).expect("a line");
    let took = begun.elapsed();
    assert!(line.starts_with("Partyline is listening"), "{line}");
    // The rest of a first start's words must go somewhere.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    (child, took)
}

fn stop(mut child: Child) -> Duration {
    let begun = Instant::now();
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).expect("the server is there");
    assert!(child.wait().expect("a child of ours").success());
    begun.elapsed()
}

fn command(data: &Path, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    let output = program(data, arguments).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    begun.elapsed()
}

/// Resident memory: all, and what is the process's own rather than the program file's pages.
fn memory(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).expect(name);
        let kib: f64 = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number");
        format!("{:.1} MiB", kib / 1024.0)
    };
    format!("{} resident, {} of it its own", line("VmRSS:"), line("RssAnon:"))
}

fn tell(what: &str, spans: &mut [Duration]) {
    spans.sort_unstable();
    let at = |percent: usize| ms(spans[(spans.len() - 1) * percent / 100]);
    println!("{what}: median {} ms, p95 {} ms, worst {} ms, of {}", at(50), at(95), at(100), spans.len());
}

fn ms(span: Duration) -> String {
    format!("{:.1}", span.as_secs_f64() * 1000.0)
}
