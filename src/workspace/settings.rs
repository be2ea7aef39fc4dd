//! Making a workspace and changing its settings.

use std::time::Duration;

use database::Tx;

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
use crate::workspace::teammates::first_owner;
use crate::workspace::zone::parse_zone;

/// Limits of a new workspace; the contract's.
pub const RATE_PER_MINUTE: i64 = 50;
pub const CALLS_PER_CYCLE: i64 = 200_000;
pub const CREDITS_PER_CYCLE: i64 = 2_000;
/// Mean pause between two sends of one number.
pub const PACING: Duration = Duration::from_secs(2);

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

/// The same by somebody who works there, which the log of events tells.
///
/// # Errors
/// As [`describe_workspace`].
pub fn redescribe_workspace(write: &mut Write<'_, '_>, name: &str, zone: &str) -> Result<(), Error> {
    write.refresh_settings()?;
    let before = write.workspace.clone();
    describe_workspace(write, name, zone)?;
    let after = write.workspace.clone();
    record_change(write, Action::WorkspaceName, "", before.name, after.name)?;
    record_change(write, Action::WorkspaceZone, "", before.zone, after.zone)?;
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
