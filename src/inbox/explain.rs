//! Why a message is where it is: its steps with their times and reasons, what happens next, and what somebody can do.
//!
//! Everything is read from rows that were written anyway, so the same rows always give the same words.

use database::Read;
use transport::Address;

use crate::clock::Time;
use crate::error::Error;
use crate::id::{MessageUid, WorkspaceId};
use crate::inbox::advice::advice;
use crate::inbox::receipts::recipients_of;
use crate::message::{FileState, MessageKind, Origin, Status};
use crate::store::accounts::{AccountRow, account_find};
use crate::store::chats::chat_find;
use crate::store::explanations::{AHEAD_MAX, AcceptingCall, WaitingRow, accepting_call, waiting_ahead, waiting_find};
use crate::store::group_members::group_find;
use crate::store::message_prices::{MessagePrice, message_price_find};
use crate::store::message_receipts::RecipientRow;
use crate::store::messages::{HistoryRow, MessageRow, MessageView, history_list, message_find};
use crate::store::outbox::Stage;
use crate::store::send_steps::{SendStep, StepKind, send_step_list};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState};
use crate::webhooks::told::{Told, told_of};

/// Participants of a group whose receipts are steps; what all of them told is beside.
const RECIPIENTS_TOLD_MAX: usize = 20;
/// Participants named as those who don't have a message yet.
const MISSING_TOLD_MAX: usize = 10;

/// Where a message is, in one word; the statuses, and what they don't tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was asked for a later time.
    Scheduled,
    /// It will go by itself.
    Waiting,
    /// Its account may not send now.
    Held,
    /// It is being handed over.
    Sending,
    /// It may have gone.
    Uncertain,
    Sent,
    Delivered,
    Read,
    Failed,
    /// It came from the contact, or was typed on the phone.
    Received,
    /// A note: for teammates only.
    Kept,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Scheduled => "scheduled",
            Standing::Waiting => "waiting",
            Standing::Held => "held",
            Standing::Sending => "sending",
            Standing::Uncertain => "uncertain",
            Standing::Sent => "sent",
            Standing::Delivered => "delivered",
            Standing::Read => "read",
            Standing::Failed => "failed",
            Standing::Received => "received",
            Standing::Kept => "kept",
        }
    }
}

/// One step of a message's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Time,
    /// What happened, or is so now.
    pub what: String,
    /// Empty where there is nothing to say.
    pub why: String,
    /// What follows, or what somebody can do; empty where nothing does.
    pub next: String,
    /// When it goes on by itself, where that is what follows.
    pub goes_on_at: Option<Time>,
}

/// A message, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub view: MessageView,
    pub standing: Standing,
    /// Oldest first; the last says how it stands.
    pub steps: Vec<Step>,
    /// In a group, each of those to whom it went, by name, with what their phone told; empty elsewhere.
    pub recipients: Vec<RecipientRow>,
}

/// What is known of a message beside its own row.
struct Facts {
    now: Time,
    account: Option<AccountRow>,
    history: Vec<HistoryRow>,
    tries: Vec<SendStep>,
    waiting: Option<WaitingRow>,
    ahead: i64,
    call: Option<AcceptingCall>,
    told: Vec<Told>,
    price: Option<MessagePrice>,
    /// `None` where it didn't go to a group.
    crowd: Option<Crowd>,
}

/// Those of a group to whom a message went.
struct Crowd {
    recipients: Vec<RecipientRow>,
    /// Whether WhatsApp has told who is in the group.
    is_known: bool,
}

/// Explains a message; `None` where the workspace has none of this uid.
pub fn explain(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    uid: MessageUid,
    now: Time,
) -> Result<Option<Explanation>, Error> {
    let Some(view) = message_find(tx, workspace, uid)? else { return Ok(None) };
    let message = &view.message;
    let waiting = waiting_find(tx, workspace, message.account, message.chat, uid)?;
    let ahead = match &waiting {
        Some(row) => waiting_ahead(tx, workspace, message.account, message.chat, row.seq)?,
        None => 0,
    };
    let facts = Facts {
        crowd: crowd(tx, workspace, message)?,
        now,
        account: account_find(tx, workspace, message.account)?,
        history: history_list(tx, workspace, uid)?,
        tries: send_step_list(tx, workspace, uid)?,
        waiting,
        ahead,
        call: accepting_call(tx, workspace, uid)?,
        told: told_of(tx, workspace, uid, message.received_at)?,
        price: message_price_find(tx, workspace, uid)?,
    };
    let (standing, steps) = tell(&view, &facts);
    let recipients = facts.crowd.map(|crowd| crowd.recipients).unwrap_or_default();
    Ok(Some(Explanation { view, standing, steps, recipients }))
}

