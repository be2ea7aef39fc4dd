//! A name for each request, for the log, the answer's header and whoever asks about it later.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest inbound id that is kept.
const INBOUND_BYTES_MAX: usize = 64;

/// The request's id. A request extension; the answer has it as `X-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// What a trusted proxy named the request, if that is fit for logs.
    pub(super) fn inbound(headers: &HeaderMap) -> Option<RequestId> {
        let value = headers.get(HEADER)?;
        let bytes = value.as_bytes();
        let sane = (8..=INBOUND_BYTES_MAX).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        sane.then(|| RequestId(value.clone()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Makes ids in the form of UUIDv7: sorted by time, unique, and not secret. Time and randomness are asked for once, at
/// the start; then a monotonic clock and a mixed counter do, for a tenth of the price of `Uuid::now_v7`.
#[derive(Debug)]
pub(super) struct RequestIds {
    started: Instant,
    started_at: Duration,
    seed: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> RequestIds {
        let start = Uuid::now_v7();
        let (seconds, nanos) = start.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
        RequestIds {
            started: Instant::now(),
            started_at: Duration::new(seconds, nanos),
            seed: start.as_u64_pair().1 ^ start.as_u64_pair().0.rotate_left(32),
            count: AtomicU64::new(0),
        }
    }

    /// The id of a request begun at `now`.
    pub(super) fn next(&self, now: Instant) -> RequestId {
        let ms = (self.started_at + now.saturating_duration_since(self.started)).as_millis();
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let random = (u128::from(mix(self.seed ^ count)) << 64) | u128::from(mix(self.seed.wrapping_add(count)));
        let random = random.to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        let id = uuid::Builder::from_unix_timestamp_millis(u64::try_from(ms).unwrap_or(0), &tail).into_uuid();
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        id.hyphenated().encode_lower(&mut text);
        RequestId(HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-")))
    }
}

/// Stafford's finalizer (splitmix64): a bijection, so that different counts never meet.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_7_all_different_and_in_the_order_of_time() {
        let ids = RequestIds::new();
        let now = Instant::now();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            let id = ids.next(now);
            let uuid = Uuid::parse_str(id.as_str()).expect("a uuid");
            assert_eq!(uuid.get_version_num(), 7);
            assert!(seen.insert(uuid), "{id} twice");
        }
        assert!(ids.next(now).as_str() < ids.next(now + Duration::from_millis(2)).as_str());
    }

    #[test]
    fn only_ids_fit_for_a_log_are_taken_over() {
        let inbound = |text: &'static str| {
            RequestId::inbound(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(text))])).is_some()
        };
        assert!(inbound("edge-1234.5_6"));
        assert!(!inbound("short"));
        assert!(!inbound("has a blank in it"));
        assert!(!inbound("quote\"quote\"quote"));
        assert!(!inbound(concat!(
            "0123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789"
        )));
    }
}
