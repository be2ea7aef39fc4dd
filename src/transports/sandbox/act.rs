//! An act: something that a contact will do, as it is kept until it is due, and what it looks like from our side of the
//! wire then.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use transport::{
    AccountState, Address, Call, ContactTyping, Event, FileKind, GroupChange, Incoming, IncomingBody, IncomingEdit,
    IncomingFile, IncomingReaction, IncomingRevoke, LinkStep, OutgoingFile, Receipt, ReceiptStatus, SameContact,
    Sender,
};

use crate::clock::Time;
use crate::store::sandbox::{SandboxStep, StepKind};
use crate::transports::sandbox::contacts::contact_at;
use crate::transports::sandbox::line;
use crate::transports::sandbox::refusals::meaning;

/// What stands in a step of kind [`StepKind::Act`]. A time of 0 becomes the one at which it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// WhatsApp has the message; told only to whom it gives the ids.
    Sent,
    /// The message fails with this code.
    Fail(i64),
    /// One of a group has the message, or has read it.
    Receipt {
        participant: Address,
        is_read: bool,
    },
    Say(Incoming),
    React(IncomingReaction),
    Edit(IncomingEdit),
    Revoke(IncomingRevoke),
    Group(GroupChange),
    /// Two addresses are one person's.
    Same(SameContact),
    Call(Call),
    /// How the account's line is from now on. Its times are counted from then.
    Line(AccountState),
    /// A step of its linking; likewise.
    Link(LinkStep),
    Type(ContactTyping),
}

impl Act {
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn told(self, wamid: &str, at_ms: i64) -> Event {
        let set = |time: i64| if time == 0 { at_ms } else { time.min(at_ms) };
        match self {
            Act::Sent => receipt(wamid, None, ReceiptStatus::Sent, at_ms),
            Act::Fail(code) => {
                let (title, details) = (meaning(code).title.to_owned(), meaning(code).details.to_owned());
                receipt(wamid, None, ReceiptStatus::Failed { code: Some(code), title, details }, at_ms)
            }
            Act::Receipt { participant, is_read } => {
                let status = if is_read { ReceiptStatus::Read } else { ReceiptStatus::Delivered };
                receipt(wamid, Some(participant), status, at_ms)
            }
            Act::Say(said) => Event::Message(Incoming { at_ms: set(said.at_ms), ..said }),
            Act::React(reaction) => Event::Reaction(IncomingReaction { at_ms: set(reaction.at_ms), ..reaction }),
            Act::Edit(edit) => Event::Edit(IncomingEdit { at_ms: set(edit.at_ms), ..edit }),
            Act::Revoke(revoke) => Event::Revoke(IncomingRevoke { at_ms: set(revoke.at_ms), ..revoke }),
            Act::Same(same) => Event::SameContact(same),
            Act::Call(call) => Event::Call(Call { at_ms: set(call.at_ms), ..call }),
            Act::Line(state) => Event::Account(line::state_at(state, at_ms)),
            Act::Link(step) => Event::Link(line::step_at(step, at_ms)),
            Act::Type(typing) => Event::Typing(typing),
            Act::Group(change) => Event::Group(GroupChange { at_ms: set(change.at_ms), ..change }),
        }
    }
}

/// What a due step looks like from our side of the wire. Its time is never ahead of the server's, which the sandbox's may be.
/// `None` for one that no version understands.
pub fn event(step: &SandboxStep, now: Time) -> Option<Event> {
    let at_ms = step.due.min(now).ms();
    match step.kind {
        StepKind::Delivered => Some(receipt(&step.wamid, None, ReceiptStatus::Delivered, at_ms)),
        StepKind::Read => Some(receipt(&step.wamid, None, ReceiptStatus::Read, at_ms)),
        StepKind::Reply => Some(Act::Say(reply(step)).told(&step.wamid, at_ms)),
        StepKind::Act => match serde_json::from_str::<Act>(&step.act) {
            Ok(act) => Some(act.told(&step.wamid, at_ms)),
            Err(error) => {
                tracing::error!(%error, "an act of the sandbox was not understood and is dropped");
                None
            }
        },
    }
}