fn crowd(tx: &mut impl Read, workspace: WorkspaceId, message: &MessageRow) -> Result<Option<Crowd>, Error> {
    let chat = chat_find(tx, workspace, message.chat)?;
    let Some(chat) = chat.filter(|chat| chat.is_group && message.from_me) else { return Ok(None) };
    let recipients = recipients_of(tx, workspace, message)?;
    let group = group_find(tx, workspace, chat.id)?;
    Ok(Some(Crowd { recipients, is_known: group.is_some_and(|group| group.is_whole) }))
}

fn tell(view: &MessageView, facts: &Facts) -> (Standing, Vec<Step>) {
    let message = &view.message;
    let mut steps = vec![beginning(view, facts)];
    if message.kind == MessageKind::Note {
        return (Standing::Kept, steps);
    }
    if !message.from_me || message.origin == Origin::Synced {
        steps.extend(attachment(view));
        steps.extend(changes(view));
        steps.extend(facts.told.iter().map(told_step));
        return (Standing::Received, steps);
    }
    let tried = facts.tries.iter().map(try_step);
    let moved = facts.history.iter().filter(|step| step.status != Status::Pending);
    let is_group = facts.crowd.is_some();
    steps.extend(tried.chain(moved.map(|step| status_step(step, message, is_group))));
    steps.extend(facts.price.as_ref().map(|price| price_step(price, facts)));
    steps.extend(facts.crowd.iter().flat_map(|crowd| &crowd.recipients).take(RECIPIENTS_TOLD_MAX).flat_map(receipts));
    steps.extend(changes(view));
    steps.extend(facts.told.iter().map(told_step));
    steps[1..].sort_by_key(|step| step.at);
    let (standing, last) = how_it_stands(view, facts);
    steps.extend(last);
    (standing, steps)
}

fn step(at: Time, what: impl Into<String>, why: impl Into<String>, next: impl Into<String>) -> Step {
    Step { at, what: what.into(), why: why.into(), next: next.into(), goes_on_at: None }
}

impl Step {
    /// It goes on by itself then, if that is known.
    fn until(self, until: Time) -> Step {
        Step { goes_on_at: (!until.is_never()).then_some(until), ..self }
    }
}

fn beginning(view: &MessageView, facts: &Facts) -> Step {
    let message = &view.message;
    if message.kind == MessageKind::Note {
        return step(message.received_at, "Kept as a note", by_whom(view, facts), "It goes to nobody");
    }
    if !message.from_me {
        let from = if message.sender_name.is_empty() { "the contact" } else { &message.sender_name };
        let why = format!("{from} wrote to {}", view.account_phone);
        return step(message.received_at, "Received", why, "");
    }
    if message.origin == Origin::Synced {
        return step(message.received_at, "Synced", "It was typed on the phone of the account", "");
    }
    let mut why = by_whom(view, facts);
    let credits = message.credits_recurring + message.credits_topped_up;
    if credits > 0 {
        why += &format!("; it took {credits} {}", if credits == 1 { "credit" } else { "credits" });
    }
    step(message.received_at, "Accepted", why, "")
}

fn by_whom(view: &MessageView, facts: &Facts) -> String {
    let mut told = match view.token_name.as_str() {
        "" => "Without a token".to_owned(),
        name => format!("Asked for with the token \"{name}\""),
    };
    if let Some(AcceptingCall { request, method, path, reason }) = &facts.call {
        told += &format!(" by {method} {path}");
        if !request.is_empty() {
            told += &format!(" (request {request})");
        }
        if !reason.is_empty() {
            told += &format!(": {reason}");
        }
    }
    told
}

fn try_step(tried: &SendStep) -> Step {
    let SendStep { kind, at, until, attempts, reason } = tried;
    match kind {
        StepKind::Tried => step(*at, format!("Try {attempts} failed"), reason, "").until(*until),
        StepKind::Held => step(*at, "Held: the account may not send", reason, "").until(*until),
        StepKind::Down => step(*at, "Held: the account needs somebody", reason, "It goes once the account is back"),
        StepKind::Uncertain => step(*at, "The answer to the hand-over was lost", reason, ""),
        StepKind::SentAgain => step(*at, "To be sent again", reason, ""),
        StepKind::MarkedSent => step(*at, "Marked as sent", reason, ""),
    }
}

fn told_step(told: &Told) -> Step {
    let Told { delivery, last } = told;
    let DeliveryRow { webhook, event_type, state, attempts, next_at, created_at, .. } = delivery;
    let at = last.as_ref().map_or(*created_at, |last| last.at);
    let answered = last.as_ref().map(|last| match (last.status, last.error.as_str()) {
        (0, error) => error.to_owned(),
        (status, _) => format!("it answered {status}"),
    });
    let answered = answered.unwrap_or_else(|| "it has not been tried yet".to_owned());
    let many = if *attempts == 1 { "attempt" } else { "attempts" };
    let why = format!("{attempts} {many}; {answered}");
    let again = format!("GET /webhooks/{webhook}/deliveries shows its attempts and can send it again");
    match state {
        DeliveryState::Delivered => step(at, format!("Webhook {webhook} was told {event_type}"), why, ""),
        DeliveryState::Waiting => {
            step(at, format!("Webhook {webhook} is not told {event_type} yet"), why, "").until(*next_at)
        }
        DeliveryState::Failed => step(at, format!("Webhook {webhook} was not told {event_type}"), why, again),
    }
}

