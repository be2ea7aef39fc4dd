//! The sandbox: a little WhatsApp inside the server, through the same trait as the real ones. Offline, and the same every
//! time. It is durable on its own: a send stores what the contact's phone receives together with what the contact will do,
//! as rows; `acts.rs` carries them out when they are due, and strikes each out once the ear has stored what it heard.
//!
//! It is the far side of the wire: it knows accounts and wamids, never chats or our messages.

mod act;
mod acts;
pub mod contacts;
pub mod control;
mod files;
pub mod graph;
mod phone;
mod plan;
mod refusals;
mod stories;
pub mod templates;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::{Database, Priority, Tx};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{
    Accepted, AccountState, Address, Body, Ear, Event, FileBytes, FileSource, Kind, Mark, Outgoing, Pending, SendError,
    Transport, Verdict,
};

use crate::app::Bells;
use crate::clock::{Clock, Time};
use crate::id::IdSource;
use crate::store::accounts::account_find;
use crate::store::sandbox::{
    SandboxMessage, SandboxOf, sandbox_message_at, sandbox_message_insert, sandbox_step_insert,
};
use crate::store::sandbox_contacts::{sandbox_contact_count, sandbox_group_member_list, sandbox_standing};
use crate::transports::net::Net;
use crate::transports::sandbox::act::{body_to_keep, kept};
use crate::transports::sandbox::acts::Stage;
use crate::transports::sandbox::contacts::{Answer, GROUP, contact_at};
use crate::transports::sandbox::plan::{Crowd, Standing, fails_now, plan};
use crate::transports::sandbox::refusals::{Refusal, failed, lost};
use crate::transports::sandbox::stories::first_others;

pub use acts::Acted;
pub use files::{SAMPLES, source_of_blob};
pub use phone::{Shown, ShownReaction, typing};
pub use plan::Rule;
pub use stories::BURST;

/// What a sandbox is built on.
#[derive(Clone)]
pub struct World {
    pub database: Database,
    pub clock: Clock,
    /// How many times faster than real its contacts act; 0 means at once.
    pub speed: f64,
    /// The bytes of files that our side sends.
    pub files: Arc<dyn FileSource>,
    /// Rung when something is planned.
    pub bells: Arc<Bells<SandboxOf>>,
    /// One order for all that happens in a sandbox, whoever makes it happen.
    pub ids: Arc<IdSource>,
    /// For the transports that are no sandbox, and for the sandbox that speaks as the Graph.
    pub net: Net,
}

/// The sandbox of one account.
pub struct Sandbox {
    stage: Stage,
    /// The latest time given to a send: a clock that is set back must not turn a chat's order around.
    latest_ms: AtomicI64,
    planned: Arc<Notify>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

/// What a message is to the numbers that refuse some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    File,
    Template,
}

/// What became of a send in the sandbox's write.
enum Sent {
    At(Time),
    Refused(i64),
    /// Nobody hears what became of it.
    Lost,
}

impl Sandbox {
    pub fn new(world: World, of: SandboxOf) -> Sandbox {
        let planned = world.bells.of(of);
        Sandbox {
            stage: Stage { world, of, to_tell: Arc::default() },
            latest_ms: AtomicI64::new(0),
            planned,
            running: Mutex::default(),
        }
    }

    async fn receive(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let now = self.stage.world.clock.now();
        let at = Time::from_ms(self.latest_ms.fetch_max(now.ms(), Ordering::Relaxed).max(now.ms()));
        let (of, planned, speed) = (self.stage.of, Arc::clone(&self.planned), self.stage.world.speed);
        let written = match message.body.clone() {
            Body::Text(_) | Body::File(_) | Body::Template(_) => {
                let received = self.received(message, at);
                let sort = match message.body {
                    Body::File(_) => Sort::File,
                    Body::Template(_) => Sort::Template,
                    _ => Sort::Text,
                };
                let work = move |tx: &mut Tx<'_>| receive(tx, of, &received, sort, speed, &planned);
                self.stage.world.database.write(of.workspace.0, Priority::Foreground, work).await
            }
            change => {
                let work = move |tx: &mut Tx<'_>| phone::change(tx, of, &change, at).map(|()| Sent::At(at));
                self.stage.world.database.write(of.workspace.0, Priority::Foreground, work).await
            }
        };
        match written {
            Ok(Sent::At(at)) => Ok(Accepted { wamid: message.wamid.clone(), at_ms: at.ms() }),
            Ok(Sent::Refused(code)) => Err(failed(code)),
            Ok(Sent::Lost) => Err(lost()),
            Err(error) => Err(unreachable(&error)),
        }
    }

    fn received(&self, message: &Outgoing, at: Time) -> SandboxMessage {
        let (text, body) = match &message.body {
            Body::Text(text) => (text.clone(), String::new()),
            Body::File(file) => body_to_keep(&kept(file)),
            Body::Template(template) => (templates::filled_in(template), String::new()),
            Body::Reaction { .. } | Body::Edit { .. } | Body::Revoke { .. } => (String::new(), String::new()),
        };
        SandboxMessage {
            wamid: message.wamid.clone(),
            jid: message.to.jid().to_owned(),
            sender_jid: String::new(),
            text,
            body,
            blob: if let Body::File(file) = &message.body { Some(file.sha256) } else { None },
            reply_to: message.reply_to.clone().unwrap_or_default(),
            reactions: String::new(),
            at,
            edited_at: Time::NEVER,
            deleted_at: Time::NEVER,
            read_at: Time::NEVER,
            arrival_id: self.stage.world.ids.message_uid(at).0,
        }
    }

