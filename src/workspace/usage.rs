//! How much of the quotas is used, by day and by token. It is gathered from the counters and the log once a minute, and
//! before a cycle's counters begin again; so a send pays nothing for it. What was used since is added when one looks.

use std::collections::BTreeMap;

use database::Read;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::Time;
use crate::error::Error;
use crate::id::{TokenId, WorkspaceId};
use crate::store::Write;
use crate::store::api_calls::{api_call_counts, api_call_times};
use crate::store::counters::{Counters, counters_find};
use crate::store::usage::{
    UsageDay, UsageMark, token_calls_add, token_calls_list, usage_day_add, usage_day_forget, usage_day_list,
    usage_mark_find, usage_mark_set,
};
use crate::store::workspaces::Workspace;
use crate::workspace::api_log::Outcome;
use crate::workspace::cycle::{self, Cycle};
use crate::workspace::zone::stored_zone;

/// Days are kept a little longer than a year, so that two Januaries can be compared.
const DAYS_KEPT: i32 = 400;
/// A forecast goes by at least so much of the cycle: people send by day and rest by night.
const FORECAST_AFTER_MS: i64 = 86_400_000;
/// A minute, in which the rate is counted.
const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

/// What of a quota is used, and what that will come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUse {
    pub limit: i64,
    pub used: i64,
    /// Used by the cycle's end if it goes on like this, never less than what is used; nothing on a cycle's first day, for which
    /// a few minutes would have to speak.
    pub forecast: Option<i64>,
    /// When the limit is reached if it goes on like this, where that is before the cycle's end.
    pub runs_out_at: Option<Time>,
}

/// One day of the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayUse {
    pub date: Date,
    pub calls: i64,
    pub credits: i64,
}

/// A workspace's use in the cycle that runs now.
#[derive(Clone, Debug)]
pub struct Usage {
    pub cycle: Cycle,
    pub calls: QuotaUse,
    pub credits: QuotaUse,
    pub topped_up: i64,
    /// Each day of the cycle, those to come included.
    pub days: Vec<DayUse>,
    pub today: Date,
    pub rate_limit: i64,
    pub rate_used: i64,
    /// Calls of each token; to the minute, and of the log's last 10,000 calls of each minute.
    pub of_tokens: BTreeMap<TokenId, i64>,
}

/// Whether there is anything to gather: a look without a write.
pub fn is_gathered(read: &mut impl Read, workspace: WorkspaceId) -> Result<bool, Error> {
    let Some((_, counters)) = counters_find(read, workspace)? else { return Ok(true) };
    let mark = usage_mark_find(read, workspace)?.unwrap_or_default();
    Ok(mark == mark_of(&counters))
}

/// Adds what was used since the last time to its day and its tokens.
pub fn gather_usage(write: &mut Write<'_, '_>) -> Result<(), Error> {
    let mark = usage_mark_find(write.tx, write.workspace.id)?.unwrap_or_default();
    let now = mark_of(&write.counters);
    if mark == now {
        return Ok(());
    }
    // Where the cycle is over and only about to end, its last use belongs to its last day.
    let last_moment = Time::from_ms(write.counters.cycle_ends_at.ms() - 1);
    let today = date_of(write.now.min(last_moment), &stored_zone(&write.workspace.zone));
    let (calls, credits) = since(&mark, &write.counters);
    usage_day_add(write, &UsageDay { day: number_of(today), calls, credits })?;
    let of_tokens = calls_since(write.tx, write.workspace.id, mark.call_seq, now.cycle_starts_at)?;
    for (token, calls) in of_tokens {
        token_calls_add(write, token, now.cycle_starts_at, calls)?;
    }
    if let Ok(oldest) = today.checked_sub(DAYS_KEPT.days()) {
        usage_day_forget(write, number_of(oldest))?;
    }
    Ok(usage_mark_set(write, &now)?)
}

/// A workspace's use now; `waiting` are calls that were made and aren't counted in the database yet.
pub fn usage_of(read: &mut impl Read, workspace: WorkspaceId, now: Time, waiting: i64) -> Result<Option<Usage>, Error> {
    let Some((settings, counters)) = counters_find(read, workspace)? else { return Ok(None) };
    let zone = stored_zone(&settings.zone);
    let stored = Cycle { starts_at: counters.cycle_starts_at, ends_at: counters.cycle_ends_at };
    let rolled = cycle::roll(stored, settings.anchor, &zone, now);
    let running = rolled.unwrap_or(stored);
    let mark = usage_mark_find(read, workspace)?.unwrap_or_default();
    let used = |count: i64| if rolled.is_some() { 0 } else { count };
    let of_tokens = of_tokens(read, workspace, &mark, running.starts_at)?;
    let uncounted = [Outcome::RateLimited as i64, Outcome::Unauthorized as i64];
    let lately = api_call_times(read, workspace, now - MINUTE, uncounted)?;
    Ok(Some(Usage {
        cycle: running,
        calls: quota_use(settings.calls_per_cycle, used(counters.calls_used) + waiting, running, now),
        credits: quota_use(settings.credits_per_cycle, used(counters.credits_used), running, now),
        topped_up: counters.topped_up,
        days: days(read, &settings, &counters, &mark, running, now, waiting)?,
        today: date_of(now, &zone),
        rate_limit: settings.rate_per_minute,
        rate_used: lately.iter().map(|(_, repeats)| repeats).sum::<i64>() + waiting,
        of_tokens,
    }))
}

