//! From events to deliveries: behind the cursor there is a delivery for every event that a webhook wants, and in front of it
//! none. What fits into a webhook's window at once is frozen and claimed in the same write, and needs no second look.

use std::collections::{BTreeSet, HashMap};

use database::{Read, Tx};

use crate::clock::Time;
use crate::error::Error;
use crate::id::{WebhookId, WorkspaceId};
use crate::store::event_cursors::{Consumer, cursor_find, cursor_step};
use crate::store::events::{EventRow, event_after};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_again, delivery_insert};
use crate::store::webhooks::{WebhookRow, webhook_replayed};
use crate::webhooks::EventType;
use crate::webhooks::bodies::{Rendered, Rendering};

/// Events of one step; times ten webhooks it is a write of some milliseconds.
const STEP_EVENTS: i64 = 100;
/// And of one that may be cut: not many more than there is room for.
const STEP_EVENTS_CUT: i64 = 20;

/// When an event whose attachment is still coming is looked at again.
const EARLY_PAUSE_MS: i64 = 2_000;

/// A step of the fan-out, made from a snapshot and to be committed.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The cursor's way; none where it stands still.
    cursor: Option<(i64, i64)>,
    /// Whether an event was left for when there is room.
    is_cut: bool,
    new: Vec<DeliveryRow>,
    replayed: Vec<Replayed>,
}

/// Webhook, its replay's way, and what is delivered again.
type Replayed = (WebhookId, (i64, i64), Vec<DeliveryRow>);

/// What a step needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Fan<'f> {
    pub rendering: Rendering<'f>,
    /// Those that are switched on.
    pub webhooks: &'f [WebhookRow],
    /// How many attempts may begin at once.
    pub rooms: &'f HashMap<WebhookId, usize>,
    /// Webhooks that have no room just now but soon will: what they want next stays in the log until then, where it costs nothing.
    pub soon: &'f BTreeSet<WebhookId>,
    /// Until when what begins at once is claimed.
    pub claimed_until: Time,
}

impl Step {
    pub fn is_empty(&self) -> bool {
        self.cursor.is_none() && self.replayed.is_empty()
    }

    /// Whether events are left in the log only because a webhook has no room just now.
    pub fn is_put_off(&self) -> bool {
        self.is_cut && self.is_empty()
    }

    /// The deliveries that are claimed with this step, once it has committed.
    pub fn into_claimed(self, claimed_until: Time) -> Vec<DeliveryRow> {
        self.new.into_iter().filter(|row| !row.body.is_empty() && row.next_at == claimed_until).collect()
    }
}

