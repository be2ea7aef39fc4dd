//! What the parts of a running server share, and the one way they write.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use database::{Database, Priority, Read, Snapshot};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::error::Error;
use crate::events::live::{Listener, Live};
use crate::files::blob::Blobs;
use crate::files::link::{LinkKey, Links};
use crate::id::{AccountId, IdSource, WorkspaceId};
use crate::inbox::presence::Rooms;
use crate::key_marks::KeyMarks;
use crate::outbound::{Outbound, Policy, SystemResolver};
use crate::sealing::SealingKey;
use crate::store::Write;
use crate::store::files::link_key;
use crate::store::sandbox::SandboxOf;
use crate::workspace;
use crate::workspace::ledger::Ledger;
use crate::workspace::limits::{FLUSH, Limits};

/// What a server is told from outside and doesn't change while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people and clients reach this server, without a slash at the end.
    pub public_url: String,
    /// How many times faster than real the sandbox's contacts act; 0 means at once.
    pub sandbox_speed: f64,
    /// Whom to ask for more: an address of mail or of a page; empty where nobody was named.
    pub support_contact: String,
    /// Whom the server may speak to where an address comes from a client.
    pub outbound: Policy,
    /// The folder of the files' bytes.
    pub files_folder: PathBuf,
}

/// Where Meta's Graph is, and which version of it is spoken. Both are the operator's to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphPlace {
    /// Without a slash at the end.
    pub url: String,
    /// As `v25.0`.
    pub version: String,
}

impl Default for GraphPlace {
    fn default() -> GraphPlace {
        GraphPlace { url: "https://graph.facebook.com".to_owned(), version: "v25.0".to_owned() }
    }
}

/// The server's shared parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub database: Database,
    pub clock: Clock,
    pub ids: IdSource,
    pub settings: Settings,
    pub wakes: Wakes,
    /// Rung when a contact of a sandbox has something to do.
    pub sandbox_bells: Arc<Bells<SandboxOf>>,
    /// Rung when an account has a file to fetch.
    pub fetch_bells: Bells<(WorkspaceId, AccountId)>,
    /// Rung when an account has a read or typing mark to tell.
    pub mark_bells: Bells<(WorkspaceId, AccountId)>,
    /// Rung when a question waits for Meta, or a business account is to be looked at.
    pub clerk_bell: Arc<Notify>,
    /// Who looks at which chat, as far as this node knows.
    pub rooms: Rooms,
    /// How far the keys of linked numbers have come.
    pub key_marks: KeyMarks,
    pub limits: Limits,
    pub ledger: Ledger,
    pub outbound: Outbound,
    pub blobs: Blobs,
    pub live: Live,
    /// Orders what happens in the sandboxes.
    pub sandbox_ids: Arc<IdSource>,
    /// Where this server listens, once it does.
    pub own_address: Arc<OnceLock<SocketAddr>>,
    graph: OnceLock<GraphPlace>,
    link_key: OnceLock<LinkKey>,
    sealing_key: OnceLock<SealingKey>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    pub fn new(database: Database, clock: Clock, settings: Settings) -> App {
        let limits = Limits::for_engine(database.engine());
        let (ids, wakes, ledger) = (IdSource::default(), Wakes::default(), Ledger::default());
        let (sandbox_bells, fetch_bells, mark_bells) = (Arc::default(), Bells::default(), Bells::default());
        let (blobs, link_key) = (Blobs::new(settings.files_folder.clone()), OnceLock::new());
        let outbound = Outbound::new(settings.outbound.clone(), Arc::new(SystemResolver::default()));
        let live = Live::new(database.clone(), clock.clone(), settings.public_url.clone());
        let parts = Parts {
            database,
            clock,
            ids,
            settings,
            wakes,
            sandbox_bells,
            fetch_bells,
            mark_bells,
            clerk_bell: Arc::default(),
            rooms: Rooms::default(),
            key_marks: KeyMarks::default(),
            limits,
            ledger,
            outbound,
            blobs,
            live,
            sandbox_ids: Arc::default(),
            own_address: Arc::default(),
            graph: OnceLock::new(),
            link_key,
            sealing_key: OnceLock::new(),
        };
        App(Arc::new(parts))
    }

    /// The same with the key file's key, which secrets at rest are sealed with. The first one given stays.
    #[must_use]
    pub fn sealing_with(self, key: SealingKey) -> App {
        let _ = self.sealing_key.set(key);
        self
    }

    /// The same with the place of Meta's Graph that the operator named. The first one given stays.
    #[must_use]
    pub fn with_graph(self, graph: GraphPlace) -> App {
        let _ = self.graph.set(graph);
        self
    }

    /// Where Meta's Graph is.
    pub fn graph(&self) -> &GraphPlace {
        self.graph.get_or_init(GraphPlace::default)
    }

    /// What secrets at rest are sealed with.
    ///
    /// # Errors
    /// A fault where it was started without its key file.
    pub fn sealing_key(&self) -> Result<&SealingKey, Error> {
        self.sealing_key.get().ok_or_else(|| Error::internal("secrets can't be sealed without the key file"))
    }

    /// Runs `work` as one durable write of the workspace, wakes those who wait for its rows, and answers. `work` may run
    /// more than once: ids, time and randomness are made before it, its effects are rows only.
    pub async fn write<T, F>(&self, workspace: WorkspaceId, priority: Priority, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
    {
        let now = self.clock.now();
        let answer = workspace::write(&self.database, workspace, priority, now, work).await;
        if answer.is_ok() {
            self.wakes.of(workspace).notify_waiters();
        }
        answer
    }

    /// Listens to the workspace's events from behind `after`; from now on where that is `None`.
    ///
    /// # Errors
    /// `not_found` without such a workspace, or a fault.
    pub async fn listen(&self, workspace: WorkspaceId, after: Option<i64>) -> Result<Listener, Error> {
        self.live.listen(self.wakes.of(workspace), workspace, after).await
    }

    /// What makes the temporary links of an answer that shows rows of this workspace.
    pub fn links(&self, tx: &mut impl Read, workspace: WorkspaceId) -> Result<Links, Error> {
        Ok(Links::new(self.link_key(tx)?, &self.settings.public_url, workspace, self.clock.now()))
    }

    /// The secret of temporary links; read once, since it never changes.
    pub fn link_key(&self, tx: &mut impl Read) -> Result<LinkKey, Error> {
        if let Some(key) = self.link_key.get() {
            return Ok(key.clone());
        }
        let key = LinkKey::new(link_key(tx)?);
        Ok(self.link_key.get_or_init(|| key).clone())
    }

    /// Runs `look` on one consistent snapshot.
    pub async fn read<T, F>(&self, look: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Snapshot<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.database.read(look).await
    }
}

