//! What the transports need of the world beside rows: the way outwards, where the Graph is, and the key of secrets.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use crate::app::GraphPlace;
use crate::key_marks::KeyMarks;
use crate::outbound::Outbound;
use crate::sealing::SealingKey;

/// The way outwards.
#[derive(Clone)]
pub struct Net {
    pub outbound: Outbound,
    /// `None` where the server was started without its key file.
    pub sealing: Option<SealingKey>,
    pub graph: GraphPlace,
    /// How far the keys of linked numbers have come.
    pub key_marks: KeyMarks,
    /// Where this server itself listens, once it does.
    pub own: Arc<OnceLock<SocketAddr>>,
    /// Where people and clients reach this server.
    pub public_url: String,
}

/// The path of the sandbox's Graph; a version and what is asked follow.
pub const SANDBOX_GRAPH_PATH: &str = "/sandbox/graph";
/// The path at which accounts of kind cloud are told; the account's callback id follows.
pub const CALLBACK_PATH: &str = "/provider/cloud";

impl Net {
    /// An address of this very server, by the socket that it listens on: nobody's name or proxy stands between.
    pub fn own_url(&self, path: &str) -> Option<String> {
        self.own.get().map(|own| format!("http://{own}{path}"))
    }

    /// An address below our own public one, as the way there from inside.
    pub fn as_own(&self, url: &str) -> Option<String> {
        let path = url.strip_prefix(&self.public_url)?;
        let ours = [CALLBACK_PATH, SANDBOX_GRAPH_PATH].into_iter().any(|ours| path.starts_with(&format!("{ours}/")));
        ours.then(|| self.own_url(path)).flatten()
    }
}
