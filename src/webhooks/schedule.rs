//! When a delivery is tried again, and when a webhook is given up. Pure: the time and the luck are given.

use std::time::Duration;

use crate::clock::Time;

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The pause before each attempt, in seconds: Standard Webhooks' recommendation. A little more than three days in all.
pub const PAUSES_S: [u64; 10] =
    [0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// How much a pause may be longer or shorter, in hundredths: so that what failed together isn't tried together.
const JITTER_PERCENT: f64 = 10.0;

/// The longest pause that a receiver's `Retry-After` can ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * HOUR);

/// A webhook that fails for so long, without one success between, is switched off.
pub const DISABLED_AFTER: Duration = Duration::from_secs(5 * 24 * HOUR);

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// To be tried again.
    Failed {
        why: String,
        retry_after: Option<Duration>,
    },
    /// The receiver wants no more of it: 410.
    Gone,
}

/// What an answer of this status means. `retry_after` is the header as it came.
pub fn judge(status: u16, retry_after: Option<&str>, now: Time) -> Verdict {
    let why = match status {
        200..=299 => return Verdict::Delivered,
        410 => return Verdict::Gone,
        300..=399 => format!("answered {status}; redirects aren't followed, give the webhook the address they lead to"),
        _ => format!("answered {status}"),
    };
    Verdict::Failed { why, retry_after: retry_after.and_then(|text| read_retry_after(text, now)) }
}

/// When a delivery is tried again whose `tries`th attempt failed at `now`; `None` when that was the last. `luck` is from
/// 0 to 1 and spreads the pause.
pub fn next_try(now: Time, tries: i64, retry_after: Option<Duration>, luck: f64) -> Option<Time> {
    let pause_s = *PAUSES_S.get(usize::try_from(tries.max(1)).ok()?)?;
    let spread = 1.0 + (luck.clamp(0.0, 1.0) * 2.0 - 1.0) * JITTER_PERCENT / 100.0;
    let pause = Duration::from_secs(pause_s).mul_f64(spread);
    let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
    Some(now + pause.max(asked))
}

/// Whether a webhook is switched off that fails at `now` and has done nothing else since `failing_since`.
pub fn is_hopeless(failing_since: Time, now: Time) -> bool {
    !failing_since.is_never() && now.since(failing_since) >= DISABLED_AFTER
}

/// Seconds, or a date as HTTP writes it.
fn read_retry_after(text: &str, now: Time) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Time::from_ms(at.timestamp().as_millisecond()).since(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time::from_ms(1_790_000_000_000);

    #[test]
    fn the_schedule_is_the_documented_one_and_ends() {
        let pauses: Vec<u64> =
            (1..10).filter_map(|tries| next_try(NOW, tries, None, 0.5)).map(|at| at.since(NOW).as_secs()).collect();
        assert_eq!(pauses, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(next_try(NOW, 10, None, 0.5), None);
    }

    #[test]
    fn answers_mean_what_they_say() {
        for status in [200, 201, 204, 299] {
            assert_eq!(judge(status, None, NOW), Verdict::Delivered);
        }
        assert_eq!(judge(410, Some("5"), NOW), Verdict::Gone);
        let failed = |status, after| match judge(status, after, NOW) {
            Verdict::Failed { why, retry_after } => (why, retry_after.map(|wait| wait.as_secs())),
            other => panic!("{status}: {other:?}"),
        };
        assert!(failed(302, None).0.contains("redirects aren't followed"));
        assert_eq!(failed(503, Some(" 120 ")), ("answered 503".to_owned(), Some(120)));
        // Two minutes after now, which is 14:13:20.
        assert_eq!(failed(429, Some("Mon, 21 Sep 2026 14:15:20 GMT")).1, Some(120));
        assert_eq!(failed(429, Some("Mon, 21 Sep 2020 14:15:20 GMT")).1, Some(0));
        for nonsense in ["soon", "-5", "", "1e3", "Mon, 99 Foo"] {
            assert_eq!(failed(503, Some(nonsense)).1, None, "{nonsense}");
        }
        assert_eq!(failed(100, None).0, "answered 100");
    }

    #[test]
    fn a_webhook_is_given_up_after_five_days_of_failures_and_not_before() {
        let before = NOW + (DISABLED_AFTER - Duration::from_millis(1));
        assert!(!is_hopeless(NOW, before));
        assert!(is_hopeless(NOW, NOW + DISABLED_AFTER));
        assert!(!is_hopeless(Time::NEVER, NOW));
    }

    proptest! {
        #[test]
        fn the_next_try_is_ahead_within_its_spread_and_never_beyond_a_day_and_a_bit(
            tries in 1_i64..12, luck in 0.0_f64..=1.0, asked in proptest::option::of(0_u64..1_000_000_000),
        ) {
            let asked = asked.map(Duration::from_secs);
            match next_try(NOW, tries, asked, luck) {
                None => prop_assert!(tries >= 10),
                Some(at) => {
                    let pause = at.since(NOW).as_secs_f64();
                    let plain = PAUSES_S[usize::try_from(tries).unwrap()] as f64;
                    prop_assert!(pause >= plain * 0.9 - 0.001);
                    prop_assert!(pause <= (plain * 1.1).max(asked.unwrap_or_default().as_secs_f64()) + 0.001);
                    prop_assert!(pause <= 24.0 * 3600.0 * 1.1 + 0.001);
                    prop_assert!(pause + 0.001 >= asked.unwrap_or_default().min(RETRY_AFTER_MAX).as_secs_f64());
                }
            }
        }

        #[test]
        fn no_header_breaks_it(text in "\\PC{0,40}") {
            judge(503, Some(&text), NOW);
        }
    }
}
