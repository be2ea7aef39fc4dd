//! The worker of one workspace. A turn is: note what came of attempts, take the next step of the fan-out and claim what is
//! due, all in one write; then begin what was claimed.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use database::{Priority, Read, Snapshot};
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::clock::Time;
use crate::courier::attempt::{Hearer, attempt};
use crate::courier::line::{Line, PUT_OFF_MAX, room};
use crate::courier::places::Places;
use crate::error::Error;
use crate::id::{WebhookId, WorkspaceId};
use crate::store::Write;
use crate::store::events::event_after;
use crate::store::webhook_deliveries::{DeliveryRow, delivery_claim, delivery_due, delivery_freeze};
use crate::store::webhooks::{WebhookRow, webhook_list};
use crate::webhooks::bodies::Rendering;
use crate::webhooks::fan_out::{Fan, Step, take_step};
use crate::webhooks::outcomes::{Ending, Outcome, record_outcomes};
use crate::webhooks::secrets_of;

/// How long a claim lasts: what an attempt may take, and waiting for a place and for its record besides.
const CLAIMED_FOR: Duration = Duration::from_secs(20);
/// How long a fault of the database lets a worker wait.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    app: App,
    workspace: WorkspaceId,
    places: Arc<Places>,
    lines: HashMap<WebhookId, Line>,
    running: JoinSet<Outcome>,
    /// Whose task is whose; a task that panicked can't tell.
    tasks: HashMap<task::Id, WebhookId>,
    /// What is to be recorded.
    done: Vec<Outcome>,
    /// Since when events have waited for room and no attempt has ended.
    put_off_since: Option<Instant>,
    stop: CancellationToken,
}

/// What there is to do.
#[derive(Clone, Default)]
struct Look {
    webhooks: Vec<WebhookRow>,
    step: Step,
    /// How many of which webhook to claim.
    claims: Vec<(WebhookId, i64)>,
}

/// What a turn writes: what came of attempts, a step, and how many of which webhook to claim.
type Work = (Vec<Outcome>, Step, Vec<(WebhookId, i64)>);

impl Worker {
    pub fn new(app: App, workspace: WorkspaceId, places: Arc<Places>) -> Worker {
        let (lines, running) = (HashMap::new(), JoinSet::new());
        Worker {
            app,
            workspace,
            places,
            lines,
            running,
            tasks: HashMap::new(),
            done: Vec::new(),
            put_off_since: None,
            stop: CancellationToken::new(),
        }
    }

