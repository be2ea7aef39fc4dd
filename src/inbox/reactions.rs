//! Reactions: ours, which go out through the outbox in the chat's order, and those of others. They are free.
//!
//! Ours shows at once, and WhatsApp is told when its turn comes; what WhatsApp refuses shows again as WhatsApp has it. One
//! person has one reaction to a message, the latest; what was taken back is remembered as such, for events come in any order.

use serde::{Deserialize, Serialize};
use transport::{Capabilities, IncomingReaction};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, MessageUid};
use crate::inbox::changes::named_in;
use crate::inbox::contacts::{Names, main_address};
use crate::inbox::send::not_supported;
use crate::inbox::urgency::Urgency;
use crate::inbox::values::{Emoji, REACTION_CHARS_MAX};
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_details::NamedMessage;
use crate::store::outbox::{NewOutboxRow, outbox_insert};
use crate::store::reactions::{
    ReactionRow, ReactionSend, ReactionTarget, reaction_find, reaction_put, reaction_send_delete, reaction_send_insert,
    reaction_target, reaction_told, reaction_undo,
};
use crate::workspace::tokens::Caller;

/// A reaction of ours to accept. Its ids were chosen before the write began.
#[derive(Clone, Debug)]
pub struct SendReaction {
    /// Of its way out, not of the message.
    pub uid: MessageUid,
    pub wamid: String,
    pub message: MessageUid,
    pub emoji: Emoji,
}

/// What the log says of a reaction beside its message, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionDetail {
    /// `set` or `clear`.
    pub action: String,
    /// What was set; empty where it was taken back.
    pub emoji: String,
    /// Who reacted; empty for the account itself.
    pub jid: String,
    pub name: String,
}

/// Reacts to a message, or takes our reaction back; the same again changes nothing. Returns the message.
///
/// # Errors
/// `not_found` (no such message), `validation_error` (a note, a failed or deleted message, an unlinked account),
/// `not_supported`. All are decided before anything is written.
pub fn react(write: &mut Write<'_, '_>, caller: &Caller, request: &SendReaction) -> Result<MessageUid, Error> {
    let found = reaction_target(write.tx, write.workspace.id, request.message)?;
    let target =
        found.filter(|target| caller.limits.allow_account(&target.account_phone)).ok_or_else(unknown_message)?;
    ensure_can_react(&target, caller)?;
    if target.emoji == request.emoji.as_str() {
        return Ok(request.message);
    }
    let reaction = ReactionRow {
        chat: target.chat,
        message: request.message,
        reactor_jid: String::new(),
        reactor_name: String::new(),
        emoji: request.emoji.as_str().to_owned(),
        told_emoji: target.told_emoji.clone(),
        send: Some(request.uid),
        at: write.now,
    };
    reaction_put(write, &reaction)?;
    let send = ReactionSend {
        uid: request.uid,
        chat: target.chat,
        message: request.message,
        wamid: request.wamid.clone(),
        emoji: reaction.emoji.clone(),
    };
    reaction_send_insert(write, &send)?;
    let row = NewOutboxRow {
        account: target.account,
        seq: write.next_outbox_seq(),
        message: request.uid,
        chat: target.chat,
        class: Urgency::of(Origin::PublicApi, target.last_inbound_at, write.now) as i64,
    };
    outbox_insert(write, &row)?;
    note(write, &reaction)?;
    Ok(request.message)
}

fn ensure_can_react(target: &ReactionTarget, caller: &Caller) -> Result<(), Error> {
    let invalid = |why: &str| Err(Error::invalid("message_uid", format!("This message {why}")));
    if target.kind == MessageKind::Call {
        return invalid("is a call; react to a message that was sent or received");
    }
    if target.kind != MessageKind::WhatsApp {
        return invalid("is a note, which WhatsApp doesn't know; react to a message that was sent or received");
    }
    if !target.deleted_at.is_never() {
        return invalid("was deleted; react to another");
    }
    if target.status == Status::Failed {
        return invalid("was never sent; react to one that was sent or received");
    }
    if target.is_scheduled {
        return invalid("waits for its time and hasn't gone yet; react to it then");
    }
    if !target.unlinked_at.is_never() {
        let rule = format!("is on WhatsApp account {}, which was unlinked; link it again", target.account_phone);
        return invalid(&rule);
    }
    if caller.sandbox_only && target.transport != transport::Kind::Sandbox {
        let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
        return Err(Error::new(crate::error::Code::PermissionDenied, rule));
    }
    if !Capabilities::of(target.transport).reactions {
        return Err(not_supported(target.transport, "reactions"));
    }
    Ok(())
}

