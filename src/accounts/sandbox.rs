//! Playing the other side of a sandbox account: what the control API may do there. Rules only: which account, which message,
//! what may be asked; the sandbox itself is the transport's.

use std::time::Duration;

use database::Read;
use transport::{Address, CallOutcome, FileKind, IncomingBody, IncomingFile, Kind};
use uuid::Uuid;

use crate::accounts::health::bring_back;
use crate::error::Error;
use crate::id::{FileUid, MessageUid, WorkspaceId};
use crate::message::MessageKind;
use crate::store::Write;
use crate::store::accounts::account_list;
use crate::store::chats::chat_find;
use crate::store::files::file_find;
use crate::store::messages::{MessageView, message_find};
use crate::store::sandbox::SandboxOf;
use crate::store::sandbox_contacts::sandbox_standing;
use crate::transports::sandbox::contacts::contact_at;
use crate::transports::sandbox::control;

pub use crate::transports::sandbox::contacts::CONTACTS;
pub use crate::transports::sandbox::control::{AHEAD_MAX, Play, Player, Push, RULES_MAX, sample};
pub use crate::transports::sandbox::{Rule, SAMPLES, Shown, ShownReaction, source_of_blob, typing};

/// Messages that a phone's list shows.
pub const SHOWN_MAX: i64 = 200;

/// The sandbox account that is meant: by its JID or phone, else the one that was linked last.
///
/// # Errors
/// `validation_error` where there is none.
pub fn sandbox_of(tx: &mut impl Read, workspace: WorkspaceId, wished: Option<&str>) -> Result<SandboxOf, Error> {
    let accounts = account_list(tx, workspace)?.into_iter().filter(|row| row.unlinked_at.is_never());
    let mut sandboxes = accounts.filter(|row| row.transport == Kind::Sandbox);
    let found = match wished {
        None => sandboxes.max_by_key(|row| (row.linked_at, row.id)),
        Some(wished) => {
            let digits = wished.split('@').next().unwrap_or(wished).trim_start_matches('+');
            sandboxes.find(|row| row.phone.trim_start_matches('+') == digits)
        }
    };
    let found = found.ok_or_else(|| {
        let rule = match wished {
            Some(wished) => format!("{wished} is no sandbox account of this workspace"),
            None => "This workspace has no sandbox account".to_owned(),
        };
        Error::invalid("whatsapp_account_id", format!("{rule}; GET /whatsapp_accounts lists all accounts"))
    })?;
    Ok(SandboxOf { workspace, account: found.id })
}

/// What somebody does at their phone, with messages as our side names them.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    Text {
        text: String,
        reply_to: Option<MessageUid>,
    },
    /// A location, a contact, a file of the sandbox's own, something unknown.
    Body {
        body: IncomingBody,
        reply_to: Option<MessageUid>,
    },
    /// One of our uploaded files, as if it came from them.
    File {
        file: FileUid,
        caption: String,
        reply_to: Option<MessageUid>,
    },
    /// Empty takes it back.
    React {
        to: MessageUid,
        emoji: String,
    },
    Edit {
        message: MessageUid,
        text: String,
    },
    Delete {
        message: MessageUid,
    },
    /// They write, or have stopped.
    Type {
        is_writing: bool,
    },
    /// A call that is over, or that nobody answered.
    Call {
        is_outgoing: bool,
        is_video: bool,
        duration_s: Option<i64>,
        outcome: CallOutcome,
    },
}