/// Counts and logs waiting api calls every [`FLUSH`] until `shutdown`, and once more then.
pub async fn keep_ledger(app: App, shutdown: CancellationToken) {
    loop {
        let stop = tokio::select! {
            () = shutdown.cancelled() => true,
            () = tokio::time::sleep(FLUSH) => false,
        };
        if let Err(error) = app.ledger.flush(&app.database, app.clock.now(), stop).await {
            tracing::warn!(%error, "api calls could not be logged yet; they wait");
        }
        if stop {
            return;
        }
    }
}

/// Hints that a workspace has new rows; its bell is rung after each of its commits here.
pub type Wakes = Bells<WorkspaceId>;

/// A bell for each of many. Only hints: whoever waits also looks every second.
pub struct Bells<K>(Mutex<HashMap<K, Arc<Notify>>>);

impl<K> Default for Bells<K> {
    fn default() -> Bells<K> {
        Bells(Mutex::default())
    }
}

impl<K: Eq + std::hash::Hash> Bells<K> {
    pub fn of(&self, whose: K) -> Arc<Notify> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(whose).or_default())
    }
}

/// An application of its own for a test of a part: its database and files in `folder`, its time `clock`'s.
#[cfg(test)]
pub fn app_in(folder: &std::path::Path, clock: &Clock) -> App {
    let database = Database::open(database::Config::new(database::Location::File(folder.join("a.db")))).expect("opens");
    database.migrate(crate::store::MIGRATIONS).expect("migrates");
    let settings = Settings {
        public_url: String::new(),
        sandbox_speed: 1.0,
        support_contact: String::new(),
        files_folder: folder.join("files"),
        outbound: Policy::default(),
    };
    App::new(database, clock.clone(), settings)
}
