//! Taking messages out of the outbox's waiting: those that may go are chosen and marked as being handed over, in the
//! worker's write. Whoever reads the status `Sending` therefore knows that the transport has it, or is about to.

use std::collections::HashSet;
use std::time::Duration;

use transport::Capabilities;

use crate::accounts::choice::{Fairness, choose};
use crate::accounts::health::{Gate, end_hold, gate};
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, ChatId};
use crate::inbox::own_changes::{overtaken, record_unchanged};
use crate::inbox::status::move_message;
use crate::inbox::urgency::REPLY_WITHIN;
use crate::message::Status;
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find};
use crate::store::outbox::{OutboxBody, OutboxMessage, OutboxNews, OutboxRow, outbox_message, outbox_ready};
use crate::store::outbox_moves::{outbox_claim, outbox_delete, outbox_make_ready};

/// What a write claimed.
#[derive(Debug)]
pub struct Claims {
    pub messages: Vec<OutboxMessage>,
    pub fairness: Fairness,
    /// The workspace's mean pause between two sends of one number.
    pub pacing: Duration,
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
        Some(Gate::HoldOver) => Outlook::Due,
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
    let pacing = Duration::from_millis(u64::try_from(write.workspace.pacing_ms).unwrap_or(0));
    let mut claims = Claims { messages: Vec::new(), fairness, pacing };
    let workspace = write.workspace.id;
    let Some(row) = account_find(write.tx, workspace, account)? else { return Ok(claims) };
    match gate(&row, write.now) {
        Gate::Closed { .. } => return Ok(claims),
        Gate::HoldOver => end_hold(write, account)?,
        Gate::Open => {}
    }
    if rows_max == 0 {
        return Ok(claims);
    }
    let limit = i64::try_from(rows_max).unwrap_or(i64::MAX);
    outbox_make_ready(write, account, limit)?;
    let rows = outbox_ready(write.tx, workspace, account, limit)?;
    let choice = choose(rows, busy, write.now, rows_max, fairness);
    claims.fairness = choice.fairness;
    let has_templates = Capabilities::of(row.transport).templates;
    for row in &choice.rows {
        let Some(message) = claim_one(write, row)? else { continue };
        claims.messages.push(if has_templates { message.with_template(write.tx, workspace)? } else { message });
    }
    Ok(claims)
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
