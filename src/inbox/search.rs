//! Looking for messages, and keeping what is looked through. The search reads the log of events behind everybody's back: a
//! message can be found a moment after it was written, and a send pays nothing for it. Where the log doesn't reach back far
//! enough, or nothing was read yet, it goes through the messages themselves.

use std::collections::{BTreeSet, HashMap};

use database::Read;
use uuid::Uuid;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::inbox::search_words::{Query, WORDS_MAX, words};
use crate::store::Write;
use crate::store::event_cursors::{Consumer, cursor_find, cursor_move};
use crate::store::search::{
    SearchContent, SearchFilter, SearchNews, SearchSource, SearchState, SearchWords, search_build, search_forget,
    search_matches, search_news, search_put, search_state, search_state_put,
};

/// Events or messages of one write: some ten milliseconds of work.
pub const READ_MAX: i64 = 200;
/// Messages looked at in one go, and how many goes one question gets. What lies behind is found from the answer's cursor on.
const LOOK_ROWS: i64 = 128;
const LOOKS_MAX: usize = 40;

/// What somebody looks for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub query: Query,
    pub chat: Option<ChatId>,
    pub filter: SearchFilter,
    /// Only what is older than this place.
    pub before: Option<i64>,
    pub rows_max: usize,
}

/// What was found, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub uids: Vec<MessageUid>,
    /// The place to go on from; `None` where nothing is left.
    pub next: Option<i64>,
    /// `false` while the messages of before are still being read.
    pub is_complete: bool,
}

/// Looks for messages.
pub fn search(tx: &mut impl Read, workspace: WorkspaceId, search: &Search) -> Result<Found, Error> {
    let is_complete = search_state(tx, workspace)?.is_some_and(|state| !state.is_building);
    let wanted = SearchWords { words: &search.query.words, prefix: search.query.prefix.as_deref(), chat: search.chat };
    let mut found = Found { uids: Vec::new(), next: search.before, is_complete };
    // Without a filter every match is an answer, and one more tells that there is more.
    let is_filtered = search.filter != SearchFilter::default();
    let rows = if is_filtered { LOOK_ROWS } else { i64::try_from(search.rows_max).unwrap_or(LOOK_ROWS) + 1 };
    for _ in 0..LOOKS_MAX {
        let matches = search_matches(tx, workspace, &wanted, &search.filter, found.next, rows)?;
        for one in &matches {
            if found.uids.len() == search.rows_max {
                return Ok(found);
            }
            found.next = Some(one.doc);
            found.uids.extend(one.fits.then_some(one.uid));
        }
        if i64::try_from(matches.len()).unwrap_or(rows) < rows {
            found.next = None;
            return Ok(found);
        }
    }
    Ok(found)
}

/// Reads on in the log, or goes on with the messages; returns whether there is more.
pub fn read_on(write: &mut Write<'_, '_>) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    let known = (search_state(write.tx, workspace)?, cursor_find(write.tx, workspace, Consumer::Search)?);
    let (mut state, read_to) = match known {
        (Some(state), Some(read_to)) => (state, read_to),
        (state, _) => begin(write, state.map_or(0, |state| state.doc_last))?,
    };
    if state.is_building {
        return build_on(write, state, read_to);
    }
    let news = search_news(write.tx, workspace, read_to, READ_MAX)?;
    let follows = news.first().map_or(write.counters.event_last == read_to, |first| first.seq == read_to + 1);
    if !follows {
        // The log has forgotten what was to be read.
        let (state, _) = begin(write, state.doc_last)?;
        search_state_put(write, &state)?;
        return Ok(true);
    }
    let Some(last) = news.last().map(|last| last.seq) else { return Ok(false) };
    let is_more = last < write.counters.event_last;
    let before = state;
    for source in latest(news) {
        take_in(write, &source, &mut state)?;
    }
    if state != before {
        search_state_put(write, &state)?;
    }
    cursor_move(write, Consumer::Search, last)?;
    Ok(is_more)
}

/// All messages anew; the state is still to be put. What happens from now on is read in the log afterwards.
fn begin(write: &mut Write<'_, '_>, doc_last: i64) -> Result<(SearchState, i64), Error> {
    let state = SearchState { doc_last, is_building: true, built_to: MessageUid(Uuid::nil()) };
    let newest = write.counters.event_last;
    cursor_move(write, Consumer::Search, newest)?;
    Ok((state, newest))
}

fn build_on(write: &mut Write<'_, '_>, mut state: SearchState, read_to: i64) -> Result<bool, Error> {
    let sources = search_build(write.tx, write.workspace.id, state.built_to, READ_MAX)?;
    for source in &sources {
        take_in(write, source, &mut state)?;
        state.built_to = source.uid;
    }
    state.is_building = i64::try_from(sources.len()).unwrap_or(READ_MAX) == READ_MAX;
    search_state_put(write, &state)?;
    Ok(state.is_building || read_to < write.counters.event_last)
}

/// Each message once, where something changed of what is found of it.
fn latest(news: Vec<SearchNews>) -> Vec<SearchSource> {
    let mut places: HashMap<MessageUid, usize> = HashMap::new();
    let mut sources: Vec<SearchSource> = Vec::new();
    for news in news {
        let (Some(kind), Some(source)) = (news.kind, news.source) else { continue };
        // Told once more, as when a scheduled message goes, it says nothing new.
        let changes = matches!(kind, Kind::MessageEdited | Kind::MessageDeleted | Kind::NoteDeleted);
        if !changes && source.doc.is_some() || places.contains_key(&source.uid) {
            continue;
        }
        places.insert(source.uid, sources.len());
        sources.push(source);
    }
    sources
}

fn take_in(write: &mut Write<'_, '_>, source: &SearchSource, state: &mut SearchState) -> Result<(), Error> {
    match (&source.content, source.doc) {
        (Some(content), known_as) => {
            if known_as.is_none() {
                state.doc_last += 1;
            }
            let words = words_of(content);
            search_put(write, source.uid, content.chat, &words, state.doc_last, known_as)
        }
        (None, Some(known_as)) => Ok(search_forget(write, source.uid, known_as)?),
        (None, None) => Ok(()),
    }
}

/// The words under which a message is found, each once.
fn words_of(content: &SearchContent) -> Vec<String> {
    let mut found: BTreeSet<String> = words(&content.text).into_iter().map(|word| word.text).collect();
    found.extend(words(&content.filename).into_iter().map(|word| word.text));
    found.into_iter().take(WORDS_MAX).collect()
}
