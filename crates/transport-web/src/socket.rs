//! The connection's bytes: the library's websocket, watched. It tells nobody when it can't connect and only tries again; so
//! each failure is told from here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use whatsapp_rust::anyhow;
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::transport::{TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory};

/// A name, a connection, TLS, the upgrade.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// The way to WhatsApp of all numbers: one TLS configuration for all of them.
#[derive(Clone)]
pub struct Way(Arc<dyn TransportFactory>);

impl Way {
    /// To a websocket's address, `ws:` or `wss:`.
    pub fn to(url: &str) -> Way {
        // Holding it here keeps each connection from reading the certificates of the authorities anew.
        let connector = whatsapp_rust::transport::default_tls_connector();
        Way(Arc::new(TokioWebSocketTransportFactory::new().with_url(url).with_connector(connector)))
    }
}

/// Who hears of one number's attempts to connect.
pub trait Watcher: Send + Sync {
    /// Before an attempt; `false` keeps it from being made.
    fn may_connect(&self) -> bool;
    /// Nothing answered, or not as it should.
    fn failed(&self, why: String);
}

/// One number's connections.
pub struct Socket<W> {
    pub way: Way,
    pub watcher: Arc<W>,
}

#[async_trait]
impl<W: Watcher + 'static> TransportFactory for Socket<W> {
    async fn create_transport(&self) -> Result<(Arc<dyn Transport>, Receiver<TransportEvent>), anyhow::Error> {
        if !self.watcher.may_connect() {
            return Err(anyhow::anyhow!("this number isn't connected any more"));
        }
        let connected = tokio::time::timeout(CONNECT_MAX, self.way.0.create_transport()).await;
        let connected = connected.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {CONNECT_MAX:?}")));
        connected.inspect_err(|error| self.watcher.failed(format!("{error:#}")))
    }
}
