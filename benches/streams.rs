//! What listeners cost: processor and memory of a server with a thousand streams of events, and the time from a commit to
//! each of their screens.
//!
//! `cargo bench --bench streams -- [streams] [sends a second] [seconds]` starts the server as a process of its own and listens
//! from this one. Both share the machine's cores, so the times are those of a busy machine.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader as Lines, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use database::{Config, Database, Location, Priority};
use partyline::accounts::link_sandbox;
use partyline::app::{App, Settings, keep_ledger};
use partyline::clock::Clock;
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::router::router;
use partyline::http::server::{ServerOptions, serve};
use partyline::http::streams::STREAMS_OF_TOKEN_MAX;
use partyline::outbound::Policy;
use partyline::store::MIGRATIONS;
use partyline::workspace::settings::{LimitChange, create_workspace, set_limits};
use partyline::workspace::tokens::{Scope, TokenSecret, create_token};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Tokens that share the streams.
const TOKENS: usize = 4;
const API: &str = "/integrations/api";
/// What may still be on its way when the sending ends.
const SETTLE: Duration = Duration::from_secs(2);

/// When a message was asked for and answered, by its uid.
type Sent = Arc<Mutex<HashMap<String, (Instant, Instant)>>>;
/// Which message came when.
type Heard = Arc<Mutex<Vec<(String, Instant)>>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve_alone();
    }
    // `cargo test --benches` only asks whether it starts.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let numbers: Vec<usize> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, otherwise| numbers.get(at).copied().unwrap_or(otherwise);
    let (streams, per_second, seconds) = (number(0, 1_000), number(1, 5), number(2, 10));
    assert!(streams <= TOKENS * STREAMS_OF_TOKEN_MAX, "at most {} streams", TOKENS * STREAMS_OF_TOKEN_MAX);
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    Lines::new(server.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&server, &words[0], &words[1..], streams, per_second, seconds));
    drop(server.stdin.take());
    server.wait().expect("it ends");
}

async fn measure(server: &Child, address: &str, tokens: &[String], streams: usize, per_second: usize, seconds: usize) {
    let (sent, heard) = (Sent::default(), Heard::default());
    let idle_kib = resident_kib(server);
    let began = Instant::now();
    for number in 0..streams {
        let reader = open(address, &tokens[number % tokens.len()]).await;
        tokio::spawn(listen(reader, Arc::clone(&heard)));
    }
    println!("{streams} streams opened in {:.2?}", began.elapsed());
    tokio::time::sleep(SETTLE).await;
    let (open_kib, cpu) = (resident_kib(server), cpu_ticks(server));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let waiting = cpu_ticks(server) - cpu;
    let cpu = cpu_ticks(server);
    let mut beat = tokio::time::interval(Duration::from_secs(1) / u32::try_from(per_second).unwrap_or(1));
    for _ in 0..per_second * seconds {
        beat.tick().await;
        tokio::spawn(send(address.to_owned(), tokens[0].clone(), Arc::clone(&sent)));
    }
    tokio::time::sleep(SETTLE).await;
    let working = cpu_ticks(server) - cpu;
    let sent = sent.lock().expect("no panic").clone();
    let heard = heard.lock().expect("no panic").clone();
    println!("told {} of {} times", heard.len(), sent.len() * streams);
    println!(
        "memory: {idle_kib} KiB before, {open_kib} KiB with the streams open, {} KiB at the end",
        resident_kib(server)
    );
    println!("        {:.1} KiB a stream", (open_kib.saturating_sub(idle_kib)) as f64 / streams as f64);
    let ticks = 100.0;
    println!("processor: {:.2} % of one while nothing happens", waiting as f64 / ticks / 5.0 * 100.0);
    println!("           {:.1} us for each event told", working as f64 / ticks * 1e6 / heard.len().max(1) as f64);
    let from = |which: fn(&(Instant, Instant)) -> Instant| {
        let late = heard.iter().filter_map(|(uid, at)| Some(at.saturating_duration_since(which(sent.get(uid)?))));
        let mut late: Vec<Duration> = late.collect();
        late.sort_unstable();
        late
    };
    report("from the request to the screen", &from(|sent| sent.0));
    report("from its answer to the screen", &from(|sent| sent.1));
}

