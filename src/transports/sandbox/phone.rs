//! What the contacts' phones show: both sides of each chat, as it stands on the far side.

use std::collections::HashSet;
use std::time::Duration;

use database::{Error, Read, Tx};
use serde::{Deserialize, Serialize};
use transport::{Address, Body, Event, GroupChange, Incoming, IncomingBody, Mark, Typing};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::sandbox::{
    SandboxMessage, SandboxOf, sandbox_message_edit, sandbox_message_find, sandbox_message_insert,
    sandbox_message_insert_later, sandbox_message_of_chat, sandbox_message_read, sandbox_message_revoke,
    sandbox_message_set_reactions,
};
use crate::store::sandbox_contacts::{
    sandbox_contact_set_typing, sandbox_contact_typing, sandbox_contact_wrote, sandbox_group_member_delete,
    sandbox_group_member_insert, sandbox_group_member_list,
};
use crate::transports::sandbox::act::{body_of, body_to_keep};
use crate::transports::sandbox::contacts::contact_at;
use crate::transports::sandbox::files::blob_of;
use crate::transports::sandbox::refusals::Refusal;

/// How long a phone shows that somebody writes.
const TYPING_SHOWN: Duration = Duration::from_secs(25);

/// A message as a phone shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub wamid: String,
    /// `None`: our account said it.
    pub sender: Option<Address>,
    pub body: IncomingBody,
    /// WhatsApp's id of the message it answers.
    pub reply_to: Option<String>,
    pub reactions: Vec<ShownReaction>,
    pub at: Time,
    pub is_edited: bool,
    /// Taken back: its body is empty text.
    pub is_deleted: bool,
    /// Ours to it: that we have read it.
    pub is_read: bool,
}

/// One person's reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownReaction {
    /// A JID; empty for our account.
    pub by: String,
    pub emoji: String,
}

/// The last messages of a chat, oldest first.
pub fn shown(tx: &mut impl Read, of: SandboxOf, chat: &Address, rows_max: i64) -> Result<Vec<Shown>, Error> {
    let newest_first = sandbox_message_of_chat(tx, of, chat.jid(), rows_max)?;
    Ok(newest_first.into_iter().rev().map(of_row).collect())
}

fn of_row(row: SandboxMessage) -> Shown {
    Shown {
        body: body_of(&row.body, &row.text),
        wamid: row.wamid,
        sender: (!row.sender_jid.is_empty()).then(|| Address::from_jid(row.sender_jid)),
        reply_to: (!row.reply_to.is_empty()).then_some(row.reply_to),
        reactions: serde_json::from_str(&row.reactions).unwrap_or_default(),
        at: row.at,
        is_edited: !row.edited_at.is_never(),
        is_deleted: !row.deleted_at.is_never(),
        is_read: !row.read_at.is_never(),
    }
}

/// Puts a reaction to a message, or takes it back where `emoji` is empty. `by` is a JID, empty for our account.
pub fn react(tx: &mut Tx<'_>, of: SandboxOf, wamid: &str, by: &str, emoji: &str) -> Result<(), Error> {
    let Some(message) = sandbox_message_find(tx, of, wamid)? else { return Ok(()) };
    let mut reactions: Vec<ShownReaction> = serde_json::from_str(&message.reactions).unwrap_or_default();
    reactions.retain(|reaction| reaction.by != by);
    if !emoji.is_empty() {
        reactions.push(ShownReaction { by: by.to_owned(), emoji: emoji.to_owned() });
    }
    let json = if reactions.is_empty() { String::new() } else { serde_json::to_string(&reactions).unwrap_or_default() };
    sandbox_message_set_reactions(tx, of, wamid, &json)
}

/// What our account does to a message that is there. A message of its own is the request, and nothing to show.
pub fn change(tx: &mut Tx<'_>, of: SandboxOf, body: &Body, at: Time) -> Result<(), Error> {
    match body {
        Body::Reaction { to_wamid, emoji, .. } => react(tx, of, to_wamid, "", emoji),
        Body::Edit { to_wamid, text } => sandbox_message_edit(tx, of, to_wamid, text, at),
        Body::Revoke { to_wamid } => sandbox_message_revoke(tx, of, to_wamid, at),
        Body::Text(_) | Body::File(_) | Body::Template(_) => Ok(()),
    }
}

