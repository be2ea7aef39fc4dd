//! A host on loopback that says exactly what it is told, and a client that may speak to it.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use partyline::id::WorkspaceId;
use partyline::outbound::{Download, DownloadLimits, Outbound, OutboundError, Policy, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longest wait for what ought to happen at once; only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(20);
/// A limit that a test wants to see reached.
pub const SOON: Duration = Duration::from_millis(250);

/// The workspace for which the tests ask.
pub const OURS: WorkspaceId = WorkspaceId(1);

pub const BYTES_MAX: u64 = 64 * 1024;

/// A resolver that answers from a list, each name with its answers in turn; the last one stays.
#[derive(Default)]
pub struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    pub asked: AtomicUsize,
}

impl Names {
    /// What the name leads to, and after that, and so on.
    pub fn with(self, name: &str, answers: &[&[&str]]) -> Names {
        let parsed = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().expect("an address")).collect();
        let answers = answers.iter().map(parsed).collect();
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answers);
        self
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> Resolving {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer =
            answers.get_mut(host).map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

/// Only 127.0.0.1 is allowed beside what is public.
pub fn policy() -> Policy {
    Policy::allowing(vec!["127.0.0.1/32".parse().expect("a network")])
}

pub fn client(names: Names) -> Outbound {
    Outbound::new(policy(), Arc::new(names))
}

/// Generous in time, so that only what a test shortens can end it.
pub fn limits() -> DownloadLimits {
    DownloadLimits {
        connect_max: PATIENCE,
        head_max: PATIENCE,
        idle_max: PATIENCE,
        whole_max: PATIENCE,
        ..DownloadLimits::bytes(BYTES_MAX)
    }
}

/// All bytes of a file, or how it failed.
pub async fn fetch(client: &Outbound, url: &str, limits: &DownloadLimits) -> Result<Vec<u8>, OutboundError> {
    all(client.download(OURS, url, limits).await?).await
}

pub async fn all(mut download: Download) -> Result<Vec<u8>, OutboundError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = download.bytes.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A listener; each connection is given to `talk`, with the number of those before it.
pub struct Host {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Host {
    pub async fn talking<F, Talk>(talk: F) -> Host
    where
        F: Fn(TcpStream, usize) -> Talk + Send + Sync + 'static,
        Talk: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                // A client that turns away in the middle is what these tests are about.
                tokio::spawn(talk(stream, number));
            }
        });
        Host { address, connections }
    }

    /// Reads a request's head, says this, and closes.
    pub async fn saying(answer: impl Into<Vec<u8>>) -> Host {
        let answer: Arc<[u8]> = answer.into().into();
        Host::talking(move |mut stream, _| {
            let answer = Arc::clone(&answer);
            async move {
                head(&mut stream).await?;
                stream.write_all(&answer).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    /// Says this, then the same thing again and again until nobody listens.
    pub async fn repeating(first: &'static str, again: &'static [u8]) -> Host {
        Host::talking(move |mut stream, _| async move {
            head(&mut stream).await?;
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(again).await?;
            }
        })
        .await
    }

    /// Says this and then nothing more, holding the connection.
    pub async fn silent_after(first: &'static str) -> Host {
        Host::talking(move |mut stream, _| async move {
            head(&mut stream).await?;
            stream.write_all(first.as_bytes()).await?;
            std::future::pending().await
        })
        .await
    }

    /// The URL of a path here, by address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same by a name.
    pub fn named(&self, name: &str, path: &str) -> String {
        format!("http://{name}:{}{path}", self.address.port())
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads until the end of a request's head and returns it.
pub async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A whole answer with this body.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

pub fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}
