//! A chat's messages in their order. Its index holds the two directions apart, so that each is as quick to list as both: those
//! of both are two walks side by side.

use database::{Error, Read, Sql, owned_params};

use crate::clock::Time;
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::store::message_files::attachment_columns;
use crate::store::message_times::uids_of_span;
use crate::store::messages::{MessageView, decode, messages_where};

/// Which messages of a chat to list; `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    pub from_me: Option<bool>,
    pub after: Option<Time>,
    pub before: Option<Time>,
    pub after_message: Option<MessageUid>,
    pub before_message: Option<MessageUid>,
    pub newest_first: bool,
}

/// Fewer rows than these are skipped in both directions at once.
const SKIPPED_TOGETHER: i64 = 256;

/// Messages of both directions, each only where it is wanted, side by side. $1 the workspace, $2 the chat, $3 the direction, $4
/// and $5 the uids between which they lie.
macro_rules! both_directions {
    ($fits:literal, $behind:literal) => {
        concat!(
            "SELECT i.uid FROM messages i WHERE i.workspace_id = $1 AND i.chat_id = $2 AND i.from_me = FALSE \
             AND COALESCE(CAST($3 AS BOOLEAN), FALSE) = FALSE AND i.uid > $4 AND i.uid < $5 ",
            $fits,
            " UNION ALL SELECT i.uid FROM messages i WHERE i.workspace_id = $1 AND i.chat_id = $2 AND i.from_me = TRUE \
             AND COALESCE(CAST($3 AS BOOLEAN), TRUE) = TRUE AND i.uid > $4 AND i.uid < $5 ",
            $fits,
            $behind
        )
    };
}

macro_rules! list {
    ($order:literal, $outer:literal) => {
        concat!(messages_where!("WHERE m.workspace_id = $1 AND m.uid IN ("), both_directions!("", $order), ")", $outer)
    };
}

const LIST_OLDEST: Sql = Sql::both(list!(" ORDER BY uid LIMIT $6 OFFSET $7", " ORDER BY m.uid"));
const LIST_NEWEST: Sql = Sql::both(list!(" ORDER BY uid DESC LIMIT $6 OFFSET $7", " ORDER BY m.uid DESC"));

// Of a span of time: those that lie in it by their uids too, and the few others. $8 and $9 its ends, $10 and $11 the uids between
// which all of them lie.
macro_rules! timed {
    ($order:literal, $outer:literal) => {
        concat!(
            messages_where!("WHERE m.workspace_id = $1 AND m.uid IN ("),
            both_directions!(
                "AND i.at_ms > $8 AND i.at_ms < $9",
                " UNION ALL SELECT l.uid FROM message_times l WHERE l.workspace_id = $1 AND l.chat_id = $2 \
                 AND l.at_ms > $8 AND l.at_ms < $9 AND COALESCE(CAST($3 AS BOOLEAN), l.from_me) = l.from_me \
                 AND l.uid > $10 AND l.uid < $11 AND (l.uid <= $4 OR l.uid >= $5)"
            ),
            $order,
            ")",
            $outer
        )
    };
}

const LIST_TIMED_OLDEST: Sql = Sql::both(timed!(" ORDER BY uid LIMIT $6 OFFSET $7", " ORDER BY m.uid"));
const LIST_TIMED_NEWEST: Sql = Sql::both(timed!(" ORDER BY uid DESC LIMIT $6 OFFSET $7", " ORDER BY m.uid DESC"));

// Skipped rows are only counted in the index.
const SKIP_OLDEST_OF: Sql = Sql::both(
    "SELECT uid FROM messages WHERE workspace_id = $1 AND chat_id = $2 AND from_me = $3 AND uid > $4 AND uid < $5 \
     ORDER BY uid LIMIT $6 OFFSET $7",
);
const SKIP_NEWEST_OF: Sql = Sql::both(
    "SELECT uid FROM messages WHERE workspace_id = $1 AND chat_id = $2 AND from_me = $3 AND uid > $4 AND uid < $5 \
     ORDER BY uid DESC LIMIT $6 OFFSET $7",
);

/// The uids between which messages lie, both outside.
#[derive(Clone, Copy)]
struct Range {
    after: [u8; 16],
    before: [u8; 16],
}

