//! The sandbox's contacts and what they do: the one table from which code and documentation are made.
//!
//! The numbers are fiction's (+1 202 555 0100 to 0199) and valid. Times are what a contact takes after the send, at speed 1.

use transport::Address;

use crate::transports::sandbox::refusals::Refusal;

/// How a contact behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// `None`: never.
    pub delivered_after_ms: Option<u64>,
    pub read_after_ms: Option<u64>,
    /// What it does then, and after how long. Sends that are no answer to anybody come in groups only.
    pub answers: Option<(u64, Answer)>,
    /// Until its phone is switched on nothing arrives. The times count from there.
    pub starts_offline: bool,
    pub refusal: Option<Refusal>,
}

/// What a contact does with a message that it has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Says the same.
    Echo,
    /// Knows the words hours, price and agent.
    Faq,
    Voice,
    Photo,
    /// A photo whose first download fails.
    ShyPhoto,
    Pdf,
    Place,
    /// The group wakes up.
    GroupTalk,
    /// Reacts, says something and corrects it, says something else and takes it back.
    Edits,
    /// Fifty messages, out of order and some of them twice.
    Burst,
    /// In its group: a word.
    Nod,
}

/// A contact with a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// A phone in E.164 form, or a JID where it has no phone.
    pub number: &'static str,
    /// As it introduces itself.
    pub name: &'static str,
    /// What happens to what it is sent, for people: a row of `docs/sandbox.md`.
    pub about: &'static str,
    pub behaviour: Behaviour,
}

/// What any other number does: it gets its messages and never reads them.
pub const ANYBODY: Behaviour = Behaviour {
    delivered_after_ms: Some(400),
    read_after_ms: None,
    answers: None,
    starts_offline: false,
    refusal: None,
};

/// The group of the group chatter.
pub const GROUP: &str = "120363025550109000@g.us";
pub const GROUP_NAME: &str = "Harbour Market";
/// Who has an id at WhatsApp and shows nobody a phone.
pub const HIDDEN: &str = "202555011300099@lid";

const fn reads(answer: Answer) -> Behaviour {
    Behaviour { read_after_ms: Some(900), answers: Some((1_200, answer)), ..ANYBODY }
}

const fn refuses(refusal: Refusal) -> Behaviour {
    Behaviour { refusal: Some(refusal), ..ANYBODY }
}

const fn contact(number: &'static str, name: &'static str, about: &'static str, behaviour: Behaviour) -> Contact {
    Contact { number, name, about, behaviour }
}