    async fn fetch(&self, source: &str) -> Result<FileBytes, SendError> {
        if source.starts_with(files::SHY) && self.count_fetch(source).await? == 1 {
            return Err(failed(131_052));
        }
        files::open(&self.stage.world.files, files::plain(source)).await
    }

    /// Counts the downloads of a source, this one included.
    async fn count_fetch(&self, source: &str) -> Result<i64, SendError> {
        let (of, source) = (self.stage.of, source.to_owned());
        let work = move |tx: &mut Tx<'_>| sandbox_contact_count(tx, of, &source, true);
        let counted = self.stage.world.database.write(of.workspace.0, Priority::Background, work).await;
        counted.map_err(|error: database::Error| unreachable(&error))
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sandbox's write of a send: received once, however often it is handed over. `speed` is the server's.
fn receive(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    message: &SandboxMessage,
    sort: Sort,
    speed: f64,
    planned: &Arc<Notify>,
) -> Result<Sent, database::Error> {
    let address = Address::from_jid(message.jid.clone());
    let row = sandbox_standing(tx, of, &message.jid)?;
    let standing = Standing::of(&address, &row, message.at, speed);
    let refuses = standing.behaviour.refusal.is_some() || standing.rule.fails_with.is_some();
    if refuses {
        // What it has is not refused when it is handed over again.
        if let Some(at) = sandbox_message_at(tx, of, &message.wamid)? {
            return Ok(Sent::At(at));
        }
        if let Some(answer) = refused(tx, of, message, &standing, sort)? {
            return Ok(answer);
        }
    }
    if !sandbox_message_insert(tx, of, message)? {
        let at = sandbox_message_at(tx, of, &message.wamid)?;
        return Ok(Sent::At(at.unwrap_or(message.at)));
    }
    let crowd = crowd(tx, of, &address, &standing)?;
    for step in plan(message, &standing, &crowd) {
        sandbox_step_insert(tx, of, &step)?;
    }
    tx.wake(planned);
    Ok(Sent::At(message.at))
}

/// Who is in the group that is sent to; the account's own address also where the contact has a use for it.
fn crowd(tx: &mut Tx<'_>, of: SandboxOf, to: &Address, standing: &Standing) -> Result<Crowd, database::Error> {
    let wakes = standing.behaviour.answers.is_some_and(|(_, answer)| answer == Answer::GroupTalk);
    if !wakes && !to.is_group() {
        return Ok(Crowd::nobody());
    }
    let account = account_find(tx, of.workspace, of.account)?;
    let own = Address::from_jid(account.map_or_else(String::new, |account| account.jid));
    let known = if to.is_group() { sandbox_group_member_list(tx, of, to.jid())? } else { Vec::new() };
    let is_untold = known.is_empty() && to.jid() == GROUP;
    let others = known.into_iter().filter(|jid| jid != own.jid()).map(Address::from_jid).collect();
    Ok(Crowd { others: if is_untold { first_others() } else { others }, own, is_untold })
}

/// How the number refuses, if it does.
fn refused(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    message: &SandboxMessage,
    standing: &Standing,
    sort: Sort,
) -> Result<Option<Sent>, database::Error> {
    if standing.rule.fails_with.is_some() {
        return Ok(fails_now(&standing.rule).map(Sent::Refused));
    }
    let Some(refusal) = standing.behaviour.refusal else { return Ok(None) };
    if refusal == Refusal::AnswerLost {
        let is_first = sandbox_contact_count(tx, of, &message.wamid, true)? == 1;
        return Ok(is_first.then_some(Sent::Lost));
    }
    let tries = match refusal.counts() {
        true => sandbox_contact_count(tx, of, &message.jid, !standing.behaviour.starts_offline)?,
        false => 1,
    };
    let code = refusal.code_at(tries, sort == Sort::File, standing.window_open || sort == Sort::Template);
    Ok(code.map(Sent::Refused))
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
            let tasks = [acts::spawn(self, ear, stop.clone()), graph::callbacks::spawn(&self.stage, stop.clone())];
            let before = self.running().replace(Running { stop, tasks });
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
                for task in running.tasks {
                    let _ = task.await;
                }
            }
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(self.receive(message))
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        Box::pin(self.fetch(source))
    }

    fn mark<'a>(&'a self, chat: &'a Address, mark: &'a Mark) -> Pending<'a, Result<(), SendError>> {
        let (of, chat, mark, now) = (self.stage.of, chat.clone(), mark.clone(), self.stage.world.clock.now());
        let work = move |tx: &mut Tx<'_>| phone::mark(tx, of, &chat, &mark, now);
        Box::pin(async move {
            let marked = self.stage.world.database.write(of.workspace.0, Priority::Background, work).await;
            marked.map_err(|error: database::Error| unreachable(&error))
        })
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async move { Ok(contact_at(address).1.refusal != Some(Refusal::NotOnWhatsApp)) })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(running) = self.running().take() {
            running.stop.cancel();
        }
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