fn report(what: &str, late: &[Duration]) {
    if late.is_empty() {
        return println!("{what}: nothing came");
    }
    let part = |percent: usize| late[(late.len() - 1) * percent / 100];
    println!("{what}: p50 {:.2?}, p95 {:.2?}, p99 {:.2?}, longest {:.2?}", part(50), part(95), part(99), part(100));
}

async fn open(address: &str, token: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "GET {API}/events/stream?types=message:sent:new HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("retry:") {
        line.clear();
        assert!(reader.read_line(&mut line).await.expect("a line") > 0, "the stream wasn't opened");
        assert!(!line.starts_with("HTTP/1.1 ") || line.contains(" 200 "), "{line}");
    }
    reader
}

async fn listen(mut reader: BufReader<TcpStream>, heard: Heard) {
    let mut line = String::new();
    while matches!(reader.read_line(&mut line).await, Ok(read) if read > 0) {
        if line.starts_with("data: ")
            && let Some(uid) = uid_in(&line)
        {
            heard.lock().expect("no panic").push((uid, Instant::now()));
        }
        line.clear();
    }
}

async fn send(address: String, token: String, sent: Sent) {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let body = r#"{"phone":"+12025550100","text":"Your bike is ready"}"#;
    let request = format!(
        "POST {API}/messages HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let asked = Instant::now();
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    let mut reader = BufReader::new(stream);
    while uid_in(&answer).is_none() {
        assert!(reader.read_line(&mut answer).await.expect("a line") > 0, "{answer}");
    }
    sent.lock().expect("no panic").insert(uid_in(&answer).expect("a uid"), (asked, Instant::now()));
}

fn uid_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\"message_uid\":\"")?;
    rest.split('"').next().map(str::to_owned)
}

/// Processor time so far, in hundredths of a second.
fn cpu_ticks(server: &Child) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    behind.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn resident_kib(server: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Serves until the input ends, after a line with the address and the tokens.
fn serve_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(Config::new(Location::File(folder.path().join("partyline.db")))).expect("a database");
    database.migrate(MIGRATIONS).expect("the schema");
    let settings = Settings {
        public_url: "http://127.0.0.1".into(),
        sandbox_speed: 0.0,
        support_contact: String::new(),
        files_folder: folder.path().join("files"),
        outbound: Policy::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let app = App::new(database, Clock::system(), settings);
        let tokens = prepare(&app).await;
        let stop = CancellationToken::new();
        tokio::spawn(keep_ledger(app.clone(), stop.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let options = ServerOptions::default();
        let routes = layered(router(app), &options, TrustedProxies::new(Vec::new()), stop.clone());
        tokio::spawn(serve(listener, routes, options, stop));
        println!("{address} {}", tokens.join(" "));
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
        input.expect("the input ends").ok();
    });
    std::process::exit(0);
}

async fn prepare(app: &App) -> Vec<String> {
    let now = app.clock.now();
    let make = move |tx: &mut database::Tx<'_>| create_workspace(tx, now, "bench", "UTC");
    let workspace = app.database.write(0, Priority::Foreground, make).await.expect("a workspace");
    let secrets: Vec<TokenSecret> = (0..TOKENS).map(|_| TokenSecret::generate()).collect();
    let stored = secrets.clone();
    app.write(workspace, Priority::Foreground, move |write| {
        let most = Some(1_000_000_000);
        let rate_per_minute = Some(1_000_000);
        set_limits(
            write,
            &LimitChange { rate_per_minute, calls_per_cycle: most, credits_per_cycle: most, top_up: None },
        )?;
        link_sandbox(write, "Demo phone")?;
        for secret in &stored {
            create_token(write, "bench", Scope::Full, false, secret)?;
        }
        Ok(())
    })
    .await
    .expect("tokens");
    secrets.iter().map(|secret| secret.reveal().to_owned()).collect()
}
