//! What a workspace has used of its calls and credits in this billing cycle, kept in its counters in the same write as the
//! call or message that used it.

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::ChatId;
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::workspace::credits::{Credits, Taken};
use crate::workspace::cycle::{self, Cycle};
use crate::workspace::usage::gather_usage;
use crate::workspace::zone::stored_zone;

/// Where a quota warns, in percent.
const NEARLY_PERCENT: i64 = 80;

/// Starts the next billing cycle when the current one is over; the recurring counts begin again.
pub fn begin_cycle_if_due(write: &mut Write<'_, '_>) -> Result<(), Error> {
    if write.now < write.counters.cycle_ends_at {
        return Ok(());
    }
    let current = Cycle { starts_at: write.counters.cycle_starts_at, ends_at: write.counters.cycle_ends_at };
    let zone = stored_zone(&write.workspace.zone);
    if let Some(next) = cycle::roll(current, write.workspace.anchor, &zone, write.now) {
        // The counts that go back to zero are the last that is known of this cycle.
        gather_usage(write)?;
        write.counters.cycle_starts_at = next.starts_at;
        write.counters.cycle_ends_at = next.ends_at;
        write.counters.calls_used = 0;
        write.counters.credits_used = 0;
    }
    Ok(())
}

/// Takes the credits of a message.
///
/// # Errors
/// `quota_exceeded`, and nothing is taken.
pub fn take_credits(write: &mut Write<'_, '_>, cost: i64) -> Result<Taken, Error> {
    let mut credits = credits_of(write);
    let used_before = credits.recurring_used;
    let Ok(taken) = credits.take(cost) else { return Err(not_enough(write, cost, credits.left())) };
    save_credits(write, &credits);
    let limit = write.workspace.credits_per_cycle;
    note_threshold(write, "credits", used_before, credits.recurring_used, limit)?;
    Ok(taken)
}

/// Whether a message could be paid now.
///
/// # Errors
/// `quota_exceeded`, as [`take_credits`] would say it.
pub fn ensure_credits(write: &Write<'_, '_>, cost: i64) -> Result<(), Error> {
    let left = credits_left(write);
    if cost > left { Err(not_enough(write, cost, left)) } else { Ok(()) }
}

/// Credits that can still be taken in this cycle.
pub fn credits_left(write: &Write<'_, '_>) -> i64 {
    credits_of(write).left()
}

fn not_enough(write: &Write<'_, '_>, cost: i64, left: i64) -> Error {
    let ends_at = crate::workspace::zone::api_time(write.counters.cycle_ends_at, &stored_zone(&write.workspace.zone));
    let rule = format!("The mass-sending quota is used up: this message costs {cost}, {left} left until {ends_at}");
    Error::new(Code::QuotaExceeded, format!("{rule}. Ask the operator of this server to top it up."))
}

/// Gives a failed message's credits back, to the bucket and the cycle that they came from.
pub fn give_credits_back(write: &mut Write<'_, '_>, taken: Taken, accepted_at: Time) {
    let mut credits = credits_of(write);
    credits.give_back(taken, accepted_at >= write.counters.cycle_starts_at);
    save_credits(write, &credits);
}

/// Counts one API call; the caller has seen that one was left.
pub fn count_calls(write: &mut Write<'_, '_>, calls: i64) -> Result<(), Error> {
    let before = write.counters.calls_used;
    write.counters.calls_used += calls;
    let limit = write.workspace.calls_per_cycle;
    note_threshold(write, "calls", before, before + calls, limit)
}

/// The refusal of a call beyond the monthly quota.
pub fn calls_used_up(limit: i64, resets_at: Time, zone: &str) -> Error {
    Error::new(
        Code::QuotaExceeded,
        format!(
            "All {limit} API calls of this cycle are used. They start again on {}. \
             Ask the operator of this server for more.",
            crate::workspace::zone::api_time(resets_at, &stored_zone(zone)),
        ),
    )
}

fn credits_of(write: &Write<'_, '_>) -> Credits {
    Credits {
        recurring_limit: write.workspace.credits_per_cycle,
        recurring_used: write.counters.credits_used,
        topped_up: write.counters.topped_up,
    }
}

fn save_credits(write: &mut Write<'_, '_>, credits: &Credits) {
    write.counters.credits_used = credits.recurring_used;
    write.counters.topped_up = credits.topped_up;
}

/// Tells the log when a quota passes four fifths, and when it is all used.
fn note_threshold(write: &mut Write<'_, '_>, what: &str, before: i64, after: i64, limit: i64) -> Result<(), Error> {
    let passes = |percent: i64| {
        let mark = (limit * percent).div_euclid(100).max(1);
        before < mark && after >= mark
    };
    let kind = if passes(100) {
        Kind::QuotaUsed
    } else if passes(NEARLY_PERCENT) {
        Kind::QuotaNearlyUsed
    } else {
        return Ok(());
    };
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: what.to_owned() }).map(drop)
}
