//! The sandbox: a little WhatsApp inside the server, through the same trait as the real ones. Offline, and the same every
//! time. It is durable on its own: a send stores what the contact's phone receives together with what the contact will do,
//! as rows; `acts.rs` carries them out when they are due, and strikes each out once the ear has stored what it heard.
//!
//! It is the far side of the wire: it knows accounts and wamids, never chats or our messages.

mod acts;
pub mod contacts;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::{Database, Priority, Tx};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{
    Accepted, AccountState, Address, Body, Ear, Event, FileBytes, Kind, Outgoing, Pending, SendError, Transport,
    Verdict,
};

use crate::clock::{Clock, Time};
use crate::id::IdSource;
use crate::store::sandbox::{
    SandboxMessage, SandboxOf, SandboxStep, StepKind, WHEN_ONLINE, sandbox_contact_count, sandbox_contact_online,
    sandbox_message_at, sandbox_message_insert, sandbox_step_insert,
};
use crate::transports::sandbox::contacts::{Behaviour, Refusal, contact_at};

pub use acts::Acted;

const THROTTLED_FOR: Duration = Duration::from_secs(2);
const THROTTLED_EVERY: i64 = 3;

/// What a sandbox is built on.
#[derive(Clone)]
pub struct World {
    pub database: Database,
    pub clock: Clock,
    /// How many times faster than real its contacts act; 0 means at once.
    pub speed: f64,
}

/// The sandbox of one account.
pub struct Sandbox {
    world: World,
    of: SandboxOf,
    step_ids: IdSource,
    /// The latest time given to a send: a clock that is set back must not turn a chat's order around.
    latest_ms: AtomicI64,
    planned: Arc<Notify>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What became of a send in the sandbox's write.
enum Sent {
    At(Time),
    Throttled,
}

impl Sandbox {
    pub fn new(world: World, of: SandboxOf) -> Sandbox {
        Sandbox {
            world,
            of,
            step_ids: IdSource::default(),
            latest_ms: AtomicI64::new(0),
            planned: Arc::default(),
            running: Mutex::default(),
        }
    }

    async fn receive(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let (_, behaviour) = contact_at(&message.to);
        if behaviour.refusal == Some(Refusal::NotOnWhatsApp) {
            return Err(not_on_whatsapp());
        }
        let now = self.world.clock.now();
        let at = Time::from_ms(self.latest_ms.fetch_max(now.ms(), Ordering::Relaxed).max(now.ms()));
        let text = match &message.body {
            Body::Text(text) => text,
            Body::File(file) => &file.caption,
            Body::Reaction { .. } => return Ok(Accepted { wamid: message.wamid.clone(), at_ms: at.ms() }),
        };
        let received = SandboxMessage {
            wamid: message.wamid.clone(),
            jid: message.to.jid().to_owned(),
            text: text.clone(),
            reply_to: message.reply_to.clone().unwrap_or_default(),
            at,
            arrival_id: self.step_ids.message_uid(at).0,
        };
        let steps = self.plan(&received, behaviour);
        let (of, planned) = (self.of, Arc::clone(&self.planned));
        let work = move |tx: &mut Tx<'_>| receive(tx, of, behaviour, &received, &steps, &planned);
        match self.world.database.write(of.workspace.0, Priority::Foreground, work).await {
            Ok(Sent::At(at)) => Ok(Accepted { wamid: message.wamid.clone(), at_ms: at.ms() }),
            Ok(Sent::Throttled) => Err(throttled()),
            Err(error) => Err(unreachable(&error)),
        }
    }

