//! What our edge costs: CPU of the server process per request, beside `axum::serve` with the same router, one run.
//!
//! `cargo bench --bench edge`. The server is a child process, so its CPU is its own; the client is a few raw sockets.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::server::{ServerOptions, serve};
use partyline::telemetry::{self, LogFormat, Metrics};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;
const WAYS: [&str; 5] = ["axum", "server", "layers", "layers+log", "layers+json"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match std::env::var("EDGE_BENCH_SERVER") {
        Ok(way) => runtime.block_on(server(&way)),
        Err(_) => runtime.block_on(compare()),
    }
}

async fn server(way: &str) {
    let router = Router::new()
        .route("/chats/{id}", get(|| async { r#"{"status":"ok","data":{}}"# }))
        .route("/messages", post(|body: Bytes| async move { body }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    tokio::io::stdout()
        .write_all(format!("{}\n", listener.local_addr().expect("bound")).as_bytes())
        .await
        .expect("stdout");
    let options = ServerOptions::default();
    let stop = CancellationToken::new();
    match way {
        "axum" => axum::serve(listener, router).await.expect("served"),
        "server" => serve(listener, router, options, stop).await.expect("served"),
        _ => {
            let metrics = Metrics::install().expect("a recorder");
            tokio::spawn(metrics.keep_small(stop.clone()));
            match way {
                "layers+log" => telemetry::init(LogFormat::Text, "info").expect("a log"),
                "layers+json" => telemetry::init(LogFormat::Json, "info").expect("a log"),
                _ => {}
            }
            let router = layered(router, &options, TrustedProxies::default(), stop.clone());
            serve(listener, router, options, stop).await.expect("served");
        }
    }
}

#[allow(clippy::print_stdout, reason = "a benchmark's purpose is to print")]
async fn compare() {
    let body = r#"{"phone":"+15550100","text":"hello there, how are you today?"}"#;
    let common = "Host: localhost\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nAuthorization: Bearer 0123456789abcdef0123456789\r\n";
    let get = format!("GET /chats/12 HTTP/1.1\r\n{common}\r\n");
    let post = format!(
        "POST /messages HTTP/1.1\r\n{common}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for (name, request) in [("GET", get), ("POST", post)] {
        let mut best = [(f64::MAX, 0.0); WAYS.len()];
        for _ in 0..ROUNDS {
            for (way, best) in WAYS.iter().zip(&mut best) {
                let measured = measure(way, &request).await;
                if measured.0 < best.0 {
                    *best = measured;
                }
            }
        }
        println!("{name}, {CONNECTIONS} connections, best of {ROUNDS}:");
        for (way, (cpu_us, rate)) in WAYS.iter().zip(best) {
            println!("{way:>12} {cpu_us:6.2} us CPU, {:+6.2} over axum, {rate:7.0}/s", cpu_us - best[0].0);
        }
    }
}

/// CPU microseconds per request, and requests per second.
async fn measure(way: &str, request: &str) -> (f64, f64) {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .env("EDGE_BENCH_SERVER", way)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("a child");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).await.expect("an address");
    let address: SocketAddr = line.trim().parse().expect("an address");
    drive(address, request, WARM_UP).await;
    let pid = child.id().expect("it runs");
    let (before, started) = (cpu_ticks(pid), Instant::now());
    let count = drive(address, request, MEASURED).await;
    let seconds = started.elapsed().as_secs_f64();
    let cpu_us = (cpu_ticks(pid) - before) as f64 * 10_000.0;
    child.kill().await.expect("killed");
    (cpu_us / count as f64, count as f64 / seconds)
}

async fn drive(address: SocketAddr, request: &str, span: Duration) -> u64 {
    let until = Instant::now() + span;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let request = request.to_owned();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("a connection");
                stream.set_nodelay(true).expect("nodelay");
                let (mut answer, mut count) = (vec![0; 4096], 0);
                while Instant::now() < until {
                    stream.write_all(request.as_bytes()).await.expect("sent");
                    // Answers are small: one read holds one.
                    assert!(stream.read(&mut answer).await.expect("answered") > 0);
                    assert!(answer.starts_with(b"HTTP/1.1 200"));
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for client in clients {
        count += client.await.expect("no panic");
    }
    count
}

/// User and system time of a process, in hundredths of a second.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")
}