fn price_step(price: &MessagePrice, facts: &Facts) -> Step {
    let MessagePrice { category, model, is_billable } = price;
    let at = facts.history.last().map_or(facts.now, |moved| moved.at);
    let model = if model.is_empty() { String::new() } else { format!(" ({model})") };
    let what = if *is_billable { "WhatsApp bills it" } else { "WhatsApp doesn't bill it" };
    step(at, what, format!("As {category}{model}"), "")
}

/// What the phone of one participant told.
fn receipts(recipient: &RecipientRow) -> Vec<Step> {
    let RecipientRow { receipt, .. } = recipient;
    let who = called(recipient);
    let delivered = (receipt.delivered_at, format!("Delivered to {who}"));
    let read = (receipt.read_at, format!("Read by {who}"));
    let told = [delivered, read].into_iter().filter(|(at, _)| !at.is_never());
    told.map(|(at, what)| step(at, what, "", "")).collect()
}

/// A participant as people call them: by name, else phone, else what WhatsApp calls them.
fn called(recipient: &RecipientRow) -> String {
    if !recipient.name.is_empty() {
        return recipient.name.clone();
    }
    Address::from_jid(recipient.jid.as_str()).phone().unwrap_or_else(|| recipient.jid.clone())
}

fn status_step(moved: &HistoryRow, message: &MessageRow, is_group: bool) -> Step {
    let (what, why) = match moved.status {
        Status::Pending => ("Accepted", String::new()),
        Status::Sending => ("Handed over", String::new()),
        Status::Sent => ("Sent", "WhatsApp has it".to_owned()),
        Status::Delivered if is_group => ("Delivered", "It is on the phones of all in the group".to_owned()),
        Status::Read if is_group => ("Read", "All in the group have opened it".to_owned()),
        Status::Delivered => ("Delivered", "It is on the recipient's phone".to_owned()),
        Status::Read => ("Read", "The recipient has opened it".to_owned()),
        Status::Failed => ("Failed", failure_of(message)),
    };
    step(moved.at, what, why, "")
}

fn failure_of(message: &MessageRow) -> String {
    let Some(failure) = &message.failure else { return String::new() };
    let code = failure.code.map(|code| format!(" (code {code})")).unwrap_or_default();
    format!("{}: {}{code}", failure.title, failure.details.trim_end_matches('.'))
}

/// The last step, where the statuses don't say it all.
fn how_it_stands(view: &MessageView, facts: &Facts) -> (Standing, Option<Step>) {
    let message = &view.message;
    let now = |what: &str, why: String, next: String| Some(step(facts.now, what, why, next));
    match (message.status, &facts.crowd) {
        (Status::Sent, Some(crowd)) => (Standing::Sent, Some(lacks(facts.now, crowd, "Not delivered to all yet"))),
        (Status::Delivered, Some(crowd)) => {
            (Standing::Delivered, Some(lacks(facts.now, crowd, "Not known to be read by all")))
        }
        (Status::Sent, None) => {
            let next = "The phone is off or out of reach, or its owner has blocked the account; a receipt settles it";
            (Standing::Sent, now("Not delivered yet", "WhatsApp has told of no delivery".into(), next.into()))
        }
        (Status::Delivered, None) => {
            let why = "No receipt of reading has come; many people have switched those off";
            (Standing::Delivered, now("Not known to be read", why.into(), String::new()))
        }
        (Status::Read, _) => (Standing::Read, None),
        (Status::Failed, _) => {
            let code = message.failure.as_ref().and_then(|failure| failure.code);
            let credits = message.credits_recurring + message.credits_topped_up;
            let why = if credits > 0 { "Its credits were given back" } else { "" };
            (Standing::Failed, now("It will not go", why.into(), advice(code).into()))
        }
        (Status::Pending | Status::Sending, _) => waits(view, facts),
    }
}

