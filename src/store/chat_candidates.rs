//! Few chats that alone can fit a filter, found by what rarely changes of a chat: its account, that it is a group, that it is
//! open or answered automatically, the runs of letters in its name and phone. Where they are few, they are looked at one by one
//! and put in order, which is quicker than passing over all the others; where they are many, a walk meets them soon.

use database::{Error, Read, Sql, Value, owned_params};

use crate::id::{AccountId, WorkspaceId};
use crate::store::chat_lists::{ChatFilter, ChatKey, From, PhoneFilter};
use crate::store::chat_walks::{behind, decode_key, fits, near, place_values};
use crate::store::chat_words::{Part, chat_words_read_to, docs, patterns};

/// So many chats are looked at one by one.
pub const CANDIDATES_MAX: i64 = 800;
/// A part of a name or phone is first looked for among so many of the list's first chats.
const NEAR_CHATS: i64 = 1_000;

/// How many chats a source has, counted up to a limit, which is the last parameter.
macro_rules! count {
    ($limit:literal, $source:expr) => {
        concat!("SELECT CAST(COUNT(*) AS BIGINT) FROM (", $source, " LIMIT ", $limit, ") AS k")
    };
}

/// The chats of a source that fit. $4 to $15 as in `fits!`, $16 a label; then the source's parameters, then the place.
macro_rules! chosen {
    ($source:expr, $at:literal, $name:literal, $chat:literal) => {
        concat!(
            "WITH k AS MATERIALIZED (",
            $source,
            ") SELECT c.chat_id, c.last_message_at_ms, c.name_folded FROM k CROSS JOIN chats c \
             WHERE c.workspace_id = $1 AND c.chat_id = k.chat_id",
            fits!(),
            " AND (CAST($16 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM chat_labels l \
             WHERE l.workspace_id = $1 AND l.chat_id = c.chat_id AND l.label = $16))",
            behind!("c", $at, $name, $chat),
            " ORDER BY c.last_message_at_ms DESC, c.name_folded, c.chat_id LIMIT $2 OFFSET $3"
        )
    };
}

macro_rules! of_account {
    ($account:literal) => {
        concat!("SELECT a.chat_id FROM chats a WHERE a.workspace_id = $1 AND a.account_id = ", $account)
    };
}

macro_rules! groups {
    () => {
        "SELECT a.chat_id FROM chats a WHERE a.workspace_id = $1 AND a.is_group = TRUE"
    };
}

macro_rules! open {
    () => {
        "SELECT a.chat_id FROM chats a WHERE a.workspace_id = $1 AND a.closed = FALSE"
    };
}

macro_rules! answered {
    () => {
        "SELECT a.chat_id FROM chats a WHERE a.workspace_id = $1 AND a.autoresponse = TRUE"
    };
}

// What was not read yet may hold the words as well.
macro_rules! unread_words {
    ($join:literal, $read_to:literal) => {
        concat!(
            $join,
            "SELECT stale.chat_id FROM chat_words_stale stale WHERE stale.workspace_id = $1",
            $join,
            "SELECT a.chat_id FROM chats a WHERE a.workspace_id = $1 AND a.chat_id > ",
            $read_to
        )
    };
}

// Pairs, because each engine has a full text index of its own.
macro_rules! words_sqlite {
    ($join:literal, $words:literal, $first:literal, $end:literal, $read_to:literal) => {
        concat!(
            "SELECT w.rowid - CAST(",
            $first,
            " AS BIGINT) AS chat_id FROM chat_words w WHERE w.chat_words MATCH ",
            $words,
            " AND w.rowid > ",
            $first,
            " AND w.rowid < ",
            $end,
            unread_words!($join, $read_to)
        )
    };
}

macro_rules! words_postgres {
    ($join:literal, $words:literal, $first:literal, $end:literal, $read_to:literal) => {
        concat!(
            "SELECT w.doc_id - CAST(",
            $first,
            " AS BIGINT) AS chat_id FROM chat_words w WHERE w.words @@ CAST(CAST(",
            $words,
            " AS TEXT) AS TSQUERY) AND w.doc_id > ",
            $first,
            " AND w.doc_id < ",
            $end,
            unread_words!($join, $read_to)
        )
    };
}

const ACCOUNT_COUNT: Sql = Sql::both(count!("$3", of_account!("$2")));
const ACCOUNT_CHOSEN: Sql = Sql::both(chosen!(of_account!("$17"), "$18", "$19", "$20"));
const GROUPS_COUNT: Sql = Sql::both(count!("$2", groups!()));
const GROUPS_CHOSEN: Sql = Sql::both(chosen!(groups!(), "$17", "$18", "$19"));
const OPEN_COUNT: Sql = Sql::both(count!("$2", open!()));
const OPEN_CHOSEN: Sql = Sql::both(chosen!(open!(), "$17", "$18", "$19"));
const ANSWERED_COUNT: Sql = Sql::both(count!("$2", answered!()));
const ANSWERED_CHOSEN: Sql = Sql::both(chosen!(answered!(), "$17", "$18", "$19"));
const WORDS_COUNT: Sql = Sql::pair(
    count!("$6", words_sqlite!(" UNION ALL ", "$2", "$3", "$4", "$5")),
    count!("$6", words_postgres!(" UNION ALL ", "$2", "$3", "$4", "$5")),
);
const WORDS_CHOSEN: Sql = Sql::pair(
    chosen!(words_sqlite!(" UNION ", "$17", "$18", "$19", "$20"), "$21", "$22", "$23"),
    chosen!(words_postgres!(" UNION ", "$17", "$18", "$19", "$20"), "$21", "$22", "$23"),
);

