//! What the inbox shows, read in one snapshot.

use std::collections::HashMap;

use database::Read;
use jiff::tz::TimeZone;

use super::bulk::VIEWS_MAX;
use super::pick::prefilled;
use super::telling::Names;
use super::view::{View, Wish};
use crate::clock::Time;
use crate::error::Error;
use crate::events::log::bounds;
use crate::id::{ChatId, MessageUid, TeammateId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::inbox::deeds::{Undoable, undoable};
use crate::inbox::habits::{Habits, habits_of};
use crate::inbox::snooze::SNOOZED_MAX;
use crate::store::accounts::{AccountRow, account_find, account_list};
use crate::store::chat_lines::chat_line_list;
use crate::store::chat_lists::{ChatKey, From, chat_list, chat_place, chat_rows};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::contact_book::{ContactRow, contact_rows};
use crate::store::contacts::chats_at;
use crate::store::events::EventRow;
use crate::store::inbox_desk::{SavedView, saved_view_list};
use crate::store::labels::{label_list, labels_of};
use crate::store::message_pages::message_views;
use crate::store::messages::{MessageFilter, MessageView, message_find, message_last, message_list};
use crate::store::notes::note_list;
use crate::store::outbox::{OutboxRow, outbox_of_chat};
use crate::store::reactions::{ReactionRow, reaction_list};
use crate::store::scheduled::scheduled_list;
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::store::waiting::{WaitingKey, snoozed_list, snoozed_until, waiting_list, waiting_place};
use crate::workspace::tokens::Caller;

/// Chats of one page of the list.
pub const CHATS_MAX: i64 = 50;
/// Messages of one page of a thread.
pub const MESSAGES_MAX: i64 = 50;
/// Chats of a view are counted up to this.
pub const COUNT_MAX: usize = 99;
/// Reactions and waiting messages that one page of a thread reads.
const BESIDE_MAX: i64 = 1_000;

/// Lines between the messages of one page of a thread.
const LINES_MAX: i64 = 100;

/// Of a contact, beside the thread.
const ADDRESSES_LOOKED_AT: usize = 5;
const OTHERS_SHOWN: usize = 10;
const NOTES_SHOWN: i64 = 3;

/// Scheduled messages that a chat's page shows.
const SCHEDULED_SHOWN_MAX: i64 = 50;

/// The list of chats.
pub struct List {
    pub chats: Vec<Listed>,
    pub has_more: bool,
    pub counts: Vec<(View, usize)>,
    /// Unread chats that are theirs or nobody's, counted a little further than [`COUNT_MAX`].
    pub unread_for_me: usize,
    pub saved: Vec<SavedView>,
    pub accounts: Vec<AccountRow>,
    pub undo: Option<Undoable>,
    pub habits: Habits,
    pub teammates: Vec<TeammateRow>,
    /// The newest event that all this knows of; the page listens for what comes behind it.
    pub seq: i64,
}

/// A chat in the list.
pub struct Listed {
    pub chat: ChatRow,
    pub labels: Vec<String>,
    pub last: Option<MessageView>,
    /// Since when its contact waits, in the view that asks for it.
    pub since: Option<Time>,
    /// Until when it is put off.
    pub until: Option<Time>,
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
    /// What happened to the chat beside its messages, in the time of those shown, oldest first.
    pub lines: Vec<EventRow>,
    /// Who was behind it.
    pub line_names: Names,
    /// The message that the composer answers.
    pub answered: Option<MessageView>,
    /// The contact by each of their addresses; none for a group.
    pub contact: Vec<ContactRow>,
    /// Their other chats, on this account or another.
    pub other_chats: Vec<ChatRow>,
    /// The newest notes, the newest first.
    pub notes: Vec<MessageView>,
    /// What teammates are called, longest first, so that a name isn't taken for a shorter one that begins it.
    pub names: Vec<String>,
    /// Never, or until when it is put off.
    pub snoozed_until: Time,
}

impl OpenChat {
    /// When a message goes that waits for its time.
    pub fn goes_at(&self, message: MessageUid) -> Option<Time> {
        self.scheduled.iter().find(|view| view.message.uid == message).map(|view| view.details.scheduled_at)
    }
}

pub fn read_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: TeammateId,
    wish: &Wish,
    (now, zone): (Time, &TimeZone),
) -> Result<List, Error> {
    let snoozed = snoozed_list(tx, workspace, SNOOZED_MAX)?;
    let (mut ids, waiting) = read_ids(tx, workspace, me, (wish, zone), &snoozed)?;
    let rows_max = usize::try_from(CHATS_MAX).unwrap_or(0);
    let has_more = ids.len() > rows_max;
    ids.truncate(rows_max);
    let rows = chat_rows(tx, workspace, &ids)?;
    let labels = labels_of(tx, workspace, &ids)?;
    let last = message_last(tx, workspace, &ids)?;
    let chats = rows
        .into_iter()
        .map(|chat| {
            let labels = labels.iter().filter(|(of, _)| *of == chat.id).map(|(_, label)| label.clone()).collect();
            let last = last.iter().find(|view| view.message.chat == chat.id).cloned();
            let since = waiting.iter().find(|key| key.chat == chat.id).map(|key| key.since);
            let until = snoozed.iter().find(|(of, _)| *of == chat.id).map(|(_, until)| *until);
            Listed { chat, labels, last, since, until }
        })
        .collect();
    let undo = match wish.undo {
        Some(id) => undoable(tx, workspace, me, id, now)?,
        None => None,
    };
    Ok(List {
        chats,
        has_more,
        counts: read_counts(tx, workspace, me, &snoozed)?,
        unread_for_me: read_unread(tx, workspace, me, &snoozed)?,
        saved: saved_view_list(tx, workspace, me, VIEWS_MAX)?,
        accounts: account_list(tx, workspace)?,
        undo,
        habits: habits_of(tx, workspace, me)?,
        teammates: teammate_list(tx, workspace)?,
        seq: bounds(tx, workspace)?.newest,
    })
}

