//! Taking messages out of the outbox's waiting: those that may go are chosen and marked as being handed over, in the
//! worker's write. Whoever reads the status `Sending` therefore knows that the transport has it, or is about to.

use std::collections::HashSet;
use std::time::Duration;

use transport::Capabilities;

use crate::accounts::choice::{Fairness, choose};
use crate::accounts::cold::{cold_left, count_cold};
use crate::accounts::health::{Gate, gate, is_limited, meet_deadline};
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, ChatId};
use crate::inbox::own_changes::{overtaken, record_unchanged};
use crate::inbox::status::move_message;
use crate::inbox::urgency::{REPLY_WITHIN, Urgency};
use crate::message::Status;
use crate::store::Write;
use crate::store::account_cares::account_standing;
use crate::store::accounts::AccountRow;
use crate::store::outbox::{OutboxBody, OutboxMessage, OutboxNews, OutboxRow, outbox_message, outbox_ready};
use crate::store::outbox_moves::{outbox_claim, outbox_delete, outbox_make_ready};

/// What a write claimed.
#[derive(Debug)]
pub struct Claims {
    pub messages: Vec<OutboxMessage>,
    pub fairness: Fairness,
    /// The workspace's mean pause between two sends of one number.
    pub pacing: Duration,
    /// Messages that WhatsApp lets the number send in a second, where it said so.
    pub per_second: Option<u32>,
}

/// Whether a write would find something to claim, and else when to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    Due,
    /// `None`: not before something changes.
    NotBefore(Option<Time>),
}

/// Judges a glance at the rows.
pub fn outlook(account: Option<&AccountRow>, news: &OutboxNews, now: Time) -> Outlook {
    match account.map(|account| gate(account, now)) {
        None => Outlook::NotBefore(None),
        Some(Gate::Closed { until }) => Outlook::NotBefore(until),
        Some(Gate::Overdue) => Outlook::Due,
        Some(Gate::Open) if news.any_ready || news.next_at.is_some_and(|at| at <= now) => Outlook::Due,
        Some(Gate::Open) => Outlook::NotBefore(news.next_at),
    }
}

/// Marks at most `rows_max` messages as being handed over. None of a `busy` chat.
pub fn claim(
    write: &mut Write<'_, '_>,
    account: AccountId,
    busy: &HashSet<ChatId>,
    rows_max: usize,
    fairness: Fairness,
) -> Result<Claims, Error> {
    let usual = Duration::from_millis(u64::try_from(write.workspace.pacing_ms).unwrap_or(0));
    let mut claims = Claims { messages: Vec::new(), fairness, pacing: usual, per_second: None };
    let workspace = write.workspace.id;
    let Some((mut row, mut care)) = account_standing(write.tx, workspace, account)? else { return Ok(claims) };
    if let Some(own) = care.pacing_ms {
        claims.pacing = Duration::from_millis(u64::try_from(own).unwrap_or(0));
    }
    claims.per_second = care.per_second.and_then(|most| u32::try_from(most).ok());
    if gate(&row, write.now) == Gate::Overdue {
        meet_deadline(write, account)?;
        let Some(after) = account_standing(write.tx, workspace, account)? else { return Ok(claims) };
        (row, care) = after;
    }
    if gate(&row, write.now) != Gate::Open || rows_max == 0 {
        return Ok(claims);
    }
    let limit = i64::try_from(rows_max).unwrap_or(i64::MAX);
    outbox_make_ready(write, account, limit)?;
    let cold_left = cold_left(write, &row, &care, is_limited(&row, write.now))?;
    let rows = outbox_ready(write.tx, workspace, account, limit)?;
    let choice = choose(rows, busy, write.now, rows_max, fairness);
    claims.fairness = choice.fairness;
    let has_templates = Capabilities::of(row.transport).templates;
    let mut cold = 0;
    for one in &choice.rows {
        let first_try = one.class >= Urgency::Cold as i64 && one.attempts == 0;
        if first_try && cold_left.is_some_and(|left| cold >= left) {
            continue;
        }
        let Some(claimed) = claim_one(write, one)? else { continue };
        cold += i64::from(first_try && is_message(&claimed));
        claims.messages.push(if has_templates { claimed.with_template(write.tx, workspace)? } else { claimed });
    }
    count_cold(write, &row, &care, cold)?;
    Ok(claims)
}

fn is_message(claimed: &OutboxMessage) -> bool {
    matches!(claimed.body, OutboxBody::Message { .. })
}

fn claim_one(write: &mut Write<'_, '_>, row: &OutboxRow) -> Result<Option<OutboxMessage>, Error> {
    if !outbox_claim(write, row)? {
        return Ok(None);
    }
    let message = outbox_message(write.tx, write.workspace.id, row.account, row.seq)?;
    match message {
        // A late receipt of an earlier try has settled it.
        Some(message) if message.status >= Status::Sent => {
            outbox_delete(write, row, write.now - REPLY_WITHIN)?;
            Ok(None)
        }
        // Reactions and changes have no status that readers could follow.
        Some(message) => match &message.body {
            OutboxBody::Reaction(_) => Ok(Some(message)),
            OutboxBody::Change(waiting) => {
                let Some(reason) = overtaken(waiting, write.now) else { return Ok(Some(message)) };
                outbox_delete(write, row, write.now - REPLY_WITHIN)?;
                record_unchanged(write, &waiting.change, reason)?;
                Ok(None)
            }
            OutboxBody::Message { .. } => {
                let at = write.now;
                move_message(write, row.message, row.chat, message.status, Status::Sending, None, at)?;
                Ok(Some(message))
            }
        },
        None => {
            tracing::error!(seq = row.seq, "an outbox row without its message was dropped");
            outbox_delete(write, row, write.now - REPLY_WITHIN)?;
            Ok(None)
        }
    }
}
