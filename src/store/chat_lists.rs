//! Lists of chats, newest message first, then by name. A list is a walk along an index that is in this order, from a place
//! on; what doesn't fit is passed over within the index. Where few chats can fit, they are found otherwise
//! (`chat_candidates.rs`). Both give keys; the rows of one page are fetched by them.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, TeammateId, WorkspaceId};
use crate::store::chat_candidates::among_few;
use crate::store::chat_walks::{Way, decode_key, walk};
use crate::store::chats::{ChatRow, chats_where, decode};
use crate::store::contacts::contact_find;
use crate::store::page_ids::{page_ids, page_values};

/// Which chats to list; `None` and empty mean any. All of it must fit, of a list one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatFilter {
    pub is_group: Option<bool>,
    pub closed: Option<bool>,
    pub read: Option<bool>,
    pub autoresponse: Option<bool>,
    /// Folded; a part of the name.
    pub name_part: Option<String>,
    pub phone: Option<PhoneFilter>,
    pub account: Option<AccountId>,
    /// For a caller who reaches no others.
    pub accounts: Vec<AccountId>,
    pub created_after: Option<Time>,
    pub created_before: Option<Time>,
    pub responsible: Vec<TeammateId>,
    pub labels: Vec<String>,
}

/// Chats by their contact's phone; groups have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneFilter {
    /// E.164 with `+`.
    Exact(String),
    /// Digits that stand in it together.
    Part(String),
}

/// A chat's place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatKey {
    pub last_message_at: Time,
    pub name_folded: String,
    pub chat: ChatId,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Behind so many rows.
    Row(i64),
    /// Behind this chat.
    Behind(ChatKey),
}

const CHAT_ROWS: Sql =
    Sql::both(concat!(chats_where!("WHERE c.workspace_id = $1 AND c.chat_id IN ("), page_ids!(), ")"));

const CHAT_PLACE: Sql =
    Sql::both("SELECT chat_id, last_message_at_ms, name_folded FROM chats WHERE workspace_id = $1 AND chat_id = $2");

/// Walks that one list may take: one for each of its labels with each of its teammates.
pub const WALKS_MAX: usize = 100;
/// Rows that a list of several walks may go through to reach its page, all walks together: they are put in order in memory.
pub const MERGED_ROWS_MAX: i64 = 100_000;

/// The chats that fit, newest message first, then by name; at most `rows_max` of them.
pub fn chat_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    filter: &ChatFilter,
    from: &From,
    rows_max: i64,
) -> Result<Vec<ChatKey>, Error> {
    let addresses = addresses(tx, workspace, filter)?;
    let single = single(filter);
    if let [one] = single.as_slice() {
        return list(tx, workspace, one, &addresses, from, rows_max);
    }
    // Each gives its first rows in order; a chat that two of them meet is one.
    let skip = if let From::Row(skip) = from { *skip } else { 0 };
    let begin = if skip > 0 { &From::Row(0) } else { from };
    let mut keys = Vec::new();
    for one in &single {
        keys.extend(list(tx, workspace, one, &addresses, begin, rows_max.saturating_add(skip))?);
    }
    keys.sort_by(|one, other| one.rank().cmp(&other.rank()));
    keys.dedup();
    let count = |rows: i64| usize::try_from(rows).unwrap_or(0);
    Ok(keys.into_iter().skip(count(skip)).take(count(rows_max)).collect())
}

/// The rows of a page's chats, in the page's order.
pub fn chat_rows(tx: &mut impl Read, workspace: WorkspaceId, page: &[ChatId]) -> Result<Vec<ChatRow>, Error> {
    let mut rows = tx.query(&CHAT_ROWS, page_values(workspace, page)?, decode)?;
    rows.sort_by_key(|row| page.iter().position(|chat| *chat == row.id));
    Ok(rows)
}

/// A chat's place in the lists; `None` if there is no such chat.
pub fn chat_place(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Option<ChatKey>, Error> {
    tx.query_row(&CHAT_PLACE, &params![workspace, chat], decode_key)
}

/// Both addresses of the contact with the phone that is asked for; its phone's twice where no other is known.
fn addresses(tx: &mut impl Read, workspace: WorkspaceId, filter: &ChatFilter) -> Result<[String; 2], Error> {
    let Some(PhoneFilter::Exact(phone)) = &filter.phone else { return Ok([String::new(), String::new()]) };
    let jid = transport::Address::from_phone(phone).jid().to_owned();
    let known = contact_find(tx, workspace, &jid)?.map(|known| known.other_jid).filter(|other| !other.is_empty());
    let other = known.unwrap_or_else(|| jid.clone());
    Ok([jid, other])
}

/// A filter with at most one teammate, and one label beside it.
type Single<'f> = (Option<&'f str>, ChatFilter);

/// The filters that together meet all chats that may fit: one for each label with each teammate.
fn single(filter: &ChatFilter) -> Vec<Single<'_>> {
    let mut single = Vec::new();
    let labels: Vec<Option<&str>> = any_of(filter.labels.iter().map(String::as_str));
    for responsible in any_of(filter.responsible.iter().copied()) {
        for label in &labels {
            let mut one = ChatFilter { labels: Vec::new(), responsible: Vec::new(), ..filter.clone() };
            one.responsible.extend(responsible);
            single.push((*label, one));
        }
    }
    single
}

fn list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    one: &Single<'_>,
    [jid, other]: &[String; 2],
    from: &From,
    rows_max: i64,
) -> Result<Vec<ChatKey>, Error> {
    let (label, filter) = one;
    let (way, fits) = way(*label, filter, jid, other);
    if !matches!(way, Way::Addresses(..))
        && let Some(few) = among_few(tx, workspace, (*label, filter), from, rows_max)?
    {
        return Ok(few);
    }
    walk(tx, workspace, way, &fits, from, rows_max)
}

/// The way along which most of what doesn't fit isn't met, and what must fit besides.
fn way<'f>(label: Option<&'f str>, filter: &ChatFilter, jid: &'f str, other: &'f str) -> (Way<'f>, ChatFilter) {
    let mut rest = filter.clone();
    let way = match (label, &filter.phone, filter.responsible.first()) {
        (Some(label), ..) => Way::Label(label),
        (None, Some(PhoneFilter::Exact(_)), _) => {
            rest.phone = None;
            Way::Addresses(jid, other)
        }
        (None, _, Some(teammate)) if *teammate != TeammateId::NOBODY => {
            rest.responsible.clear();
            Way::Responsible(*teammate)
        }
        _ if filter.read == Some(false) => {
            rest.read = None;
            Way::Unread
        }
        _ if filter.closed == Some(true) => {
            rest.closed = None;
            Way::Closed
        }
        _ => Way::All,
    };
    (way, rest)
}

/// Each of them, or once "any".
fn any_of<T>(values: impl Iterator<Item = T>) -> Vec<Option<T>> {
    let mut all: Vec<Option<T>> = values.map(Some).collect();
    if all.is_empty() {
        all.push(None);
    }
    all
}

impl ChatKey {
    /// In the order of the lists.
    fn rank(&self) -> (std::cmp::Reverse<Time>, &str, ChatId) {
        (std::cmp::Reverse(self.last_message_at), &self.name_folded, self.chat)
    }
}

super::statements! {
    CHAT_ROWS, CHAT_PLACE,
}