/// The chats of a page and one more, if there is one; and since when they wait, where they are in that order.
fn read_ids(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: TeammateId,
    (wish, zone): (&Wish, &TimeZone),
    snoozed: &[(ChatId, Time)],
) -> Result<(Vec<ChatId>, Vec<WaitingKey>), Error> {
    if wish.view == View::Waiting {
        let behind = match wish.behind {
            Some(chat) => waiting_place(tx, workspace, chat)?,
            None => None,
        };
        let keys = waiting_list(tx, workspace, behind, CHATS_MAX + 1)?;
        return Ok((keys.iter().map(|key| key.chat).collect(), keys));
    }
    if wish.view == View::Snoozed {
        // As many as there can be stand on few pages; they are passed over one by one.
        let behind = wish.behind.and_then(|behind| snoozed.iter().position(|(chat, _)| *chat == behind));
        let rest = snoozed.iter().skip(behind.map_or(0, |at| at + 1)).map(|(chat, _)| *chat);
        return Ok((rest.take(usize::try_from(CHATS_MAX + 1).unwrap_or(0)).collect(), Vec::new()));
    }
    let behind = match wish.behind {
        Some(chat) => chat_place(tx, workspace, chat)?,
        None => None,
    };
    let (since, until) = wish.days(zone);
    // The list is in the order of last messages, so days are a piece of it: it begins at the last and ends before the first.
    let last_day = until.map(|until| ChatKey { last_message_at: until, name_folded: String::new(), chat: ChatId(0) });
    let from = behind.or(last_day).map_or(From::Row(0), From::Behind);
    let put_off = i64::try_from(snoozed.len()).unwrap_or(0);
    let keys = chat_list(tx, workspace, &wish.filter(me), &from, CHATS_MAX + 1 + put_off)?;
    let keys = keys.iter().filter(|key| since.is_none_or(|since| key.last_message_at >= since));
    Ok((keys.map(|key| key.chat).filter(|chat| !is_among(snoozed, *chat)).collect(), Vec::new()))
}

fn is_among(snoozed: &[(ChatId, Time)], chat: ChatId) -> bool {
    snoozed.iter().any(|(of, _)| *of == chat)
}

