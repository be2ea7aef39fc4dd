//! Numbers and the addresses that belong to them.

use wacore_binary::{Jid, Server};

/// The digits of a number, however it is written.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The hidden id that goes with a number. WhatsApp's bear no relation to it; ours can be told from it.
pub fn hidden_id(digits: &str) -> String {
    format!("9{digits:0>14}")
}

/// One device of a number: 0 is the phone, the others are linked to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device {
    pub digits: String,
    pub number: u16,
}

impl Device {
    pub fn phone(digits: &str) -> Device {
        Device { digits: digits.to_owned(), number: 0 }
    }

    /// Its address by phone number.
    pub fn by_number(&self) -> Jid {
        Jid::pn_device(self.digits.as_str(), self.number)
    }

    /// Its address by hidden id.
    pub fn by_hidden_id(&self) -> Jid {
        Jid::lid_device(hidden_id(&self.digits), self.number)
    }

    /// Its address in the form that `like` has.
    pub fn like(&self, like: &Jid) -> Jid {
        if like.server == Server::Lid { self.by_hidden_id() } else { self.by_number() }
    }
}
