//! What a transport tells: told at least once, in any order.

use crate::Address;

/// Something that happened at WhatsApp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Account(AccountState),
    Message(Incoming),
    Receipt(Receipt),
}

/// How the account's connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountState {
    Connecting,
    Connected,
    Disconnected {
        /// For people.
        reason: String,
    },
    /// WhatsApp holds the account's sends back until then (ms since 1970 UTC).
    HeldUntil {
        until_ms: i64,
        reason: String,
    },
    LoggedOut {
        reason: String,
    },
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub address: Address,
    /// The name the sender chose; may be empty.
    pub name: String,
}

/// A message that arrived. One and the same is known by account, chat, sender and `wamid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub chat: Address,
    /// The chat's name as WhatsApp knows it; empty if it doesn't.
    pub chat_name: String,
    pub sender: Sender,
    pub wamid: String,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
    pub body: IncomingBody,
    /// WhatsApp's id of the message it answers.
    pub reply_to: Option<String>,
}

/// What an incoming message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncomingBody {
    Text(String),
}

/// News of a message that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub wamid: String,
    pub status: ReceiptStatus,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptStatus {
    Sent,
    Delivered,
    Read,
    Failed { code: Option<i64>, title: String, details: String },
}