/// How many chats stand in the views that somebody works down, counted a little further than [`COUNT_MAX`].
fn read_counts(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: TeammateId,
    snoozed: &[(ChatId, Time)],
) -> Result<Vec<(View, usize)>, Error> {
    let rows_max = i64::try_from(COUNT_MAX + 1 + snoozed.len()).unwrap_or(i64::MAX);
    let mut counts = Vec::new();
    for view in [View::Mine, View::Unassigned, View::Unread] {
        let filter = Wish { view, ..Wish::default() }.filter(me);
        let keys = chat_list(tx, workspace, &filter, &From::Row(0), rows_max)?;
        counts.push((view, keys.iter().filter(|key| !is_among(snoozed, key.chat)).count()));
    }
    counts.push((View::Waiting, waiting_list(tx, workspace, None, rows_max)?.len()));
    counts.push((View::Snoozed, snoozed.len()));
    Ok(counts)
}

fn read_unread(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: TeammateId,
    snoozed: &[(ChatId, Time)],
) -> Result<usize, Error> {
    let rows_max = i64::try_from(COUNT_MAX + 1 + snoozed.len()).unwrap_or(i64::MAX);
    let mut filter = Wish { view: View::Unread, ..Wish::default() }.filter(me);
    filter.responsible = vec![me, TeammateId::NOBODY];
    let keys = chat_list(tx, workspace, &filter, &From::Row(0), rows_max)?;
    Ok(keys.iter().filter(|key| !is_among(snoozed, key.chat)).count())
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
    let mates: HashMap<TeammateId, String> =
        teammate_list(tx, workspace)?.into_iter().map(|teammate| (teammate.id, teammate.display_name)).collect();
    let mut names: Vec<String> = mates.values().filter(|name| !name.is_empty()).cloned().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let lines = read_lines(tx, workspace, chat.id, wish.before, messages.first().filter(|_| has_older))?;
    let line_names = Names::read(tx, workspace, mates, &lines)?;
    let answered = match wish.reply {
        Some(uid) => message_find(tx, workspace, uid)?.filter(|view| view.message.chat == chat.id),
        None => None,
    };
    let contact = if chat.is_group { Vec::new() } else { contact_rows(tx, workspace, chat.contact)? };
    let notes = note_list(tx, workspace, chat.id, NOTES_SHOWN, 0)?;
    Ok(OpenChat {
        other_chats: read_others(tx, workspace, chat.id, &contact)?,
        notes: message_views(tx, workspace, &notes)?,
        contact,
        lines,
        line_names,
        answered,
        snoozed_until: snoozed_until(tx, workspace, chat.id)?,
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

/// The chats with the contact's addresses, but for the one that is open.
fn read_others(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    open: ChatId,
    contact: &[ContactRow],
) -> Result<Vec<ChatRow>, Error> {
    let mut chats = Vec::new();
    for row in contact.iter().take(ADDRESSES_LOOKED_AT) {
        chats.extend(chats_at(tx, workspace, &row.jid)?.into_iter().map(|(_, chat)| chat).filter(|chat| *chat != open));
    }
    chats.truncate(OTHERS_SHOWN);
    if chats.is_empty() { Ok(Vec::new()) } else { Ok(chat_rows(tx, workspace, &chats)?) }
}

/// What happened while the messages of a page were said: from `first` on, or from the beginning, until the next page.
fn read_lines(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    before: Option<MessageUid>,
    first: Option<&MessageView>,
) -> Result<Vec<EventRow>, Error> {
    // A uid begins with its time; by that messages are in order.
    let from = first.map_or(Time::NEVER, |view| said_at(view.message.uid));
    let until = before.map_or(Time::from_ms(i64::MAX), said_at);
    Ok(chat_line_list(tx, workspace, chat, (from, until), LINES_MAX)?)
}

/// When a message got its uid: its place in the thread.
pub fn said_at(uid: MessageUid) -> Time {
    Time::from_ms(i64::try_from(uid.0.as_u128() >> 80).unwrap_or(0))
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
