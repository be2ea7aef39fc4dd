//! How quickly contacts are answered, and by whom: told by the log of events, so that nothing else has to keep it.

use std::collections::HashMap;
use std::time::Duration;

use database::Read;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::{Cause, Kind};
use crate::events::log::bounds;
use crate::id::{ChatId, TeammateId, WorkspaceId};
use crate::store::events::{EventRow, event_after};

/// How far back a report looks.
pub const LOOKS_BACK: Duration = Duration::from_secs(7 * 24 * 3600);
/// Events that one report reads at most, the newest: some ten milliseconds of work.
pub const EVENTS_READ_MAX: i64 = 20_000;
/// Events of one page of it.
const PAGE_ROWS: i64 = 1_000;

/// How long first answers took, by their upper ends; the last one has none.
pub const SPANS: [(Option<u64>, &str); 7] = [
    (Some(60), "under a minute"),
    (Some(5 * 60), "1 to 5 minutes"),
    (Some(15 * 60), "5 to 15 minutes"),
    (Some(60 * 60), "15 minutes to an hour"),
    (Some(4 * 3600), "1 to 4 hours"),
    (Some(24 * 3600), "4 hours to a day"),
    (None, "over a day"),
];

/// Who gave a first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answerer {
    Teammate(TeammateId),
    /// A token of the public API, or a message that was typed on the phone.
    Other,
}

/// The answers of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    pub by: Answerer,
    pub number: usize,
    pub median: Duration,
    pub longest: Duration,
}

/// What a report tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// From the quickest to the slowest.
    pub answers: Vec<Answers>,
    /// How many first answers took as long as each of [`SPANS`].
    pub spans: [usize; SPANS.len()],
    /// Of all first answers.
    pub median: Option<Duration>,
    /// Messages that came in.
    pub received: usize,
    /// Whether all of [`LOOKS_BACK`] was read, and not only the newest [`EVENTS_READ_MAX`] events.
    pub is_whole: bool,
}

/// Reads the log and reports.
pub fn report(tx: &mut impl Read, workspace: WorkspaceId, now: Time) -> Result<Report, Error> {
    let log = bounds(tx, workspace)?;
    let oldest = (log.oldest - 1).max(log.newest - EVENTS_READ_MAX).max(0);
    let (mut after, mut tally) = (oldest, Tally::default());
    let from = now - LOOKS_BACK;
    let mut first_at = None;
    while after < log.newest {
        let rows = event_after(tx, workspace, after, PAGE_ROWS)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        first_at = first_at.or(rows.first().map(|row| row.at));
        rows.iter().filter(|row| row.at >= from).for_each(|row| tally.take(row));
        after = last;
    }
    let is_whole = oldest < log.oldest || first_at.is_none_or(|at| at < from);
    Ok(Report { is_whole, ..tally.report() })
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Tally {
    /// Chats whose contact waits, and since when.
    waiting: HashMap<ChatId, Time>,
    took: HashMap<Answerer, Vec<Duration>>,
    received: usize,
}

impl Tally {
    fn take(&mut self, event: &EventRow) {
        match event.kind {
            Kind::MessageReceived => {
                self.received += 1;
                self.waiting.entry(event.chat).or_insert(event.at);
            }
            Kind::MessageSent => {
                let Some(since) = self.waiting.remove(&event.chat) else { return };
                let by = match event.cause {
                    Cause::Teammate(teammate) => Answerer::Teammate(teammate),
                    Cause::Outside | Cause::Token(_) | Cause::Operator => Answerer::Other,
                };
                self.took.entry(by).or_default().push(event.at.since(since));
            }
            _ => {}
        }
    }

    fn report(self) -> Report {
        let mut all: Vec<Duration> = self.took.values().flatten().copied().collect();
        let mut spans = [0; SPANS.len()];
        for took in &all {
            let fits = |span: &(Option<u64>, &str)| span.0.is_none_or(|end| took.as_secs() < end);
            spans[SPANS.iter().position(fits).unwrap_or(SPANS.len() - 1)] += 1;
        }
        let mut answers: Vec<Answers> = self
            .took
            .into_iter()
            .map(|(by, mut took)| Answers {
                by,
                number: took.len(),
                median: median(&mut took).unwrap_or_default(),
                longest: took.iter().max().copied().unwrap_or_default(),
            })
            .collect();
        answers.sort_by_key(|answers| (answers.median, answers.by));
        Report { answers, spans, median: median(&mut all), received: self.received, is_whole: true }
    }
}

fn median(spans: &mut [Duration]) -> Option<Duration> {
    spans.sort_unstable();
    spans.get(spans.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TokenId;

    fn event(kind: Kind, chat: i64, second: i64, cause: Cause) -> EventRow {
        EventRow {
            seq: 1,
            kind,
            at: Time::from_ms(second * 1_000),
            chat: ChatId(chat),
            message: None,
            detail: String::new(),
            cause,
        }
    }

    #[test]
    fn the_first_answer_counts_and_whoever_gave_it() {
        let (ana, program) = (Cause::Teammate(TeammateId(1)), Cause::Token(TokenId(1)));
        let mut tally = Tally::default();
        for (kind, chat, second, cause) in [
            (Kind::MessageSent, 1, 10, ana),
            (Kind::MessageReceived, 1, 100, Cause::Outside),
            (Kind::MessageReceived, 1, 110, Cause::Outside),
            (Kind::MessageSent, 1, 130, ana),
            (Kind::MessageSent, 1, 140, ana),
            (Kind::MessageReceived, 2, 200, Cause::Outside),
            (Kind::MessageSent, 2, 800, program),
            (Kind::MessageReceived, 3, 900, Cause::Outside),
            (Kind::MessageReceived, 1, 1_000, Cause::Outside),
            (Kind::MessageSent, 1, 1_090, ana),
        ] {
            tally.take(&event(kind, chat, second, cause));
        }
        let told = tally.report();
        let ana = Answers {
            by: Answerer::Teammate(TeammateId(1)),
            number: 2,
            median: Duration::from_secs(30),
            longest: Duration::from_secs(90),
        };
        let ten = Duration::from_secs(600);
        assert_eq!(told.answers, [ana, Answers { by: Answerer::Other, number: 1, median: ten, longest: ten }]);
        assert_eq!((told.spans, told.received), ([1, 1, 1, 0, 0, 0, 0], 5));
        assert_eq!(told.median, Some(Duration::from_secs(90)));
    }

    #[test]
    fn nothing_is_reported_of_nothing() {
        assert_eq!(Tally::default().report(), Report { is_whole: true, ..Report::default() });
    }
}