/// Who of a group is still waited for.
fn lacks(now: Time, crowd: &Crowd, what: &str) -> Step {
    let told = |test: fn(&RecipientRow) -> bool| crowd.recipients.iter().filter(|one| test(one)).count();
    let delivered = told(|one| !one.receipt.there_at().is_never());
    let read = told(|one| !one.receipt.read_at.is_never());
    if !crowd.is_known {
        let why = format!("{delivered} have it and {read} have read it, but WhatsApp has not told who is in the group");
        return step(now, what, why, "It moves on once it is known who is in the group and all of them have it");
    }
    let all = crowd.recipients.len();
    let is_there = |one: &&RecipientRow| match delivered < all {
        true => one.receipt.there_at().is_never(),
        false => one.receipt.read_at.is_never(),
    };
    let missing: Vec<String> = crowd.recipients.iter().filter(is_there).take(MISSING_TOLD_MAX).map(called).collect();
    let more = if all - if delivered < all { delivered } else { read } > missing.len() { " and others" } else { "" };
    let why = format!(
        "Of {all} in the group {delivered} have it and {read} have read it; not yet {}{more}",
        missing.join(", ")
    );
    step(now, what, why, "Each phone tells it by itself; many people have receipts of reading switched off")
}

fn waits(view: &MessageView, facts: &Facts) -> (Standing, Option<Step>) {
    let now = |what: &str, why: String, next: String| Some(step(facts.now, what, why, next));
    let Some(row) = &facts.waiting else {
        let (message, at) = (&view.message, view.details.scheduled_at);
        if message.status == Status::Pending && !at.is_never() {
            let step = step(facts.now, "Scheduled", "It was asked for a later time", "").until(at);
            return (Standing::Scheduled, Some(step));
        }
        let standing = if message.status == Status::Sending { Standing::Sending } else { Standing::Waiting };
        return (standing, None);
    };
    match row.stage {
        Stage::Uncertain => {
            let next = "Nothing repeats it by itself, and a late receipt settles it. Look into the chat on the phone: \
                        POST /messages/{message_uid}/resend if it isn't there, POST /messages/{message_uid}/mark_sent \
                        if it is";
            return (Standing::Uncertain, now("Uncertain", "It may have gone".into(), next.into()));
        }
        Stage::Sending => return (Standing::Sending, now("Being handed over", String::new(), String::new())),
        Stage::Behind | Stage::Ready | Stage::Waiting => {}
    }
    if let Some(held) = facts.account.as_ref().and_then(|account| what_holds(account, facts.now)) {
        return (Standing::Held, Some(held));
    }
    match row.stage {
        Stage::Waiting => {
            let why = if row.reason.is_empty() { "It waits for its time".into() } else { row.reason.clone() };
            (Standing::Waiting, Some(step(facts.now, "Waits", why, "").until(row.not_before)))
        }
        Stage::Behind => {
            let many = if facts.ahead >= AHEAD_MAX { "or more " } else { "" };
            let why = format!("{} {many}of its chat go before it, in the order accepted", facts.ahead);
            (Standing::Waiting, now("Waits", why, "It goes once they are sent".into()))
        }
        _ => {
            let why = "It is the next of its chat; the account pauses between two sends, and replies go first";
            (Standing::Waiting, now("Waits its turn", why.into(), "It goes by itself".into()))
        }
    }
}

/// Why the account sends nothing now, and what ends that; `None` if it does send.
fn what_holds(account: &AccountRow, now: Time) -> Option<Step> {
    let held = |what: &str, next: &str| {
        let reason = if account.health_reason.is_empty() { "" } else { ": " };
        let why = format!("The account {} {what}{reason}{}", account.phone, account.health_reason);
        step(now, "Held", why, next)
    };
    if !account.unlinked_at.is_never() {
        return Some(held("is unlinked", "Link the account again; the message goes then"));
    }
    Some(match account.health.as_str() {
        "connected" => return None,
        "held" if account.health_until <= now => return None,
        "held" => held("may not send for a time", "").until(account.health_until),
        "logged_out" => held("was logged out at WhatsApp", "Link the account again; the message goes then"),
        "token_invalid" => held("has a token that is not valid any more", "Give the account a new token"),
        "connecting" | "reconnecting" => held("is not connected", "It tries again by itself; the message goes then"),
        _ => held("is down", "Look at the account; the message goes once it is back"),
    })
}

fn attachment(view: &MessageView) -> Option<Step> {
    let file = view.attachment.as_ref()?;
    let at = view.message.received_at;
    match file.state {
        FileState::Ready => None,
        FileState::Fetching => {
            Some(step(at, "Its file is on the way", "It is fetched from WhatsApp", "It is there by itself soon"))
        }
        FileState::Unavailable => {
            Some(step(at, "Its file is not there", "WhatsApp gave it no more", "Ask for it to be sent again"))
        }
    }
}

fn changes(view: &MessageView) -> Vec<Step> {
    let edited = (view.details.edited_at, "Edited", "Its sender changed what it says");
    let deleted = (view.details.deleted_at, "Deleted", "Its sender took it back for everyone");
    let told = [edited, deleted].into_iter().filter(|(at, _, _)| !at.is_never());
    told.map(|(at, what, why)| step(at, what, why, "")).collect()
}
