//! Carrying out what the sandbox's contacts have planned: due rows are told to the ear, and struck out once it has stored
//! them. A crash in between tells them again, under the same ids, so nothing doubles.

use std::sync::Arc;
use std::time::Duration;

use database::{Priority, Snapshot, Tx};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{Address, Ear, Event, Incoming, IncomingBody, NotStored, Receipt, ReceiptStatus, Sender};

use crate::clock::Time;
use crate::store::sandbox::{
    SandboxOf, SandboxStep, StepKind, sandbox_contact_set_online, sandbox_step_delete, sandbox_step_due,
    sandbox_step_next, sandbox_step_parked, sandbox_step_unpark,
};
use crate::transports::sandbox::contacts::contact_at;
use crate::transports::sandbox::{Sandbox, World};

/// Acts told at once.
const ACTS_MAX: i64 = 200;
/// The longest the sandbox goes without looking at its rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Acts that one switching on of a phone sets going.
const PARKED_MAX: i64 = 1_000;

/// What one look led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acted {
    pub acts: usize,
    /// When the next act is due; may have passed.
    pub next_at: Option<Time>,
}

/// How long something takes at a speed; 0 means at once.
pub(super) fn scaled(after_ms: u64, speed: f64) -> Duration {
    let real = Duration::from_millis(after_ms);
    if speed > 0.0 { Duration::try_from_secs_f64(real.as_secs_f64() / speed).unwrap_or(real) } else { Duration::ZERO }
}

impl Sandbox {
    /// Does what is due now, in its order, at most [`ACTS_MAX`] acts of it.
    ///
    /// # Errors
    /// Not all of it was stored; what wasn't is told again at the next look.
    pub async fn act(&self, ear: &Arc<dyn Ear>) -> Result<Acted, NotStored> {
        act(&self.world, self.of, ear).await
    }

    /// Switches the phone of a contact on or off. What waited for it is delivered now, and read a little later; whoever runs
    /// this account's sandbox notices within a second.
    pub async fn set_online(&self, address: &Address, online: bool) -> Result<(), database::Error> {
        let (of, now, speed) = (self.of, self.world.clock.now(), self.world.speed);
        let behaviour = contact_at(address).1;
        let jid = address.jid().to_owned();
        let planned = Arc::clone(&self.planned);
        let work = move |tx: &mut Tx<'_>| -> Result<bool, database::Error> {
            sandbox_contact_set_online(tx, of, &jid, online)?;
            let waiting = if online { sandbox_step_parked(tx, of, &jid, PARKED_MAX)? } else { Vec::new() };
            for (id, kind) in &waiting {
                let after_ms = match kind {
                    StepKind::Delivered => behaviour.delivered_after_ms,
                    StepKind::Read => behaviour.read_after_ms,
                    StepKind::Reply => behaviour.replies_after_ms,
                };
                sandbox_step_unpark(tx, of, *id, now + scaled(after_ms.unwrap_or(0), speed))?;
            }
            tx.wake(&planned);
            Ok(i64::try_from(waiting.len()).unwrap_or(0) == PARKED_MAX)
        };
        // In pieces, so that a phone that was off for long holds nobody up.
        while self.world.database.write(of.workspace.0, Priority::Foreground, work.clone()).await? {}
        Ok(())
    }
}

pub(super) fn spawn(sandbox: &Sandbox, ear: Arc<dyn Ear>, stop: CancellationToken) -> JoinHandle<()> {
    let (world, of, planned) = (sandbox.world.clone(), sandbox.of, Arc::clone(&sandbox.planned));
    tokio::spawn(async move { run(&world, of, &ear, &planned, &stop).await })
}

