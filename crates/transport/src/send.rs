//! Sending: what is handed over, and how it can fail.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::{Address, OutgoingFile};

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Our id of it.
    pub uid: Uuid,
    /// WhatsApp's id of it, chosen when it was accepted. The same at every try.
    pub wamid: String,
    pub to: Address,
    pub body: Body,
    /// WhatsApp's id of the message it answers.
    pub reply_to: Option<String>,
    /// That message, for transports that send it along; there where `reply_to` is.
    pub quoted: Option<Quoted>,
}

/// A message that is answered, as far as it is shown above the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who sent it; `None` if we did.
    pub sender: Option<Address>,
    /// Its text, perhaps cut; empty where it had none.
    pub text: String,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Text(String),
    File(OutgoingFile),
    /// One that WhatsApp has approved; the only thing that may be said outside of the service window.
    Template(OutgoingTemplate),
    /// Ours to a message of this chat; it has no receipts of its own.
    Reaction {
        to_wamid: String,
        /// Who sent that message; `None` if we did.
        to_sender: Option<Address>,
        /// Empty takes ours back.
        emoji: String,
    },
    /// A message of ours in this chat says this from now on. Its recipient knows it by its wamid alone, so handing it over
    /// twice does no harm.
    Edit {
        to_wamid: String,
        text: String,
    },
    /// A message of ours in this chat is taken back for everyone; once more does no harm either.
    Revoke {
        to_wamid: String,
    },
}

/// A template of WhatsApp's, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingTemplate {
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// For the places in its body: by number (`1`, `2`) or by name, as the template has them.
    pub variables: BTreeMap<String, String>,
}

/// WhatsApp has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// WhatsApp's id of it: the chosen one, or the one that was assigned.
    pub wamid: String,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// What the sender should do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this long.
    Retry { after: Duration },
    /// It will never go.
    Permanent,
    /// Only a template may be sent now.
    NeedsTemplate,
    /// This chat must wait, others need not.
    ChatThrottled { after: Duration },
    /// The whole account must wait.
    AccountHeld { for_: Duration },
    /// People who never wrote can't be reached for this long; replies go on.
    AccountLimited { for_: Duration },
    /// The account can't send until somebody acts.
    AccountDown,
    /// A message may have gone and a repeat could show it twice, whatever the transport can do otherwise: people decide.
    Uncertain,
}

/// A send that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError {
    pub verdict: Verdict,
    /// WhatsApp's number for it, if it gave one.
    pub code: Option<i64>,
    /// In a few words.
    pub title: String,
    /// In a sentence, for people.
    pub details: String,
    /// WhatsApp may have the message all the same: the answer was lost, not the request.
    pub maybe_accepted: bool,
}

impl fmt::Display for SendError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(out, "{} ({code}): {}", self.title, self.details),
            None => write!(out, "{}: {}", self.title, self.details),
        }
    }
}

impl std::error::Error for SendError {}
