//! How many messages a day go to people who never wrote, mass messages included. WhatsApp bans numbers that write to many
//! strangers, new numbers soonest: so a person's number has a daily cap, which grows over its first days. What is above it is
//! not refused; it waits for a day that has room, and says which. A contact who writes ends the wait.

use database::Read;
use jiff::tz::TimeZone;
use transport::Capabilities;

use crate::accounts::health::is_limited;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::store::Write;
use crate::store::account_cares::{CareRow, ColdRow, care_save, cold_held, cold_hold, cold_ready};
use crate::store::accounts::AccountRow;
use crate::store::events::{NewEvent, event_append};
use crate::store::send_steps::{SendStep, StepKind, send_step_insert};
use crate::workspace::zone::stored_zone;

/// A person's number, where nobody says otherwise.
pub const COLD_PER_DAY: i64 = 50;
pub const WARM_UP_DAYS: i64 = 14;
/// Messages that one turn of a worker lets wait.
const HOLDS_MAX: i64 = 50;
/// Held messages that are counted; who waits behind so many is told a day that may be too early.
const HELD_MAX: i64 = 10_000;
/// How far ahead a day is looked for.
const DAYS_MAX: i64 = 366;

/// The cap of an account in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Once it is warm.
    pub per_day: i64,
    pub warm_up_days: i64,
    /// WhatsApp allows no more; else it is ours, for the number's own good.
    pub is_whatsapps: bool,
}

impl Cap {
    /// The account's own, else what is usual for its transport, and never more than WhatsApp allows; `None` for any number.
    /// Who sets no cap at all leaves it to WhatsApp to refuse.
    pub fn of(account: &AccountRow, care: &CareRow) -> Option<Cap> {
        let usual = Capabilities::of(account.transport).paced.then_some(COLD_PER_DAY);
        let own = care.cold_per_day.or(usual);
        let allowed = care.reach.filter(|people| *people > 0);
        let warm_up_days = care.warm_up_days.unwrap_or(WARM_UP_DAYS);
        match (own, allowed) {
            (Some(0), _) | (None, None) => None,
            // WhatsApp lets this grow by itself.
            (None, Some(per_day)) => Some(Cap { per_day, warm_up_days: 0, is_whatsapps: true }),
            (Some(own), allowed) => {
                let per_day = allowed.map_or(own, |most| own.min(most));
                Some(Cap { per_day, warm_up_days, is_whatsapps: per_day < own })
            }
        }
    }

    /// On the day with this number since linking, which is day 0: a share that grows evenly, at least one.
    pub fn on_day(self, day: i64) -> i64 {
        if day >= self.warm_up_days {
            return self.per_day;
        }
        (self.per_day.saturating_mul(day.max(0) + 1) / (self.warm_up_days + 1)).max(1)
    }
}

/// A day of a workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub starts: Time,
    pub ends: Time,
    /// Days since linking.
    pub number: i64,
}

impl Day {
    pub fn of(now: Time, linked_at: Time, zone: &TimeZone) -> Day {
        let (today, linked) = (civil(now, zone), civil(linked_at, zone));
        let number = linked.until(today).map_or(0, |span| i64::from(span.get_days()));
        Day {
            starts: start_of(today, zone),
            ends: start_of(today.saturating_add(jiff::Span::new().days(1)), zone),
            number,
        }
    }
}

fn civil(at: Time, zone: &TimeZone) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(zone.clone()).date()
}

fn start_of(date: jiff::civil::Date, zone: &TimeZone) -> Time {
    date.to_zoned(zone.clone()).map_or(Time::NEVER, |start| Time::from_ms(start.timestamp().as_millisecond()))
}

/// What an account may still send today to people who never wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub cap: Cap,
    pub day: Day,
    pub sent: i64,
    pub left: i64,
}

/// `None` for any number.
pub fn room_today(account: &AccountRow, care: &CareRow, now: Time, zone: &TimeZone) -> Option<Room> {
    let cap = Cap::of(account, care)?;
    let day = Day::of(now, account.linked_at, zone);
    let sent = if care.cold_day == day.starts { care.cold_sent } else { 0 };
    Some(Room { cap, day, sent, left: (cap.on_day(day.number) - sent).max(0) })
}

impl Room {
    /// The day on which the message has room that so many wait before; its first moment.
    fn goes_on(&self, before: i64, zone: &TimeZone) -> Time {
        let (mut room, mut date) = (0_i64, civil(self.day.ends, zone));
        for ahead in 1..DAYS_MAX {
            room = room.saturating_add(self.cap.on_day(self.day.number + ahead));
            if room > before {
                break;
            }
            date = date.saturating_add(jiff::Span::new().days(1));
        }
        start_of(date, zone)
    }
}

