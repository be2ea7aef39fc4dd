//! The sandbox's contacts and what they do: the one table from which code and documentation are made.
//!
//! The numbers are fiction's (+1 202 555 0100 to 0199) and valid. Times are what a contact takes after the send, at speed 1.

use transport::Address;

/// How a contact behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// `None`: never.
    pub delivered_after_ms: Option<u64>,
    pub read_after_ms: Option<u64>,
    /// Answers with the same text.
    pub replies_after_ms: Option<u64>,
    /// Until its phone is switched on nothing arrives. The times count from there.
    pub starts_offline: bool,
    pub refusal: Option<Refusal>,
}

/// How a contact makes sends fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 131026: the number is not on WhatsApp. Permanent.
    NotOnWhatsApp,
    /// 130429 on every third send: too many; try again after 2 s, and it goes.
    EveryThirdThrottled,
}

/// A contact with a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    pub phone: &'static str,
    /// As it introduces itself.
    pub name: &'static str,
    /// For people.
    pub about: &'static str,
    pub behaviour: Behaviour,
}

/// What any other number does: it gets its messages and never reads them.
pub const ANYBODY: Behaviour = Behaviour {
    delivered_after_ms: Some(400),
    read_after_ms: None,
    replies_after_ms: None,
    starts_offline: false,
    refusal: None,
};

pub const CONTACTS: [Contact; 6] = [
    Contact {
        phone: "+12025550100",
        name: "Echo",
        about: "Reads everything and answers with the same text",
        behaviour: Behaviour { read_after_ms: Some(900), replies_after_ms: Some(1_200), ..ANYBODY },
    },
    Contact {
        phone: "+12025550102",
        name: "Slow reader",
        about: "Gets messages after 2 s and reads them after a minute",
        behaviour: Behaviour { delivered_after_ms: Some(2_000), read_after_ms: Some(60_000), ..ANYBODY },
    },
    Contact {
        phone: "+12025550103",
        name: "Never reads",
        about: "Gets messages and shows nobody whether they are read",
        behaviour: ANYBODY,
    },
    Contact {
        phone: "+12025550104",
        name: "Offline",
        about: "Gets nothing until its phone is switched on, and then reads it all",
        behaviour: Behaviour { read_after_ms: Some(900), starts_offline: true, ..ANYBODY },
    },
    Contact {
        phone: "+12025550126",
        name: "Not on WhatsApp",
        about: "Every send fails with 131026 and gives its credit back",
        behaviour: Behaviour { refusal: Some(Refusal::NotOnWhatsApp), ..ANYBODY },
    },
    Contact {
        phone: "+12025550129",
        name: "Throttled",
        about: "Every third send is refused with 130429 and goes when it is tried again after 2 s",
        behaviour: Behaviour { refusal: Some(Refusal::EveryThirdThrottled), ..ANYBODY },
    },
];

/// The name and behaviour behind an address.
pub fn contact_at(address: &Address) -> (&'static str, Behaviour) {
    let phone = address.phone();
    let known = CONTACTS.iter().find(|contact| Some(contact.phone) == phone.as_deref());
    known.map_or(("", ANYBODY), |contact| (contact.name, contact.behaviour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::values::Phone;

    #[test]
    fn every_contact_has_a_valid_number_of_its_own() {
        for contact in CONTACTS {
            assert!(Phone::parse("phone", contact.phone).is_ok(), "{}", contact.phone);
            assert_eq!(CONTACTS.iter().filter(|other| other.phone == contact.phone).count(), 1);
            assert_eq!(contact_at(&Address::from_phone(contact.phone)).0, contact.name);
        }
        assert_eq!(contact_at(&Address::from_phone("+12025550177")), ("", ANYBODY));
    }

    #[test]
    fn what_is_read_was_delivered_before_and_is_answered_after() {
        for Contact { behaviour, .. } in CONTACTS {
            assert!(
                behaviour.read_after_ms.is_none_or(|read| behaviour.delivered_after_ms.is_some_and(|at| at < read))
            );
            assert!(
                behaviour.replies_after_ms.is_none_or(|reply| behaviour.read_after_ms.is_some_and(|at| at < reply))
            );
        }
    }
}