/// The messages of a chat that fit; `rows_max` of them behind the first `skip`.
pub fn message_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    filter: &MessageFilter,
    rows_max: i64,
    skip: i64,
) -> Result<Vec<MessageView>, Error> {
    let MessageFilter { from_me, after, before, newest_first, .. } = filter;
    let is_timed = after.is_some() || before.is_some();
    let mut skip = skip;
    let mut range = Range {
        after: filter.after_message.map_or([0; 16], |uid| *uid.0.as_bytes()),
        before: filter.before_message.map_or([0xff; 16], |uid| *uid.0.as_bytes()),
    };
    if skip > 0 && !is_timed {
        let skipper = Skipper { workspace, chat, newest_first: *newest_first };
        let last = match from_me {
            Some(direction) => skipper.nth(tx, *direction, range, skip)?,
            None => skipper.nth_of_both(tx, range, skip)?,
        };
        let Some(last) = last else { return Ok(Vec::new()) };
        range = skipper.behind(range, last);
        skip = 0;
    }
    let (first, end) = uids_of_span(*after, *before);
    let walked = Range { after: first.max(range.after), before: end.min(range.before) };
    let mut values = owned_params![workspace, chat, from_me, walked.after, walked.before, rows_max, skip];
    if is_timed {
        let (after, before) = (after.map_or(i64::MIN, Time::ms), before.map_or(i64::MAX, Time::ms));
        values.extend(owned_params![after, before, range.after, range.before]);
    }
    let sql = match (is_timed, newest_first) {
        (false, false) => &LIST_OLDEST,
        (false, true) => &LIST_NEWEST,
        (true, false) => &LIST_TIMED_OLDEST,
        (true, true) => &LIST_TIMED_NEWEST,
    };
    tx.query(sql, &values, decode)
}

/// Finds the last of so many rows to skip.
struct Skipper {
    workspace: WorkspaceId,
    chat: ChatId,
    newest_first: bool,
}

impl Skipper {
    /// The row with this number of one direction, from 1.
    fn nth(&self, tx: &mut impl Read, from_me: bool, range: Range, number: i64) -> Result<Option<MessageUid>, Error> {
        let sql = if self.newest_first { &SKIP_NEWEST_OF } else { &SKIP_OLDEST_OF };
        let Skipper { workspace, chat, .. } = self;
        let values = owned_params![workspace, chat, from_me, range.after, range.before, 1_i64, number - 1];
        tx.query_row(sql, &values, |row| row.get(0))
    }

    /// The row with this number of both directions. Half as many rows of each direction are passed at once: the block that ends
    /// first lies before that row as a whole, whatever is in the other one. So it is half as far each time, and no row is
    /// compared with another.
    fn nth_of_both(&self, tx: &mut impl Read, range: Range, number: i64) -> Result<Option<MessageUid>, Error> {
        let (mut theirs, mut ours, mut left) = (range, range, number);
        while left > SKIPPED_TOGETHER {
            let half = left / 2;
            let ends = (self.nth(tx, false, theirs, half)?, self.nth(tx, true, ours, half)?);
            let theirs_first = match ends {
                (Some(their), Some(our)) => (their < our) != self.newest_first,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return Ok(None),
            };
            match (theirs_first, ends) {
                (true, (Some(end), _)) => theirs = self.behind(theirs, end),
                (_, (_, Some(end))) => ours = self.behind(ours, end),
                _ => return Ok(None),
            }
            left -= half;
        }
        self.nth_of_few(tx, theirs, ours, left)
    }

    /// As [`Skipper::nth_of_both`], each direction from where it was passed to.
    fn nth_of_few(
        &self,
        tx: &mut impl Read,
        theirs: Range,
        ours: Range,
        number: i64,
    ) -> Result<Option<MessageUid>, Error> {
        let mut uids = Vec::new();
        for (from_me, range) in [(false, theirs), (true, ours)] {
            let sql = if self.newest_first { &SKIP_NEWEST_OF } else { &SKIP_OLDEST_OF };
            let Skipper { workspace, chat, .. } = self;
            let values = owned_params![workspace, chat, from_me, range.after, range.before, number, 0_i64];
            uids.extend(tx.query(sql, &values, |row| row.get::<MessageUid>(0))?);
        }
        uids.sort_unstable();
        if self.newest_first {
            uids.reverse();
        }
        Ok(usize::try_from(number - 1).ok().and_then(|at| uids.get(at).copied()))
    }

    /// What of a range lies behind a row of it.
    fn behind(&self, range: Range, last: MessageUid) -> Range {
        let uid = *last.0.as_bytes();
        if self.newest_first { Range { before: uid, ..range } } else { Range { after: uid, ..range } }
    }
}

super::statements! {
    LIST_OLDEST, LIST_NEWEST, LIST_TIMED_OLDEST, LIST_TIMED_NEWEST, SKIP_OLDEST_OF, SKIP_NEWEST_OF,
}
