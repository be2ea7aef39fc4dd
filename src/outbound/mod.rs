//! Requests outwards: the one home of the HTTP client, for addresses that somebody gave us.
//!
//! Whoever can name an address can make this machine speak, and it may stand where others don't reach. So only public
//! addresses are spoken to, and what the operator allowed: [`Policy`] decides, an [`Address`] proves that it did, and only
//! an `Address` can be connected to. A name is resolved once, every answer must pass, and the connection goes to one of
//! these answers: a name that changes its mind afterwards changes nothing. Everything has an end, in time and in bytes.
//!
//! What isn't there on purpose: proxies from the environment, cookies, referers, decompression, HTTP/2. One exchange is one
//! connection, made for it and closed behind it; only posts keep theirs for a moment, for the next one to the same receiver
//! (`kept.rs`), and what such a connection leads to was judged when it was opened.

mod ask;
mod connect;
mod download;
mod error;
mod exchange;
mod filename;
mod kept;
mod line;
mod listen;
mod policy;
mod post;
mod ranges;
mod resolve;
mod room;
mod target;

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

pub use ask::{Answered, Ask, AskBody, AskLimits, Pieces};
pub use download::{Download, DownloadBytes, DownloadLimits};
pub use error::{Fault, OutboundError, Stage};
pub use listen::{ListenLimits, Listening};
pub use policy::{Address, Policy};
pub use post::{Answer, Post, PostLimits};
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use target::{Target, check_url};

use kept::Kept;
use room::Room;

/// Downloads under way at once, of all workspaces and of one; one more is told that the server is busy. Slow hosts hold
/// theirs for minutes.
const DOWNLOADS_MAX: usize = 64;
const DOWNLOADS_OF_ONE_MAX: usize = 8;
/// The same for posts, which are over within seconds. Whoever delivers bounds them further, by receiver.
const POSTS_MAX: usize = 2_048;
const POSTS_OF_ONE_MAX: usize = 512;

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    policy: Policy,
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    downloads: Room,
    posts: Room,
    kept: Kept,
}

impl Outbound {
    /// A client that trusts the public certificate authorities.
    pub fn new(policy: Policy, resolver: Arc<dyn Resolve>) -> Outbound {
        Outbound::trusting(policy, resolver, Vec::new())
    }

    /// A client that trusts these certificates beside those of the public authorities. One that is no certificate is left
    /// out, with a warning in the log.
    pub fn trusting(
        policy: Policy,
        resolver: Arc<dyn Resolve>,
        certificates: Vec<CertificateDer<'static>>,
    ) -> Outbound {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for certificate in certificates {
            if let Err(error) = roots.add(certificate) {
                tracing::warn!(%error, "a certificate can't be trusted, since it can't be read");
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has what TLS 1.2 and 1.3 need")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let downloads = Room::new(DOWNLOADS_MAX, DOWNLOADS_OF_ONE_MAX);
        let posts = Room::new(POSTS_MAX, POSTS_OF_ONE_MAX);
        Outbound {
            policy,
            resolver,
            tls: TlsConnector::from(Arc::new(config)),
            downloads,
            posts,
            kept: Kept::default(),
        }
    }

    /// The same client for addresses that the operator configured: these may be on a private network. Never for an address
    /// that a client named.
    #[must_use]
    pub fn for_configured(&self) -> Outbound {
        // What was judged more mildly is no connection for the others.
        Outbound { policy: Policy::anywhere(), kept: Kept::default(), ..self.clone() }
    }

    /// What this client may speak to.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}
