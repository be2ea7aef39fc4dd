//! Linked devices: what the adapter (`crates/transport-web`) needs of Partyline. It knows no rows and makes no requests
//! itself; its keys lie in our tables, and what it fetches is fetched by our client.

mod http;
pub mod records;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use transport::{Pending, Transport};
use transport_web::records::Records;
use transport_web::{Keyring, Way, Web, WebOptions, WebParts};

use crate::id::{AccountId, WorkspaceId};
use crate::transports::sandbox::World;
use crate::transports::web::http::Stores;
use crate::transports::web::records::{NotOpened, WebRecords};

/// What the phone calls this server among its linked devices.
const DEVICE_NAME: &str = "Partyline";

/// The transport of a linked number, or of one that is being linked.
pub fn open(world: &World, workspace: WorkspaceId, account: AccountId) -> Arc<dyn Transport> {
    let net = &world.net;
    let is_plain = net.web.url.starts_with("ws:");
    Arc::new(Web::new(WebParts {
        options: WebOptions { version: net.web.version, device_name: DEVICE_NAME.to_owned() },
        way: way_to(&net.web.url),
        keyring: Arc::new(Ring { world: world.clone(), workspace, account }),
        http: Arc::new(Stores { outbound: net.outbound.clone(), workspace, is_plain }),
        files: Arc::clone(&world.files),
        scratch: net.scratch.clone(),
        turn: net.web_turns.of((workspace, account)),
    }))
}

/// The way to an address, made once in a process: all numbers share its TLS configuration.
fn way_to(url: &str) -> Way {
    static WAYS: OnceLock<Mutex<HashMap<String, Way>>> = OnceLock::new();
    let mut ways = WAYS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    ways.entry(url.to_owned()).or_insert_with(|| Way::to(url)).clone()
}

/// The keys of one number.
struct Ring {
    world: World,
    workspace: WorkspaceId,
    account: AccountId,
}

impl Keyring for Ring {
    fn open(&self) -> Pending<'_, Result<Arc<dyn Records>, transport_web::NotOpened>> {
        Box::pin(async move {
            match WebRecords::open(&self.world, self.workspace, self.account).await {
                Ok(records) => Ok(records as Arc<dyn Records>),
                Err(NotOpened::Refused(refusal)) => Err(transport_web::NotOpened::Refused(refusal.reason().to_owned())),
                Err(NotOpened::Failed(error)) => Err(transport_web::NotOpened::Failed(error.to_string())),
            }
        })
    }

    fn begin(&self) -> Pending<'_, Result<Arc<dyn Records>, String>> {
        Box::pin(async move {
            let begun = WebRecords::begin(&self.world, self.workspace, self.account).await;
            begun.map(|records| records as Arc<dyn Records>).map_err(|error| error.to_string())
        })
    }
}
