//! The search: which messages it knows and under which words. How far it has read the log is in `event_cursors.rs`.
//!
//! A document's number holds its workspace in the upper bits and grows with the workspace's messages, so that the newest are
//! found by walking backwards. The words come ready from `inbox/search_words.rs`.

use database::{Engine, Error, Read, Row, Sql, owned_params, params};

use crate::clock::Time;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::store::Write;

/// Documents that a workspace can have: 40 bits.
const DOC_BITS: u32 = 40;
/// What no text holds: in front of a workspace's number, and of a chat's, these are words of their own.
const WORKSPACE_MARK: char = '\u{e000}';
const CHAT_MARK: char = '\u{e001}';

/// How a workspace's search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchState {
    /// The last document's number within the workspace.
    pub doc_last: i64,
    /// The messages are gone through from the first on; events wait.
    pub is_building: bool,
    /// The last message that was gone through.
    pub built_to: MessageUid,
}

/// A message as the search takes it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchSource {
    pub uid: MessageUid,
    /// `None` for a message that is gone.
    pub content: Option<SearchContent>,
    /// Its number, where the search knows it.
    pub doc: Option<i64>,
}

/// What can be found of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchContent {
    pub chat: ChatId,
    pub text: String,
    pub filename: String,
}

/// An event, and the message that it is about where the search must hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchNews {
    pub seq: i64,
    pub kind: Option<Kind>,
    pub source: Option<SearchSource>,
}

/// Which messages may be found; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilter {
    pub from_me: Option<bool>,
    pub account: Option<AccountId>,
    pub after: Option<Time>,
    pub before: Option<Time>,
    pub label: Option<String>,
}

/// The words that all must stand in a message.
#[derive(Clone, Copy, Debug)]
pub struct SearchWords<'w> {
    pub words: &'w [String],
    /// One more, of which this is the beginning.
    pub prefix: Option<&'w str>,
    pub chat: Option<ChatId>,
}

/// A message that bears the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchMatch {
    /// Within the workspace.
    pub doc: i64,
    pub uid: MessageUid,
    /// It is there, and the filter takes it.
    pub fits: bool,
}

const STATE_FIND: Sql = Sql::both("SELECT doc_last, is_building, built_to FROM search_states WHERE workspace_id = $1");

static STATE_PUT: Sql = Sql::both(
    "INSERT INTO search_states (workspace_id, doc_last, is_building, built_to) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id) DO UPDATE SET doc_last = excluded.doc_last, is_building = excluded.is_building, \
     built_to = excluded.built_to",
);

// Of all workspaces: the server looks for whom there is something to read.
const SEARCH_BEHIND: Sql = Sql::both(
    "SELECT w.workspace_id FROM workspace_counters w LEFT JOIN search_states s ON s.workspace_id = w.workspace_id \
     LEFT JOIN event_cursors e ON e.workspace_id = w.workspace_id AND e.consumer = 'search' \
     WHERE e.workspace_id IS NULL OR s.workspace_id IS NULL OR s.is_building OR e.seq < w.event_last \
     ORDER BY w.workspace_id LIMIT $1",
);

macro_rules! search_sources {
    ($before:literal, $from:literal) => {
        concat!("SELECT ", $before, "m.uid, m.chat_id, m.text, d.deleted_at_ms, f.filename, s.doc_id FROM ", $from)
    };
}

// The kinds are those that `hears` names; the others need no look at their messages.
const SEARCH_NEWS: Sql = Sql::both(search_sources!(
    "e.seq, e.kind, e.uid, ",
    "events e \
     LEFT JOIN messages m ON m.workspace_id = e.workspace_id AND m.uid = e.uid \
     AND e.kind IN (1, 2, 31, 32, 33, 110, 113, 240) \
     LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
     LEFT JOIN message_files f ON f.workspace_id = m.workspace_id AND f.message_uid = m.uid \
     LEFT JOIN search_documents s ON s.workspace_id = e.workspace_id AND s.uid = e.uid \
     WHERE e.workspace_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3"
));

const SEARCH_BUILD: Sql = Sql::both(search_sources!(
    "",
    "messages m \
     LEFT JOIN message_details d ON d.workspace_id = m.workspace_id AND d.uid = m.uid \
     LEFT JOIN message_files f ON f.workspace_id = m.workspace_id AND f.message_uid = m.uid \
     LEFT JOIN search_documents s ON s.workspace_id = m.workspace_id AND s.uid = m.uid \
     WHERE m.workspace_id = $1 AND m.uid > $2 ORDER BY m.uid LIMIT $3"
));

static DOCUMENT_INSERT: Sql = Sql::both("INSERT INTO search_documents (workspace_id, uid, doc_id) VALUES ($1, $2, $3)");

const DOCUMENT_DELETE: Sql = Sql::both("DELETE FROM search_documents WHERE workspace_id = $1 AND uid = $2");

