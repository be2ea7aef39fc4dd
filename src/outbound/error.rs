//! How a request outwards fails, in words for whoever named the address.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::error::{Code, Error};

/// What was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Addresses of the name, and a connection to one of them.
    Connect,
    /// The head of an answer.
    Head,
    /// More of the body.
    Body,
    /// All of it.
    Whole,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No address that can be asked: the rule it breaks and what to write.
    Url(String),
    /// The address itself says a host that isn't public and isn't allowed.
    NotPublic {
        ip: IpAddr,
        what: &'static str,
    },
    /// The name has no addresses, or one of them isn't public. Which of the two isn't told: a private network's names are
    /// nobody's business.
    NoPublicAddress,
    /// Nothing accepts connections there.
    Connect,
    TimedOut {
        stage: Stage,
        after: Duration,
    },
    /// No trusted connection: why, in a few words.
    Tls(&'static str),
    /// The answer isn't proper HTTP/1.1.
    NotHttp,
    /// The answer's head is larger, or has more lines, than is taken.
    HeadTooLarge,
    /// A status other than the one hoped for.
    Status(u16),
    TooManyRedirects,
    RedirectUnusable,
    /// The body is compressed, although it was asked for as it is.
    Compressed,
    TooLarge {
        bytes_max: u64,
    },
    /// The connection ended before the answer did.
    BrokenOff,
    /// As many requests as there is room for are under way.
    Busy,
}

/// A request outwards that came to nothing.
#[derive(Debug)]
pub struct OutboundError {
    pub fault: Fault,
    /// Host, and port where it isn't the usual one; empty while no address was understood.
    pub place: String,
    /// Whether it happened behind a redirect.
    pub is_redirected: bool,
    /// For the logs.
    cause: String,
}

impl From<Fault> for OutboundError {
    fn from(fault: Fault) -> OutboundError {
        OutboundError { fault, place: String::new(), is_redirected: false, cause: String::new() }
    }
}

impl OutboundError {
    pub(super) fn because(fault: Fault, cause: impl fmt::Display) -> OutboundError {
        OutboundError { cause: cause.to_string(), ..OutboundError::from(fault) }
    }

    pub(super) fn at(self, place: String, is_redirected: bool) -> OutboundError {
        let place = if self.place.is_empty() { place } else { self.place };
        OutboundError { place, is_redirected, ..self }
    }

    /// Whether nothing of the request can have reached the other side.
    pub fn is_unsent(&self) -> bool {
        matches!(
            self.fault,
            Fault::Url(_)
                | Fault::NotPublic { .. }
                | Fault::NoPublicAddress
                | Fault::Connect
                | Fault::Tls(_)
                | Fault::Busy
                | Fault::TimedOut { stage: Stage::Connect, .. }
        )
    }

    /// As the answer to a request whose field named the address.
    pub fn in_field(self, field: &str) -> Error {
        if self.fault == Fault::Busy {
            return Error::busy(self);
        }
        let text = format!("{field}: {self}");
        match self.fault {
            Fault::TooLarge { .. } => Error::new(Code::FileTooLarge, text),
            _ => Error::invalid(field, text),
        }
    }

    /// Tells the operator what the one who named the address isn't told.
    pub(super) fn log(&self) {
        let Self { fault, place, cause, .. } = self;
        tracing::debug!(?fault, place, cause, "a request outwards came to nothing");
    }
}

impl fmt::Display for OutboundError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_redirected {
            out.write_str("the address redirects, and then ")?;
        }
        let place = if self.place.is_empty() { "the host" } else { &self.place };
        match &self.fault {
            Fault::Url(rule) => out.write_str(rule),
            Fault::NotPublic { ip, what } => write!(
                out,
                "{place} isn't a public address ({ip} is {what}); give one that is, or have the operator allow its \
                 network with --outbound-allow"
            ),
            Fault::NoPublicAddress => write!(
                out,
                "{place} has no public address; check the name. A host of a private network is spoken to only if the \
                 operator allowed its network with --outbound-allow"
            ),
            Fault::Connect => write!(out, "{place} accepts no connection; check the host and the port"),
            Fault::TimedOut { stage, after } => timed_out(out, place, *stage, after.as_secs_f32()),
            Fault::Tls(why) => write!(out, "no trusted connection to {place}: {why}"),
            Fault::NotHttp => write!(out, "what {place} answers isn't HTTP/1.1; check the port and http or https"),
            Fault::HeadTooLarge => {
                write!(out, "the answer of {place} has a larger head than is taken (32 KiB, 100 lines)")
            }
            Fault::Status(status) => {
                write!(out, "{place} answers with status {status}; give an address that answers 200 without signing in")
            }
            Fault::TooManyRedirects => out.write_str("it redirects again, more than 3 times; give the last address"),
            Fault::RedirectUnusable => write!(out, "{place} redirects to nowhere; give the address it should lead to"),
            Fault::Compressed => {
                write!(
                    out,
                    "{place} sends the file compressed although it was asked not to; turn that off for this file"
                )
            }
            Fault::TooLarge { bytes_max } => {
                write!(out, "the file at {place} is larger than {bytes_max} bytes; send a smaller one")
            }
            Fault::BrokenOff => write!(out, "{place} broke off before the end of its answer; try again"),
            Fault::Busy => out.write_str("too many requests are under way; try again in a second"),
        }
    }
}

fn timed_out(out: &mut fmt::Formatter<'_>, place: &str, stage: Stage, seconds: f32) -> fmt::Result {
    match stage {
        Stage::Connect => write!(out, "{place} couldn't be reached within {seconds} s; check the host and the port"),
        Stage::Head => write!(out, "{place} began no answer within {seconds} s; try again later"),
        Stage::Body => write!(out, "{place} stopped sending for {seconds} s; try again later"),
        Stage::Whole => write!(out, "{place} wasn't done after {seconds} s; use a faster host or a smaller file"),
    }
}

impl std::error::Error for OutboundError {}
