//! The words under which chats are found by a part of their name or phone: every run of three letters, and at the end those
//! of two and one. A text holds a part only if it bears all runs of that part, so these find few chats to look at closely.
//!
//! A send pays nothing for it: `inbox/chat_words.rs` reads new chats behind everybody's back, and until then they are looked at
//! as if they were found.

use database::{Engine, Error, Read, Row, Sql, owned_params, params};

use crate::id::{ChatId, WorkspaceId};
use crate::store::Write;

/// Chats that a workspace can have: 40 bits.
const CHAT_BITS: u32 = 40;
/// Letters of a run.
const RUN_LETTERS: usize = 3;
/// Runs of a part that are asked for; the others add nothing that a closer look doesn't see.
const ASKED_RUNS_MAX: usize = 12;

/// What is found of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedChat {
    pub chat: ChatId,
    pub name_folded: String,
    /// E.164 with `+`, or empty.
    pub phone: String,
}

/// A text that is looked for, and in what.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'p> {
    /// Folded.
    Name(&'p str),
    /// Digits.
    Phone(&'p str),
}

const STATE_FIND: Sql = Sql::both("SELECT chat_id FROM chat_words_states WHERE workspace_id = $1");

const STATE_PUT: Sql = Sql::both(
    "INSERT INTO chat_words_states (workspace_id, chat_id) VALUES ($1, $2) \
     ON CONFLICT (workspace_id) DO UPDATE SET chat_id = excluded.chat_id",
);

// Of all workspaces: the server looks for whom there is something to read.
const WORDS_BEHIND: Sql = Sql::both(
    "SELECT w.workspace_id FROM workspace_counters w \
     LEFT JOIN chat_words_states known ON known.workspace_id = w.workspace_id \
     WHERE w.chat_last > COALESCE(known.chat_id, 0) \
     OR EXISTS (SELECT 1 FROM chat_words_stale stale WHERE stale.workspace_id = w.workspace_id) \
     ORDER BY w.workspace_id LIMIT $1",
);

const CHATS_NEW: Sql = Sql::both(
    "SELECT chat_id, name_folded, phone FROM chats WHERE workspace_id = $1 AND chat_id > $2 ORDER BY chat_id LIMIT $3",
);

const CHATS_STALE: Sql = Sql::both(
    "SELECT c.chat_id, c.name_folded, c.phone FROM chat_words_stale stale \
     JOIN chats c ON c.workspace_id = stale.workspace_id AND c.chat_id = stale.chat_id \
     WHERE stale.workspace_id = $1 ORDER BY stale.chat_id LIMIT $2",
);

static STALE_INSERT: Sql = Sql::both(
    "INSERT INTO chat_words_stale (workspace_id, chat_id) VALUES ($1, $2) \
     ON CONFLICT (workspace_id, chat_id) DO NOTHING",
);

const STALE_DELETE: Sql = Sql::both("DELETE FROM chat_words_stale WHERE workspace_id = $1 AND chat_id = $2");

// Pairs, because each engine has a full text index of its own.
static WORDS_INSERT: Sql = Sql::pair(
    "INSERT INTO chat_words (rowid, words) VALUES ($1, $2)",
    "INSERT INTO chat_words (doc_id, words) VALUES ($1, array_to_tsvector(string_to_array(CAST($2 AS TEXT), ' ')))",
);

const WORDS_DELETE: Sql =
    Sql::pair("DELETE FROM chat_words WHERE rowid = $1", "DELETE FROM chat_words WHERE doc_id = $1");

/// The last chat whose words were read; 0 where none were.
pub fn chat_words_read_to(tx: &mut impl Read, workspace: WorkspaceId) -> Result<ChatId, Error> {
    Ok(tx.query_row(&STATE_FIND, &params![workspace], |row| row.get(0))?.unwrap_or(ChatId(0)))
}

/// Notes how far the chats were read.
pub fn chat_words_have_read(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), Error> {
    write.tx.execute(&STATE_PUT, &params![write.workspace.id, chat]).map(drop)
}

/// The workspaces with chats that are still to be read.
pub fn chat_words_behind(tx: &mut impl Read, rows_max: i64) -> Result<Vec<WorkspaceId>, Error> {
    tx.query(&WORDS_BEHIND, &params![rows_max], |row| row.get(0))
}

/// The chats behind this one, in their order.
pub fn chats_new(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    after: ChatId,
    rows_max: i64,
) -> Result<Vec<NamedChat>, Error> {
    tx.query(&CHATS_NEW, &params![workspace, after, rows_max], decode)
}

/// Chats whose name or phone changed since they were read.
pub fn chats_stale(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<Vec<NamedChat>, Error> {
    tx.query(&CHATS_STALE, &params![workspace, rows_max], decode)
}

/// Notes that a chat's name or phone is another one.
pub(super) fn chat_words_stale(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), crate::error::Error> {
    write.later(&STALE_INSERT, owned_params![write.workspace.id, chat])
}

/// A chat's change has been read, or will be with the chat itself.
pub fn chat_words_fresh(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), Error> {
    write.tx.execute(&STALE_DELETE, &params![write.workspace.id, chat]).map(drop)
}

/// Takes in a chat that is not known yet.
pub fn chat_words_put(write: &mut Write<'_, '_>, chat: &NamedChat) -> Result<(), crate::error::Error> {
    let workspace = write.workspace.id;
    write.later(&WORDS_INSERT, owned_params![doc_id(workspace, chat.chat), words(workspace, chat)])
}

/// Forgets a chat's words.
pub fn chat_words_forget(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), Error> {
    write.tx.execute(&WORDS_DELETE, &params![doc_id(write.workspace.id, chat)]).map(drop)
}

pub(super) fn doc_id(workspace: WorkspaceId, chat: ChatId) -> i64 {
    (workspace.0 << CHAT_BITS) + chat.0
}

/// The documents of a workspace lie between these.
pub(super) fn docs(workspace: WorkspaceId) -> (i64, i64) {
    (doc_id(workspace, ChatId(0)), doc_id(WorkspaceId(workspace.0 + 1), ChatId(0)))
}

/// What the engine's index is asked for, for chats that may hold all of these parts: first each run alone, from the last one
/// on, since one that is rare by itself is found soonest, and then all together.
pub(super) fn patterns(engine: Engine, workspace: WorkspaceId, parts: &[Part<'_>]) -> Vec<String> {
    let (quote, and, begun) = match engine {
        Engine::Sqlite => ('"', " AND ", " *"),
        Engine::Postgres => ('\'', " & ", ":*"),
    };
    let mut asked: Vec<String> = Vec::new();
    for part in parts {
        let letters: Vec<char> = part.text().chars().collect();
        let runs = letters.windows(RUN_LETTERS).rev().map(|run| word(workspace, part.mark(), run));
        let short = (letters.len() < RUN_LETTERS).then(|| word(workspace, part.mark(), &letters));
        let quoted = runs.map(|run| format!("{quote}{run}{quote}"));
        for run in quoted.chain(short.map(|run| format!("{quote}{run}{quote}{begun}"))) {
            if asked.len() < ASKED_RUNS_MAX && !asked.contains(&run) {
                asked.push(run);
            }
        }
    }
    let all = asked.join(and);
    if asked.len() > 1 {
        asked.push(all);
    }
    asked
}

/// All words of a chat, with a blank between them.
fn words(workspace: WorkspaceId, chat: &NamedChat) -> String {
    let mut all = Vec::new();
    for part in [Part::Name(&chat.name_folded), Part::Phone(chat.phone.trim_start_matches('+'))] {
        let letters: Vec<char> = part.text().chars().collect();
        let runs = (0..letters.len()).map(|at| &letters[at..letters.len().min(at + RUN_LETTERS)]);
        all.extend(runs.map(|run| word(workspace, part.mark(), run)));
    }
    all.sort_unstable();
    all.dedup();
    all.join(" ")
}

/// A run as both engines take it for one word: the workspace, so that nobody's words lie among another's, and numbers of letters
/// instead of the letters, of which any may stand in a name.
fn word(workspace: WorkspaceId, mark: char, run: &[char]) -> String {
    let mut word = format!("{workspace}{mark}");
    for letter in run {
        word += &format!("{:x}x", u32::from(*letter));
    }
    word
}

impl<'p> Part<'p> {
    fn text(&self) -> &'p str {
        match self {
            Part::Name(text) | Part::Phone(text) => text,
        }
    }

    fn mark(&self) -> char {
        match self {
            Part::Name(_) => 'n',
            Part::Phone(_) => 'p',
        }
    }
}

fn decode(row: &Row<'_>) -> Result<NamedChat, Error> {
    Ok(NamedChat { chat: row.get(0)?, name_folded: row.get(1)?, phone: row.get(2)? })
}

super::statements! {
    STATE_FIND, STATE_PUT, WORDS_BEHIND, CHATS_NEW, CHATS_STALE, STALE_INSERT, STALE_DELETE, WORDS_INSERT, WORDS_DELETE,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_bears_every_run_of_every_part_of_its_name() {
        let chat =
            NamedChat { chat: ChatId(7), name_folded: "ünal & \"b%\" 自行车".into(), phone: "+120255".into() };
        let all = words(WorkspaceId(3), &chat);
        let all: Vec<&str> = all.split(' ').collect();
        let letters: Vec<char> = chat.name_folded.chars().collect();
        for first in 0..letters.len() {
            for last in first + 1..=letters.len() {
                let part: String = letters[first..last].iter().collect();
                for run in patterns(Engine::Sqlite, WorkspaceId(3), &[Part::Name(&part)]) {
                    for run in run.split(" AND ") {
                        let begun = run.ends_with(" *");
                        let run = run.trim_end_matches(" *").trim_matches('"');
                        let bears = |word: &&str| if begun { word.starts_with(run) } else { *word == run };
                        assert!(all.iter().any(bears), "{part}: {run} in {all:?}");
                    }
                }
            }
        }
        assert!(all.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{all:?}");
        let asked = |part| patterns(Engine::Postgres, WorkspaceId(3), &[part]);
        let (last, first) = ("'3p30x32x35x'", "'3p32x30x32x'");
        assert_eq!(asked(Part::Phone("2025")), [last, first, &format!("{last} & {first}")]);
        assert_eq!(asked(Part::Name("a")), ["'3n61x':*"]);
    }
}
