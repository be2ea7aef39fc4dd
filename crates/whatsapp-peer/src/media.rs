//! Where files lie: an HTTP server that keeps what is uploaded, as it came (it is encrypted), and the client that phones use.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream as BlockingStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};

use crate::server::Server;

/// Larger than any file of a test.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
const HEAD_BYTES_MAX: usize = 16 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Uploaded files by their path, and how often a download is still to fail.
#[derive(Default)]
pub struct Files {
    kept: Mutex<HashMap<String, Vec<u8>>>,
    failures: Mutex<usize>,
}

impl Files {
    /// The next downloads find nothing.
    pub fn lose(&self, downloads: usize) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) = downloads;
    }

    fn is_lost(&self) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = *failures > 0;
        *failures = failures.saturating_sub(1);
        lost
    }

    fn put(&self, path: String, bytes: Vec<u8>) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(path, bytes);
    }

    fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}

/// Serves until the task ends.
pub async fn serve(server: Server, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let server = server.clone();
        tokio::spawn(async move {
            if let Err(error) = one(&server, stream).await {
                tracing::debug!("a file's request ended: {error:#}");
            }
        });
    }
}

/// One request, and the connection closes.
async fn one(server: &Server, mut stream: TcpStream) -> Result<()> {
    let mut read = Vec::new();
    let head_end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        anyhow::ensure!(read.len() < HEAD_BYTES_MAX, "a head without end");
        anyhow::ensure!(stream.read_buf(&mut read).await? > 0, "hung up in the head");
    };
    let head = String::from_utf8_lossy(&read[..head_end]).into_owned();
    let length: usize = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    anyhow::ensure!(length <= BODY_BYTES_MAX, "too large");
    let mut body = read.split_off(head_end);
    while body.len() < length {
        anyhow::ensure!(stream.read_buf(&mut body).await? > 0, "hung up in the body");
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, answer) = answered(server, method, target, body);
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all(reply.as_bytes()).await?;
    stream.write_all(&answer).await?;
    Ok(stream.shutdown().await?)
}

fn answered(server: &Server, method: &str, target: &str, body: Vec<u8>) -> (&'static str, Vec<u8>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match method {
        "POST" if query.contains("resume=1") => ("200 OK", br#"{"resume":0}"#.to_vec()),
        "POST" => {
            server.files().put(path.to_owned(), body);
            let host = server.media_host();
            let said = serde_json::json!({ "url": format!("https://{host}{path}"), "direct_path": path });
            ("200 OK", said.to_string().into_bytes())
        }
        _ if server.files().is_lost() => ("404 Not Found", Vec::new()),
        _ => server.files().get(path).map_or(("404 Not Found", Vec::new()), |bytes| ("200 OK", bytes)),
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// What a phone fetches and stores files with. Every host is the peer's, and takes plain HTTP.
pub struct FileClient;

#[async_trait::async_trait]
impl HttpClient for FileClient {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse> {
        tokio::task::spawn_blocking(move || asked(&request)).await?
    }
}

fn asked(request: &HttpRequest) -> Result<HttpResponse> {
    let rest = request.url.split_once("://").map(|(_, rest)| rest).context("an address without a scheme")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = BlockingStream::connect(host)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let body = request.body.as_deref().unwrap_or_default();
    let head = format!(
        "{} /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        request.method,
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let head_end = reply.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without a head")? + 4;
    let status_code =
        String::from_utf8_lossy(&reply[..head_end]).split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok(HttpResponse { status_code, body: reply.split_off(head_end) })
}
