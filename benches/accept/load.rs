//! The load: connections that are kept alive, each with one request under way.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const WARM_UP: Duration = Duration::from_secs(1);
/// A page of a list is the largest answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Messages go to this many phones.
const PHONES: u64 = 1_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Work {
    /// `POST /messages`, each to be accepted.
    Send,
    /// `GET` of this path, below the API's.
    Read(String),
}

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub requests: f64,
    pub per_second: f64,
    /// Processor time of the server for one request, in microseconds; the warm-up's included on both sides.
    pub cpu_us: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Measured {
    /// The median of each figure.
    pub fn median(runs: &[Measured]) -> Measured {
        let middle = |figure: fn(&Measured) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Measured {
            requests: middle(|run| run.requests),
            per_second: middle(|run| run.per_second),
            cpu_us: middle(|run| run.cpu_us),
            p50_ms: middle(|run| run.p50_ms),
            p99_ms: middle(|run| run.p99_ms),
        }
    }
}

/// Drives the server for `span` after a warm-up.
pub fn drive(address: &str, token: &str, work: &Work, connections: usize, span: Duration) -> Measured {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let begin = Instant::now();
        let (counted_from, end) = (begin + WARM_UP, begin + WARM_UP + span);
        let tasks: Vec<_> = (0..connections)
            .map(|number| {
                let (address, host, token, work) =
                    (address.to_owned(), address.to_owned(), token.to_owned(), work.clone());
                let ask = move |count: u64| match &work {
                    Work::Send => request(&host, &token, number as u64, count),
                    Work::Read(path) => read(&host, &token, path),
                };
                tokio::spawn(async move { one_connection(&address, ask, counted_from, end).await })
            })
            .collect();
        let mut latencies = Vec::new();
        let mut requests = 0;
        for task in tasks {
            let (all, counted) = task.await.expect("the connection ends");
            requests += all;
            latencies.extend(counted);
        }
        latencies.sort_unstable();
        let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
        Measured {
            requests: requests as f64,
            per_second: latencies.len() as f64 / span.as_secs_f64(),
            cpu_us: 0.0,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
        }
    })
}

async fn one_connection(
    address: &str,
    ask: impl Fn(u64) -> String,
    counted_from: Instant,
    end: Instant,
) -> (u64, Vec<Duration>) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    let mut latencies = Vec::with_capacity(16_384);
    let (mut all, mut buffer) = (0, vec![0; ANSWER_BYTES_MAX]);
    while Instant::now() < end {
        let request = ask(all);
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await.expect("the request goes");
        answered(&mut stream, &mut buffer).await;
        all += 1;
        if sent >= counted_from {
            latencies.push(sent.elapsed());
        }
    }
    (all, latencies)
}

fn request(address: &str, token: &str, connection: u64, count: u64) -> String {
    let phone = (connection * 7919 + count * 104_729) % PHONES;
    let body = format!(
        "{{\"phone\":\"+1 202 55{:05}\",\"text\":\"Hello number {count}: thank you for your order, it will be delivered \
         tomorrow between 10 and 12.\"}}",
        50_000 + phone
    );
    format!(
        "POST /integrations/api/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {connection}-{count}-{}\r\nContent-Length: {}\r\n\r\n{body}",
        std::process::id(),
        body.len()
    )
}

fn read(address: &str, token: &str, path: &str) -> String {
    format!("GET /integrations/api{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// Reads one answer, which must be a success.
async fn answered(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(read > 0, "the server hung up");
        filled += read;
        let text = &buffer[..filled];
        if let Some(head) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            let head_text = std::str::from_utf8(&text[..head]).expect("a head");
            assert!(head_text.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(text));
            let length = head_text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if filled >= head + 4 + length.expect("a length") {
                return;
            }
        }
    }
}
