//! Which waiting messages go next. A plain function of rows and a moment: no I/O, no clock.
//!
//! Per chat the order of acceptance holds. Between chats the most urgent class goes first: replies, people known, cold
//! first contacts, mass messages. No class starves: once the first of a class has been overtaken for longer than its limit,
//! the classes so neglected get every second turn, one after the other. (Tried on paper: letting such messages go "as
//! replies" would put a hundred thousand mass messages, an hour old, before every new reply.)

use std::collections::{HashSet, VecDeque};

use crate::clock::Time;
use crate::id::ChatId;
use crate::inbox::urgency::Urgency;
use crate::store::outbox::OutboxRow;

const CLASSES: usize = 4;

/// Whose turn it is between the urgent and the neglected; carried from one choice to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fairness {
    /// The next turn is a neglected class's, if there is one.
    owed: bool,
    /// The neglected class that had the last such turn.
    last: usize,
}

/// What goes next, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub rows: Vec<OutboxRow>,
    pub fairness: Fairness,
}

/// Chooses at most `rows_max` of `rows`: never one of a `busy` chat, never two of one chat, of a chat always the first,
/// and none before its time.
pub fn choose(
    rows: Vec<OutboxRow>,
    busy: &HashSet<ChatId>,
    now: Time,
    rows_max: usize,
    mut fairness: Fairness,
) -> Choice {
    let mut classes = firsts_by_class(rows, busy, now);
    let mut chosen = Vec::new();
    while chosen.len() < rows_max {
        let Some(class) = next_class(&classes, now, &mut fairness) else { break };
        chosen.extend(classes[class].pop_front());
    }
    Choice { rows: chosen, fairness }
}

fn firsts_by_class(mut rows: Vec<OutboxRow>, busy: &HashSet<ChatId>, now: Time) -> [VecDeque<OutboxRow>; CLASSES] {
    rows.sort_unstable_by_key(|row| row.seq);
    let mut seen = HashSet::new();
    let mut classes: [VecDeque<OutboxRow>; CLASSES] = Default::default();
    for row in rows {
        let first = seen.insert(row.chat);
        if first && !busy.contains(&row.chat) && row.not_before <= now {
            classes[class_of(&row)].push_back(row);
        }
    }
    classes
}

fn next_class(classes: &[VecDeque<OutboxRow>; CLASSES], now: Time, fairness: &mut Fairness) -> Option<usize> {
    let neglected = |class: &usize| {
        let limit = Urgency::overtaken_max(i64::try_from(*class).unwrap_or(i64::MAX));
        *class > 0 && classes[*class].front().is_some_and(|row| now.since(row.accepted_at) >= limit)
    };
    let after_last = (1..=CLASSES).map(|step| (fairness.last + step) % CLASSES);
    let next_neglected = after_last.into_iter().find(neglected);
    if let Some(class) = next_neglected.filter(|_| fairness.owed) {
        *fairness = Fairness { owed: false, last: class };
        return Some(class);
    }
    fairness.owed = true;
    (0..CLASSES).find(|class| !classes[*class].is_empty())
}

fn class_of(row: &OutboxRow) -> usize {
    usize::try_from(row.class).unwrap_or(0).min(CLASSES - 1)
}
