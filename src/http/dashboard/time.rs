//! Times and browsers as people say them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::words::time as w;
use crate::clock::Time;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;

/// How long ago something was; the exact time is in the element.
pub fn ago(at: Time, now: Time) -> Markup {
    if at.is_never() {
        return html! { span.muted { (w::NEVER) } };
    }
    html! { time datetime=(utc(at)) title=(utc(at)) { (ago_in_words(now.since(at))) } }
}

fn ago_in_words(span: Duration) -> String {
    match span.as_secs() {
        0..MINUTE_S => w::JUST_NOW.to_owned(),
        _ => w::ago(&distance(span)),
    }
}

/// How long something takes or took: its largest unit.
pub fn distance(span: Duration) -> String {
    let (number, unit) = match span.as_secs() {
        seconds @ 0..MINUTE_S => (seconds, "second"),
        seconds @ MINUTE_S..HOUR_S => (seconds / MINUTE_S, "minute"),
        seconds @ HOUR_S..DAY_S => (seconds / HOUR_S, "hour"),
        seconds => (seconds / DAY_S, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// `15 Jan 2026, 09:00` in the zone.
pub fn moment(at: Time, zone: &TimeZone) -> Markup {
    html! { time datetime=(utc(at)) { (formatted(at, zone, "%-d %b %Y, %H:%M")) } }
}

/// A moment as a list has room for it: the time of today, the weekday of this week, else the date.
pub fn short_moment(at: Time, now: Time, zone: &TimeZone) -> String {
    const WEEK: Duration = Duration::from_secs(6 * DAY_S);
    let day = |at: Time| formatted(at, zone, "%Y-%m-%d");
    let pattern = match () {
        () if day(at) == day(now) => "%H:%M",
        () if now.since(at) < WEEK => "%a",
        () if formatted(at, zone, "%Y") == formatted(now, zone, "%Y") => "%-d %b",
        () => "%-d %b %Y",
    };
    formatted(at, zone, pattern)
}

/// The day of a message, as its divider says it.
pub fn day_of(at: Time, now: Time, zone: &TimeZone) -> String {
    let same_year = formatted(at, zone, "%Y") == formatted(now, zone, "%Y");
    let day = formatted(at, zone, if same_year { "%A, %-d %B" } else { "%A, %-d %B %Y" });
    let is = |other: Time| formatted(at, zone, "%Y-%m-%d") == formatted(other, zone, "%Y-%m-%d");
    match () {
        () if is(now) => w::today(&day),
        () if is(now - Duration::from_secs(DAY_S)) => w::yesterday(&day),
        () => day,
    }
}

/// A time in the zone by a pattern of `strftime`; nothing for one that no calendar has.
pub fn formatted(at: Time, zone: &TimeZone, pattern: &str) -> String {
    let timestamp = Timestamp::from_millisecond(at.ms());
    timestamp.map(|at| at.to_zoned(zone.clone()).strftime(pattern).to_string()).unwrap_or_default()
}

fn utc(at: Time) -> String {
    crate::workspace::zone::utc_time(at)
}

/// A number with its thousands apart.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// Browsers and systems by what their `User-Agent` holds; the first that fits.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", w::EDGE),
    ("OPR/", w::OPERA),
    ("Firefox/", w::FIREFOX),
    ("Chrome/", w::CHROME),
    ("Safari/", w::SAFARI),
    ("curl/", "curl"),
    ("", w::A_BROWSER),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    (w::ANDROID, w::ANDROID),
    (w::WINDOWS, w::WINDOWS),
    (w::MAC_OS_X, "macOS"),
    (w::LINUX, w::LINUX),
];

/// `Firefox on Linux`, as far as a browser's own words can be believed.
pub fn browser_of(words: &str) -> String {
    let browser = BROWSERS.iter().find(|row| words.contains(row.0)).map_or(w::A_BROWSER, |row| row.1);
    match SYSTEMS.iter().find(|row| words.contains(row.0)) {
        Some((_, system)) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_numbers_read_as_people_say_them() {
        let said = [0, 59, 60, 119, 3_600, 7_300, 86_400, 900_000].map(|s| ago_in_words(Duration::from_secs(s)));
        let right = [
            "just now",
            "just now",
            "1 minute ago",
            "1 minute ago",
            "1 hour ago",
            "2 hours ago",
            "1 day ago",
            "10 days ago",
        ];
        assert_eq!(said, right);
        assert_eq!([0, 999, 1_000, 200_000, -1_234_567].map(grouped), ["0", "999", "1,000", "200,000", "-1,234,567"]);
    }

    #[test]
    fn a_browser_is_named_with_its_system() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(browser_of(firefox), "Firefox on Linux");
        assert_eq!(browser_of(""), "A browser");
        assert_eq!(browser_of("<script>"), "A browser");
    }
}
