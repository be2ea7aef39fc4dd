//! The trait that every way to reach WhatsApp implements, and its types. No I/O and nothing of Partyline's database:
//! a transport is told to send, and tells what happened through an [`Ear`].
//!
//! Facts behind the shapes: a linked device chooses a message's id itself, Meta's Cloud API assigns it; receipts come at
//! least once, in any order, and may name messages nobody knows.

mod address;
mod event;
mod send;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use address::Address;
pub use event::{AccountState, Event, Incoming, IncomingBody, Receipt, ReceiptStatus, Sender};
pub use send::{Accepted, Body, Outgoing, SendError, Verdict};

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

/// What a transport can do, so that the rest is refused before anything is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The id chosen at acceptance is the id on the wire: sending again is safe, the recipient sees one message.
    pub fixed_message_id: bool,
    pub groups: bool,
    /// Hours after the contact's last message in which free text may be sent; `None` where there is no such window.
    pub service_window_hours: Option<u32>,
    /// Longest text in characters.
    pub text_chars_max: u32,
    /// Whether sends need pacing, because the number of a person is behind it.
    pub paced: bool,
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

    fn capabilities(&self) -> Capabilities;

    /// Connects and tells events to `ear` until [`Transport::stop`]. Reconnects by itself; returns once it runs.
    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>>;

    /// Ends the connection and waits until no further event will be told.
    fn stop(&self) -> Pending<'_, ()>;

    /// Hands one message over. Calls for one chat come one after the other, in the accepted order.
    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>>;

    /// Whether a number is on WhatsApp.
    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>>;
}