fn mark_of(counters: &Counters) -> UsageMark {
    UsageMark {
        cycle_starts_at: counters.cycle_starts_at,
        calls: counters.calls_used,
        credits: counters.credits_used,
        call_seq: counters.call_last,
    }
}

/// What the counters have more than the mark. A new cycle's began at zero.
fn since(mark: &UsageMark, counters: &Counters) -> (i64, i64) {
    let is_same = mark.cycle_starts_at == counters.cycle_starts_at;
    let (calls, credits) = if is_same { (mark.calls, mark.credits) } else { (0, 0) };
    (counters.calls_used - calls, counters.credits_used - credits)
}

/// Too fast, over the quota and unknown are refusals that use nothing.
const FREE: [i64; 3] = [Outcome::RateLimited as i64, Outcome::QuotaExceeded as i64, Outcome::Unauthorized as i64];

/// Counted calls behind a row of the log, by token; those before the cycle count in none.
fn calls_since(
    read: &mut impl Read,
    workspace: WorkspaceId,
    seq: i64,
    cycle_starts_at: Time,
) -> Result<BTreeMap<TokenId, i64>, Error> {
    Ok(api_call_counts(read, workspace, seq, cycle_starts_at, FREE)?.into_iter().collect())
}

fn of_tokens(
    read: &mut impl Read,
    workspace: WorkspaceId,
    mark: &UsageMark,
    cycle_starts_at: Time,
) -> Result<BTreeMap<TokenId, i64>, Error> {
    let mut all = calls_since(read, workspace, mark.call_seq, cycle_starts_at)?;
    for (token, calls) in token_calls_list(read, workspace, cycle_starts_at)? {
        *all.entry(token).or_insert(0) += calls;
    }
    Ok(all)
}

fn days(
    read: &mut impl Read,
    settings: &Workspace,
    counters: &Counters,
    mark: &UsageMark,
    running: Cycle,
    now: Time,
    waiting: i64,
) -> Result<Vec<DayUse>, Error> {
    let zone = stored_zone(&settings.zone);
    let today = date_of(now, &zone);
    let first = date_of(running.starts_at, &zone);
    let last = date_of(Time::from_ms(running.ends_at.ms() - 1), &zone);
    let stored = usage_day_list(read, settings.id, number_of(first), number_of(last))?;
    let mut days = Vec::new();
    let mut date = first;
    while date <= last {
        let found = stored.iter().find(|day| day.day == number_of(date));
        let (mut calls, mut credits) = found.map_or((0, 0), |day| (day.calls, day.credits));
        if date == today {
            let (more_calls, more_credits) = since(mark, counters);
            calls += more_calls + waiting;
            credits += more_credits;
        }
        days.push(DayUse { date, calls: calls.max(0), credits: credits.max(0) });
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    Ok(days)
}

fn quota_use(limit: i64, used: i64, cycle: Cycle, now: Time) -> QuotaUse {
    let gone_ms = (now.ms() - cycle.starts_at.ms()).min(cycle.ends_at.ms() - cycle.starts_at.ms());
    if gone_ms < FORECAST_AFTER_MS {
        return QuotaUse { limit, used, forecast: None, runs_out_at: None };
    }
    let (whole, gone) = (i128::from(cycle.ends_at.ms() - cycle.starts_at.ms()), i128::from(gone_ms));
    let forecast = i64::try_from(i128::from(used) * whole / gone).unwrap_or(i64::MAX).max(used);
    let is_short = forecast > limit && used > 0 && used < limit;
    let runs_out_at = is_short.then(|| {
        let span = i128::from(limit) * gone / i128::from(used);
        Time::from_ms(cycle.starts_at.ms().saturating_add(i64::try_from(span).unwrap_or(i64::MAX)))
    });
    QuotaUse { limit, used, forecast: Some(forecast), runs_out_at }
}

fn date_of(at: Time, zone: &TimeZone) -> Date {
    let timestamp = Timestamp::from_millisecond(at.ms()).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(zone.clone()).date()
}

/// yyyymmdd, which sorts as dates do.
fn number_of(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn cycle() -> Cycle {
        Cycle { starts_at: Time::from_ms(0), ends_at: Time::from_ms(30 * DAY_MS) }
    }

    #[test]
    fn a_forecast_goes_on_as_it_went_so_far() {
        let after = |days: i64, used| quota_use(1_000, used, cycle(), Time::from_ms(days * DAY_MS));
        assert_eq!(after(10, 200), QuotaUse { limit: 1_000, used: 200, forecast: Some(600), runs_out_at: None });
        let short = after(10, 500);
        assert_eq!((short.forecast, short.runs_out_at), (Some(1_500), Some(Time::from_ms(20 * DAY_MS))));
        assert_eq!(after(10, 0).forecast, Some(0));
        assert_eq!(after(30, 1_000).runs_out_at, None, "it has run out");
        assert_eq!(after(1, 10).forecast, Some(300));
        for early in [0, 600_000, DAY_MS - 1] {
            let used = quota_use(1_000, 900, cycle(), Time::from_ms(early));
            assert_eq!((used.forecast, used.runs_out_at), (None, None), "a guess from nothing");
        }
    }

    #[test]
    fn days_sort_as_numbers() {
        let date = |text: &str| number_of(text.parse().expect(text));
        assert_eq!(date("2026-01-15"), 20_260_115);
        assert!(date("2025-12-31") < date("2026-01-01"));
    }
}
