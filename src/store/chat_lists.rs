//! Lists of chats, newest message first, then by name. A list is a walk along an index that is in this order, from a place
//! on; what doesn't fit is passed over within the index. The walk gives keys; the rows of one page are fetched by them.

use database::{Error, Read, Row, Sql, Value, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, TeammateId, WorkspaceId};
use crate::store::accounts::accounts_text;
use crate::store::chats::{ChatRow, chats_where, contains_pattern, decode};
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

/// The index that a walk goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way<'f> {
    All,
    Unread,
    Closed,
    Responsible(TeammateId),
    Phone(&'f str),
    Label(&'f str),
}

/// $1 the workspace, $2 to $4 the place to begin behind, $5 and $6 how many rows and how many of them to skip.
macro_rules! walk {
    ($place:literal, $from:literal, $way:expr, $fits:expr) => {
        concat!(
            "SELECT ",
            $place,
            ".chat_id, ",
            $place,
            ".last_message_at_ms, ",
            $place,
            ".name_folded FROM ",
            $from,
            " WHERE ",
            $place,
            ".workspace_id = $1 ",
            $way,
            " AND ",
            $place,
            ".last_message_at_ms <= $2 AND (",
            $place,
            ".last_message_at_ms < $2 OR ",
            $place,
            ".name_folded > $3 OR (",
            $place,
            ".name_folded = $3 AND ",
            $place,
            ".chat_id > $4)) ",
            $fits,
            " ORDER BY ",
            $place,
            ".last_message_at_ms DESC, ",
            $place,
            ".name_folded, ",
            $place,
            ".chat_id ",
            "LIMIT $5 OFFSET $6"
        )
    };
}

/// $7 to $17: what must fit besides the way.
macro_rules! fits {
    () => {
        "AND (CAST($7 AS BOOLEAN) IS NULL OR c.is_group = $7) \
         AND (CAST($8 AS BOOLEAN) IS NULL OR c.closed = $8) \
         AND (CAST($9 AS BOOLEAN) IS NULL OR (c.unread = 0) = $9) \
         AND (CAST($10 AS BOOLEAN) IS NULL OR c.autoresponse = $10) \
         AND (CAST($11 AS TEXT) IS NULL OR c.name_folded LIKE $11 ESCAPE '!') \
         AND (CAST($12 AS TEXT) IS NULL OR c.phone LIKE $12 ESCAPE '!') \
         AND (CAST($13 AS BIGINT) IS NULL OR c.account_id = $13) \
         AND (CAST($14 AS BIGINT) IS NULL OR c.created_at_ms > $14) \
         AND (CAST($15 AS BIGINT) IS NULL OR c.created_at_ms < $15) \
         AND (CAST($16 AS BIGINT) IS NULL OR c.responsible_id = $16) \
         AND (CAST($17 AS TEXT) IS NULL OR $17 LIKE '%,' || CAST(c.account_id AS TEXT) || ',%')"
    };
}

const WALK_ALL: Sql = Sql::both(walk!("c", "chats c", "", ""));
const WALK_ALL_FITTING: Sql = Sql::both(walk!("c", "chats c", "", fits!()));
const WALK_UNREAD: Sql = Sql::both(walk!("c", "chats c", "AND c.unread > 0", ""));
const WALK_UNREAD_FITTING: Sql = Sql::both(walk!("c", "chats c", "AND c.unread > 0", fits!()));
const WALK_CLOSED: Sql = Sql::both(walk!("c", "chats c", "AND c.closed = TRUE", ""));
const WALK_CLOSED_FITTING: Sql = Sql::both(walk!("c", "chats c", "AND c.closed = TRUE", fits!()));
const WALK_RESPONSIBLE: Sql =
    Sql::both(walk!("c", "chats c", "AND c.responsible_id > 0 AND c.responsible_id = $7", ""));
const WALK_RESPONSIBLE_FITTING: Sql =
    Sql::both(walk!("c", "chats c", "AND c.responsible_id > 0 AND c.responsible_id = $18", fits!()));
const WALK_PHONE: Sql = Sql::both(walk!("c", "chats c", "AND c.jid = $7", ""));
const WALK_PHONE_FITTING: Sql = Sql::both(walk!("c", "chats c", "AND c.jid = $18", fits!()));
const WALK_LABEL: Sql = Sql::both(walk!("l", "chat_labels l", "AND l.label = $7", ""));
// SQLite takes the left table of a CROSS JOIN first: the label's chats are in order, and each is looked up once.
const WALK_LABEL_FITTING: Sql = Sql::both(walk!(
    "l",
    "chat_labels l CROSS JOIN chats c",
    "AND l.label = $18 AND c.workspace_id = l.workspace_id AND c.chat_id = l.chat_id",
    fits!()
));

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
    let single = ways(filter);
    if let [(way, filter)] = single.as_slice() {
        return walk(tx, workspace, *way, filter, from, rows_max);
    }
    // Each walk gives its first rows in order; a chat that two of them meet is one.
    let skip = if let From::Row(skip) = from { *skip } else { 0 };
    let begin = if skip > 0 { &From::Row(0) } else { from };
    let mut keys = Vec::new();
    for (way, filter) in &single {
        keys.extend(walk(tx, workspace, *way, filter, begin, rows_max.saturating_add(skip))?);
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

/// The walks that together meet all chats that may fit, each with what must fit besides.
fn ways(filter: &ChatFilter) -> Vec<(Way<'_>, ChatFilter)> {
    let mut ways = Vec::new();
    let labels: Vec<Option<&str>> = any_of(filter.labels.iter().map(String::as_str));
    for responsible in any_of(filter.responsible.iter().copied()) {
        for label in &labels {
            let mut rest = ChatFilter { labels: Vec::new(), responsible: Vec::new(), ..filter.clone() };
            rest.responsible.extend(responsible);
            let way = match (label, &filter.phone, responsible) {
                (Some(label), ..) => Way::Label(label),
                (None, Some(PhoneFilter::Exact(phone)), _) => Way::Phone(phone),
                (None, _, Some(teammate)) if teammate != TeammateId::NOBODY => {
                    rest.responsible.clear();
                    Way::Responsible(teammate)
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
            if matches!(way, Way::Phone(_)) {
                rest.phone = None;
            }
            ways.push((way, rest));
        }
    }
    ways
}

/// Each of them, or once "any".
fn any_of<T>(values: impl Iterator<Item = T>) -> Vec<Option<T>> {
    let mut all: Vec<Option<T>> = values.map(Some).collect();
    if all.is_empty() {
        all.push(None);
    }
    all
}

fn walk(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    way: Way<'_>,
    fits: &ChatFilter,
    from: &From,
    rows_max: i64,
) -> Result<Vec<ChatKey>, Error> {
    let anything = *fits == ChatFilter::default();
    let (sql, value) = match way {
        Way::All => (if anything { &WALK_ALL } else { &WALK_ALL_FITTING }, None),
        Way::Unread => (if anything { &WALK_UNREAD } else { &WALK_UNREAD_FITTING }, None),
        Way::Closed => (if anything { &WALK_CLOSED } else { &WALK_CLOSED_FITTING }, None),
        Way::Responsible(teammate) => {
            (if anything { &WALK_RESPONSIBLE } else { &WALK_RESPONSIBLE_FITTING }, Some(Value::Int(teammate.0)))
        }
        Way::Phone(phone) => {
            let jid = transport::Address::from_phone(phone).jid().to_owned();
            (if anything { &WALK_PHONE } else { &WALK_PHONE_FITTING }, Some(Value::Text(jid.into())))
        }
        Way::Label(label) => {
            (if anything { &WALK_LABEL } else { &WALK_LABEL_FITTING }, Some(Value::Text(label.into())))
        }
    };
    let (at, name, chat, skip) = match from {
        From::Row(skip) => (i64::MAX, "", 0, *skip),
        From::Behind(key) => (key.last_message_at.ms(), key.name_folded.as_str(), key.chat.0, 0),
    };
    let mut values = owned(params![workspace, at, name, chat, rows_max, skip]);
    if !anything {
        values.extend(fits.values());
    }
    values.extend(value.map(Value::into_owned));
    tx.query(sql, &values, decode_key)
}

impl ChatFilter {
    /// What `fits!` compares with, in its order.
    fn values(&self) -> Vec<Value<'static>> {
        let ChatFilter { is_group, closed, read, autoresponse, account, created_after, created_before, .. } = self;
        let (name, phone) = (self.name_part.as_deref().map(contains_pattern), self.phone_pattern());
        let (responsible, accounts) = (self.responsible.first().copied(), self.reach());
        owned(params![
            is_group,
            closed,
            read,
            autoresponse,
            name,
            phone,
            account,
            created_after,
            created_before,
            responsible,
            accounts
        ])
    }

    fn reach(&self) -> Option<String> {
        (!self.accounts.is_empty()).then(|| accounts_text(&self.accounts))
    }

    fn phone_pattern(&self) -> Option<String> {
        self.phone.as_ref().map(|phone| match phone {
            PhoneFilter::Exact(phone) => phone.clone(),
            PhoneFilter::Part(digits) => contains_pattern(digits),
        })
    }
}

impl ChatKey {
    /// In the order of the lists.
    fn rank(&self) -> (std::cmp::Reverse<Time>, &str, ChatId) {
        (std::cmp::Reverse(self.last_message_at), &self.name_folded, self.chat)
    }
}

fn owned<const N: usize>(values: [Value<'_>; N]) -> Vec<Value<'static>> {
    values.into_iter().map(Value::into_owned).collect()
}

fn decode_key(row: &Row<'_>) -> Result<ChatKey, Error> {
    Ok(ChatKey { chat: row.get(0)?, last_message_at: row.get(1)?, name_folded: row.get(2)? })
}

super::statements! {
    WALK_ALL, WALK_ALL_FITTING, WALK_UNREAD, WALK_UNREAD_FITTING, WALK_CLOSED, WALK_CLOSED_FITTING, WALK_RESPONSIBLE,
    WALK_RESPONSIBLE_FITTING, WALK_PHONE, WALK_PHONE_FITTING, WALK_LABEL, WALK_LABEL_FITTING, CHAT_ROWS, CHAT_PLACE,
}
