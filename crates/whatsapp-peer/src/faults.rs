//! What goes wrong on purpose.

use std::collections::VecDeque;

/// What happens to the next message that a linked device sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server refuses it with this code (463: a stranger may not be written to now, 479: too many of the same).
    Refused(u16),
    /// The connection ends before the server has it.
    LostBefore,
    /// The server has it and passes it on; the connection ends before its word about that.
    LostAfter,
    /// The recipient gets it twice.
    Doubled,
    /// The recipient gets it after the next one.
    Overtaken,
}

/// How the server turns a connection away, or ends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `failure` with this reason at the door: 401 logged out, 403 locked, 405 outdated, 503 unavailable.
    Failure(u16),
    /// Banned for so many seconds, for a reason of WhatsApp's list (101 to 106).
    Banned { code: u16, seconds: u32 },
    /// `stream:error` with this code: 515 start again, 516 removed.
    Stream(u16),
    /// Another connection took the device's place.
    Replaced,
    /// The device was removed on the phone.
    Removed,
    /// The socket just ends.
    Silence,
}

/// The troubles that are still to come for one number.
#[derive(Default)]
pub struct Faults {
    sends: VecDeque<Trouble>,
    doors: VecDeque<Refusal>,
}

impl Faults {
    pub fn plan_send(&mut self, trouble: Trouble) {
        self.sends.push_back(trouble);
    }

    pub fn plan_door(&mut self, refusal: Refusal) {
        self.doors.push_back(refusal);
    }

    pub fn next_send(&mut self) -> Option<Trouble> {
        self.sends.pop_front()
    }

    pub fn next_door(&mut self) -> Option<Refusal> {
        self.doors.pop_front()
    }
}