pub const CONTACTS: [Contact; 29] = [
    contact(
        "+12025550100",
        "Echo",
        "Delivered after 0.4 s, Read after 0.9 s; replies with the same text or file",
        reads(Answer::Echo),
    ),
    contact(
        "+12025550101",
        "FAQ bot",
        "Read; knows the words hours, price and agent, and says so to all others",
        reads(Answer::Faq),
    ),
    contact(
        "+12025550102",
        "Slow reader",
        "Delivered after 2 s, Read after 60 s",
        Behaviour { delivered_after_ms: Some(2_000), read_after_ms: Some(60_000), ..ANYBODY },
    ),
    contact("+12025550103", "Never reads", "Delivered, never Read", ANYBODY),
    contact(
        "+12025550104",
        "Offline",
        "stays Sent until its phone is switched on; then Delivered and Read",
        Behaviour { read_after_ms: Some(900), starts_offline: true, ..ANYBODY },
    ),
    contact("+12025550105", "Voice-noter", "Read; replies with a voice note (OGG/Opus)", reads(Answer::Voice)),
    contact("+12025550106", "Photographer", "Read; replies with a photo (JPEG)", reads(Answer::Photo)),
    contact("+12025550107", "PDF sender", "Read; replies with a PDF", reads(Answer::Pdf)),
    contact("+12025550108", "Traveller", "Read; replies with a location", reads(Answer::Place)),
    contact(
        "+12025550109",
        "Group chatter",
        "Read; its group Harbour Market wakes up: several write, the group is renamed, one leaves, one joins",
        reads(Answer::GroupTalk),
    ),
    contact(
        "+12025550110",
        "Editor",
        "Read; reacts with a thumb, sends a text and corrects it after 3 s, sends another and deletes it after 5 s",
        reads(Answer::Edits),
    ),
    contact(
        "+12025550111",
        "Burst",
        "Read; 50 messages in 5 s, out of order, some told twice: each is stored once",
        reads(Answer::Burst),
    ),
    contact(
        HIDDEN,
        "Hidden number",
        "has no phone that we see, only this id; reads and replies with the same text",
        reads(Answer::Echo),
    ),
    contact(
        GROUP,
        GROUP_NAME,
        "a group of four, ours included: Delivered and Read when the last of them has; one replies",
        Behaviour {
            delivered_after_ms: Some(800),
            read_after_ms: Some(2_000),
            answers: Some((2_400, Answer::Nod)),
            ..ANYBODY
        },
    ),
    contact(
        "+12025550126",
        "Not on WhatsApp",
        "Failed with code 131026; the credit comes back",
        refuses(Refusal::NotOnWhatsApp),
    ),
    contact(
        "+12025550129",
        "Throttled",
        "every third send is told to wait 2 s (130429), then goes",
        refuses(Refusal::EveryThirdThrottled),
    ),
    contact(
        "+12025550147",
        "Window closed",
        "Failed with code 131047 until they have written in the last 24 h",
        refuses(Refusal::WindowClosed),
    ),
    contact(
        "+12025550148",
        "Account paused",
        "every send is first answered with 131048: the whole account is held for 30 s, then it goes",
        refuses(Refusal::AccountPaused),
    ),
    contact(
        "+12025550149",
        "Withheld",
        "Sent, and Failed with code 131049 after 1 s; the credit comes back",
        Behaviour { delivered_after_ms: None, ..refuses(Refusal::WithheldLater) },
    ),
    contact(
        "+12025550152",
        "Shy photographer",
        "Read; replies with a photo whose first download fails; the next try brings it",
        reads(Answer::ShyPhoto),
    ),
    contact(
        "+12025550153",
        "Upload fails",
        "a file is Failed with code 131053; text goes",
        refuses(Refusal::UploadFails),
    ),
    contact(
        "+12025550156",
        "Pair limit",
        "every second send is told to wait 6 s (131056), in this chat only, then goes",
        refuses(Refusal::EverySecondPaired),
    ),
    contact(
        "+12025550157",
        "Lost answer",
        "the answer to every send is lost, so the message is uncertain; sent again it goes",
        refuses(Refusal::AnswerLost),
    ),
    contact("+12025550160", "Ana", "in the group; by herself Delivered, never Read", ANYBODY),
    contact("+12025550161", "Ben", "in the group; by himself Delivered, never Read", ANYBODY),
    contact("+12025550162", "Chiara", "joins the group; by herself Delivered, never Read", ANYBODY),
    contact(
        "+12025550190",
        "Token invalid",
        "every send is first answered with 190: the account is down until it is reconnected, then it goes",
        refuses(Refusal::TokenInvalid),
    ),
    contact("+12025550198", "Demo phone", "the number of the first sandbox account itself", ANYBODY),
    contact(
        "+12025550199",
        "Silence",
        "Sent, and nothing is heard ever after",
        Behaviour { delivered_after_ms: None, ..ANYBODY },
    ),
];

impl Contact {
    pub fn address(&self) -> Address {
        if self.number.contains('@') { Address::from_jid(self.number) } else { Address::from_phone(self.number) }
    }
}

/// The name and behaviour behind an address.
pub fn contact_at(address: &Address) -> (&'static str, Behaviour) {
    let known = CONTACTS.iter().find(|contact| contact.address() == *address);
    known.map_or(("", ANYBODY), |contact| (contact.name, contact.behaviour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::values::Phone;

    #[test]
    fn every_contact_has_a_valid_number_of_its_own() {
        for contact in CONTACTS {
            let has_phone = contact.address().phone().is_some();
            assert!(!has_phone || Phone::parse("phone", contact.number).is_ok(), "{}", contact.number);
            assert_eq!(CONTACTS.iter().filter(|other| other.number == contact.number).count(), 1);
            assert_eq!(contact_at(&contact.address()).0, contact.name);
        }
        assert_eq!(contact_at(&Address::from_phone("+12025550177")), ("", ANYBODY));
    }

    #[test]
    fn what_is_read_was_delivered_before_and_is_answered_after() {
        for Contact { behaviour, .. } in CONTACTS {
            assert!(
                behaviour.read_after_ms.is_none_or(|read| behaviour.delivered_after_ms.is_some_and(|at| at < read))
            );
            assert!(behaviour.answers.is_none_or(|(at, _)| behaviour.read_after_ms.is_some_and(|read| read < at)));
        }
    }

    /// The docs' table is this one.
    #[test]
    fn the_docs_name_every_contact_with_what_it_does() {
        let docs = include_str!("../../../docs/sandbox.md");
        for Contact { number, name, about, .. } in CONTACTS {
            let shown = match number.strip_prefix("+1202555") {
                Some(last) => format!("+1 202 555 {last}"),
                None => format!("`{number}`"),
            };
            let row = format!("| {shown} | {name} | {about} |");
            assert!(docs.lines().any(|line| line == row), "docs/sandbox.md has no row\n{row}");
        }
    }
}
