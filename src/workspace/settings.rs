//! Making a workspace and changing its settings.

use std::ops::RangeInclusive;
use std::time::Duration;

use database::Tx;
use jiff::civil::Date;

use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::event_kind::Kind;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::counters::counters_insert;
use crate::store::teammates::teammate_insert;
use crate::store::workspaces::{Workspace, workspace_insert, workspace_next_id, workspace_update};
use crate::workspace::audit::{Action, record, record_change};
use crate::workspace::cycle::cycle_at;
use crate::workspace::entry::note;
use crate::workspace::quota::begin_cycle_if_due;
use crate::workspace::teammates::first_owner;
use crate::workspace::zone::{parse_zone, stored_zone};

/// Limits of a new workspace; the contract's.
pub const RATE_PER_MINUTE: i64 = 50;
pub const CALLS_PER_CYCLE: i64 = 200_000;
pub const CREDITS_PER_CYCLE: i64 = 2_000;
/// Mean pause between two sends of one number.
pub const PACING: Duration = Duration::from_secs(2);
/// How long a new workspace keeps events, deliveries and the ways of its messages.
pub const KEPT_DAYS: i64 = 30;
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// A webhook is tried for three days, so nothing that may still be delivered is forgotten.
pub const KEPT_DAYS_MIN: i64 = 7;
pub const KEPT_DAYS_MAX: i64 = 400;
/// Days on which a cycle may begin; any month's day stands in them.
const ANCHOR_YEARS: RangeInclusive<i16> = 2000..=2200;
/// A pause longer than this between two sends is a hold, not a pace.
pub const PACING_MS_MAX: i64 = 10 * 60 * 1_000;

pub const NAME_CHARS_MAX: usize = 64;
pub const RATE_MAX: i64 = 1_000_000;
pub const QUOTA_MAX: i64 = 1_000_000_000_000;

/// What an operator may change; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitChange {
    pub rate_per_minute: Option<i64>,
    pub calls_per_cycle: Option<i64>,
    pub credits_per_cycle: Option<i64>,
    /// Credits to add to the topped-up balance.
    pub top_up: Option<i64>,
}

/// Makes a workspace with the default limits and its Owner; its first billing cycle begins now.
///
/// # Errors
/// `validation_error` for a bad name or zone.
pub fn create_workspace(tx: &mut Tx<'_>, now: Time, name: &str, zone: &str) -> Result<WorkspaceId, Error> {
    let name = parse_name(name)?;
    let time_zone = parse_zone(zone)?;
    let id = workspace_next_id(tx)?;
    let workspace = Workspace {
        id,
        name,
        zone: zone.to_owned(),
        anchor: now,
        created_at: now,
        rate_per_minute: RATE_PER_MINUTE,
        calls_per_cycle: CALLS_PER_CYCLE,
        credits_per_cycle: CREDITS_PER_CYCLE,
        pacing_ms: i64::try_from(PACING.as_millis()).unwrap_or(i64::MAX),
        kept_days: KEPT_DAYS,
    };
    let cycle = cycle_at(now, &time_zone, now);
    workspace_insert(tx, &workspace)?;
    counters_insert(tx, id, cycle.starts_at, cycle.ends_at)?;
    teammate_insert(tx, id, &first_owner(now))?;
    Ok(id)
}

/// Raises or lowers a workspace's limits; takes effect at once.
///
/// # Errors
/// `validation_error` for a limit out of range.
pub fn set_limits(write: &mut Write<'_, '_>, change: &LimitChange) -> Result<(), Error> {
    let within = |name: &str, value: Option<i64>, least: i64, most: i64| match value {
        Some(value) if value < least || value > most => {
            Err(Error::invalid(name, format!("{name} must be {least} to {most}, not {value}")))
        }
        _ => Ok(value),
    };
    let rate = within("rate_per_minute", change.rate_per_minute, 1, RATE_MAX)?;
    let calls = within("calls_per_cycle", change.calls_per_cycle, 0, QUOTA_MAX)?;
    let credits = within("credits_per_cycle", change.credits_per_cycle, 0, QUOTA_MAX)?;
    let top_up = within("top_up", change.top_up, 1, QUOTA_MAX)?;
    write.refresh_settings()?;
    let before = write.workspace.clone();
    let workspace = &mut write.workspace;
    workspace.rate_per_minute = rate.unwrap_or(workspace.rate_per_minute);
    workspace.calls_per_cycle = calls.unwrap_or(workspace.calls_per_cycle);
    workspace.credits_per_cycle = credits.unwrap_or(workspace.credits_per_cycle);
    if let Some(credits) = top_up {
        write.counters.topped_up = write.counters.topped_up.saturating_add(credits);
        write.counters.topped_up_at = write.now;
    }
    workspace_update(write.tx, &write.workspace)?;
    note(write, Kind::LimitsChanged, String::new())?;
    let after = write.workspace.clone();
    record_change(write, Action::RateLimit, "", before.rate_per_minute, after.rate_per_minute)?;
    record_change(write, Action::CallLimit, "", before.calls_per_cycle, after.calls_per_cycle)?;
    record_change(write, Action::CreditLimit, "", before.credits_per_cycle, after.credits_per_cycle)?;
    match top_up {
        Some(more) => record(write, Action::CreditsAdded, "", "", &more.to_string()),
        None => Ok(()),
    }
}

