//! Sends without an `Idempotency-Key` that repeat one of the last minute: likely a client that tried again. They are
//! accepted and marked in the log. Remembered per node and in memory, since the mark is a hint and no send should pay a
//! statement for it; a token that collapses repeats looks into the database instead (`http/call`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::id::{MessageUid, TokenId, WorkspaceId};

/// How long a send is remembered.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(60);
/// Sends remembered of one generation; there are two.
const SENDS_MAX: usize = 8_192;

/// What makes two sends alike: the token, where it was sent to, and SHA-256 of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendMark {
    pub workspace: WorkspaceId,
    pub token: TokenId,
    pub path: String,
    pub fingerprint: [u8; 32],
}

/// The sends of the last minute.
#[derive(Default)]
pub struct RecentSends(Mutex<Generations>);

/// The young become the old after a minute, or when they are many; so nothing is ever searched for what may go.
#[derive(Default)]
struct Generations {
    young: HashMap<SendMark, Remembered>,
    old: HashMap<SendMark, Remembered>,
    since: Duration,
    seats: u64,
}

#[derive(Clone)]
struct Remembered {
    at: Duration,
    first: Arc<First>,
}

/// The first of sends that are alike: by which seat, and its message once that is known.
#[derive(Default)]
struct First(Mutex<Option<(u64, MessageUid)>>);

/// A send's place among those like it, taken before its write begins: of two at the same moment one is the first.
#[derive(Clone)]
pub struct Seat {
    number: u64,
    first: Arc<First>,
}

impl RecentSends {
    /// Takes a seat at `now` on the monotonic clock.
    pub fn sit(&self, mark: SendMark, now: Duration) -> Seat {
        let mut sends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |remembered: &&Remembered| now.saturating_sub(remembered.at) < REPEAT_WITHIN;
        let found = sends.young.get(&mark).or_else(|| sends.old.get(&mark)).filter(is_fresh).cloned();
        let remembered = found.unwrap_or_else(|| Remembered { at: now, first: Arc::default() });
        sends.seats += 1;
        let seat = Seat { number: sends.seats, first: Arc::clone(&remembered.first) };
        if sends.young.len() >= SENDS_MAX || now.saturating_sub(sends.since) >= REPEAT_WITHIN {
            sends.old = std::mem::take(&mut sends.young);
            sends.since = now;
        }
        sends.young.insert(mark, remembered);
        seat
    }
}

impl Seat {
    /// Says which message this send makes; returns the first like it, if there was one. May be said again.
    pub fn made(&self, message: MessageUid) -> Option<MessageUid> {
        let mut first = self.first.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, message) = *first.get_or_insert((self.number, message));
        (number != self.number).then_some(message)
    }

    /// The send came to nothing: the next like it is the first.
    pub fn leave(&self) {
        let mut first = self.first.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take_if(|(number, _)| *number == self.number);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn mark(number: u32) -> SendMark {
        let mut fingerprint = [0; 32];
        fingerprint[..4].copy_from_slice(&number.to_be_bytes());
        SendMark { workspace: WorkspaceId(1), token: TokenId(1), path: "/messages".into(), fingerprint }
    }

    fn uid(number: u128) -> MessageUid {
        MessageUid(Uuid::from_u128(number))
    }

    #[test]
    fn the_first_is_named_for_a_minute() {
        let (sends, at) = (RecentSends::default(), Duration::from_secs);
        assert_eq!(sends.sit(mark(1), at(100)).made(uid(1)), None);
        assert_eq!(sends.sit(mark(2), at(100)).made(uid(2)), None);
        assert_eq!(sends.sit(mark(1), at(130)).made(uid(3)), Some(uid(1)));
        assert_eq!(sends.sit(mark(1), at(159)).made(uid(4)), Some(uid(1)));
        assert_eq!(sends.sit(mark(1), at(160)).made(uid(5)), None, "a minute after the first");
    }

    #[test]
    fn of_two_at_once_one_is_the_first_and_a_failed_one_is_none() {
        let sends = RecentSends::default();
        let (one, other) = (sends.sit(mark(1), Duration::ZERO), sends.sit(mark(1), Duration::ZERO));
        assert_eq!((other.made(uid(2)), one.made(uid(1))), (None, Some(uid(2))));
        assert_eq!(other.made(uid(2)), None, "its write ran again");
        other.leave();
        assert_eq!(one.made(uid(1)), None);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let sends = RecentSends::default();
        for number in 0..100_000 {
            sends.sit(mark(number), Duration::ZERO);
        }
        let kept = sends.0.lock().expect("whole");
        assert!(kept.young.len() + kept.old.len() <= 2 * SENDS_MAX);
    }
}
