//! The Cloud API's rig: a server on loopback with an account of kind cloud, whose far side is a sandbox account of the same
//! workspace that speaks as the Graph.

use std::net::SocketAddr;
use std::sync::Arc;

use partyline::accounts::adding::{AddedCloud, add_sandbox_cloud};
use partyline::accounts::{AccountEar, world};
use partyline::app::App;
use partyline::event_kind::Cause;
use partyline::http::router::router;
use partyline::id::AccountId;
use partyline::store::sandbox::SandboxOf;
use partyline::transports::cloud::Cloud;
use partyline::transports::sandbox::Sandbox;
use partyline::transports::sandbox::graph::{GraphFile, file_id};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use transport::{Ear, Transport};

use crate::kit::Kit;

#[derive(Clone)]
pub struct CloudRig {
    pub cloud: Arc<Cloud>,
    pub sandbox: Arc<Sandbox>,
    /// The sandbox account behind the Graph.
    pub far: AccountId,
    pub added: AddedCloud,
    pub address: SocketAddr,
    ear: Arc<dyn Ear>,
    _server: Arc<AbortOnDropHandle<()>>,
}

impl CloudRig {
    /// Adds the account; the kit sends from it from now on.
    pub async fn add(kit: &mut Kit) -> CloudRig {
        let far = kit.account;
        let added = add_sandbox_cloud(&kit.app, kit.workspace, Cause::Operator, None, "Cloud").await.expect("added");
        kit.account = added.account;
        CloudRig::over(kit, far, added).await
    }

    pub async fn restarted(self, kit: &Kit) -> CloudRig {
        CloudRig::over(kit, self.far, self.added.clone()).await
    }

    async fn over(kit: &Kit, far: AccountId, added: AddedCloud) -> CloudRig {
        let (server, address) = serve(&kit.app).await;
        kit.app.own_address.set(address).expect("set once");
        let of = SandboxOf { workspace: kit.workspace, account: far };
        CloudRig {
            cloud: Arc::new(Cloud::new(world(&kit.app), kit.workspace, added.account)),
            sandbox: Arc::new(Sandbox::new(world(&kit.app), of)),
            far,
            added,
            address,
            ear: Arc::new(AccountEar::new(kit.app.clone(), kit.workspace, far)),
            _server: Arc::new(server),
        }
    }

    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::<Cloud>::clone(&self.cloud)
    }

    /// The contacts do what is due, and the Graph tells it.
    pub async fn step(&self) -> usize {
        let acts = self.sandbox.act(&self.ear).await.map_or(1, |acted| acted.acts);
        acts + self.sandbox.tell().await.expect("a look")
    }

    pub fn file_id(&self, kit: &Kit, asset: &str) -> String {
        let of = SandboxOf { workspace: kit.workspace, account: self.far };
        let (source, mimetype) = (asset.to_owned(), "application/octet-stream".to_owned());
        let held = GraphFile { source, mimetype, filename: String::new(), size_bytes: 0 };
        file_id(kit.app.sealing_key().expect("a key"), of, &held).expect("an id")
    }
}

async fn serve(app: &App) -> (AbortOnDropHandle<()>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = router(app.clone());
    let serving = async move { axum::serve(listener, router).await.expect("it serves") };
    (AbortOnDropHandle::new(tokio::spawn(serving)), address)
}
