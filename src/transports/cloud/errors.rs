//! What the Graph's errors mean for a send: by their numbers, since the words change.

use std::time::Duration;

use serde_json::Value;
use transport::{SendError, Verdict};

use crate::outbound::{Answered, OutboundError};

/// After a fault of WhatsApp's, and where it is too much for it.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// For one recipient, WhatsApp takes about a message in six seconds on the average.
const PAIR_AFTER: Duration = Duration::from_secs(6);
/// Where WhatsApp blocks the number for its quality and says not for how long.
const HELD_FOR: Duration = Duration::from_secs(60 * 60);
/// While the number is moved to other machines, which takes minutes.
const MAINTENANCE: Duration = Duration::from_secs(5 * 60);
/// No server may make us wait for longer.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// An error as the Graph says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    pub code: i64,
    pub subcode: Option<i64>,
    pub title: String,
    pub details: String,
}

impl GraphError {
    /// From the `error` of an answer.
    pub fn of(body: &[u8]) -> Option<GraphError> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get("error")?;
        let code = error.get("code")?.as_i64()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
        let message = text(&error["message"]);
        // As in "(#130429) Rate limit hit".
        let title = message.strip_prefix(&format!("(#{code})")).map_or(message.as_str(), str::trim).to_owned();
        let details = text(&error["error_data"]["details"]);
        let details = if details.is_empty() { message.clone() } else { details };
        Some(GraphError { code, subcode: error["error_subcode"].as_i64(), title, details })
    }
}

/// What follows from a code. `wait` is what the answer asked for.
pub fn verdict(code: i64, wait: Option<Duration>) -> Verdict {
    let wait = wait.map(|wait| wait.min(WAIT_MAX));
    match code {
        // The token, rights that it lacks, a number that isn't registered or whose bill isn't paid.
        0 | 3 | 10 | 190 | 200..=299 | 131_031 | 131_042 | 133_010 => Verdict::AccountDown,
        1 | 2 | 4 | 80_007 | 130_429 | 131_000 | 131_016 => Verdict::Retry { after: wait.unwrap_or(RETRY_AFTER) },
        131_056 => Verdict::ChatThrottled { after: wait.unwrap_or(PAIR_AFTER) },
        368 | 131_048 => Verdict::AccountHeld { for_: wait.unwrap_or(HELD_FOR) },
        131_057 => Verdict::AccountHeld { for_: wait.unwrap_or(MAINTENANCE) },
        131_047 => Verdict::NeedsTemplate,
        _ => Verdict::Permanent,
    }
}

/// An answer that is no success. One without the Graph's own words comes from something before it, and then nobody knows
/// what became of the request.
pub fn refused(answer: &Answered) -> SendError {
    let Some(error) = GraphError::of(&answer.body) else {
        let details = format!("WhatsApp's servers answered {} and no reason", answer.status);
        return SendError { maybe_accepted: answer.status >= 500, ..broken("No answer of WhatsApp's", &details) };
    };
    SendError {
        verdict: verdict(error.code, wait_of(answer)),
        code: Some(error.code),
        title: error.title,
        details: error.details,
        maybe_accepted: false,
    }
}

/// A request that came to nothing on the way.
pub fn unheard(error: &OutboundError) -> SendError {
    SendError { maybe_accepted: !error.is_unsent(), ..broken("WhatsApp not reached", &error.to_string()) }
}

/// Something that is worth another try.
pub fn broken(title: &str, details: &str) -> SendError {
    SendError {
        verdict: Verdict::Retry { after: RETRY_AFTER },
        code: None,
        title: title.to_owned(),
        details: details.to_owned(),
        maybe_accepted: false,
    }
}

/// Something that never will be.
pub fn never(title: &str, details: &str) -> SendError {
    SendError { verdict: Verdict::Permanent, ..broken(title, details) }
}

/// How long the answer asks to wait: by `Retry-After` in seconds, or by the Graph's own header in minutes.
fn wait_of(answer: &Answered) -> Option<Duration> {
    let seconds = answer.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    seconds.or_else(|| usage_wait(answer.header("x-business-use-case-usage")?))
}

/// `{"<business>": [{"estimated_time_to_regain_access": <minutes>, ..}]}`
fn usage_wait(header: &str) -> Option<Duration> {
    let usage: Value = serde_json::from_str(header).ok()?;
    let rows = usage.as_object()?.values().filter_map(Value::as_array).flatten();
    let minutes = rows.filter_map(|row| row["estimated_time_to_regain_access"].as_u64()).max()?;
    (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_to_what_meta_says_of_them() {
        let retry = Verdict::Retry { after: RETRY_AFTER };
        for code in [1, 2, 4, 80_007, 130_429, 131_000, 131_016] {
            assert_eq!(verdict(code, None), retry, "{code}");
        }
        for code in [0, 3, 10, 190, 200, 299, 131_031, 131_042, 133_010] {
            assert_eq!(verdict(code, None), Verdict::AccountDown, "{code}");
        }
        for code in [33, 100, 130_472, 130_497, 131_008, 131_021, 131_026, 131_049, 131_050, 131_051, 131_053, 132_001]
        {
            assert_eq!(verdict(code, None), Verdict::Permanent, "{code}");
        }
        assert_eq!(verdict(131_047, None), Verdict::NeedsTemplate);
        assert!(matches!(verdict(131_048, None), Verdict::AccountHeld { .. }));
        assert_eq!(
            verdict(131_056, Some(Duration::from_secs(9))),
            Verdict::ChatThrottled { after: Duration::from_secs(9) }
        );
        assert_eq!(verdict(4, Some(Duration::MAX)), Verdict::Retry { after: WAIT_MAX });
    }

    #[test]
    fn an_error_is_read_as_the_graph_says_it() {
        let body = br#"{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429,
            "error_data":{"messaging_product":"whatsapp","details":"Too many."},"fbtrace_id":"A"}}"#;
        let error = GraphError::of(body).expect("an error");
        assert_eq!(
            (error.code, error.title.as_str(), error.details.as_str()),
            (130_429, "Rate limit hit", "Too many.")
        );
        for broken in [&b""[..], b"<html>", b"{}", br#"{"error":"no"}"#, br#"{"error":{"code":"x"}}"#] {
            assert_eq!(GraphError::of(broken), None);
        }
    }

    #[test]
    fn the_graphs_own_header_says_how_long_in_minutes() {
        let told = r#"{"123":[{"type":"messaging","estimated_time_to_regain_access":0},
            {"estimated_time_to_regain_access":3}]}"#;
        assert_eq!(usage_wait(told), Some(Duration::from_secs(180)));
        for none in ["", "[]", "{}", r#"{"1":[{"estimated_time_to_regain_access":0}]}"#, r#"{"1":7}"#] {
            assert_eq!(usage_wait(none), None, "{none}");
        }
    }
}
