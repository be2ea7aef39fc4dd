//! The log behind a cursor. The log has no gaps, so whoever holds a cursor can tell whether something behind it is gone.

use database::Read;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{MessageUid, WorkspaceId};
use crate::store::events::{EventBounds, EventRow, event_after, event_bounds};

/// Rows that one page with a filter passes over at the most: so many are read within milliseconds.
pub const SCANNED_MAX: i64 = 2_000;
const CHUNK_ROWS: i64 = 500;

/// What stands behind a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The next events; none if the cursor is at the end.
    Events(Vec<EventRow>),
    /// The next event is gone, or the cursor is of a log that went further than this one (a backup was restored).
    Lost(EventBounds),
}

/// A page of events that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<EventRow>,
    /// Everything up to here was looked at: the next page's cursor.
    pub seen: i64,
    /// Whether there are events behind `seen`.
    pub more: bool,
}

/// What a page came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paged {
    Page(Page),
    Lost(EventBounds),
}

/// The events behind `after`, oldest first, at most `rows_max`.
pub fn behind(tx: &mut impl Read, workspace: WorkspaceId, after: i64, rows_max: i64) -> Result<Behind, Error> {
    let rows = event_after(tx, workspace, after, rows_max)?;
    if rows.first().is_some_and(|row| row.seq - 1 == after) {
        return Ok(Behind::Events(rows));
    }
    let bounds = bounds(tx, workspace)?;
    // A cursor is whatever a client says; the numbers on this side are ours.
    if after < bounds.oldest - 1 || after > bounds.newest {
        return Ok(Behind::Lost(bounds));
    }
    Ok(Behind::Events(rows))
}

/// The first event that is kept, and the last one there was.
///
/// # Errors
/// `not_found` without such a workspace, or a fault.
pub fn bounds(tx: &mut impl Read, workspace: WorkspaceId) -> Result<EventBounds, Error> {
    event_bounds(tx, workspace)?.ok_or_else(|| Error::not_found("This workspace is gone"))
}

/// A page of the events behind `after` that are wanted, at most `rows_max` of them, having looked at no more than
/// [`SCANNED_MAX`].
pub fn page(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    after: i64,
    rows_max: usize,
    wanted: impl Fn(&EventRow) -> bool,
) -> Result<Paged, Error> {
    let mut page = Page { events: Vec::new(), seen: after, more: false };
    loop {
        let rows = match behind(tx, workspace, page.seen, CHUNK_ROWS)? {
            Behind::Events(rows) => rows,
            Behind::Lost(bounds) => return Ok(Paged::Lost(bounds)),
        };
        let is_end = i64::try_from(rows.len()).is_ok_and(|rows| rows < CHUNK_ROWS);
        for row in rows {
            if page.events.len() == rows_max || page.seen - after >= SCANNED_MAX {
                page.more = true;
                return Ok(Paged::Page(page));
            }
            page.seen = row.seq;
            if wanted(&row) {
                page.events.push(row);
            }
        }
        if is_end {
            return Ok(Paged::Page(page));
        }
    }
}

/// The events of a message that were written with it, at `at`. A write's events bear one time, so they stand where the log
/// reaches that time.
pub fn events_of_write(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
    at: Time,
) -> Result<Vec<EventRow>, Error> {
    let from = last_before(tx, workspace, at)?;
    let rows = event_after(tx, workspace, from, SCANNED_MAX)?;
    let written_then = rows.into_iter().take_while(|row| row.at <= at);
    Ok(written_then.filter(|row| row.message == Some(message)).collect())
}

/// The place of the last event before `at`, or before the first that is kept; found by halving: the log is in the order of
/// time, but for clocks that were set.
pub fn last_before(tx: &mut impl Read, workspace: WorkspaceId, at: Time) -> Result<i64, Error> {
    let kept = bounds(tx, workspace)?;
    let (mut low, mut high) = (kept.oldest - 1, kept.newest);
    while low < high {
        let middle = low + (high - low) / 2;
        match event_after(tx, workspace, middle, 1)?.first() {
            Some(row) if row.at < at => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Which kinds of events somebody wants; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Option<Vec<Kind>>);

impl Wanted {
    /// Only these.
    pub fn only(kinds: Vec<Kind>) -> Wanted {
        Wanted(Some(kinds))
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.0.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}
