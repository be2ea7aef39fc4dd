//! Scheduled messages: accepted and paid like any other, and put into the outbox when their time has come. Until then they
//! can be cancelled, and hold up nothing of their chat.

use std::collections::HashSet;
use std::time::Duration;

use database::Read;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{MessageUid, TeammateId, WorkspaceId};
use crate::inbox::contact_book::is_unasked;
use crate::inbox::reach::reached_message;
use crate::inbox::status::move_message;
use crate::inbox::urgency::Urgency;
use crate::message::{Failure, Status};
use crate::store::Write;
use crate::store::chats::chat_sent;
use crate::store::events::{NewEvent, event_append};
use crate::store::labels::label_list;
use crate::store::message_details::{MessageDetails, message_details_put};
use crate::store::outbox::{NewOutboxRow, outbox_insert};
use crate::store::scheduled::{
    DueSend, ScheduledSend, message_set_at, scheduled_count, scheduled_delete, scheduled_due, scheduled_find,
    scheduled_insert,
};
use crate::workspace::tokens::Caller;
use crate::workspace::zone::utc_time;

/// How far ahead a message may be scheduled.
pub const SCHEDULE_AHEAD_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// Messages of a workspace that may wait for their time.
pub const SCHEDULED_MAX: i64 = 10_000;
/// Messages that go into the outbox in one write.
pub const RELEASED_MAX: i64 = 100;

/// Longer than any such time is written.
const SEND_AT_CHARS_MAX: usize = 40;
const FIELD: &str = "send_at";

/// A time to send at, as a request names it: RFC 3339 with its offset, so that it means one moment.
///
/// # Errors
/// `validation_error` naming the form. Whether the time can be kept is decided with the message.
pub fn parse_send_at(field: &str, given: &str) -> Result<Time, Error> {
    let parsed = Some(given.trim()).filter(|text| text.len() <= SEND_AT_CHARS_MAX).and_then(|text| text.parse().ok());
    parsed.map(|at: jiff::Timestamp| Time::from_ms(at.as_millisecond())).ok_or_else(|| {
        let shown: String = given.chars().take(SEND_AT_CHARS_MAX).collect();
        let form = "RFC 3339 with its offset, as 2026-07-01T09:30:00+01:00";
        Error::invalid(field, format!("{field} must be a time in {form}, not \"{shown}\""))
    })
}

/// # Errors
/// `validation_error` for a time that has passed or is too far ahead, or where too many wait already.
pub(super) fn ensure_can_wait(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    send_at: Time,
    now: Time,
) -> Result<(), Error> {
    let invalid = |rule: String| Err(Error::invalid(FIELD, rule));
    let given = utc_time(send_at);
    if send_at <= now {
        return invalid(format!("{FIELD} {given} has passed; give a time ahead, or leave it out to send now"));
    }
    if send_at > now + SCHEDULE_AHEAD_MAX {
        let (latest, days) = (utc_time(now + SCHEDULE_AHEAD_MAX), SCHEDULE_AHEAD_MAX.as_secs() / (24 * 3600));
        return invalid(format!("{FIELD} {given} is more than {days} days ahead; give a time up to {latest}"));
    }
    if scheduled_count(tx, workspace, SCHEDULED_MAX)? >= SCHEDULED_MAX {
        let fix = "cancel some with DELETE /messages/scheduled/{message_uid}, or send this one later";
        return invalid(format!("{SCHEDULED_MAX} messages wait for their time already, the most there can be; {fix}"));
    }
    Ok(())
}

/// Lets a message that is being accepted wait for its time.
pub(super) fn schedule(write: &mut Write<'_, '_>, send: &ScheduledSend, said_by: TeammateId) -> Result<(), Error> {
    scheduled_insert(write, send)?;
    let details = MessageDetails { scheduled_at: send.send_at, said_by, ..MessageDetails::default() };
    message_details_put(write, send.message, &details)?;
    let detail = send.send_at.ms().to_string();
    let (chat, message) = (send.chat, Some(send.message));
    event_append(write, NewEvent { kind: Kind::MessageScheduled, chat, message, detail }).map(drop)
}

/// Cancels a message that waits for its time; its credits go back. It fails, for it will never go.
///
/// # Errors
/// `not_found` where no message of that uid waits for its time; decided before anything is written.
pub fn cancel_scheduled(write: &mut Write<'_, '_>, caller: &Caller, message: MessageUid) -> Result<(), Error> {
    let workspace = write.workspace.id;
    let waiting = scheduled_find(write.tx, workspace, message)?.ok_or_else(unknown_scheduled)?;
    reached_message(write.tx, caller, message)?.ok_or_else(unknown_scheduled)?;
    let details = "It was cancelled before its time.".to_owned();
    end(write, &waiting, Failure { code: None, title: "Cancelled".to_owned(), details })?;
    let (chat, message) = (waiting.chat, Some(message));
    event_append(write, NewEvent { kind: Kind::MessageUnscheduled, chat, message, detail: String::new() }).map(drop)
}

/// Puts messages whose time has come into the outbox, one of each chat; returns how many left the schedule. There may be
/// more while it isn't 0.
pub fn release_due(write: &mut Write<'_, '_>) -> Result<usize, Error> {
    let due = scheduled_due(write, RELEASED_MAX)?;
    let mut chats = HashSet::new();
    // The outbox takes one message of a chat in a write; the next write takes the next.
    let firsts: Vec<DueSend> = due.into_iter().filter(|due| chats.insert(due.send.chat)).collect();
    for due in &firsts {
        release(write, due)?;
    }
    Ok(firsts.len())
}

fn release(write: &mut Write<'_, '_>, due: &DueSend) -> Result<(), Error> {
    let ScheduledSend { message, account, chat, .. } = due.send;
    if !due.unlinked_at.is_never() {
        let details = "Its WhatsApp account was unlinked before its time came.".to_owned();
        return end(write, &due.send, Failure { code: None, title: "Account unlinked".to_owned(), details });
    }
    if is_unasked(due.origin, due.last_inbound_at, due.opted_out_at) {
        let details = "Its recipient opted out before its time came, and hasn't written since.".to_owned();
        return end(write, &due.send, Failure { code: None, title: "Opted out".to_owned(), details });
    }
    let now = write.now;
    scheduled_delete(write, message)?;
    message_set_at(write, message)?;
    let has_labels = !label_list(write.tx, write.workspace.id, chat)?.is_empty();
    chat_sent(write, (chat, has_labels), message, now)?;
    let class = Urgency::of(due.origin, due.last_inbound_at, now) as i64;
    let seq = write.next_outbox_seq();
    outbox_insert(write, &NewOutboxRow { account, seq, message, chat, class })?;
    let event = NewEvent { kind: Kind::MessageSent, chat, message: Some(message), detail: String::new() };
    event_append(write, event).map(drop)
}

/// It will never go.
fn end(write: &mut Write<'_, '_>, send: &ScheduledSend, failure: Failure) -> Result<(), Error> {
    scheduled_delete(write, send.message)?;
    let now = write.now;
    move_message(write, send.message, send.chat, Status::Pending, Status::Failed, Some(&failure), now).map(drop)
}

fn unknown_scheduled() -> Error {
    let rule = "No message of this uid waits for its time";
    Error::not_found(format!(
        "{rule}; GET /messages/scheduled lists those that do, one that has gone can't be cancelled"
    ))
}