/// Where candidates come from, with what it is asked for beside the workspace.
struct Source {
    count: &'static Sql,
    chosen: &'static Sql,
    values: Vec<Value<'static>>,
}

/// The page of chats that fit, if few can; `None` where a walk is the way. The filter is whole but for its labels, of which
/// one is `label`.
pub(super) fn among_few(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    (label, fits): (Option<&str>, &ChatFilter),
    from: &From,
    rows_max: i64,
) -> Result<Option<Vec<ChatKey>>, Error> {
    let skip = if let From::Row(skip) = from { *skip } else { 0 };
    // Behind so many rows there are too many to look at.
    if skip >= CANDIDATES_MAX {
        return Ok(None);
    }
    for source in plain_sources(fits) {
        if is_small(tx, workspace, &source)? {
            return chosen(tx, workspace, (label, fits), &source, from, rows_max).map(Some);
        }
    }
    let parts = parts(fits);
    if parts.is_empty() {
        return Ok(None);
    }
    if label.is_none() && skip == 0 {
        let keys = near(tx, workspace, fits, from, rows_max, NEAR_CHATS)?;
        if i64::try_from(keys.len()).is_ok_and(|rows| rows == rows_max) {
            return Ok(Some(keys));
        }
    }
    let (first, end) = docs(workspace);
    let read_to = chat_words_read_to(tx, workspace)?;
    for words in patterns(tx.engine(), workspace, &parts) {
        let values = owned_params![words, first, end, read_to];
        let source = Source { count: &WORDS_COUNT, chosen: &WORDS_CHOSEN, values };
        if is_small(tx, workspace, &source)? {
            return chosen(tx, workspace, (label, fits), &source, from, rows_max).map(Some);
        }
    }
    Ok(None)
}

/// What of a filter an index of few chats may answer.
fn plain_sources(fits: &ChatFilter) -> Vec<Source> {
    let account = match (fits.account, fits.accounts.as_slice()) {
        (None, [only]) => Some(*only),
        (account, _) => account,
    };
    let source = |count, chosen| Source { count, chosen, values: Vec::new() };
    let mut sources = Vec::new();
    sources.extend(account.map(|account: AccountId| Source {
        count: &ACCOUNT_COUNT,
        chosen: &ACCOUNT_CHOSEN,
        values: owned_params![account],
    }));
    sources.extend((fits.is_group == Some(true)).then(|| source(&GROUPS_COUNT, &GROUPS_CHOSEN)));
    sources.extend((fits.closed == Some(false)).then(|| source(&OPEN_COUNT, &OPEN_CHOSEN)));
    sources.extend((fits.autoresponse == Some(true)).then(|| source(&ANSWERED_COUNT, &ANSWERED_CHOSEN)));
    sources
}

fn parts(fits: &ChatFilter) -> Vec<Part<'_>> {
    let name = fits.name_part.as_deref().map(Part::Name);
    let phone = match &fits.phone {
        Some(PhoneFilter::Part(digits)) => Some(Part::Phone(digits)),
        Some(PhoneFilter::Exact(phone)) => Some(Part::Phone(phone.trim_start_matches('+'))),
        None => None,
    };
    name.into_iter().chain(phone).collect()
}

fn is_small(tx: &mut impl Read, workspace: WorkspaceId, source: &Source) -> Result<bool, Error> {
    let mut values: Vec<Value<'static>> = owned_params![workspace];
    values.extend(source.values.iter().cloned());
    values.push(Value::Int(CANDIDATES_MAX + 1));
    let counted: Option<i64> = tx.query_row(source.count, &values, |row| row.get(0))?;
    Ok(counted.is_some_and(|counted| counted <= CANDIDATES_MAX))
}

fn chosen(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    (label, fits): (Option<&str>, &ChatFilter),
    source: &Source,
    from: &From,
    rows_max: i64,
) -> Result<Vec<ChatKey>, Error> {
    let (place, skip) = match from {
        From::Behind(key) => (Some(key), 0),
        From::Row(skip) => (None, *skip),
    };
    let mut values: Vec<Value<'static>> = owned_params![workspace, rows_max, skip];
    values.extend(fits.values());
    values.extend(owned_params![label]);
    values.extend(source.values.iter().cloned());
    values.extend(place_values(place));
    tx.query(source.chosen, &values, decode_key)
}

super::statements! {
    ACCOUNT_COUNT, ACCOUNT_CHOSEN, GROUPS_COUNT, GROUPS_CHOSEN, OPEN_COUNT, OPEN_CHOSEN, ANSWERED_COUNT, ANSWERED_CHOSEN,
    WORDS_COUNT, WORDS_CHOSEN,
}
