//! How urgent a waiting message is: replies first, then API sends, cold first contacts, mass messages.

use std::time::Duration;

use crate::clock::Time;
use crate::message::Origin;

/// How long after the contact's last message an answer counts as a reply.
pub const REPLY_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// A waiting message's class; lower goes first. The numbers are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// The contact wrote within the last day.
    Reply = 0,
    /// The contact has written before.
    Known = 1,
    /// The contact never wrote.
    Cold = 2,
    Mass = 3,
}

impl Urgency {
    pub fn of(origin: Origin, last_inbound_at: Time, now: Time) -> Urgency {
        if last_inbound_at.is_never() {
            if origin == Origin::MassMessaging { Urgency::Mass } else { Urgency::Cold }
        } else if now.since(last_inbound_at) <= REPLY_WITHIN {
            Urgency::Reply
        } else if origin == Origin::MassMessaging {
            Urgency::Mass
        } else {
            Urgency::Known
        }
    }

    /// How long a message of this class may be overtaken; after that it goes as if it were a reply.
    pub const fn overtaken_max(number: i64) -> Duration {
        match number {
            0 => Duration::ZERO,
            1 => Duration::from_secs(60),
            2 => Duration::from_secs(10 * 60),
            _ => Duration::from_secs(60 * 60),
        }
    }
}
