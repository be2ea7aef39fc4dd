//! Linking: binding a number to this server, step by step, as WhatsApp asks for it. The steps are told like any event, so
//! whoever shows them needs no connection to the transport.
//!
//! The way of a linked device: codes to scan that follow one another, or one code to type on the phone; perhaps a passkey in
//! between, which a browser must answer, for no server can; in the end the number.

use serde::{Deserialize, Serialize};

use crate::Address;

/// How somebody links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkBy {
    /// The phone scans what is shown.
    Qr,
    /// A code is typed on the phone, whose number WhatsApp needs beforehand: E.164 with `+`.
    PhoneCode { phone: String },
}

/// How far a linking is. Times are ms since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkStep {
    /// To be drawn as a QR code; the next one takes its place at `until_ms`.
    Qr {
        payload: String,
        /// Counts from 1.
        round: u32,
        /// After the last one linking ends.
        rounds: u32,
        until_ms: i64,
    },
    /// To be typed on the phone.
    PhoneCode { code: String, until_ms: i64 },
    /// A WebAuthn request for WhatsApp's own site, as JSON: a browser there answers it, and the answer goes to
    /// [`crate::Transport::answer_passkey`].
    PasskeyAsked { request: String, until_ms: i64 },
    /// Both sides show it; somebody compares, then [`crate::Transport::confirm_passkey`].
    PasskeyCode { code: String, until_ms: i64 },
    /// The number is bound.
    Linked {
        address: Address,
        /// As its owner calls themselves; may be empty.
        name: String,
    },
    /// It came to nothing.
    Ended { end: LinkEnd, reason: String },
}

/// Why a linking came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// Nobody used the codes in time.
    Expired,
    /// Somebody said no, at the phone or at the passkey.
    Refused,
    Failed,
}