/// What our account shows of itself beside messages.
pub fn mark(tx: &mut Tx<'_>, of: SandboxOf, chat: &Address, mark: &Mark, now: Time) -> Result<(), Error> {
    match mark {
        Mark::Read(messages) => {
            messages.iter().try_for_each(|message| sandbox_message_read(tx, of, &message.wamid, now))
        }
        Mark::Typing(typing) => {
            let (word, until) = match typing {
                Typing::Typing => ("typing", now + TYPING_SHOWN),
                Typing::Recording => ("recording", now + TYPING_SHOWN),
                Typing::Paused => ("", Time::NEVER),
            };
            let online = !contact_at(chat).1.starts_offline;
            sandbox_contact_set_typing(tx, of, chat.jid(), online, word, until)
        }
    }
}

/// `typing` or `recording`, where our account shows the chat that it writes.
pub fn typing(tx: &mut impl Read, of: SandboxOf, chat: &Address, now: Time) -> Result<Option<String>, Error> {
    let shown = sandbox_contact_typing(tx, of, chat.jid())?;
    Ok(shown.filter(|(word, until)| !word.is_empty() && *until > now).map(|(word, _)| word))
}

/// Keeps what was told, so that phones show it. Each event has an id that sorts messages in the order in which they came.
pub fn keep(tx: &mut Tx<'_>, of: SandboxOf, told: &[(Event, Uuid)]) -> Result<(), Error> {
    // What changes a message of this same write must find it.
    let changes = told.iter().any(|(event, _)| matches!(event, Event::Reaction(_) | Event::Edit(_) | Event::Revoke(_)));
    let mut kept = HashSet::new();
    for (event, id) in told {
        match event {
            Event::Message(said) if kept.insert(&said.wamid) => keep_said(tx, of, said, *id, changes)?,
            Event::Reaction(reaction) => {
                react(tx, of, &reaction.wamid, reaction.sender.address.jid(), &reaction.emoji)?;
            }
            Event::Edit(edit) => {
                sandbox_message_edit(tx, of, &edit.wamid, &edit.text, Time::from_ms(edit.at_ms))?;
            }
            Event::Revoke(revoke) => sandbox_message_revoke(tx, of, &revoke.wamid, Time::from_ms(revoke.at_ms))?,
            Event::Group(change) => regroup(tx, of, change)?,
            Event::Message(_)
            | Event::Synced(_)
            | Event::Receipt(_)
            | Event::Account(_)
            | Event::Call(_)
            | Event::Link(_)
            | Event::Typing(_)
            | Event::SameContact(_) => {}
        }
    }
    Ok(())
}

/// Who is in a group from now on.
fn regroup(tx: &mut Tx<'_>, of: SandboxOf, change: &GroupChange) -> Result<(), Error> {
    let group = change.chat.jid();
    if let Some(all) = &change.members {
        for gone in sandbox_group_member_list(tx, of, group)? {
            if all.iter().all(|member| member.address.jid() != gone) {
                sandbox_group_member_delete(tx, of, group, &gone)?;
            }
        }
    }
    for gone in &change.left {
        sandbox_group_member_delete(tx, of, group, gone.jid())?;
    }
    let there = change.members.iter().flatten().chain(&change.joined);
    there.into_iter().try_for_each(|member| sandbox_group_member_insert(tx, of, group, member.address.jid()))
}

fn keep_said(tx: &mut Tx<'_>, of: SandboxOf, said: &Incoming, id: Uuid, at_once: bool) -> Result<(), Error> {
    let (text, body) = body_to_keep(&said.body);
    let message = SandboxMessage {
        wamid: said.wamid.clone(),
        jid: said.chat.jid().to_owned(),
        sender_jid: said.sender.address.jid().to_owned(),
        text,
        body,
        blob: blob_of(&said.body),
        reply_to: said.reply_to.clone().unwrap_or_default(),
        reactions: String::new(),
        at: Time::from_ms(said.at_ms),
        edited_at: Time::NEVER,
        deleted_at: Time::NEVER,
        read_at: Time::NEVER,
        arrival_id: id,
    };
    let (_, behaviour) = contact_at(&said.chat);
    if behaviour.refusal == Some(Refusal::WindowClosed) {
        sandbox_contact_wrote(tx, of, said.chat.jid(), !behaviour.starts_offline, message.at)?;
    }
    if at_once {
        return sandbox_message_insert(tx, of, &message).map(drop);
    }
    sandbox_message_insert_later(tx, of, &message)
}