/// How many such messages this turn may claim; `None` for any number. Where none may go, those that would are made to wait,
/// each until a day that has room, or all until `limited` ends.
pub fn cold_left(
    write: &mut Write<'_, '_>,
    account: &AccountRow,
    care: &CareRow,
    limited: Option<(Time, &str)>,
) -> Result<Option<i64>, Error> {
    if let Some((until, reason)) = limited {
        hold_all(write, account, |_| until, reason)?;
        return Ok(Some(0));
    }
    let zone = stored_zone(&write.workspace.zone);
    let Some(allowed) = room_today(account, care, write.now, &zone) else { return Ok(None) };
    if allowed.left > 0 {
        return Ok(Some(allowed.left));
    }
    let ahead = cold_held(write.tx, write.workspace.id, account.id, write.now, HELD_MAX)?;
    let why = match allowed.cap.is_whatsapps {
        true => "WhatsApp allows this number no more of them a day",
        false => "this number writes to no more of them a day",
    };
    let reason = format!("Today's {} messages to people who never wrote are used up; {why}", allowed.sent);
    hold_all(write, account, |nth| allowed.goes_on(ahead + nth, &zone), &reason)?;
    Ok(Some(0))
}

fn hold_all(
    write: &mut Write<'_, '_>,
    account: &AccountRow,
    until: impl Fn(i64) -> Time,
    reason: &str,
) -> Result<(), Error> {
    let rows = cold_ready(write.tx, write.workspace.id, account.id, HOLDS_MAX)?;
    for (nth, row) in (0_i64..).zip(&rows) {
        hold(write, account, row, until(nth), reason)?;
    }
    Ok(())
}

fn hold(
    write: &mut Write<'_, '_>,
    account: &AccountRow,
    row: &ColdRow,
    until: Time,
    reason: &str,
) -> Result<(), Error> {
    if !cold_hold(write, account.id, row, until, reason)? {
        return Ok(());
    }
    let step = SendStep { kind: StepKind::Held, at: write.now, until, attempts: 0, reason: reason.to_owned() };
    send_step_insert(write, row.message, &step)?;
    let (chat, message, detail) = (row.chat, Some(row.message), reason.to_owned());
    event_append(write, NewEvent { kind: Kind::MessageHeld, chat, message, detail }).map(drop)
}

/// Until when a further message to somebody who never wrote would wait, and why; `None` where it would go today.
pub fn cold_outlook(
    tx: &mut impl Read,
    account: &AccountRow,
    care: &CareRow,
    now: Time,
    zone: &TimeZone,
) -> Result<Option<(Time, String)>, Error> {
    if let Some((until, reason)) = is_limited(account, now) {
        return Ok(Some((until, format!("WhatsApp lets this number write to people who wrote first only: {reason}"))));
    }
    let Some(room) = room_today(account, care, now, zone) else { return Ok(None) };
    let ready = cold_ready(tx, account.workspace, account.id, HELD_MAX)?.len();
    let before = i64::try_from(ready).unwrap_or(i64::MAX) - room.left;
    if before < 0 {
        return Ok(None);
    }
    let held = cold_held(tx, account.workspace, account.id, now, HELD_MAX)?;
    let cap = room.cap.on_day(room.day.number);
    let reason =
        format!("This number writes to {cap} people a day who never wrote, and today's are used up or waiting");
    Ok(Some((room.goes_on(held.saturating_add(before), zone), reason)))
}

/// Counts what was claimed of today's room.
pub fn count_cold(write: &mut Write<'_, '_>, account: &AccountRow, care: &CareRow, claimed: i64) -> Result<(), Error> {
    if claimed == 0 || Cap::of(account, care).is_none() {
        return Ok(());
    }
    let day = Day::of(write.now, account.linked_at, &stored_zone(&write.workspace.zone));
    let sent = if care.cold_day == day.starts { care.cold_sent } else { 0 };
    Ok(care_save(write, account.id, &CareRow { cold_day: day.starts, cold_sent: sent + claimed, ..care.clone() })?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CAP: Cap = Cap { per_day: 50, warm_up_days: 14, is_whatsapps: false };

    #[test]
    fn a_cap_grows_evenly_to_its_full_number() {
        let days: Vec<i64> = [0, 1, 7, 13, 14, 100].into_iter().map(|day| CAP.on_day(day)).collect();
        assert_eq!(days, [3, 6, 26, 46, 50, 50]);
        assert_eq!(Cap { per_day: 2, ..CAP }.on_day(0), 1, "never nothing at all");
        assert_eq!(Cap { per_day: 2, warm_up_days: 0, ..CAP }.on_day(0), 2);
    }

    #[test]
    fn a_day_is_the_zones_also_where_it_has_23_hours() {
        let zone = TimeZone::get("Europe/Lisbon").expect("a zone");
        // 2026-03-29, when the clocks go forward in the night.
        let noon = Time::from_ms(1_774_782_000_000);
        let day = Day::of(noon, noon - Duration::from_secs(3 * 86_400), &zone);
        assert_eq!(day.number, 3);
        assert_eq!(day.ends.since(day.starts), Duration::from_secs(23 * 3_600));
        assert!(day.starts <= noon && noon < day.ends);
    }

    #[test]
    fn who_waits_behind_many_is_told_a_later_day() {
        let zone = TimeZone::UTC;
        let now = Time::from_ms(1_790_000_000_000);
        let day = Day::of(now, now, &zone);
        let allowed = Room { cap: Cap { per_day: 2, warm_up_days: 0, ..CAP }, day, sent: 2, left: 0 };
        let days: Vec<u64> =
            (0..5).map(|before| allowed.goes_on(before, &zone).since(day.starts).as_secs() / 86_400).collect();
        assert_eq!(days, [1, 1, 2, 2, 3]);
    }
}
