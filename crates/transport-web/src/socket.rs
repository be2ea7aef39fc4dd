//! The connection's bytes: the library's websocket, watched. It tells nobody when it can't connect and only tries again; so
//! each failure is told from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;
use wacore::net::HttpClient;
use whatsapp_rust::anyhow;
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::transport::{TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory};

use crate::http::Client;

/// A name, a connection, TLS, the upgrade.
const CONNECT_MAX: Duration = Duration::from_secs(20);
const VERSION_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// As WhatsApp's web client has them.
pub type Version = (u32, u32, u32);

/// The way to WhatsApp of all numbers: one TLS configuration and one current version for all of them.
#[derive(Clone)]
pub struct Way {
    factory: Arc<dyn TransportFactory>,
    current: Arc<Mutex<Option<(Version, Instant)>>>,
}

impl Way {
    /// To a websocket's address, `ws:` or `wss:`.
    pub fn to(url: &str) -> Way {
        // Holding it here keeps each connection from reading the certificates of the authorities anew.
        let connector = whatsapp_rust::transport::default_tls_connector();
        let factory = TokioWebSocketTransportFactory::new().with_url(url).with_connector(connector);
        Way { factory: Arc::new(factory), current: Arc::default() }
    }

    /// The version that WhatsApp names as current; asked for once in a while for all numbers together.
    ///
    /// # Errors
    /// In words: nothing answers, or not as it should.
    pub async fn version(&self, http: Client) -> Result<Version, String> {
        let mut current = self.current.lock().await;
        if let Some((version, _)) = current.filter(|(_, read)| read.elapsed() < VERSION_FOR) {
            return Ok(version);
        }
        let http: Arc<dyn HttpClient> = Arc::new(http);
        match whatsapp_rust::version::fetch_latest_app_version(&http).await {
            Ok(version) => {
                *current = Some((version, Instant::now()));
                Ok(version)
            }
            // What was current yesterday mostly still is.
            Err(error) => current.map(|(version, _)| version).ok_or_else(|| format!("{error:#}")),
        }
    }

    /// The version that was current isn't any more.
    pub async fn forget_version(&self) {
        *self.current.lock().await = None;
    }
}

/// What is told where something answers and no session comes of it: the library tells nobody, and only tries again.
const NOT_WHATSAPP: &str = "what answers there isn't WhatsApp by its certificate, or broke off before it said a word";

/// Who hears of one number's attempts to connect.
pub trait Watcher: Send + Sync {
    /// Before an attempt; `false` keeps it from being made.
    fn may_connect(&self) -> bool;
    /// Nothing answered, or not as it should.
    fn failed(&self, why: String);
}

/// Whether anything was heard over the last connection.
#[derive(Clone, Default)]
pub struct Silence(Arc<AtomicBool>);

impl Silence {
    /// Something was heard.
    pub fn broken(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// One number's connections.
pub struct Socket<W> {
    pub way: Way,
    pub watcher: Arc<W>,
    pub silence: Silence,
}

#[async_trait]
impl<W: Watcher + 'static> TransportFactory for Socket<W> {
    async fn create_transport(&self) -> Result<(Arc<dyn Transport>, Receiver<TransportEvent>), anyhow::Error> {
        if !self.watcher.may_connect() {
            return Err(anyhow::anyhow!("this number isn't connected any more"));
        }
        if self.silence.0.swap(false, Ordering::Relaxed) {
            self.watcher.failed(NOT_WHATSAPP.to_owned());
        }
        let connected = tokio::time::timeout(CONNECT_MAX, self.way.factory.create_transport()).await;
        let connected = connected.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {CONNECT_MAX:?}")));
        let connected = connected.inspect_err(|error| self.watcher.failed(format!("{error:#}")))?;
        self.silence.0.store(true, Ordering::Relaxed);
        Ok(connected)
    }
}