fn receipt(wamid: &str, participant: Option<Address>, status: ReceiptStatus, at_ms: i64) -> Event {
    Event::Receipt(Receipt { wamid: wamid.to_owned(), participant, status, at_ms, ..Receipt::default() })
}

/// The same as what was sent.
fn reply(step: &SandboxStep) -> Incoming {
    let address = Address::from_jid(step.jid.clone());
    let body = body_of(&step.body, &step.text);
    Incoming { wamid: wamid_of(&step.wamid, 0), ..said_by(&address, body) }
}

/// A message of a contact, in its own chat. Its id and time are still to be set.
pub fn said_by(address: &Address, body: IncomingBody) -> Incoming {
    Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: sender(address),
        wamid: String::new(),
        at_ms: 0,
        body,
        reply_to: None,
    }
}

pub fn sender(address: &Address) -> Sender {
    Sender { address: address.clone(), name: contact_at(address).0.to_owned() }
}

/// The id of what is said because of a message: the same whenever it is told. `nth` tells several apart.
pub fn wamid_of(wamid: &str, nth: usize) -> String {
    let cause = if nth == 0 { wamid.to_owned() } else { format!("{wamid}/{nth}") };
    let hash = Sha256::digest(cause.as_bytes());
    hash.iter().take(9).fold(String::from("3A"), |mut text, byte| {
        std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02X}")).expect("a string takes any text");
        text
    })
}

/// What a phone keeps of a file that was sent to it.
pub fn kept(file: &OutgoingFile) -> IncomingBody {
    IncomingBody::File(IncomingFile {
        kind: file.kind,
        mimetype: file.mimetype.clone(),
        filename: if file.kind == FileKind::Document { file.filename.clone() } else { String::new() },
        size_bytes: file.size_bytes,
        caption: file.caption.clone(),
        source: super::files::source_of_blob(&file.sha256),
    })
}

/// A body from what a phone keeps of it.
pub fn body_of(body: &str, text: &str) -> IncomingBody {
    serde_json::from_str(body).unwrap_or_else(|_| IncomingBody::Text(text.to_owned()))
}

/// A body as a phone keeps it: its text, and JSON where it is more than that.
pub fn body_to_keep(body: &IncomingBody) -> (String, String) {
    let json = || serde_json::to_string(body).unwrap_or_default();
    match body {
        IncomingBody::Text(text) => (text.clone(), String::new()),
        IncomingBody::File(file) => (file.caption.clone(), json()),
        _ => (String::new(), json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_the_same_id_whenever_it_is_told() {
        assert_eq!(wamid_of("3EB0AA", 0), wamid_of("3EB0AA", 0));
        assert_ne!(wamid_of("3EB0AA", 0), wamid_of("3EB0AB", 0));
        assert_ne!(wamid_of("3EB0AA", 0), wamid_of("3EB0AA", 1));
    }

    #[test]
    fn what_is_kept_of_a_body_gives_it_back() {
        let place = IncomingBody::Location {
            latitude: 38.707_5,
            longitude: -9.136_5,
            name: "Harbour Bikes".into(),
            address: String::new(),
        };
        for body in [IncomingBody::Text("hi".into()), place, IncomingBody::Unsupported("poll".into())] {
            let (text, json) = body_to_keep(&body);
            assert_eq!(body_of(&json, &text), body);
        }
    }

    #[test]
    fn times_are_never_ahead_of_the_servers() {
        let said =
            Incoming { at_ms: 500, ..said_by(&Address::from_phone("+12025550100"), IncomingBody::Text("x".into())) };
        let Event::Message(told) = Act::Say(said).told("", 300) else { panic!("a message") };
        assert_eq!(told.at_ms, 300);
    }
}