    /// What the contact will do with a message, in its order.
    fn plan(&self, message: &SandboxMessage, behaviour: Behaviour) -> Vec<SandboxStep> {
        let acts = [
            (StepKind::Delivered, behaviour.delivered_after_ms),
            (StepKind::Read, behaviour.read_after_ms),
            (StepKind::Reply, behaviour.replies_after_ms),
        ];
        let planned = acts.into_iter().filter_map(|(kind, after_ms)| Some((kind, after_ms?)));
        let steps = planned.map(|(kind, after_ms)| SandboxStep {
            due: message.at + acts::scaled(after_ms, self.world.speed),
            id: self.step_ids.message_uid(message.at).0,
            kind,
            jid: message.jid.clone(),
            wamid: message.wamid.clone(),
            text: String::new(),
        });
        steps.collect()
    }
}

/// The sandbox's write of a send: received once, however often it is handed over.
fn receive(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    behaviour: Behaviour,
    message: &SandboxMessage,
    steps: &[SandboxStep],
    planned: &Arc<Notify>,
) -> Result<Sent, database::Error> {
    if behaviour.refusal == Some(Refusal::EveryThirdThrottled) {
        if let Some(at) = sandbox_message_at(tx, of, &message.wamid)? {
            return Ok(Sent::At(at));
        }
        if sandbox_contact_count(tx, of, &message.jid)? % THROTTLED_EVERY == 0 {
            return Ok(Sent::Throttled);
        }
    }
    if !sandbox_message_insert(tx, of, message)? {
        let at = sandbox_message_at(tx, of, &message.wamid)?;
        return Ok(Sent::At(at.unwrap_or(message.at)));
    }
    let online = !behaviour.starts_offline || sandbox_contact_online(tx, of, &message.jid)?.unwrap_or(false);
    for step in steps {
        let due = if online { step.due } else { WHEN_ONLINE };
        sandbox_step_insert(tx, of, &SandboxStep { due, ..step.clone() })?;
    }
    tx.wake(planned);
    Ok(Sent::At(message.at))
}

impl Transport for Sandbox {
    fn kind(&self) -> Kind {
        Kind::Sandbox
    }

    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        Box::pin(async move {
            let connected = ear.hear(vec![Event::Account(AccountState::Connected)]).await;
            connected.map_err(|error| unreachable(&error))?;
            let stop = CancellationToken::new();
            let task = acts::spawn(self, ear, stop.clone());
            let before = self.running().replace(Running { stop, task });
            if let Some(before) = before {
                before.stop.cancel();
            }
            Ok(())
        })
    }

    fn stop(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let running = self.running().take();
            if let Some(running) = running {
                running.stop.cancel();
                // A task that panicked tells nothing any more either.
                let _ = running.task.await;
            }
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(self.receive(message))
    }

    fn fetch_file<'a>(&'a self, _: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        Box::pin(async move { Err(no_such_file()) })
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async move { Ok(contact_at(address).1.refusal != Some(Refusal::NotOnWhatsApp)) })
    }
}

impl Sandbox {
    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(running) = self.running().take() {
            running.stop.cancel();
        }
    }
}

fn not_on_whatsapp() -> SendError {
    SendError {
        verdict: Verdict::Permanent,
        code: Some(131_026),
        title: "Message undeliverable".to_owned(),
        details: "The recipient's number is not on WhatsApp.".to_owned(),
        maybe_accepted: false,
    }
}

fn no_such_file() -> SendError {
    SendError {
        verdict: Verdict::Permanent,
        code: Some(131_052),
        title: "Media download error".to_owned(),
        details: "The sandbox has no such file.".to_owned(),
        maybe_accepted: false,
    }
}

fn throttled() -> SendError {
    SendError {
        verdict: Verdict::Retry { after: THROTTLED_FOR },
        code: Some(130_429),
        title: "Rate limit hit".to_owned(),
        details: "Too many messages were sent in a short time; it is tried again.".to_owned(),
        maybe_accepted: false,
    }
}

/// The sandbox's rows can't be written just now. Handing over again is safe, whatever became of the write.
fn unreachable(error: &dyn std::error::Error) -> SendError {
    SendError {
        verdict: Verdict::Retry { after: Duration::from_secs(1) },
        code: None,
        title: "Sandbox unreachable".to_owned(),
        details: format!("The sandbox could not store the message: {error}"),
        maybe_accepted: true,
    }
}
