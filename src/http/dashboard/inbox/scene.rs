//! What the inbox shows, read in one snapshot.

use std::collections::HashMap;

use database::Read;

use super::pick::prefilled;
use super::view::Wish;
use crate::clock::Time;
use crate::error::Error;
use crate::events::log::bounds;
use crate::id::{ChatId, MessageUid, TeammateId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::store::accounts::{AccountRow, account_find};
use crate::store::chat_lists::{From, chat_list, chat_place, chat_rows};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::labels::{label_list, labels_of};
use crate::store::message_pages::message_views;
use crate::store::messages::{MessageFilter, MessageView, message_find, message_last, message_list};
use crate::store::outbox::{OutboxRow, outbox_of_chat};
use crate::store::reactions::{ReactionRow, reaction_list};
use crate::store::scheduled::scheduled_list;
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::workspace::tokens::Caller;

/// Chats of one page of the list.
pub const CHATS_MAX: i64 = 50;
/// Messages of one page of a thread.
pub const MESSAGES_MAX: i64 = 50;
/// Reactions and waiting messages that one page of a thread reads.
const BESIDE_MAX: i64 = 1_000;

/// Scheduled messages that a chat's page shows.
const SCHEDULED_SHOWN_MAX: i64 = 50;

/// The list of chats.
pub struct List {
    pub chats: Vec<Listed>,
    pub has_more: bool,
    pub teammates: Vec<TeammateRow>,
    /// The newest event that all this knows of; the page listens for what comes behind it.
    pub seq: i64,
}

/// A chat in the list.
pub struct Listed {
    pub chat: ChatRow,
    pub labels: Vec<String>,
    pub last: Option<MessageView>,
}

/// The open chat.
pub struct OpenChat {
    pub chat: ChatRow,
    pub account: Option<AccountRow>,
    pub labels: Vec<String>,
    /// Oldest first.
    pub messages: Vec<MessageView>,
    pub has_older: bool,
    pub waiting: HashMap<MessageUid, OutboxRow>,
    pub reactions: Vec<ReactionRow>,
    /// Messages that shown ones answer.
    pub quoted: HashMap<MessageUid, MessageView>,
    /// What waits for its time, the soonest first.
    pub scheduled: Vec<MessageView>,
    /// What the composer begins with.
    pub prefilled: String,
    /// What teammates are called, longest first, so that a name isn't taken for a shorter one that begins it.
    pub names: Vec<String>,
}

impl OpenChat {
    /// When a message goes that waits for its time.
    pub fn goes_at(&self, message: MessageUid) -> Option<Time> {
        self.scheduled.iter().find(|view| view.message.uid == message).map(|view| view.details.scheduled_at)
    }
}

pub fn read_list(tx: &mut impl Read, workspace: WorkspaceId, me: TeammateId, wish: &Wish) -> Result<List, Error> {
    let behind = match wish.behind {
        Some(chat) => chat_place(tx, workspace, chat)?,
        None => None,
    };
    let from = behind.map_or(From::Row(0), From::Behind);
    let mut keys = chat_list(tx, workspace, &wish.filter(me), &from, CHATS_MAX + 1)?;
    let has_more = i64::try_from(keys.len()).is_ok_and(|rows| rows > CHATS_MAX);
    if has_more {
        keys.pop();
    }
    let ids: Vec<ChatId> = keys.iter().map(|key| key.chat).collect();
    let rows = chat_rows(tx, workspace, &ids)?;
    let labels = labels_of(tx, workspace, &ids)?;
    let last = message_last(tx, workspace, &ids)?;
    let chats = rows
        .into_iter()
        .map(|chat| {
            let labels = labels.iter().filter(|(of, _)| *of == chat.id).map(|(_, label)| label.clone()).collect();
            let last = last.iter().find(|view| view.message.chat == chat.id).cloned();
            Listed { chat, labels, last }
        })
        .collect();
    let seq = bounds(tx, workspace)?.newest;
    Ok(List { chats, has_more, teammates: teammate_list(tx, workspace)?, seq })
}

pub fn read_open(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    wish: &Wish,
    who: &(Caller, String),
) -> Result<OpenChat, Error> {
    let chat = chat_find(tx, workspace, chat)?.ok_or_else(unknown_chat)?;
    let filter = MessageFilter { newest_first: true, before_message: wish.before, ..MessageFilter::default() };
    let mut messages = message_list(tx, workspace, chat.id, &filter, MESSAGES_MAX + 1, 0)?;
    let has_older = i64::try_from(messages.len()).is_ok_and(|rows| rows > MESSAGES_MAX);
    if has_older {
        messages.pop();
    }
    messages.reverse();
    let reactions = match (messages.first(), messages.last()) {
        (Some(first), Some(last)) => {
            let between = (first.message.uid, last.message.uid);
            reaction_list(tx, workspace, chat.id, between, BESIDE_MAX)?
        }
        _ => Vec::new(),
    };
    let waiting = outbox_of_chat(tx, workspace, chat.account, chat.id, BESIDE_MAX)?;
    let scheduled = scheduled_list(tx, workspace, Some(chat.id), None, SCHEDULED_SHOWN_MAX, 0)?;
    let teammates = teammate_list(tx, workspace)?.into_iter().map(|teammate| teammate.display_name);
    let mut names: Vec<String> = teammates.filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    Ok(OpenChat {
        account: account_find(tx, workspace, chat.account)?,
        labels: label_list(tx, workspace, chat.id)?,
        quoted: read_quoted(tx, workspace, &messages)?,
        scheduled: message_views(tx, workspace, &scheduled)?,
        prefilled: prefilled(tx, workspace, who, &chat, wish)?,
        waiting: waiting.into_iter().map(|row| (row.message, row)).collect(),
        chat,
        messages,
        has_older,
        reactions,
        names,
    })
}

/// The answered messages; those on the same page are there already.
fn read_quoted(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    messages: &[MessageView],
) -> Result<HashMap<MessageUid, MessageView>, Error> {
    let mut quoted = HashMap::new();
    for uid in messages.iter().filter_map(|view| view.message.reply_to) {
        let here = messages.iter().find(|view| view.message.uid == uid).cloned();
        let found = match here {
            Some(view) => Some(view),
            None => message_find(tx, workspace, uid)?,
        };
        quoted.extend(found.map(|view| (uid, view)));
    }
    Ok(quoted)
}
