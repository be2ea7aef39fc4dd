//! A server on a free port and a client that says exactly what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::server::{ServerOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything that ought to happen; only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestServer {
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl TestServer {
    pub async fn start(router: Router, options: ServerOptions) -> TestServer {
        TestServer::start_behind(router, options, &[]).await
    }

    /// With these networks trusted as proxies.
    pub async fn start_behind(router: Router, options: ServerOptions, proxies: &[&str]) -> TestServer {
        let proxies = proxies.iter().map(|network| network.parse().expect("a network")).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let shutdown = CancellationToken::new();
        let router = layered(router, &options, TrustedProxies::new(proxies), shutdown.clone());
        let task = tokio::spawn(serve(listener, router, options, shutdown.clone()));
        TestServer { address, shutdown, task }
    }

    pub async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.expect("a connection"), buffer: Vec::new() }
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.say(request).await;
        client.answer().await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(&get(path)).await
    }

    /// Asks for the stop and waits for it.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.stopped().await;
    }

    pub async fn stopped(self) {
        timeout(PATIENCE, self.task).await.expect("the server stops").expect("no panic").expect("no error");
    }
}

/// Deadlines short enough for a test, long enough for a busy machine.
pub fn impatient() -> ServerOptions {
    ServerOptions {
        header_timeout: Duration::from_millis(400),
        body_timeout: Duration::from_millis(1500),
        progress_window: Duration::from_millis(400),
        progress_bytes_min: 16,
        idle_timeout: Duration::from_millis(600),
        write_timeout: Duration::from_millis(400),
        shutdown_grace: Duration::from_secs(3),
        ..ServerOptions::default()
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
}

pub fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

pub struct Client {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn says_close(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

impl Client {
    pub async fn say(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.expect("the server takes it");
    }

    /// The next answer, with its whole body.
    pub async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    /// The next answer, or none if the connection ended instead.
    pub async fn try_answer(&mut self) -> Option<Answer> {
        let mut answer = self.head().await?;
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().expect("a length");
            while self.buffer.len() < length {
                self.more().await?;
            }
            answer.body = self.buffer.drain(..length).collect();
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await? {
                answer.body.extend(chunk);
            }
        }
        Some(answer)
    }

    /// The head of the next answer.
    pub async fn head(&mut self) -> Option<Answer> {
        let end = loop {
            match self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).expect("a head is text");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        Some(Answer { status, head, body: Vec::new() })
    }

    /// The next chunk: none if the connection ended, `Some(None)` after the last one.
    pub async fn chunk(&mut self) -> Option<Option<Vec<u8>>> {
        let end = loop {
            match self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                Some(end) => break end,
                None => self.more().await?,
            }
        };
        let size = std::str::from_utf8(&self.buffer[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a hexadecimal size");
        while self.buffer.len() < end + 2 + size + 2 {
            self.more().await?;
        }
        let chunk = self.buffer[end + 2..end + 2 + size].to_vec();
        self.buffer.drain(..end + 2 + size + 2);
        Some((size > 0).then_some(chunk))
    }

    async fn more(&mut self) -> Option<()> {
        let mut piece = vec![0; 65536];
        match timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("the server says something") {
            Ok(0) | Err(_) => None,
            Ok(count) => {
                self.buffer.extend_from_slice(&piece[..count]);
                Some(())
            }
        }
    }

    /// Waits until the server has closed, and gives what it said before.
    pub async fn until_closed(&mut self) -> Vec<u8> {
        while self.more().await.is_some() {}
        std::mem::take(&mut self.buffer)
    }
}