    /// Works until `stop`; then lets what is under way end, and records it.
    pub async fn run(mut self, nudge: Arc<Notify>, stop: CancellationToken) {
        let bell = self.app.wakes.of(self.workspace);
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            let rung = bell.notified();
            tokio::pin!(rung);
            // From here on no ring is missed, also not one during the turn.
            rung.as_mut().enable();
            match self.turn(true).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(workspace = %self.workspace, %error, "webhooks wait for the database");
                    stop.run_until_cancelled(tokio::time::sleep(TROUBLE_PAUSE)).await;
                }
            }
            tokio::select! {
                () = rung => {}
                () = nudge.notified() => {}
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PUT_OFF_MAX), if self.put_off_since.is_some() => {}
                Some(ended) = self.running.join_next_with_id() => self.note_end(ended),
            }
        }
        while let Some(ended) = self.running.join_next_with_id().await {
            self.note_end(ended);
        }
        if let Err(error) = self.turn(false).await {
            tracing::warn!(workspace = %self.workspace, %error, "the last attempts were not recorded; they will be repeated");
        }
    }

    /// Works until nothing is due any more.
    pub async fn run_dry(mut self) -> Result<(), Error> {
        loop {
            if self.turn(true).await? {
                continue;
            }
            match self.running.join_next_with_id().await {
                Some(ended) => self.note_end(ended),
                None => return Ok(()),
            }
        }
    }

    /// One turn; `false` if there was nothing to do. Without `takes` it only records.
    async fn turn(&mut self, takes: bool) -> Result<bool, Error> {
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.note_end(ended);
        }
        let now = self.app.clock.now();
        let until = now + CLAIMED_FOR;
        let look = if takes { self.look(now, until).await? } else { Look::default() };
        if look.step.is_put_off() {
            self.put_off_since.get_or_insert_with(Instant::now);
        }
        if self.done.is_empty() && look.step.is_empty() && look.claims.is_empty() {
            return Ok(false);
        }
        let Look { webhooks, step, claims } = look;
        let work = Arc::new((std::mem::take(&mut self.done), step, claims));
        let (claimed, taken) = match self.commit(Arc::clone(&work), now, until).await {
            Ok(both) => both,
            Err(error) => {
                self.done = Arc::unwrap_or_clone(work).0;
                return Err(error);
            }
        };
        let (_, step, _) = Arc::unwrap_or_clone(work);
        let mut ready = if taken { step.into_claimed(until) } else { Vec::new() };
        ready.extend(self.frozen(claimed, now).await?);
        self.begin(&webhooks, ready, now)?;
        Ok(true)
    }

    /// What there is to do, in one snapshot.
    async fn look(&self, now: Time, until: Time) -> Result<Look, Error> {
        let (app, workspace, places) = (self.app.clone(), self.workspace, Arc::clone(&self.places));
        let lines = self.lines.clone();
        let is_patient = self.is_patient();
        let look = move |tx: &mut Snapshot<'_>| {
            let mut webhooks = webhook_list(tx, workspace)?;
            webhooks.retain(|webhook| webhook.enabled);
            let rooms: HashMap<WebhookId, usize> =
                webhooks.iter().map(|webhook| (webhook.id, room(&lines, &places, webhook))).collect();
            let due = delivery_due(tx, workspace, now)?;
            let is_soon = |line: &&Line| is_patient && line.running > 0 && line.is_prompt;
            let soon: BTreeSet<WebhookId> =
                lines.iter().filter(|(_, line)| is_soon(line)).map(|(webhook, _)| *webhook).collect();
            // Of what waits and what is new, neither keeps the other from its turn.
            let shared = rooms.iter().map(|(id, room)| (*id, if due.contains(id) { room / 2 } else { *room }));
            let shared: HashMap<WebhookId, usize> = shared.collect();
            let rendering = Rendering { workspace, public_url: &app.settings.public_url, now };
            let fan = Fan { rendering, webhooks: &webhooks, rooms: &shared, soon: &soon, claimed_until: until };
            let step = fan.plan(tx)?;
            let begun = step.clone().into_claimed(until);
            let left = |webhook: WebhookId| {
                let begun = begun.iter().filter(|row| row.webhook == webhook).count();
                rooms.get(&webhook).map_or(0, |room| room.saturating_sub(begun))
            };
            let claims = due.into_iter().map(|webhook| (webhook, i64::try_from(left(webhook)).unwrap_or(0)));
            let claims = claims.filter(|(_, rows)| *rows > 0).collect();
            Ok(Look { webhooks, step, claims })
        };
        self.app.read(look).await
    }

    /// Whether events may wait in the log for room at a webhook that keeps up. One whose attempts all hang doesn't hold up
    /// the others.
    fn is_patient(&self) -> bool {
        self.put_off_since.is_none_or(|since| since.elapsed() < PUT_OFF_MAX)
    }

    /// The turn's one write. Returns what it claimed, and whether the step was taken.
    async fn commit(&self, work: Arc<Work>, now: Time, until: Time) -> Result<(Vec<DeliveryRow>, bool), Error> {
        let workspace = self.workspace;
        let run = move |write: &mut Write<'_, '_>| {
            let (outcomes, step, claims) = &*work;
            record_outcomes(write, outcomes)?;
            let taken = take_step(write.tx, workspace, step, now)?;
            let mut claimed = Vec::new();
            for (webhook, rows_max) in claims {
                claimed.extend(delivery_claim(write.tx, workspace, *webhook, now, until, *rows_max)?);
            }
            Ok((claimed, taken))
        };
        // Not `App::write`, which would wake this worker for its own rows.
        crate::workspace::write(&self.app.database, workspace, Priority::Background, now, run).await
    }

    /// The claimed deliveries, each with its body; those that have none yet get it now, and nothing is sent before it is
    /// stored.
    async fn frozen(&mut self, claimed: Vec<DeliveryRow>, now: Time) -> Result<Vec<DeliveryRow>, Error> {
        let (mut ready, bare): (Vec<_>, Vec<_>) = claimed.into_iter().partition(|row| !row.body.is_empty());
        if bare.is_empty() {
            return Ok(ready);
        }
        let (app, workspace) = (self.app.clone(), self.workspace);
        let render = move |tx: &mut Snapshot<'_>| {
            let rendering = Rendering { workspace, public_url: &app.settings.public_url, now };
            bare.iter().map(|row| Ok((row.clone(), body_of(tx, &rendering, row)?))).collect::<Result<Vec<_>, Error>>()
        };
        let rendered = self.app.read(render).await?;
        let mut frozen = Vec::new();
        for (delivery, body) in rendered {
            let ending = match body {
                Ok(body) => {
                    frozen.push(DeliveryRow { body, ..delivery });
                    continue;
                }
                Err(ending) => ending,
            };
            self.done.push(Outcome { delivery, at: now, duration_ms: 0, ending, luck: 0.5 });
        }
        let rows = Arc::new(frozen);
        let kept = Arc::clone(&rows);
        let freeze = move |tx: &mut database::Tx<'_>| {
            kept.iter()
                .try_for_each(|row| Ok::<_, Error>(delivery_freeze(tx, workspace, row.webhook, row.seq, &row.body)?))
        };
        self.app.database.write(workspace.0, Priority::Background, freeze).await?;
        ready.extend(Arc::unwrap_or_clone(rows));
        Ok(ready)
    }

    fn begin(&mut self, webhooks: &[WebhookRow], ready: Vec<DeliveryRow>, now: Time) -> Result<(), Error> {
        let mut hearers: HashMap<WebhookId, Arc<Hearer>> = HashMap::new();
        let key = self.app.sealing_key()?;
        for delivery in ready {
            let Some(webhook) = webhooks.iter().find(|webhook| webhook.id == delivery.webhook) else { continue };
            let line = self.lines.entry(webhook.id).or_insert_with(|| Line::of(webhook));
            let hearer = hearers.entry(webhook.id).or_insert_with(|| {
                let secrets = secrets_of(key, self.workspace, webhook, now);
                let (webhook, gate) = (webhook.clone(), Arc::clone(&line.gate));
                Arc::new(Hearer { workspace: self.workspace, webhook, secrets, gate })
            });
            line.running += 1;
            let (app, places, stop) = (self.app.clone(), Arc::clone(&self.places), self.stop.clone());
            let work = attempt(app, places, Arc::clone(hearer), delivery, line.failed_last, stop);
            let task = self.running.spawn(work);
            self.tasks.insert(task.id(), webhook.id);
        }
        Ok(())
    }

    fn note_end(&mut self, ended: Result<(task::Id, Outcome), task::JoinError>) {
        self.put_off_since = None;
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        if let Some(line) = self.tasks.remove(&id).and_then(|webhook| self.lines.get_mut(&webhook)) {
            line.running -= 1;
            if let Ok((_, outcome)) = &ended {
                line.learn(outcome);
            }
        }
        match ended {
            Ok((_, outcome)) => self.done.push(outcome),
            Err(error) => tracing::error!(%error, "an attempt broke; it is repeated when its claim runs out"),
        }
    }
}

/// The body of a delivery that has none yet, or why there is none now.
fn body_of(tx: &mut impl Read, rendering: &Rendering<'_>, row: &DeliveryRow) -> Result<Result<String, Ending>, Error> {
    let mut events = event_after(tx, rendering.workspace, row.seq - 1, 1)?;
    events.retain(|event| event.seq == row.seq);
    let rendered = rendering.wanted(tx, &events, |one| one.as_str() == row.event_type)?;
    match rendered.first() {
        Some(event) if event.is_early => Ok(Err(Ending::PutBack)),
        Some(event) => Ok(Ok(event.to_json()?)),
        None => Ok(Err(Ending::NothingToTell("what the event names is gone".to_owned()))),
    }
}