async fn run(world: &World, of: SandboxOf, ear: &Arc<dyn Ear>, planned: &Notify, stop: &CancellationToken) {
    let look_every = world.clock.look_every(LOOK_EVERY);
    while !stop.is_cancelled() {
        let wait = match act(world, of, ear).await {
            Ok(Acted { acts: 1.., .. }) => continue,
            Ok(Acted { next_at, .. }) => next_at.map_or(look_every, |at| at.since(world.clock.now()).min(look_every)),
            Err(error) => {
                tracing::warn!(account = %of.account, workspace = %of.workspace, %error, "the sandbox tries again");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = planned.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn act(world: &World, of: SandboxOf, ear: &Arc<dyn Ear>) -> Result<Acted, NotStored> {
    let now = world.clock.now();
    let look = move |snapshot: &mut Snapshot<'_>| -> Result<_, database::Error> {
        let due = sandbox_step_due(snapshot, of, now, ACTS_MAX)?;
        let next_at = if due.is_empty() { sandbox_step_next(snapshot, of)? } else { None };
        Ok((due, next_at))
    };
    let (due, next_at) = world.database.read(look).await.map_err(not_stored)?;
    if due.is_empty() {
        return Ok(Acted { acts: 0, next_at });
    }
    let acts = due.len();
    match ear.hear(due.iter().map(event).collect()).await {
        Ok(()) => strike_out(world, of, due).await?,
        // One act that can't be stored must not keep the others from being.
        Err(_) if acts > 1 => tell_singly(world, of, ear, due).await?,
        Err(error) => return Err(error),
    }
    Ok(Acted { acts, next_at: None })
}

async fn tell_singly(world: &World, of: SandboxOf, ear: &Arc<dyn Ear>, due: Vec<SandboxStep>) -> Result<(), NotStored> {
    let (mut done, mut failed) = (Vec::new(), None);
    for step in due {
        match ear.hear(vec![event(&step)]).await {
            Ok(()) => done.push(step),
            Err(error) => failed = Some(error),
        }
    }
    strike_out(world, of, done).await?;
    failed.map_or(Ok(()), Err)
}

async fn strike_out(world: &World, of: SandboxOf, done: Vec<SandboxStep>) -> Result<(), NotStored> {
    let work = move |tx: &mut Tx<'_>| -> Result<(), database::Error> { sandbox_step_delete(tx, of, &done) };
    world.database.write(of.workspace.0, Priority::Foreground, work).await.map_err(not_stored)
}

fn not_stored(error: database::Error) -> NotStored {
    NotStored(error.to_string())
}

/// What an act looks like from our side of the wire.
fn event(step: &SandboxStep) -> Event {
    let status = match step.kind {
        StepKind::Delivered => ReceiptStatus::Delivered,
        StepKind::Read => ReceiptStatus::Read,
        StepKind::Reply => return Event::Message(reply(step)),
    };
    Event::Receipt(Receipt { wamid: step.wamid.clone(), status, at_ms: step.due.ms() })
}

fn reply(step: &SandboxStep) -> Incoming {
    let address = Address::from_jid(step.jid.clone());
    let name = contact_at(&address).0.to_owned();
    Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name },
        wamid: reply_wamid(&step.wamid),
        at_ms: step.due.ms(),
        body: IncomingBody::Text(step.text.clone()),
        reply_to: None,
    }
}

/// The id of the answer to a message: the same whenever it is told.
fn reply_wamid(wamid: &str) -> String {
    let hash = Sha256::digest(wamid.as_bytes());
    hash.iter().take(9).fold(String::from("3A"), |mut text, byte| {
        std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02X}")).expect("a string takes any text");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_shortens_and_nothing_is_at_once() {
        assert_eq!(scaled(900, 1.0), Duration::from_millis(900));
        assert_eq!(scaled(900, 10.0), Duration::from_millis(90));
        assert_eq!(scaled(900, 0.0), Duration::ZERO);
    }

    #[test]
    fn a_reply_has_the_same_id_whenever_it_is_told() {
        assert_eq!(reply_wamid("3EB0AA"), reply_wamid("3EB0AA"));
        assert_ne!(reply_wamid("3EB0AA"), reply_wamid("3EB0AB"));
    }
}