/// WhatsApp has our reaction.
pub fn record_told(write: &mut Write<'_, '_>, send: &ReactionSend) -> Result<(), Error> {
    reaction_told(write, send)?;
    Ok(reaction_send_delete(write, send.uid)?)
}

/// WhatsApp won't have our reaction: what it had before shows again.
pub fn record_refused(write: &mut Write<'_, '_>, send: &ReactionSend) -> Result<(), Error> {
    if reaction_undo(write, send)?
        && let Some(reaction) = reaction_find(write.tx, write.workspace.id, send.chat, send.message, "")?
    {
        note(write, &reaction)?;
    }
    Ok(reaction_send_delete(write, send.uid)?)
}

/// Stores what somebody put to a message, or that they took it back; an older or repeated event changes nothing.
///
/// Returns whether something changed. A reaction to a message that nobody knows is no news.
pub fn record_reaction(write: &mut Write<'_, '_>, account: AccountId, told: &IncomingReaction) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    let named = named_in(write, account, &told.chat, &told.wamid)?;
    let to_sender = told.to_sender.as_ref().map(|sender| Names::of(write.tx, workspace, sender)).transpose()?;
    let Some(message) = pick(&named, to_sender.as_ref()) else { return Ok(false) };
    let (chat, uid) = (message.chat, message.uid);
    let own = account_find(write.tx, workspace, account)?;
    let is_ours = own.is_some_and(|own| own.jid == told.sender.address.jid());
    let reactor = main_address(write.tx, workspace, &told.sender.address)?;
    let reactor_jid = if is_ours { "" } else { reactor.jid() };
    let before = reaction_find(write.tx, workspace, chat, uid, reactor_jid)?;
    let (at, emoji) = (Time::from_ms(told.at_ms), stored_emoji(&told.emoji));
    if before.as_ref().is_some_and(|before| before.at > at || before.emoji == emoji)
        || before.is_none() && emoji.is_empty()
    {
        return Ok(false);
    }
    let reaction = ReactionRow {
        chat,
        message: uid,
        reactor_jid: reactor_jid.to_owned(),
        reactor_name: if is_ours { String::new() } else { told.sender.name.replace('\0', "") },
        emoji: emoji.clone(),
        told_emoji: emoji,
        send: None,
        at,
    };
    reaction_put(write, &reaction)?;
    note(write, &reaction)?;
    Ok(true)
}

/// Which of the messages with this wamid: two senders may have chosen the same.
fn pick<'m>(named: &'m [NamedMessage], to_sender: Option<&Names>) -> Option<&'m NamedMessage> {
    named.iter().filter(|message| message.details.deleted_at.is_never()).find(|message| match to_sender {
        None => message.from_me,
        Some(sender) => !message.from_me && sender.has(&message.sender_jid),
    })
}

/// As the database takes it, and no longer than ours may be.
fn stored_emoji(emoji: &str) -> String {
    emoji.chars().filter(|letter| *letter != '\0').take(REACTION_CHARS_MAX).collect()
}

fn note(write: &mut Write<'_, '_>, reaction: &ReactionRow) -> Result<(), Error> {
    let action = if reaction.emoji.is_empty() { "clear" } else { "set" };
    let detail = ReactionDetail {
        action: action.to_owned(),
        emoji: reaction.emoji.clone(),
        jid: reaction.reactor_jid.clone(),
        name: reaction.reactor_name.clone(),
    };
    let detail = serde_json::to_string(&detail).map_err(Error::internal)?;
    let event = NewEvent { kind: Kind::MessageReaction, chat: reaction.chat, message: Some(reaction.message), detail };
    event_append(write, event).map(drop)
}

fn unknown_message() -> Error {
    Error::not_found("There is no such message in this workspace; check the message_uid")
}
