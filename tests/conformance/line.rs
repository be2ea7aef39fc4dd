//! One account's line under test: the store, the worker, a transport and its far side, on a clock that only the test moves.
//! Also the ways to cut it: a transport that dies at a named point, an ear that forgets to say that it has heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partyline::accounts::{AccountEar, Worker, world};
use partyline::clock::{Clock, Time};
use partyline::store::sandbox::{SandboxOf, sandbox_message_list};
use partyline::transports::sandbox::Sandbox;
use tokio::sync::Notify;
use transport::{
    Accepted, Address, Capabilities, Ear, Event, FileBytes, Kind, NotStored, Outgoing, Pending, SendError, Transport,
};

use crate::cloud_rig::CloudRig;
use crate::engine::{Engine, Stage};
use crate::far::{Received, Scripted};
use crate::kit::Kit;

/// A transport and its far side.
#[derive(Clone)]
pub enum Rig {
    Sandbox(Arc<Sandbox>),
    Scripted(Arc<Scripted>),
    Cloud(CloudRig),
}

/// Which rig; the suite runs on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RigKind {
    Sandbox,
    /// As a linked device: the id chosen at acceptance is the id on the wire.
    Fixed,
    /// As Meta's Cloud API: WhatsApp gives the id.
    Assigned,
    /// The Cloud API, whose far side is the sandbox's Graph: requests and callbacks go over sockets.
    Cloud,
    /// As a person's number: sends keep a pause between them.
    Paced,
}

pub struct Line {
    pub kit: Kit,
    pub rig: Rig,
    pub worker: Worker,
    pub ear: Arc<dyn Ear>,
    stage: Stage,
}

impl Rig {
    pub fn transport(&self) -> Arc<dyn Transport> {
        match self {
            Rig::Sandbox(sandbox) => Arc::<Sandbox>::clone(sandbox),
            Rig::Scripted(scripted) => Arc::<Scripted>::clone(scripted),
            Rig::Cloud(cloud) => cloud.transport(),
        }
    }
}

impl Line {
    pub async fn new(engine: Engine, kind: RigKind) -> Line {
        let stage = Stage::set(engine);
        let clock = Clock::mock(Time::from_ms(1_790_000_000_000));
        let mut kit = Kit::new(stage.open(), clock.clone(), 1.0).await;
        let rig = match kind {
            RigKind::Sandbox => Rig::Sandbox(Arc::new(sandbox_of(&kit))),
            RigKind::Fixed => Rig::Scripted(Arc::new(Scripted::new(clock, true))),
            RigKind::Paced => Rig::Scripted(Arc::new(Scripted::paced(clock))),
            RigKind::Cloud => Rig::Cloud(CloudRig::add(&mut kit).await),
            RigKind::Assigned => Rig::Scripted(Arc::new(Scripted::new(clock, false))),
        };
        let worker = Worker::new(kit.app.clone(), &kit.account_row().await, rig.transport());
        let ear: Arc<dyn Ear> = ear_of(&kit);
        Line { kit, rig, worker, ear, stage }
    }

    /// The server is killed and started again. The far side goes on.
    pub async fn restarted(self) -> Line {
        let Line { kit, rig, worker, stage, .. } = self;
        drop(worker);
        kit.app.database.close();
        // Nothing starts again within the millisecond, and ids of one millisecond are ordered by one process only.
        kit.advance(Duration::from_millis(1));
        let kit = kit.restarted(stage.open());
        let rig = match rig {
            Rig::Sandbox(_) => Rig::Sandbox(Arc::new(sandbox_of(&kit))),
            Rig::Cloud(cloud) => Rig::Cloud(cloud.restarted(&kit).await),
            scripted => scripted,
        };
        let worker = Worker::new(kit.app.clone(), &kit.account_row().await, rig.transport());
        let ear: Arc<dyn Ear> = ear_of(&kit);
        Line { kit, rig, worker, ear, stage }
    }

    /// Puts something between the worker and the transport.
    pub async fn through(&mut self, wrap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>) {
        let account = self.kit.account_row().await;
        self.worker = Worker::new(self.kit.app.clone(), &account, wrap(self.rig.transport()));
    }

    pub fn has_fixed_ids(&self) -> bool {
        self.rig.transport().capabilities().fixed_message_id
    }

    /// Whether the far side tells our own id of a message with its news.
    pub fn hears_own_ids(&self) -> bool {
        matches!(self.rig, Rig::Cloud(_))
    }

