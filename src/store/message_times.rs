//! Messages whose time is far from the moment of which their uid was made: told by WhatsApp late, or scheduled. All others are in
//! a chat in the order of their times, so that a list of a span of time begins where the span does, and these few are added.

use database::{Error, Sql, owned_params, params};

use crate::clock::Time;
use crate::id::MessageUid;
use crate::store::Write;
use crate::store::messages::MessageRow;

/// Nearer than this is near; above the time that a write may wait for its turn.
const NEAR_MS: i64 = 60_000;
/// Of a uid, the milliseconds since 1970 come first.
const UID_TIME_BYTES: usize = 6;
const UID_TIME_MS_MAX: i64 = (1 << 48) - 1;

static TIME_INSERT: Sql = Sql::both(
    "INSERT INTO message_times (workspace_id, uid, chat_id, from_me, at_ms) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (workspace_id, uid) DO NOTHING",
);

const TIME_CHANGED: Sql = Sql::both(
    "INSERT INTO message_times (workspace_id, uid, chat_id, from_me, at_ms) \
     SELECT m.workspace_id, m.uid, m.chat_id, m.from_me, m.at_ms FROM messages m \
     WHERE m.workspace_id = $1 AND m.uid = $2 \
     ON CONFLICT (workspace_id, uid) DO UPDATE SET at_ms = excluded.at_ms",
);

/// Keeps the time of a new message, if its uid doesn't tell it. That of a plain send does.
pub(super) fn message_time_put(write: &mut Write<'_, '_>, message: &MessageRow) -> Result<(), crate::error::Error> {
    let MessageRow { uid, chat, from_me, at, .. } = message;
    if (at.ms() - uid_ms(*uid)).abs() <= NEAR_MS {
        return Ok(());
    }
    write.later(&TIME_INSERT, owned_params![write.workspace.id, *uid, *chat, *from_me, *at])
}

/// Keeps the time of a message that got another one.
pub(super) fn message_time_changed(write: &mut Write<'_, '_>, message: MessageUid) -> Result<(), Error> {
    write.tx.execute(&TIME_CHANGED, &params![write.workspace.id, message]).map(drop)
}

/// The uids between which all messages of a span of time lie, both outside, but for those that are kept here. The span's ends
/// are outside as well.
pub(super) fn uids_of_span(after: Option<Time>, before: Option<Time>) -> ([u8; 16], [u8; 16]) {
    let bound = |ms: i64| {
        let mut uid = [0; 16];
        let ms = ms.clamp(0, UID_TIME_MS_MAX);
        uid[..UID_TIME_BYTES].copy_from_slice(&ms.to_be_bytes()[8 - UID_TIME_BYTES..]);
        uid
    };
    let first = after.map_or([0; 16], |after| bound(after.ms().saturating_sub(NEAR_MS)));
    let end = before.map_or([0xff; 16], |before| bound(before.ms().saturating_add(NEAR_MS)));
    (first, end)
}

/// When a uid was made.
fn uid_ms(uid: MessageUid) -> i64 {
    let mut ms = [0; 8];
    ms[8 - UID_TIME_BYTES..].copy_from_slice(&uid.0.as_bytes()[..UID_TIME_BYTES]);
    i64::from_be_bytes(ms)
}

super::statements! {
    TIME_INSERT, TIME_CHANGED,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdSource;

    const AT_MS: i64 = 1_790_000_000_000;

    #[test]
    fn a_span_holds_the_uids_of_messages_that_are_near() {
        // A source of ids never goes back in time, so each is of another.
        let bytes = |ms: i64| *IdSource::default().message_uid(Time::from_ms(ms)).0.as_bytes();
        assert_eq!(uid_ms(MessageUid(uuid::Uuid::from_bytes(bytes(AT_MS)))), AT_MS);
        // The first and the last moment in it, of messages whose uids are as far off as they may be.
        let (after, before) = (Time::from_ms(AT_MS), Time::from_ms(AT_MS + 10));
        let (first, end) = uids_of_span(Some(after), Some(before));
        assert!(bytes(AT_MS + 1 - NEAR_MS) > first && bytes(AT_MS + 9 + NEAR_MS) < end);
        assert!(bytes(AT_MS - 1 - NEAR_MS) < first && bytes(AT_MS + 11 + NEAR_MS) > end);
        assert_eq!(uids_of_span(None, None), ([0; 16], [0xff; 16]));
        assert_eq!(uids_of_span(Some(Time::from_ms(-5)), Some(Time::from_ms(i64::MAX))).0, [0; 16]);
    }
}
