//! What WhatsApp's refusals mean for a send: by their numbers, since the words are ours.

use std::time::Duration;

use transport::{SendError, Verdict};

/// While the line is away or comes back.
const LINE_AFTER: Duration = Duration::from_secs(2);
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Where WhatsApp asks to be slower and not how slow.
const SLOWER_AFTER: Duration = Duration::from_secs(60);
/// Where WhatsApp keeps a number from writing to strangers and says not for how long.
pub const LIMITED_FOR: Duration = Duration::from_secs(6 * 60 * 60);

/// WhatsApp wants a token of somebody's privacy that only those have who were written to before.
pub const STRANGER: i64 = 463;

/// Nobody is at an address.
pub const NOT_THERE: i64 = 404;

/// A message that the server would not have: `<ack error="...">`.
pub fn refused(code: i64) -> SendError {
    let (verdict, title, details) = match code {
        STRANGER => (
            Verdict::AccountLimited { for_: LIMITED_FOR },
            "New contacts are limited",
            "WhatsApp lets this number answer those who wrote to it, and write to nobody else for now.",
        ),
        479 | 400 | 406 => (Verdict::Permanent, "Refused", "WhatsApp found the message malformed."),
        401 | 403 => {
            (Verdict::Permanent, "Not allowed", "This number may not write there: it may have left the group.")
        }
        NOT_THERE | 410 => (Verdict::Permanent, "Not on WhatsApp", "There is nobody at this address."),
        421 | 429 => {
            (Verdict::AccountHeld { for_: SLOWER_AFTER }, "Too fast", "WhatsApp asks this number to send more slowly.")
        }
        408 | 409 | 500..=599 => (
            Verdict::Retry { after: RETRY_AFTER },
            "WhatsApp's server failed",
            "It could not take the message just now.",
        ),
        _ => (Verdict::Permanent, "Refused", "WhatsApp refused the message and said no more."),
    };
    SendError { verdict, code: Some(code), title: title.into(), details: details.into(), maybe_accepted: false }
}

/// The line is down: nothing was handed over.
pub fn no_line(details: &str) -> SendError {
    SendError {
        verdict: Verdict::Retry { after: LINE_AFTER },
        code: None,
        title: "Not connected".into(),
        details: details.into(),
        maybe_accepted: false,
    }
}

/// It was handed over and no answer came.
pub fn unanswered() -> SendError {
    let details = "WhatsApp gave no answer in time; the same message goes again, and the recipient sees it once.";
    SendError { maybe_accepted: true, title: "No answer".into(), ..no_line(details) }
}

/// It came to nothing on the way out.
pub fn broken(error: &whatsapp_rust::send::SendError) -> SendError {
    use whatsapp_rust::send::SendError as Sending;
    match error {
        Sending::NotLoggedIn => no_line("The number isn't connected to WhatsApp just now."),
        Sending::InvalidRequest(why) => never("Refused", why),
        // The bytes may have left before the line broke.
        Sending::Client(_) | Sending::Iq(_) | Sending::Internal(_) => {
            SendError { maybe_accepted: true, title: "Not sent".into(), ..no_line(&short(&error.to_string())) }
        }
        _ => SendError { maybe_accepted: true, title: "Not sent".into(), ..no_line(&short(&error.to_string())) },
    }
}

/// Something that never will be.
pub fn never(title: &str, details: &str) -> SendError {
    SendError { verdict: Verdict::Permanent, title: title.into(), ..no_line(details) }
}

/// Something beside messages that is worth another try.
pub fn again(title: &str, details: &str) -> SendError {
    SendError { verdict: Verdict::Retry { after: RETRY_AFTER }, title: title.into(), ..no_line(&short(details)) }
}

/// Words of others, as long as people read them.
pub fn short(text: &str) -> String {
    text.chars().filter(|letter| *letter != '\0').take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_lead_to_what_can_be_done_about_them() {
        assert!(matches!(refused(463).verdict, Verdict::AccountLimited { .. }));
        assert!(matches!(refused(429).verdict, Verdict::AccountHeld { .. }));
        for code in [408, 500, 503, 599] {
            assert!(matches!(refused(code).verdict, Verdict::Retry { .. }), "{code}");
        }
        for code in [400, 401, 403, 404, 406, 410, 479, 1] {
            assert_eq!(refused(code).verdict, Verdict::Permanent, "{code}");
            assert_eq!(refused(code).code, Some(code));
        }
    }

    #[test]
    fn what_left_may_have_arrived_and_what_stayed_has_not() {
        use whatsapp_rust::send::SendError as Sending;
        assert!(unanswered().maybe_accepted);
        assert!(!broken(&Sending::NotLoggedIn).maybe_accepted);
        let refused = broken(&Sending::InvalidRequest("not a chat".into()));
        assert_eq!((refused.verdict, refused.details.as_str()), (Verdict::Permanent, "not a chat"));
        assert_eq!(short("a\0b"), "ab");
    }
}