    /// The script of the far side, where there is one.
    pub fn scripted(&self) -> Option<&Scripted> {
        match &self.rig {
            Rig::Scripted(scripted) => Some(scripted),
            Rig::Sandbox(_) | Rig::Cloud(_) => None,
        }
    }

    /// A file of the far side's as this way to WhatsApp names it.
    pub fn source(&self, asset: &str) -> String {
        match &self.rig {
            Rig::Cloud(cloud) if asset.starts_with("asset:") => cloud.file_id(&self.kit, asset),
            _ => asset.to_owned(),
        }
    }

    /// Everybody does what they can before the clock moves.
    pub async fn settle(&mut self) {
        loop {
            self.worker.run_until_idle().await.expect("turns");
            let told = match &self.rig {
                Rig::Sandbox(sandbox) => sandbox.act(&self.ear).await.map_or(1, |acted| acted.acts),
                Rig::Scripted(scripted) => scripted.step(&self.ear).await,
                Rig::Cloud(cloud) => cloud.step().await,
            };
            if told == 0 {
                return;
            }
        }
    }

    /// Lets time pass, in steps short enough that nothing is skipped.
    pub async fn run_for(&mut self, span: Duration) {
        const STEP: Duration = Duration::from_millis(100);
        let mut left = span;
        self.settle().await;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.kit.advance(step);
            self.settle().await;
            left -= step;
        }
    }

    /// What the contacts' phones show, oldest first.
    pub async fn received(&self) -> Vec<Received> {
        let Rig::Scripted(scripted) = &self.rig else {
            let far = if let Rig::Cloud(cloud) = &self.rig { cloud.far } else { self.kit.account };
            let list = move |snapshot: &mut database::Snapshot<'_>, workspace, _| {
                sandbox_message_list(snapshot, SandboxOf { workspace, account: far }, 100_000)
            };
            // What the contacts said themselves their phones show as well.
            let messages = self.kit.read(list).await.into_iter().filter(|message| message.sender_jid.is_empty());
            let shown = messages.map(|message| Received {
                phone: Address::from_jid(message.jid).phone().unwrap_or_default(),
                text: message.text,
                file: None,
            });
            return shown.collect();
        };
        scripted.received()
    }

    /// The texts on one contact's phone.
    pub async fn texts_at(&self, phone: &str) -> Vec<String> {
        let all = self.received().await.into_iter().filter(|received| received.phone == phone);
        all.map(|received| received.text).collect()
    }
}

fn sandbox_of(kit: &Kit) -> Sandbox {
    Sandbox::new(world(&kit.app), SandboxOf { workspace: kit.workspace, account: kit.account })
}

fn ear_of(kit: &Kit) -> Arc<AccountEar> {
    Arc::new(AccountEar::new(kit.app.clone(), kit.workspace, kit.account))
}

/// Where a hand-over is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The worker has marked the message and called; nothing went out.
    BeforeTheWire,
    /// The far side has it; the answer never comes.
    AfterTheWire,
}

/// A transport that dies at the first message.
pub struct Severed {
    pub inner: Arc<dyn Transport>,
    pub cut: Cut,
    pub reached: Arc<Notify>,
}

impl Transport for Severed {
    fn kind(&self) -> Kind {
        self.inner.kind()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        self.inner.start(ear)
    }

    fn stop(&self) -> Pending<'_, ()> {
        self.inner.stop()
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            if self.cut == Cut::AfterTheWire {
                let _ = self.inner.send(message).await;
            }
            self.reached.notify_one();
            std::future::pending().await
        })
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        self.inner.fetch_file(source)
    }

    fn mark<'a>(&'a self, chat: &'a Address, mark: &'a transport::Mark) -> Pending<'a, Result<(), SendError>> {
        self.inner.mark(chat, mark)
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        self.inner.check_number(address)
    }
}

/// An ear that stores what it hears, and the first times dies before it can say so.
pub struct Forgetful {
    pub inner: Arc<dyn Ear>,
    pub times: AtomicUsize,
}

impl Ear for Forgetful {
    fn hear(&self, events: Vec<Event>) -> Pending<'_, Result<(), NotStored>> {
        Box::pin(async move {
            self.inner.hear(events).await?;
            let forgets = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
            forgets.map_or(Ok(()), |_| Err(NotStored("planted".into())))
        })
    }
}