impl Fan<'_> {
    /// The next step from where the cursor stands.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn plan(&self, tx: &mut impl Read) -> Result<Step, Error> {
        let workspace = self.rendering.workspace;
        let mut step = Step::default();
        if let Some(from) = cursor_find(tx, workspace, Consumer::Webhooks)? {
            let events = event_after(tx, workspace, from, self.events_max())?;
            let (taken, new) = self.new_deliveries(tx, &events)?;
            step.is_cut = taken < events.len();
            step.cursor = events[..taken].last().map(|last| (from, last.seq));
            step.new = new;
        }
        for webhook in self.webhooks.iter().filter(|one| one.replay_next <= one.replay_last) {
            step.replayed.push(self.replay(tx, webhook)?);
        }
        Ok(step)
    }

    fn events_max(&self) -> i64 {
        let room = self.rooms.values().max().map_or(0, |room| i64::try_from(*room).unwrap_or(STEP_EVENTS));
        if self.soon.is_empty() { STEP_EVENTS } else { room.clamp(STEP_EVENTS_CUT, STEP_EVENTS) }
    }

    /// How many of these events are taken, and their deliveries.
    fn new_deliveries(&self, tx: &mut impl Read, events: &[EventRow]) -> Result<(usize, Vec<DeliveryRow>), Error> {
        let mut rooms = self.rooms.clone();
        let (mut rows, mut at_once, mut end) = (Vec::new(), BTreeSet::new(), i64::MAX);
        let heard = |event: &EventRow, event_type| self.webhooks.iter().any(|one| hears(one, event, event_type));
        for (event, event_type) in self.rendering.types(tx, events, heard)? {
            for webhook in self.webhooks.iter().filter(|one| hears(one, event, event_type)) {
                let room = rooms.entry(webhook.id).or_default();
                if *room > 0 {
                    *room -= 1;
                    at_once.insert((event.seq, webhook.id));
                } else if self.soon.contains(&webhook.id) {
                    end = end.min(event.seq);
                }
                rows.push(self.waiting(webhook.id, event, event_type));
            }
            if end <= event.seq {
                break;
            }
        }
        rows.retain(|row| row.seq < end);
        at_once.retain(|(seq, _)| *seq < end);
        let needed: Vec<EventRow> =
            events.iter().filter(|event| at_once.iter().any(|(seq, _)| *seq == event.seq)).cloned().collect();
        let types: BTreeSet<&str> = rows.iter().map(|row| row.event_type.as_str()).collect();
        let rendered = self.rendering.wanted(tx, &needed, |one| types.contains(one.as_str()))?;
        for row in rows.iter_mut().filter(|row| at_once.contains(&(row.seq, row.webhook))) {
            self.freeze(row, &rendered)?;
        }
        Ok((events.partition_point(|event| event.seq < end), rows))
    }

    fn freeze(&self, row: &mut DeliveryRow, rendered: &[Rendered]) -> Result<(), Error> {
        let is_it = |one: &&Rendered| one.seq == row.seq && one.event_type.as_str() == row.event_type;
        match rendered.iter().find(is_it) {
            Some(event) if event.is_early => row.next_at = Time::from_ms(row.next_at.ms() + EARLY_PAUSE_MS),
            Some(event) => {
                row.body = event.to_json()?;
                row.next_at = self.claimed_until;
            }
            // Its message is gone. Claimed in its turn, it is found to be so.
            None => {}
        }
        Ok(())
    }

    fn replay(&self, tx: &mut impl Read, webhook: &WebhookRow) -> Result<Replayed, Error> {
        let from = webhook.replay_next;
        let events = event_after(tx, self.rendering.workspace, from - 1, STEP_EVENTS)?;
        let is_last = i64::try_from(events.len()).is_ok_and(|events| events < STEP_EVENTS);
        let end = events.last().map_or(webhook.replay_last, |last| last.seq);
        let to = if is_last { webhook.replay_last + 1 } else { end + 1 };
        let mut rows = Vec::new();
        let heard = |event: &EventRow, event_type: EventType| {
            event.seq <= webhook.replay_last && event_type.as_str() == webhook.event_type
        };
        for (event, event_type) in self.rendering.types(tx, &events, heard)? {
            rows.push(self.waiting(webhook.id, event, event_type));
        }
        Ok((webhook.id, (from, to), rows))
    }

    fn waiting(&self, webhook: WebhookId, event: &EventRow, event_type: EventType) -> DeliveryRow {
        let now = self.rendering.now;
        DeliveryRow {
            webhook,
            seq: event.seq,
            event_type: event_type.as_str().to_owned(),
            state: DeliveryState::Waiting,
            attempts: 0,
            tries: 0,
            next_at: now,
            created_at: now,
            body: String::new(),
            message: event.message,
        }
    }
}

/// Whether a webhook wants an event: of its type, and since it was made or switched on.
fn hears(webhook: &WebhookRow, event: &EventRow, event_type: EventType) -> bool {
    webhook.event_type == event_type.as_str() && webhook.since_seq < event.seq
}

/// Commits a step; `false` if another node was faster, and nothing of it is done then.
///
/// # Errors
/// A fault of the database.
pub fn take_step(tx: &mut Tx<'_>, workspace: WorkspaceId, step: &Step, now: Time) -> Result<bool, Error> {
    let mut taken = true;
    if let Some(way) = step.cursor {
        taken = cursor_step(tx, workspace, Consumer::Webhooks, way, now)?;
        if taken {
            for row in &step.new {
                delivery_insert(tx, workspace, row)?;
            }
        }
    }
    // Two inserts of one row must not meet in one write; what was new a moment ago needs no repeat.
    let is_new = |row: &DeliveryRow| step.new.iter().any(|new| (new.webhook, new.seq) == (row.webhook, row.seq));
    for (webhook, (from, to), rows) in &step.replayed {
        if webhook_replayed(tx, workspace, *webhook, *from, *to)? {
            for row in rows.iter().filter(|row| !is_new(row)) {
                delivery_again(tx, workspace, row)?;
            }
        }
    }
    Ok(taken)
}
