//! Time zones, and times as the public API writes them.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use crate::clock::Time;
use crate::error::Error;

/// What the names of places begin with in the time zone database.
const REGIONS: [&str; 10] =
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// The zone of that IANA name.
///
/// # Errors
/// `validation_error` if there is none.
pub fn parse_zone(name: &str) -> Result<TimeZone, Error> {
    let known = TimeZone::get(name).ok().filter(|_| !name.is_empty() && name.len() <= 64);
    known.ok_or_else(|| {
        Error::invalid("zone", format!("There is no time zone \"{name}\"; use an IANA name such as Europe/Lisbon"))
    })
}

/// The zones that one may choose from, by their places. Old names that stand outside of a region are left out.
pub fn known_zones() -> &'static [String] {
    static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let names = jiff::tz::db().available().map(|name| name.to_string());
        let mut zones: Vec<String> = names.filter(|name| is_in_a_region(name)).collect();
        zones.sort_unstable();
        zones.dedup();
        zones
    });
    &ZONES
}

fn is_in_a_region(name: &str) -> bool {
    name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region))
}

/// A stored zone; one that this machine doesn't know any more counts as UTC.
pub fn stored_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `YYYY-MM-DD HH:MM:SS +ZZZZ` with the offset that the zone had then; empty for "never".
pub fn api_time(at: Time, zone: &TimeZone) -> String {
    if at.is_never() {
        return String::new();
    }
    match jiff::Timestamp::from_millisecond(at.ms()) {
        Ok(timestamp) => timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z").to_string(),
        Err(_) => String::new(),
    }
}

/// `YYYY-MM-DD HH:MM` in the zone, as the second version of the templates has it.
pub fn short_time(at: Time, zone: &TimeZone) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.ms());
    timestamp.map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// RFC 3339 to the second, in UTC: `YYYY-MM-DDTHH:MM:SSZ`.
pub fn utc_time(at: Time) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.ms());
    timestamp.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

/// A moment as a filter names it: a date, `YYYY-MM-DD HH:MM[:SS]` in the zone or with an offset, or RFC 3339.
pub fn parse_api_time(text: &str, zone: &TimeZone) -> Option<Time> {
    let text = text.trim();
    if text.len() > 40 {
        return None;
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Time::from_ms(timestamp.as_millisecond()));
    }
    for format in ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M %z"] {
        if let Ok(timestamp) = jiff::Timestamp::strptime(format, text) {
            return Some(Time::from_ms(timestamp.as_millisecond()));
        }
    }
    let civil = text
        .parse::<jiff::civil::DateTime>()
        .or_else(|_| text.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    let zoned = civil.to_zoned(zone.clone()).ok()?;
    Some(Time::from_ms(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lisbon() -> TimeZone {
        parse_zone("Europe/Lisbon").expect("Lisbon is a zone")
    }

    #[test]
    fn a_time_bears_the_offset_of_its_own_season() {
        assert_eq!(api_time(Time::from_ms(1_767_225_600_000), &lisbon()), "2026-01-01 00:00:00 +0000");
        assert_eq!(api_time(Time::from_ms(1_782_864_000_000), &lisbon()), "2026-07-01 01:00:00 +0100");
        assert_eq!(api_time(Time::NEVER, &lisbon()), "");
    }

    #[test]
    fn filters_take_dates_minutes_and_rfc_3339() {
        let july = Some(Time::from_ms(1_782_860_400_000));
        assert_eq!(parse_api_time("2026-07-01", &lisbon()), july);
        assert_eq!(parse_api_time("2026-07-01 00:00", &lisbon()), july);
        assert_eq!(parse_api_time("2026-06-30T23:00:00Z", &lisbon()), july);
        assert_eq!(parse_api_time("2026-07-01 01:00:00 +0200", &lisbon()), july);
        assert_eq!(parse_api_time("yesterday", &lisbon()), None);
        assert_eq!(parse_api_time("2026-02-30", &lisbon()), None);
    }

    #[test]
    fn templates_have_times_of_their_own() {
        let july = Time::from_ms(1_782_864_000_999);
        assert_eq!(
            (short_time(july, &lisbon()), utc_time(july)),
            ("2026-07-01 01:00".into(), "2026-07-01T00:00:00Z".into())
        );
    }

    #[test]
    fn an_unknown_zone_is_refused_by_name() {
        let error = parse_zone("Mars/Olympus").expect_err("no such zone");
        assert!(error.message.contains("Mars/Olympus"));
    }

    #[test]
    fn every_zone_one_may_choose_is_one() {
        assert!(known_zones().len() > 300, "{}", known_zones().len());
        assert!(known_zones().iter().any(|zone| zone == "Europe/Lisbon"));
        assert!(known_zones().iter().all(|zone| parse_zone(zone).is_ok()));
    }
}