// Pairs, here and below, because each engine has a full text index of its own.
static WORDS_INSERT: Sql = Sql::pair(
    "INSERT INTO search_words (rowid, words) VALUES ($1, $2)",
    "INSERT INTO search_words (doc_id, words) VALUES ($1, array_to_tsvector(string_to_array(CAST($2 AS TEXT), ' ')))",
);

const WORDS_DELETE: Sql =
    Sql::pair("DELETE FROM search_words WHERE rowid = $1", "DELETE FROM search_words WHERE doc_id = $1");

macro_rules! search_matches {
    ($fits:literal, $join:literal) => {
        Sql::pair(
            concat!(
                "SELECT w.doc_id, d.uid, ",
                $fits,
                " FROM (SELECT rowid AS doc_id FROM search_words \
                 WHERE search_words MATCH $2 AND rowid > $3 AND rowid < $4 ORDER BY rowid DESC LIMIT $5) AS w \
                 JOIN search_documents d ON d.doc_id = w.doc_id AND d.workspace_id = $1",
                $join,
                " ORDER BY w.doc_id DESC"
            ),
            concat!(
                "SELECT w.doc_id, d.uid, ",
                $fits,
                " FROM (SELECT doc_id FROM search_words WHERE words @@ CAST(CAST($2 AS TEXT) AS TSQUERY) \
                 AND doc_id > $3 AND doc_id < $4 ORDER BY doc_id DESC LIMIT $5) AS w \
                 JOIN search_documents d ON d.doc_id = w.doc_id AND d.workspace_id = $1",
                $join,
                " ORDER BY w.doc_id DESC"
            ),
        )
    };
}

const SEARCH_MATCHES: Sql = search_matches!("CAST(1 AS BIGINT)", "");

const SEARCH_MATCHES_FITTING: Sql = search_matches!(
    "CAST(CASE WHEN m.uid IS NOT NULL \
     AND (CAST($6 AS BOOLEAN) IS NULL OR m.from_me = $6) \
     AND (CAST($7 AS BIGINT) IS NULL OR m.account_id = $7) \
     AND (CAST($8 AS BIGINT) IS NULL OR m.at_ms > $8) AND (CAST($9 AS BIGINT) IS NULL OR m.at_ms < $9) \
     AND (CAST($10 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM chat_labels l WHERE l.workspace_id = $1 \
     AND l.chat_id = m.chat_id AND l.label = $10)) THEN 1 ELSE 0 END AS BIGINT)",
    " LEFT JOIN messages m ON m.workspace_id = d.workspace_id AND m.uid = d.uid"
);

/// How a workspace's search is; `None` where it hasn't begun.
pub fn search_state(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Option<SearchState>, Error> {
    tx.query_row(&STATE_FIND, &params![workspace], |row| {
        Ok(SearchState { doc_last: row.get(0)?, is_building: row.get(1)?, built_to: row.get(2)? })
    })
}

/// Saves how the search is, with what it took in.
pub fn search_state_put(write: &mut Write<'_, '_>, state: &SearchState) -> Result<(), crate::error::Error> {
    let SearchState { doc_last, is_building, built_to } = state;
    write.later(&STATE_PUT, owned_params![write.workspace.id, doc_last, is_building, built_to])
}

/// The workspaces whose search has something to read.
pub fn search_behind(tx: &mut impl Read, rows_max: i64) -> Result<Vec<WorkspaceId>, Error> {
    tx.query(&SEARCH_BEHIND, &params![rows_max], |row| row.get(0))
}

/// Whether the search must hear of such an event.
pub fn hears(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MessageSent
            | Kind::MessageReceived
            | Kind::MessageSynced
            | Kind::MessageEdited
            | Kind::MessageDeleted
            | Kind::NoteAdded
            | Kind::MessageScheduled
            | Kind::NoteDeleted
    )
}

/// The events behind `seq`, oldest first, with the messages that they are about.
pub fn search_news(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    seq: i64,
    rows_max: i64,
) -> Result<Vec<SearchNews>, Error> {
    tx.query(&SEARCH_NEWS, &params![workspace, seq, rows_max], |row| {
        // A kind that only a newer version knows changes no message's words for this one.
        let kind = Kind::from_number(row.get(1)?).filter(|kind| hears(*kind));
        let uid: Option<MessageUid> = row.get(2)?;
        let source = match uid.filter(|_| kind.is_some()) {
            Some(uid) => Some(source(row, uid, 3)?),
            None => None,
        };
        Ok(SearchNews { seq: row.get(0)?, kind, source })
    })
}

/// The messages behind `after`, in their order.
pub fn search_build(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    after: MessageUid,
    rows_max: i64,
) -> Result<Vec<SearchSource>, Error> {
    tx.query(&SEARCH_BUILD, &params![workspace, after, rows_max], |row| source(row, row.get(0)?, 0))
}

