//! Billing cycles: the months after which a workspace's recurring allowances (API calls, credits) begin again.
//!
//! Cycle n starts at anchor + n calendar months, at the anchor's local wall time in the workspace's zone, on the month's
//! last day where the anchor's day doesn't exist. Each start is reckoned from the anchor, never from the start before
//! it, so a clamped month leaves no trace: 31 Jan, 28 Feb, 31 Mar. Source: the contract, "Limits and money".
//!
//! [`cycle_at`] is that calendar. [`roll`] decides when a workspace moves on, and holds against clocks that jump and owners
//! who change anchor or zone:
//!
//! 1. A cycle, once begun, keeps its end. Used counts go back to zero only when `now` reaches it.
//! 2. The next cycle starts at that end, and ends at the first start the calendar then in force has at least
//!    [`SHORTEST`] later.
//! 3. A clock that went back changes nothing. One that ran ahead may have begun a cycle early; that cycle stays until its
//!    end, or every jump ahead and back would be an allowance. Mending such a clock's damage is the operator's decision.
//!
//! Hence any two resets lie at least 27 days apart by the latest time the clock has told, whatever the owner does in
//! between, and a span of 27 days sees at most one reset, which is two allowances: what the calendar by itself gives
//! around a reset. The cost of a change is one cycle of up to 58 days; moving the anchor a day back every month
//! gains at most 13.5 cycles a year instead of 12. Changes need no bookkeeping: whoever stores a new anchor or zone
//! should roll first, with the old ones, so that cycles already over follow the calendar they were promised by.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::clock::Time;

/// The shortest cycle [`roll`] begins: the shortest month, less a day because a zone can move its clocks within it (an
/// hour in a northern March, a whole day where an island changes sides of the date line).
pub const SHORTEST: Duration = Duration::from_secs(27 * 24 * 60 * 60);

/// Years 1 to 9000, ms since 1970 UTC. Times beyond are taken for the nearest of these: calendars end in the year 9999,
/// and a clock that says so is wrong anyway.
const CALENDAR_MS: (i64, i64) = (-62_135_596_800_000, 221_845_392_000_000);

/// One cycle, half open: `starts_at` belongs to it, `ends_at` to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    pub starts_at: Time,
    pub ends_at: Time,
}

/// The cycle the calendar has at `now`, which may lie before the anchor.
///
/// A local time the zone skips or repeats is resolved the "compatible" way (RFC 5545: both are read with the offset
/// in force before the change), except in cycle 0, which starts at the anchor itself.
pub fn cycle_at(anchor: Time, zone: &TimeZone, now: Time) -> Cycle {
    let (anchor, now) = (timestamp(anchor), timestamp(now));
    let mut n = months_between(anchor, zone, now);
    // The guess is one too high before the anchor's day of the month; a midnight that the zone skips or repeats can put it
    // one further off, either way.
    while start_of(anchor, zone, n) > now {
        n -= 1;
    }
    while start_of(anchor, zone, n + 1) <= now {
        n += 1;
    }
    Cycle { starts_at: time(start_of(anchor, zone, n)), ends_at: time(start_of(anchor, zone, n + 1)) }
}

/// The cycle to move on to, with all used counts at zero; `None` while `current` lasts. The rule is the module's head.
///
/// Cycles nobody saw are passed over: the answer holds `now` however long ago `current` ended.
pub fn roll(current: Cycle, anchor: Time, zone: &TimeZone, now: Time) -> Option<Cycle> {
    if now < current.ends_at {
        return None;
    }
    let just_before = current.ends_at + SHORTEST - Duration::from_millis(1);
    let ends_at = cycle_at(anchor, zone, just_before).ends_at;
    if now < ends_at {
        return Some(Cycle { starts_at: current.ends_at, ends_at });
    }
    // From `ends_at` on the cycles are the calendar's own, none of which is shorter than SHORTEST.
    Some(cycle_at(anchor, zone, now))
}

/// Anchor + n calendar months.
fn start_of(anchor: Timestamp, zone: &TimeZone, n: i32) -> Timestamp {
    if n == 0 {
        return anchor;
    }
    zone.to_datetime(anchor)
        .checked_add(Span::new().months(n))
        .and_then(|local| zone.to_ambiguous_timestamp(local).compatible())
        .expect("CALENDAR_MS keeps a cycle's start within jiff's years")
}

/// Calendar months from the anchor's local month to that of `now`.
fn months_between(anchor: Timestamp, zone: &TimeZone, now: Timestamp) -> i32 {
    let months = |at| {
        let local = zone.to_datetime(at);
        i32::from(local.year()) * 12 + i32::from(local.month())
    };
    months(now) - months(anchor)
}

fn timestamp(at: Time) -> Timestamp {
    let (first, last) = CALENDAR_MS;
    Timestamp::from_millisecond(at.ms().clamp(first, last)).expect("CALENDAR_MS lies within jiff's years")
}

fn time(at: Timestamp) -> Time {
    Time::from_ms(at.as_millisecond())
}
