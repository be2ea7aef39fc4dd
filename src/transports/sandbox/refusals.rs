//! How sends fail in the sandbox: WhatsApp's codes, each with what its sender should do, and the contacts that force them.

use std::time::Duration;

use transport::{SendError, Verdict};

/// How a contact makes sends fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 131026, for good.
    NotOnWhatsApp,
    /// 130429 at every third try; the next goes.
    EveryThirdThrottled,
    /// 131047 until the contact has written in the last [`WINDOW`].
    WindowClosed,
    /// 131056 at every second try: this chat waits; the next goes.
    EverySecondPaired,
    /// 131048 at every first try: the account waits; the next goes.
    AccountPaused,
    /// 190 at every first try: the account is down; the next goes.
    TokenInvalid,
    /// 131049, told after the message was accepted.
    WithheldLater,
    /// 131053 for files.
    UploadFails,
    /// No answer to the first hand-over of each message, which doesn't arrive either; the next goes.
    AnswerLost,
}

/// How long after a contact's message anything may be sent to it.
pub const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// When the failure of a message that was accepted is told.
pub const LATER_MS: u64 = 1_000;

const THROTTLED_FOR: Duration = Duration::from_secs(2);
const PAIRED_FOR: Duration = Duration::from_secs(6);
const PAUSED_FOR: Duration = Duration::from_secs(30);

/// A failure that the sandbox knows: WhatsApp's code, what follows, and its words.
pub struct Known {
    pub code: i64,
    pub verdict: Verdict,
    pub title: &'static str,
    pub details: &'static str,
    /// Told after the message was accepted, not as the answer to the send.
    pub later: bool,
}

const fn known(code: i64, verdict: Verdict, title: &'static str, details: &'static str) -> Known {
    Known { code, verdict, title, details, later: false }
}

pub const KNOWN: [Known; 10] = [
    known(
        190,
        Verdict::AccountDown,
        "Access token invalid",
        "The account's token is no longer good; reconnect the account.",
    ),
    known(
        130_429,
        Verdict::Retry { after: THROTTLED_FOR },
        "Rate limit hit",
        "Too many messages were sent in a short time; it is tried again.",
    ),
    known(
        131_000,
        Verdict::Retry { after: THROTTLED_FOR },
        "Something went wrong",
        "WhatsApp gave no reason; it is tried again.",
    ),
    known(131_026, Verdict::Permanent, "Message undeliverable", "The recipient's number is not on WhatsApp."),
    known(
        131_047,
        Verdict::NeedsTemplate,
        "Re-engagement message",
        "More than 24 hours have passed since the recipient last wrote; send a template, or wait for them.",
    ),
    known(
        131_048,
        Verdict::AccountHeld { for_: PAUSED_FOR },
        "Spam rate limit hit",
        "Too many of the account's messages were blocked; it is held for a while.",
    ),
    Known {
        later: true,
        ..known(
            131_049,
            Verdict::Permanent,
            "Message not delivered",
            "WhatsApp chose not to deliver this message, to keep its users engaged.",
        )
    },
    known(
        131_052,
        Verdict::Retry { after: THROTTLED_FOR },
        "Media download error",
        "The file could not be downloaded.",
    ),
    known(131_053, Verdict::Permanent, "Media upload error", "The file could not be uploaded."),
    known(
        131_056,
        Verdict::ChatThrottled { after: PAIRED_FOR },
        "Pair rate limit hit",
        "Too many messages to the same recipient in a short time; this chat waits.",
    ),
];

/// What a code means; one that the sandbox doesn't know is permanent.
pub fn meaning(code: i64) -> Known {
    let known = KNOWN.into_iter().find(|known| known.code == code);
    known.unwrap_or(Known {
        code,
        verdict: Verdict::Permanent,
        title: "Failed",
        details: "A rule of the sandbox made it fail.",
        later: false,
    })
}

/// The answer to a send that fails with this code.
pub fn failed(code: i64) -> SendError {
    let Known { verdict, title, details, .. } = meaning(code);
    SendError { verdict, code: Some(code), title: title.to_owned(), details: details.to_owned(), maybe_accepted: false }
}

/// The answer that our side hears where the real one was lost on its way.
pub fn lost() -> SendError {
    SendError {
        verdict: Verdict::Uncertain,
        code: None,
        title: "No answer".to_owned(),
        details: "WhatsApp's answer was lost on its way.".to_owned(),
        maybe_accepted: true,
    }
}

impl Refusal {
    /// Whether it goes by how often the contact was tried.
    pub const fn counts(self) -> bool {
        matches!(
            self,
            Refusal::EveryThirdThrottled | Refusal::EverySecondPaired | Refusal::AccountPaused | Refusal::TokenInvalid
        )
    }

    /// The code with which try number `tries` fails; `None` if it goes.
    pub const fn code_at(self, tries: i64, is_file: bool, window_open: bool) -> Option<i64> {
        match self {
            Refusal::NotOnWhatsApp => Some(131_026),
            Refusal::EveryThirdThrottled if tries % 3 == 0 => Some(130_429),
            Refusal::EverySecondPaired if tries % 2 == 0 => Some(131_056),
            Refusal::AccountPaused if tries % 2 == 1 => Some(131_048),
            Refusal::TokenInvalid if tries % 2 == 1 => Some(190),
            Refusal::WindowClosed if !window_open => Some(131_047),
            Refusal::UploadFails if is_file => Some(131_053),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counting_ones_let_the_next_try_go() {
        let told = |refusal: Refusal| (1..=6).map(move |tries| refusal.code_at(tries, false, false).is_some());
        assert!(told(Refusal::EveryThirdThrottled).eq([false, false, true, false, false, true]));
        assert!(told(Refusal::EverySecondPaired).eq([false, true, false, true, false, true]));
        assert!(told(Refusal::TokenInvalid).eq([true, false, true, false, true, false]));
    }

    #[test]
    fn a_code_nobody_knows_is_permanent() {
        assert_eq!(failed(42).verdict, Verdict::Permanent);
        assert_eq!(failed(190).verdict, Verdict::AccountDown);
    }
}
