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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::accounts::pacing::Dice;
    use crate::id::{AccountId, MessageUid};
    use crate::store::outbox::Stage;

    const START: Time = Time::from_ms(1_790_000_000_000);

    fn row(seq: i64, chat: i64, class: i64, accepted_at: Time) -> OutboxRow {
        OutboxRow {
            account: AccountId(1),
            seq,
            message: MessageUid(Uuid::nil()),
            chat: ChatId(chat),
            class,
            stage: Stage::Ready,
            accepted_at,
            not_before: Time::NEVER,
            attempts: 0,
            reason: String::new(),
        }
    }

    fn below(dice: &mut Dice, limit: i64) -> i64 {
        (dice.roll() * limit as f64) as i64
    }

    /// A server's life in small: messages of all classes come in, hand-overs take their time and sometimes must be repeated.
    struct Simulation {
        dice: Dice,
        now: Time,
        waiting: Vec<OutboxRow>,
        /// Until when a chat's message is with the transport, and which it is.
        in_flight: HashMap<ChatId, (Time, OutboxRow)>,
        last_done: HashMap<ChatId, i64>,
        fairness: Fairness,
        next_seq: i64,
    }

    impl Simulation {
        fn new(seed: u64) -> Simulation {
            Simulation {
                dice: Dice::new(seed),
                now: START,
                waiting: Vec::new(),
                in_flight: HashMap::new(),
                last_done: HashMap::new(),
                fairness: Fairness::default(),
                next_seq: 1,
            }
        }

        fn arrive(&mut self, chats: i64) {
            let (chat, class) = (below(&mut self.dice, chats), below(&mut self.dice, 4));
            self.waiting.push(row(self.next_seq, chat, class, self.now));
            self.next_seq += 1;
        }

        fn end_some(&mut self) {
            let ended: Vec<ChatId> =
                self.in_flight.iter().filter(|(_, (end, _))| *end <= self.now).map(|(chat, _)| *chat).collect();
            for chat in ended {
                let Some((_, row)) = self.in_flight.remove(&chat) else { continue };
                if below(&mut self.dice, 4) == 0 {
                    let not_before = self.now + Duration::from_millis(50);
                    self.waiting.push(OutboxRow { not_before, ..row });
                } else {
                    let before = self.last_done.insert(chat, row.seq);
                    assert!(before.is_none_or(|before| before < row.seq), "a chat's order was turned around");
                }
            }
        }

        fn hand_over(&mut self, rows_max: usize) {
            let busy: HashSet<ChatId> = self.in_flight.keys().copied().collect();
            let choice = choose(self.waiting.clone(), &busy, self.now, rows_max, self.fairness);
            self.fairness = choice.fairness;
            assert!(choice.rows.len() <= rows_max);
            for row in choice.rows {
                self.waiting.retain(|other| other.seq != row.seq);
                let end = self.now + Duration::from_millis(below(&mut self.dice, 100).unsigned_abs());
                let two = self.in_flight.insert(row.chat, (end, row));
                assert!(two.is_none(), "two of one chat at once");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn chats_keep_their_order_and_never_have_two_with_the_transport(
            seed: u64, chats in 1..20_i64, rows_max in 1..20_usize,
        ) {
            let mut simulation = Simulation::new(seed);
            for _ in 0..300 {
                simulation.arrive(chats);
                simulation.end_some();
                simulation.hand_over(rows_max);
                simulation.now = simulation.now + Duration::from_millis(below(&mut simulation.dice, 30).unsigned_abs());
            }
            for _ in 0..20_000 {
                if simulation.waiting.is_empty() && simulation.in_flight.is_empty() {
                    break;
                }
                simulation.end_some();
                simulation.hand_over(rows_max);
                simulation.now = simulation.now + Duration::from_millis(10);
            }
            prop_assert!(simulation.waiting.is_empty() && simulation.in_flight.is_empty(), "something never went");
        }

        /// Replies without end: each turn one more than can go. The first of every other class still goes within six turns
        /// of its limit (three classes, every second turn).
        #[test]
        fn a_flood_of_replies_delays_nobody_beyond_the_limit(seed: u64) {
            let mut dice = Dice::new(seed);
            let (mut waiting, mut fairness, mut now) = (Vec::new(), Fairness::default(), START);
            for seq in 0..30 {
                waiting.push(row(seq, seq, 1 + below(&mut dice, 3), START));
            }
            let mut overdue_turns = [0_u32; CLASSES];
            for turn in 0..2_200_i64 {
                waiting.extend((0..2).map(|reply| row(1_000 + 2 * turn + reply, 1_000 + 2 * turn + reply, 0, now)));
                waiting.retain(|row| row.class > 0 || now.since(row.accepted_at) < Duration::from_secs(8));
                let choice = choose(waiting.clone(), &HashSet::new(), now, 1, fairness);
                fairness = choice.fairness;
                let went = &choice.rows[0];
                for (class, overdue_turns) in overdue_turns.iter_mut().enumerate().skip(1) {
                    let limit = Urgency::overtaken_max(class as i64);
                    let first = waiting.iter().filter(|row| class_of(row) == class).min_by_key(|row| row.seq);
                    let overdue = first.is_some_and(|row| now.since(row.accepted_at) >= limit);
                    let goes = class_of(went) == class;
                    *overdue_turns = if overdue && !goes { *overdue_turns + 1 } else { 0 };
                    prop_assert!(*overdue_turns <= 6, "class {class} waited {overdue_turns} turns");
                }
                waiting.retain(|row| row.seq != went.seq);
                now = now + Duration::from_secs(2);
            }
            prop_assert!(waiting.iter().all(|row| row.class == 0), "the neglected all went in the end");
        }
    }

    #[test]
    fn replies_go_before_all_that_is_not_neglected() {
        let rows = vec![row(1, 1, 3, START), row(2, 2, 2, START), row(3, 3, 1, START), row(4, 4, 0, START)];
        let choice = choose(rows, &HashSet::new(), START + Duration::from_secs(1), 10, Fairness::default());
        assert_eq!(choice.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
    }

    #[test]
    fn old_mass_messages_do_not_stop_replies() {
        let now = START + Duration::from_secs(100_000);
        let mut rows: Vec<OutboxRow> = (0..100).map(|seq| row(seq, seq, 3, START)).collect();
        rows.extend((100..110).map(|seq| row(seq, seq, 0, now)));
        let choice = choose(rows, &HashSet::new(), now, 20, Fairness::default());
        let replies = choice.rows.iter().filter(|row| row.class == 0).count();
        assert_eq!(replies, 10, "every second turn is theirs");
    }

    #[test]
    fn a_chat_whose_first_message_waits_lets_none_of_its_others_by() {
        let waits = OutboxRow { not_before: START + Duration::from_secs(60), ..row(1, 1, 0, START) };
        let choice = choose(vec![row(2, 1, 0, START), waits], &HashSet::new(), START, 10, Fairness::default());
        assert!(choice.rows.is_empty());
    }
}