/// Lets somebody do something at their phone. It is told to the account as any message of theirs: within a moment.
///
/// # Errors
/// `validation_error` for a message or file that isn't there or isn't theirs.
pub fn play(
    write: &mut Write<'_, '_>,
    of: SandboxOf,
    player: &Player,
    inbound: &Inbound,
    id: Uuid,
) -> Result<String, Error> {
    let play = match inbound {
        Inbound::Text { text, reply_to } => {
            let reply_to = answered(write, of, *reply_to)?;
            Play::Say { body: IncomingBody::Text(text.clone()), reply_to }
        }
        Inbound::Body { body, reply_to } => Play::Say { body: body.clone(), reply_to: answered(write, of, *reply_to)? },
        Inbound::File { file, caption, reply_to } => {
            let body = uploaded(write, *file, caption)?;
            Play::Say { body, reply_to: answered(write, of, *reply_to)? }
        }
        Inbound::React { to, emoji } => {
            let message = named(write, of, "react_to", *to)?.message;
            let to_sender = (!message.from_me).then(|| Address::from_jid(message.sender_jid));
            Play::React { wamid: message.wamid, to_sender, emoji: emoji.clone() }
        }
        Inbound::Edit { message, text } => {
            Play::Edit { wamid: theirs(write, of, "edits", *message, player)?, text: text.clone() }
        }
        Inbound::Call { is_outgoing, is_video, duration_s, outcome } => {
            Play::Call { is_outgoing: *is_outgoing, is_video: *is_video, duration_s: *duration_s, outcome: *outcome }
        }
        Inbound::Type { is_writing } => Play::Type { is_writing: *is_writing },
        Inbound::Delete { message } => Play::Revoke { wamid: theirs(write, of, "deletes", *message, player)? },
    };
    let wamid = id.to_string();
    control::play(write.tx, of, player, &play, &wamid, id, write.now)?;
    Ok(wamid)
}

fn answered(write: &mut Write<'_, '_>, of: SandboxOf, reply_to: Option<MessageUid>) -> Result<Option<String>, Error> {
    reply_to.map(|uid| Ok(named(write, of, "reply_to", uid)?.message.wamid)).transpose()
}

fn named(write: &mut Write<'_, '_>, of: SandboxOf, field: &str, uid: MessageUid) -> Result<MessageView, Error> {
    let found = message_find(write.tx, of.workspace, uid)?.filter(|view| view.message.account == of.account);
    found.ok_or_else(|| Error::invalid(field, format!("{field}: there is no message {uid} on this sandbox account")))
}

/// The id of a message that this very person sent.
fn theirs(
    write: &mut Write<'_, '_>,
    of: SandboxOf,
    field: &str,
    uid: MessageUid,
    player: &Player,
) -> Result<String, Error> {
    let message = named(write, of, field, uid)?.message;
    if message.from_me || message.sender_jid != player.sender.jid() {
        return Err(Error::invalid(field, format!("{field}: message {uid} is not by {}", player.sender.jid())));
    }
    Ok(message.wamid)
}

fn uploaded(write: &mut Write<'_, '_>, uid: FileUid, caption: &str) -> Result<IncomingBody, Error> {
    let file = file_find(write.tx, write.workspace.id, uid)?;
    let file = file.ok_or_else(|| {
        Error::invalid("file_uid", format!("There is no file {uid} in this workspace; GET /files lists them"))
    })?;
    Ok(IncomingBody::File(IncomingFile {
        kind: file.kind,
        mimetype: file.mimetype,
        filename: if file.kind == FileKind::Document { file.filename } else { String::new() },
        size_bytes: u64::try_from(file.size_bytes).unwrap_or(0),
        caption: caption.to_owned(),
        source: source_of_blob(&file.sha256),
    }))
}

