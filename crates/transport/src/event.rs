//! What a transport tells: told at least once, in any order.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Address, IncomingFile, LinkStep};

/// Something that happened at WhatsApp.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Account(AccountState),
    Message(Incoming),
    /// A message for the record, which nobody has to answer.
    Synced(Synced),
    Receipt(Receipt),
    Reaction(IncomingReaction),
    Edit(IncomingEdit),
    Revoke(IncomingRevoke),
    Group(GroupChange),
    Call(Call),
    /// Told before what comes from either of its addresses. Telling it again does no harm.
    SameContact(SameContact),
    /// How far the linking of this account is.
    Link(LinkStep),
    /// A contact writes, or has stopped. Of this moment only: nothing of it is stored.
    Typing(ContactTyping),
}

/// Whether a contact writes in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTyping {
    /// A direct chat's or a group's address.
    pub chat: Address,
    pub is_writing: bool,
}

/// How the account's connection is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// People who never wrote can't be reached until then; replies go on.
    LimitedUntil {
        until_ms: i64,
        reason: String,
    },
    /// WhatsApp has shut the number out until then.
    BannedUntil {
        until_ms: i64,
        reason: String,
    },
    LoggedOut {
        reason: String,
    },
    /// Its token is no longer good.
    TokenInvalid {
        reason: String,
    },
    /// Somebody must look: another server has taken the line, or this version is too old.
    Unusable {
        reason: String,
    },
    /// What WhatsApp thinks of the number; it doesn't touch the connection.
    Quality(Quality),
    /// How many people it may write to first; no more does this.
    Reach(Reach),
    /// How many messages it may send in a second, all chats together.
    Speed {
        per_second: u32,
    },
}

/// How many people a number may write to within 24 hours who haven't written in that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    Any,
    PerDay(u32),
}

/// What WhatsApp thinks of a number, by what its recipients do with its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    High,
    Medium,
    /// It is about to be limited.
    Low,
}

impl Quality {
    pub const ALL: [Quality; 3] = [Quality::High, Quality::Medium, Quality::Low];

    pub const fn as_str(self) -> &'static str {
        match self {
            Quality::High => "high",
            Quality::Medium => "medium",
            Quality::Low => "low",
        }
    }

    pub fn parse(text: &str) -> Option<Quality> {
        Quality::ALL.into_iter().find(|quality| quality.as_str() == text)
    }
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub address: Address,
    /// The name the sender chose; may be empty.
    pub name: String,
}

/// Two addresses of one person: some know them by the phone, others only by an id under which WhatsApp, or Meta for one
/// business, hides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameContact {
    /// `<digits>@s.whatsapp.net`.
    pub phone: Address,
    /// `<digits>@lid`, or `<country>.<id>@bsuid`.
    pub lid: Address,
}

/// A message that arrived. One and the same is known by account, chat, sender and `wamid`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// A message that was not written to us just now: typed on the account's own phone, or from before the account was linked.
/// One and the same is known as [`Incoming`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Synced {
    pub said: Incoming,
    /// The account's own; its sender then is the account.
    pub from_me: bool,
    /// From before the account was linked: nobody is told of it as news.
    pub is_past: bool,
}

/// What an incoming message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncomingBody {
    Text(String),
    File(IncomingFile),
    Location {
        /// Degrees, north positive.
        latitude: f64,
        /// Degrees, east positive.
        longitude: f64,
        /// Of the place; may be empty.
        name: String,
        /// May be empty.
        address: String,
    },
    Contacts(Vec<ContactCard>),
    /// Something this version can't show; what it was, for people.
    Unsupported(String),
}

/// A contact that somebody handed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    pub name: String,
    /// As they stand on the card.
    pub phones: Vec<String>,
}

/// Somebody put an emoji to a message. One person has at most one per message: the latest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingReaction {
    pub chat: Address,
    /// Who reacts.
    pub sender: Sender,
    /// Of the message that it is put to.
    pub wamid: String,
    /// Who sent that message; `None` if we did.
    pub to_sender: Option<Address>,
    /// Empty takes it back.
    pub emoji: String,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// A sender changed the text of a message of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingEdit {
    pub chat: Address,
    pub sender: Sender,
    /// Of the message that is changed.
    pub wamid: String,
    /// What it says now.
    pub text: String,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// A sender took a message of theirs back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingRevoke {
    pub chat: Address,
    pub sender: Sender,
    /// Of the message that is gone.
    pub wamid: String,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// A call that is over, or that nobody answered. One and the same is known by account, chat, caller and `wamid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub chat: Address,
    /// Who called.
    pub caller: Sender,
    /// Whether the account's own phone called.
    pub is_outgoing: bool,
    /// WhatsApp's id of the call.
    pub wamid: String,
    /// When it began, by WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
    /// Seconds; `None` where nobody answered.
    pub duration_s: Option<i64>,
    pub is_video: bool,
    pub outcome: CallOutcome,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It rang here and nobody took it.
    Missed,
    Rejected,
    /// It rang there and nobody took it.
    NoAnswer,
    /// Somebody spoke, and hung up.
    Ended,
}

/// News of a group. What isn't told hasn't changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChange {
    pub chat: Address,
    /// Its name from now on.
    pub name: Option<String>,
    /// All who are in it, where WhatsApp tells all.
    pub members: Option<Vec<GroupMember>>,
    pub joined: Vec<GroupMember>,
    pub left: Vec<Address>,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// Somebody in a group; the account itself is one of them, by the address it was linked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    pub address: Address,
    /// As they call themselves; may be empty.
    pub name: String,
    pub role: GroupRole,
}

/// What somebody may do in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    Ordinary,
    Admin,
    /// Who made the group.
    Owner,
}

impl GroupRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            GroupRole::Ordinary => "ordinary",
            GroupRole::Admin => "admin",
            GroupRole::Owner => "owner",
        }
    }
}

/// News of a message that we sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub wamid: String,
    /// In a group, whose phone tells it, by the address that the group's members have. `None` where it is told of the
    /// message as a whole.
    pub participant: Option<Address>,
    /// Our id of it, where WhatsApp repeats what it was given: names the message also where the answer to its send was lost.
    pub uid: Option<Uuid>,
    /// What WhatsApp charges for it, where that is told.
    pub price: Option<Price>,
    pub status: ReceiptStatus,
    /// By WhatsApp's clock, ms since 1970 UTC.
    pub at_ms: i64,
}

/// What a message's price goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// As `service`, `utility`, `marketing`.
    pub category: String,
    /// As `PMP`: by message.
    pub model: String,
    pub is_billable: bool,
}

/// How far a message came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReceiptStatus {
    #[default]
    Sent,
    Delivered,
    Read,
    Failed {
        code: Option<i64>,
        title: String,
        details: String,
    },
}