/// Names a workspace and sets its zone. A cycle that has begun keeps its end.
///
/// # Errors
/// `validation_error` for a bad name or zone.
pub fn describe_workspace(write: &mut Write<'_, '_>, name: &str, zone: &str) -> Result<(), Error> {
    let name = parse_name(name)?;
    parse_zone(zone)?;
    write.refresh_settings()?;
    write.workspace.name = name;
    zone.clone_into(&mut write.workspace.zone);
    workspace_update(write.tx, &write.workspace)?;
    Ok(())
}

/// What somebody who works there may set about a workspace; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    pub name: String,
    /// IANA name.
    pub zone: String,
    /// A day, in the zone, on which a cycle begins.
    pub anchor: Option<Date>,
    pub pacing_ms: Option<i64>,
    pub kept_days: Option<i64>,
}

impl SettingsChange {
    /// # Errors
    /// `validation_error` naming every fault.
    pub fn check(&self) -> Result<(), Error> {
        let within = |name: &str, value: Option<i64>, least: i64, most: i64| {
            let value = value.filter(|value| !(least..=most).contains(value))?;
            Some(Error::invalid(name, format!("Give a number from {least} to {most}, not {value}")))
        };
        let is_year = |date: &Date| ANCHOR_YEARS.contains(&date.year());
        let anchor = self.anchor.filter(|date| !is_year(date)).map(|date| {
            let (first, last) = (ANCHOR_YEARS.start(), ANCHOR_YEARS.end());
            Error::invalid("anchor", format!("Give a day of the years {first} to {last}, not {date}"))
        });
        let refused = [
            check_description(&self.name, &self.zone).err(),
            anchor,
            within("pacing_ms", self.pacing_ms, 0, PACING_MS_MAX),
            within("kept_days", self.kept_days, KEPT_DAYS_MIN, KEPT_DAYS_MAX),
        ];
        let faults: Vec<FieldFault> = refused.into_iter().flatten().flat_map(|error| error.faults).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
    }
}

/// The day on which a workspace's cycles begin, in its zone.
pub fn anchor_day(workspace: &Workspace) -> Date {
    let at = jiff::Timestamp::from_millisecond(workspace.anchor.ms()).unwrap_or_default();
    at.to_zoned(stored_zone(&workspace.zone)).date()
}

/// Changes what somebody who works there may set. The audit log names each change, the log of events that there was one.
///
/// # Errors
/// As [`SettingsChange::check`].
pub fn change_settings(write: &mut Write<'_, '_>, change: &SettingsChange) -> Result<(), Error> {
    change.check()?;
    write.refresh_settings()?;
    // A cycle that is over follows the calendar that it was promised by.
    begin_cycle_if_due(write)?;
    let before = write.workspace.clone();
    let anchor = change.anchor.filter(|day| *day != anchor_day(&before));
    if let Some(day) = anchor {
        let start = parse_zone(&change.zone)?.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible();
        let start = start.map_err(|_| Error::invalid("anchor", "No calendar has this day; give another"))?;
        write.workspace.anchor = Time::from_ms(start.timestamp().as_millisecond());
    }
    write.workspace.pacing_ms = change.pacing_ms.unwrap_or(before.pacing_ms);
    write.workspace.kept_days = change.kept_days.unwrap_or(before.kept_days);
    parse_name(&change.name)?.clone_into(&mut write.workspace.name);
    change.zone.clone_into(&mut write.workspace.zone);
    workspace_update(write.tx, &write.workspace)?;
    let after = write.workspace.clone();
    record_change(write, Action::WorkspaceName, "", &before.name, &after.name)?;
    record_change(write, Action::WorkspaceZone, "", &before.zone, &after.zone)?;
    if let Some(day) = anchor {
        record(write, Action::WorkspaceAnchor, "", &anchor_day(&before).to_string(), &day.to_string())?;
    }
    let ms = |number: i64| format!("{number} ms");
    record_change(write, Action::WorkspacePacing, "", ms(before.pacing_ms), ms(after.pacing_ms))?;
    let days = |number: i64| format!("{number} days");
    record_change(write, Action::WorkspaceKept, "", days(before.kept_days), days(after.kept_days))?;
    note(write, Kind::WorkspaceChanged, String::new())
}

/// Whether a workspace may be called so and lie there; names every fault.
///
/// # Errors
/// `validation_error` for a bad name, a bad zone or both.
pub fn check_description(name: &str, zone: &str) -> Result<(), Error> {
    let refused = [parse_name(name).err(), parse_zone(zone).err()];
    let faults: Vec<FieldFault> = refused.into_iter().flatten().flat_map(|error| error.faults).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
}

fn parse_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let rule = format!("A workspace's name has 1 to {NAME_CHARS_MAX} characters; give it another name");
        return Err(Error::invalid("name", rule));
    }
    Ok(name.to_owned())
}
