//! The trait that every way to reach WhatsApp implements, and its types. No I/O and nothing of Partyline's database:
//! a transport is told to send, and tells what happened through an [`Ear`].
//!
//! Facts behind the shapes: a linked device chooses a message's id itself, Meta's Cloud API assigns it; receipts come at
//! least once, in any order, and may name messages nobody knows.

mod address;
mod capabilities;
mod event;
mod file;
mod link;
mod mark;
mod send;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use address::Address;
pub use capabilities::Capabilities;
pub use event::{
    AccountState, Call, CallOutcome, ContactCard, ContactTyping, Event, GroupChange, GroupMember, GroupRole, Incoming,
    IncomingBody, IncomingEdit, IncomingReaction, IncomingRevoke, Price, Quality, Reach, Receipt, ReceiptStatus,
    SameContact, Sender, Synced,
};
pub use file::{FileBytes, FileKind, FileSource, IncomingFile, OutgoingFile};
pub use link::{LinkBy, LinkEnd, LinkStep};
pub use mark::{Mark, ReadMessage, Typing};
pub use send::{Accepted, Body, Outgoing, OutgoingTemplate, Quoted, SendError, Verdict};

/// A future that a transport returns; boxed, since transports are chosen at run time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which way to WhatsApp an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Sandbox,
    Web,
    Cloud,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Sandbox => "sandbox",
            Kind::Web => "web",
            Kind::Cloud => "cloud",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        [Kind::Sandbox, Kind::Web, Kind::Cloud].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Who hears a transport's events, one or many at once (many are stored cheaper). The future ends when all of them are
/// stored for good: only then may the transport acknowledge them to its peer. Hearing an event twice does no harm.
/// Messages are stored in the order in which they are told.
pub trait Ear: Send + Sync {
    /// # Errors
    /// Not all was stored: the transport keeps the events and tells them again.
    fn hear(&self, events: Vec<Event>) -> Pending<'_, Result<(), NotStored>>;
}

/// The listener could not store an event; tell it again later.
#[derive(Debug)]
pub struct NotStored(pub String);

impl fmt::Display for NotStored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the event was not stored: {}", self.0)
    }
}

impl std::error::Error for NotStored {}

/// One account's way to WhatsApp.
pub trait Transport: Send + Sync {
    fn kind(&self) -> Kind;

    /// What this account's transport can do: as a rule what all of its kind can.
    fn capabilities(&self) -> Capabilities {
        Capabilities::of(self.kind())
    }

    /// Connects and tells events to `ear` until [`Transport::stop`]. Reconnects by itself; returns once it runs.
    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>>;

    /// Ends the connection and waits until no further event will be told.
    fn stop(&self) -> Pending<'_, ()>;

    /// Hands one message over. Calls for one chat come one after the other, in the accepted order.
    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>>;

    /// The bytes of a file that arrived, by the `source` it was told with. May be asked for again, also after a restart.
    ///
    /// # Errors
    /// `Permanent` where the file is gone for good; anything else is worth another try.
    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>>;

    /// Shows something of us to a chat. Nobody waits for it, and doing it twice does no harm.
    fn mark<'a>(&'a self, chat: &'a Address, mark: &'a Mark) -> Pending<'a, Result<(), SendError>>;

    /// Whether a number is on WhatsApp.
    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>>;

    /// Begins to link a number and tells each step to `ear`, until it is linked, has come to nothing, or
    /// [`Transport::stop`]. Beginning again forgets what was begun. A linked number is then started as any other.
    ///
    /// # Errors
    /// `Permanent` where this transport's numbers aren't linked this way.
    fn link<'a>(&'a self, by: &'a LinkBy, ear: Arc<dyn Ear>) -> Pending<'a, Result<(), SendError>> {
        let _ = (by, ear);
        Box::pin(async { Err(not_linked_so()) })
    }

    /// Hands in what a browser said to [`LinkStep::PasskeyAsked`]: a WebAuthn assertion as JSON.
    ///
    /// # Errors
    /// `Permanent` where it isn't one, or none was asked for.
    fn answer_passkey<'a>(&'a self, assertion: &'a str) -> Pending<'a, Result<(), SendError>> {
        let _ = assertion;
        Box::pin(async { Err(not_linked_so()) })
    }

    /// Says that the code of [`LinkStep::PasskeyCode`] is the one that the phone shows.
    ///
    /// # Errors
    /// `Permanent` where none was shown.
    fn confirm_passkey(&self) -> Pending<'_, Result<(), SendError>> {
        Box::pin(async { Err(not_linked_so()) })
    }

    /// Tells WhatsApp that this server gives the number up. Nobody waits for it long, and what it can't tell any more
    /// its owner sees on the phone.
    fn unlink(&self) -> Pending<'_, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }
}

fn not_linked_so() -> SendError {
    SendError {
        verdict: Verdict::Permanent,
        code: None,
        title: "Not linked this way".to_owned(),
        details: "Accounts of this kind are not linked with a phone.".to_owned(),
        maybe_accepted: false,
    }
}