/// Pushes a message of ours on, as if its recipient's phone had.
///
/// # Errors
/// `not_found` for an unknown message; `validation_error` for one that no sandbox account sent, and for a participant where
/// there is no group.
pub fn push_message(write: &mut Write<'_, '_>, uid: MessageUid, push: &Push, id: Uuid) -> Result<SandboxOf, Error> {
    let workspace = write.workspace.id;
    let unknown = || Error::not_found("There is no such message in this workspace; check the message_uid");
    let message = message_find(write.tx, workspace, uid)?.ok_or_else(unknown)?.message;
    let sandboxes = account_list(write.tx, workspace)?;
    let is_sandbox = sandboxes.iter().any(|row| row.id == message.account && row.transport == Kind::Sandbox);
    if !is_sandbox || !message.from_me || message.kind != MessageKind::WhatsApp {
        let rule = "Only messages that a sandbox account sent can be pushed on";
        return Err(Error::invalid("message_uid", rule));
    }
    let of = SandboxOf { workspace, account: message.account };
    let chat = chat_find(write.tx, workspace, message.chat)?.ok_or_else(unknown)?;
    if matches!(push, Push::By { .. }) && !chat.is_group {
        let rule = "participant says who of a group; this message went to a contact, so leave it out";
        return Err(Error::invalid("participant", rule));
    }
    control::push(write.tx, of, &Address::from_jid(chat.jid), &message.wamid, push, id, write.now)?;
    Ok(of)
}

/// Makes a number do as the rule says; an empty rule gives it back to its contact.
///
/// # Errors
/// `validation_error` once [`RULES_MAX`] numbers have one.
pub fn set_rule(write: &mut Write<'_, '_>, of: SandboxOf, address: &Address, rule: &Rule) -> Result<(), Error> {
    if *rule != Rule::default() && control::rules(write.tx, of)? >= RULES_MAX {
        let limit = format!("At most {RULES_MAX} numbers of an account have a rule; reset the sandbox");
        return Err(Error::invalid("number", limit));
    }
    Ok(control::set_rule(write.tx, of, address, rule)?)
}

/// How a sandbox's time goes: how far it is ahead, and its speed where one was set.
pub type SandboxClock = (Duration, Option<f64>);

/// Lets time pass on the far side, or sets its speed.
///
/// # Errors
/// `validation_error` where it would be further ahead than [`AHEAD_MAX`].
pub fn move_clock(
    write: &mut Write<'_, '_>,
    of: SandboxOf,
    advance: Duration,
    speed: Option<u32>,
) -> Result<SandboxClock, Error> {
    let (ahead, before) = control::clock(write.tx, of)?;
    let ahead = ahead.saturating_add(advance);
    if ahead > AHEAD_MAX {
        let days = AHEAD_MAX.as_secs() / 86_400;
        let rule = format!("The sandbox's time can be {days} days ahead at most; reset the sandbox");
        return Err(Error::invalid("advance_seconds", rule));
    }
    let kept = before.map(|before| before as u32);
    control::set_clock(write.tx, of, ahead, speed.or(kept))?;
    Ok((ahead, speed.map(f64::from).or(before)))
}

/// Forgets a piece of what a sandbox knows, and brings its account back; whether there is more to forget.
pub fn reset(write: &mut Write<'_, '_>, of: SandboxOf) -> Result<bool, Error> {
    bring_back(write, of.account)?;
    Ok(control::reset(write.tx, of)?)
}

/// Brings a sandbox account back that is down or held.
pub fn reconnect(write: &mut Write<'_, '_>, of: SandboxOf) -> Result<(), Error> {
    bring_back(write, of.account)
}

/// Switches a phone on or off; whether there is more that waits for it.
pub fn set_online(
    write: &mut Write<'_, '_>,
    of: SandboxOf,
    address: &Address,
    online: bool,
    speed: f64,
) -> Result<bool, Error> {
    Ok(control::set_online(write.tx, of, address, online, write.now, speed)?)
}

/// Whether a contact's phone is on.
pub fn is_online(tx: &mut impl Read, of: SandboxOf, address: &Address) -> Result<bool, Error> {
    let standing = sandbox_standing(tx, of, address.jid())?;
    Ok(standing.online.unwrap_or(!contact_at(address).1.starts_offline))
}

/// What a phone shows of its chat with an account, oldest first, the last [`SHOWN_MAX`].
pub fn shown(tx: &mut impl Read, of: SandboxOf, address: &Address) -> Result<Vec<Shown>, Error> {
    Ok(control::shown(tx, of, address, SHOWN_MAX)?)
}
