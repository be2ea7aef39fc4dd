//! Carrying out what the sandbox's contacts have planned: due rows are told to the ear, and struck out once it has stored
//! them. A crash in between tells them again, under the same ids, so nothing doubles.

use std::sync::Arc;
use std::time::Duration;

use database::{Priority, Snapshot, Tx};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{Address, Ear, Event, NotStored};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::sandbox::{SandboxOf, SandboxStep, sandbox_step_delete, sandbox_step_due, sandbox_step_next};
use crate::store::sandbox_contacts::sandbox_clock_find;
use crate::store::sandbox_graphs::sandbox_callback_insert;
use crate::transports::sandbox::act::event;
use crate::transports::sandbox::graph::{self, Face};
use crate::transports::sandbox::plan::ahead;
use crate::transports::sandbox::{Sandbox, World, control, phone};

/// Acts told at once.
const ACTS_MAX: i64 = 200;
/// The longest the sandbox goes without looking at its rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What one look led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acted {
    pub acts: usize,
    /// By the server's clock, when the next act is due; may have passed.
    pub next_at: Option<Time>,
}

/// A step and what it looks like from our side.
struct Told {
    step: SandboxStep,
    event: Option<Event>,
    /// Sorts what is said in its order.
    id: Uuid,
    /// Where the account is spoken to as the Graph: not told to the ear, but so; `None` for what the Graph has no words for.
    callback: Option<Option<String>>,
}

/// The stage on which an account's contacts act.
#[derive(Clone)]
pub(super) struct Stage {
    pub world: World,
    pub of: SandboxOf,
    /// Rung when there is something to tell as the Graph.
    pub to_tell: Arc<Notify>,
}

impl Sandbox {
    /// Does what is due now, in its order, at most [`ACTS_MAX`] acts of it.
    ///
    /// # Errors
    /// Not all of it was stored; what wasn't is told again at the next look.
    pub async fn act(&self, ear: &Arc<dyn Ear>) -> Result<Acted, NotStored> {
        self.stage.act(ear).await
    }

    /// Switches the phone of a contact on or off. What waited for it is delivered now, and read a little later; whoever runs
    /// this account's sandbox notices within a second.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn set_online(&self, address: &Address, online: bool) -> Result<(), database::Error> {
        let Stage { world, of, .. } = &self.stage;
        let (of, now, speed, address) = (*of, world.clock.now(), world.speed, address.clone());
        let planned = Arc::clone(&self.planned);
        let work = move |tx: &mut Tx<'_>| {
            tx.wake(&planned);
            control::set_online(tx, of, &address, online, now, speed)
        };
        // In pieces, so that a phone that was off for long holds nobody up.
        while world.database.write(of.workspace.0, Priority::Foreground, work.clone()).await? {}
        Ok(())
    }
}

pub(super) fn spawn(sandbox: &Sandbox, ear: Arc<dyn Ear>, stop: CancellationToken) -> JoinHandle<()> {
    let (stage, planned) = (sandbox.stage.clone(), Arc::clone(&sandbox.planned));
    tokio::spawn(async move { stage.run(&ear, &planned, &stop).await })
}

impl Stage {
    async fn run(&self, ear: &Arc<dyn Ear>, planned: &Notify, stop: &CancellationToken) {
        let clock = &self.world.clock;
        let look_every = clock.look_every(LOOK_EVERY);
        while !stop.is_cancelled() {
            let wait = match self.act(ear).await {
                Ok(Acted { acts: 1.., .. }) => continue,
                Ok(Acted { next_at, .. }) => next_at.map_or(look_every, |at| at.since(clock.now()).min(look_every)),
                Err(error) => {
                    let SandboxOf { workspace, account } = self.of;
                    tracing::warn!(%account, %workspace, %error, "the sandbox tries again");
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

    async fn act(&self, ear: &Arc<dyn Ear>) -> Result<Acted, NotStored> {
        let (of, now) = (self.of, self.world.clock.now());
        let look = move |snapshot: &mut Snapshot<'_>| -> Result<_, database::Error> {
            let (ahead_ms, _) = sandbox_clock_find(snapshot, of)?;
            let due = sandbox_step_due(snapshot, of, ahead(now, ahead_ms), ACTS_MAX)?;
            let (next_at, face) = match due.is_empty() {
                true => (sandbox_step_next(snapshot, of)?, None),
                false => (None, graph::listening_face(snapshot, of)?),
            };
            Ok((due, face, next_at.map(|at| at - ahead(now, ahead_ms).since(now))))
        };
        let (due, face, next_at) = self.world.database.read(look).await.map_err(not_stored)?;
        if due.is_empty() {
            return Ok(Acted { acts: 0, next_at });
        }
        let acts = due.len();
        let due: Vec<Told> = due.into_iter().map(|step| self.told(step, face.as_ref(), now)).collect();
        match ear.hear(events(&due)).await {
            Ok(()) => self.strike_out(due).await?,
            // One act that can't be stored must not keep the others from being.
            Err(_) if acts > 1 => self.tell_singly(ear, due).await?,
            Err(error) => return Err(error),
        }
        Ok(Acted { acts, next_at: None })
    }

    fn told(&self, step: SandboxStep, face: Option<&Face>, now: Time) -> Told {
        let (event, id) = (event(&step, now), self.world.ids.message_uid(now).0);
        let face = face.filter(|_| !graph::is_of_linked_device(&step.wamid));
        let callback = face.map(|face| graph::told::callback(&self.world, face, event.as_ref()?));
        Told { step, event, id, callback }
    }

    async fn tell_singly(&self, ear: &Arc<dyn Ear>, due: Vec<Told>) -> Result<(), NotStored> {
        let (mut done, mut failed) = (Vec::new(), None);
        for told in due {
            match ear.hear(events(std::slice::from_ref(&told))).await {
                Ok(()) => done.push(told),
                Err(error) => failed = Some(error),
            }
        }
        self.strike_out(done).await?;
        failed.map_or(Ok(()), Err)
    }

    async fn strike_out(&self, done: Vec<Told>) -> Result<(), NotStored> {
        let (of, now) = (self.of, self.world.clock.now());
        let (mut steps, mut told, mut callbacks) = (Vec::new(), Vec::new(), Vec::new());
        for Told { step, event, id, callback } in done {
            steps.push(step);
            told.extend(event.map(|event| (event, id)));
            callbacks.extend(callback.flatten().map(|body| (id, body)));
        }
        let any_callback = !callbacks.is_empty();
        let work = move |tx: &mut Tx<'_>| -> Result<(), database::Error> {
            sandbox_step_delete(tx, of, &steps)?;
            for (id, body) in &callbacks {
                sandbox_callback_insert(tx, of, *id, body, now)?;
            }
            phone::keep(tx, of, &told)
        };
        self.world.database.write(of.workspace.0, Priority::Foreground, work).await.map_err(not_stored)?;
        if any_callback {
            self.to_tell.notify_one();
        }
        Ok(())
    }
}

fn events(due: &[Told]) -> Vec<Event> {
    due.iter().filter(|told| told.callback.is_none()).filter_map(|told| told.event.clone()).collect()
}

fn not_stored(error: database::Error) -> NotStored {
    NotStored(error.to_string())
}
