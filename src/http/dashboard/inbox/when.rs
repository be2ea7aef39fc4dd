//! Moments as people choose them: in a field of the browser, or by a word.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::words::inbox as w;

const FIELD_CHARS_MAX: usize = 30;
/// When a day begins that something is put off to.
const MORNING_HOUR: i8 = 9;

/// A moment as a browser's field for date and time writes it, in a zone; `None` for an empty one.
///
/// # Errors
/// `validation_error` for what is no date and time.
pub fn moment_of(field: &str, given: &str, zone: &TimeZone) -> Result<Option<Time>, Error> {
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    let parsed: Option<DateTime> =
        Some(given).filter(|text| text.len() <= FIELD_CHARS_MAX).and_then(|text| text.parse().ok());
    let moment = parsed.and_then(|local| local.to_zoned(zone.clone()).ok());
    match moment {
        Some(moment) => Ok(Some(Time::from_ms(moment.timestamp().as_millisecond()))),
        None => Err(Error::invalid(field, w::GIVE_A_DATE_AND_A)),
    }
}

/// Until when something is put off: `hour`, `tomorrow` and `monday` at nine, or a moment of a field; `never` brings it back.
///
/// # Errors
/// `validation_error` for anything else.
pub fn until_of(word: &str, at: &str, now: Time, zone: &TimeZone) -> Result<Time, Error> {
    let today = Timestamp::from_millisecond(now.ms()).map_err(Error::internal)?.to_zoned(zone.clone());
    let days = match word {
        "never" => return Ok(Time::NEVER),
        "hour" => return Ok(Time::from_ms(now.ms() + 3_600_000)),
        "tomorrow" => 1,
        "monday" => i64::from(today.weekday().until(Weekday::Monday)).max(0),
        _ => {
            let missing = || Error::invalid("until", w::SAY_UNTIL_WHEN_CHOOSE_A);
            return moment_of("until", at, zone)?.ok_or_else(missing);
        }
    };
    // From a Monday on it is the next one.
    let days = if days == 0 { 7 } else { days };
    let morning = today.date().checked_add(days.days()).map_err(Error::internal)?.at(MORNING_HOUR, 0, 0, 0);
    let moment = morning.to_zoned(zone.clone()).map_err(Error::internal)?;
    Ok(Time::from_ms(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lisbon() -> TimeZone {
        TimeZone::get("Europe/Lisbon").expect("a zone")
    }

    #[test]
    fn a_moment_is_read_in_the_workspaces_zone() {
        let read = |text: &str| moment_of("at", text, &lisbon()).map(|at| at.map(Time::ms));
        assert_eq!(read("2026-07-01T09:30").expect("read"), Some(1_782_894_600_000));
        assert_eq!(read(" ").expect("read"), None);
        for wrong in ["soon", "2026-13-01T09:30", "09:30"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_days_at_nine() {
        // A Thursday, nine in the morning in Lisbon.
        let now = Time::from_ms(1_768_467_600_000);
        let day = 24 * 3_600_000;
        let until = |word: &str| until_of(word, "", now, &lisbon()).map(|until| until.ms() - now.ms());
        assert_eq!(until("hour").expect("read"), 3_600_000);
        assert_eq!(until("tomorrow").expect("read"), day);
        assert_eq!(until("monday").expect("read"), 4 * day);
        let monday = Time::from_ms(now.ms() + 4 * day);
        assert_eq!(until_of("monday", "", monday, &lisbon()).expect("read").ms() - monday.ms(), 7 * day);
        assert!(until("").is_err() && until("someday").is_err());
        assert_eq!(until_of("", "2026-01-16T09:00", now, &lisbon()).expect("read").ms() - now.ms(), day);
        assert!(until_of("never", "", now, &lisbon()).expect("read").is_never());
    }
}
