//! Sending: what is handed over, and how it can fail.

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
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Text(String),
    File(OutgoingFile),
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