/// Takes in a message under its words, which are the search's; `doc` is its number within the workspace, `before` the one
/// under which it is known already.
pub fn search_put(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    chat: ChatId,
    words: &[String],
    doc: i64,
    before: Option<i64>,
) -> Result<(), crate::error::Error> {
    let workspace = write.workspace.id;
    let id = match before {
        Some(id) => {
            write.tx.execute(&WORDS_DELETE, &params![id])?;
            id
        }
        None => {
            let id = doc_id(workspace, doc);
            write.later(&DOCUMENT_INSERT, owned_params![workspace, uid, id])?;
            id
        }
    };
    let mut text = format!("{WORKSPACE_MARK}{workspace} {CHAT_MARK}{chat}");
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
    write.later(&WORDS_INSERT, owned_params![id, text])
}

/// Forgets a message that is gone.
pub fn search_forget(write: &mut Write<'_, '_>, uid: MessageUid, known_as: i64) -> Result<(), Error> {
    write.tx.execute(&WORDS_DELETE, &params![known_as])?;
    write.tx.execute(&DOCUMENT_DELETE, &params![write.workspace.id, uid]).map(drop)
}

/// The messages with these words, the newest first, at most `rows_max`, all older than the document `before`. Those that the
/// filter doesn't take are told as well, so that the caller knows how far it looked.
pub fn search_matches(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    words: &SearchWords<'_>,
    filter: &SearchFilter,
    before: Option<i64>,
    rows_max: i64,
) -> Result<Vec<SearchMatch>, Error> {
    let pattern = pattern(tx.engine(), workspace, words);
    let (first, last) = (doc_id(workspace, 0), doc_id(workspace, before.unwrap_or(i64::MAX).min(1 << DOC_BITS)));
    let mut values = owned_params![workspace, pattern, first, last, rows_max];
    if *filter == SearchFilter::default() {
        return tx.query(&SEARCH_MATCHES, &values, matched);
    }
    let SearchFilter { from_me, account, after, before, label } = filter;
    values.extend(owned_params![from_me, account, after, before, label]);
    tx.query(&SEARCH_MATCHES_FITTING, &values, matched)
}

fn doc_id(workspace: WorkspaceId, doc: i64) -> i64 {
    (workspace.0 << DOC_BITS) + doc
}

/// The words as the engine's index wants to be asked. They hold letters, digits and marks only, so none can break out.
fn pattern(engine: Engine, workspace: WorkspaceId, words: &SearchWords<'_>) -> String {
    let (quote, and, begun) = match engine {
        Engine::Sqlite => ('"', " AND ", " *"),
        Engine::Postgres => ('\'', " & ", ":*"),
    };
    let mut terms = Vec::new();
    let has_words = words.chat.is_some() || !words.words.is_empty() || words.prefix.is_some();
    // SQLite's numbers of documents say which workspace it is, and a word that every message has is slow to walk beside rare
    // ones; PostgreSQL's index knows words only.
    if !has_words || engine == Engine::Postgres {
        terms.push(format!("{quote}{WORKSPACE_MARK}{workspace}{quote}"));
    }
    terms.extend(words.chat.map(|chat| format!("{quote}{CHAT_MARK}{chat}{quote}")));
    terms.extend(words.words.iter().map(|word| format!("{quote}{word}{quote}")));
    terms.extend(words.prefix.map(|prefix| format!("{quote}{prefix}{quote}{begun}")));
    terms.join(and)
}

fn source(row: &Row<'_>, uid: MessageUid, first: usize) -> Result<SearchSource, Error> {
    let found: Option<MessageUid> = row.get(first)?;
    let deleted_at = row.get::<Option<Time>>(first + 3)?.unwrap_or(Time::NEVER);
    let content = match found.filter(|_| deleted_at.is_never()) {
        Some(_) => Some(SearchContent {
            chat: row.get(first + 1)?,
            text: row.get(first + 2)?,
            filename: row.get::<Option<String>>(first + 4)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(SearchSource { uid, content, doc: row.get(first + 5)? })
}

fn matched(row: &Row<'_>) -> Result<SearchMatch, Error> {
    let (id, fits): (i64, i64) = (row.get(0)?, row.get(2)?);
    Ok(SearchMatch { doc: id & ((1 << DOC_BITS) - 1), uid: row.get(1)?, fits: fits != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_in_the_statement_are_those_that_it_hears() {
        let text = SEARCH_NEWS.text(Engine::Sqlite);
        let list = text.split("e.kind IN (").nth(1).and_then(|rest| rest.split(')').next()).expect("a list");
        let listed: Vec<i64> = list.split(", ").map(|number| number.parse().expect("a number")).collect();
        let heard: Vec<i64> = (0..1_000).filter(|number| Kind::from_number(*number).is_some_and(hears)).collect();
        assert_eq!(listed, heard);
    }
}

super::statements! {
    STATE_FIND, STATE_PUT, SEARCH_BEHIND, SEARCH_NEWS, SEARCH_BUILD, DOCUMENT_INSERT, DOCUMENT_DELETE, WORDS_INSERT,
    WORDS_DELETE, SEARCH_MATCHES, SEARCH_MATCHES_FITTING,
}
