//! What operations that answer in pages have in common.

use jiff::tz::TimeZone;

use crate::clock::Time;
use crate::error::Error;
use crate::http::fields::{Fields, quoted};
use crate::workspace::zone::parse_api_time;

/// Rows of a page.
pub const PAGE_ROWS: i64 = 50;
pub const PAGE_ROWS_MAX: i64 = 100;
pub const PAGE_MAX: i64 = 1_000_000;

/// The page that is asked for, from 1.
pub fn read_page(fields: &mut Fields) -> i64 {
    let page = fields.integer("page").unwrap_or(1);
    if !(1..=PAGE_MAX).contains(&page) {
        fields.fault("page", format!("page is {page}; it must be 1 to {PAGE_MAX}"));
    }
    page
}

/// A moment as a filter names it.
///
/// # Errors
/// `validation_error` naming the field.
pub fn parse_moment(field: &str, text: Option<&str>, zone: &TimeZone) -> Result<Option<Time>, Error> {
    let Some(text) = text else { return Ok(None) };
    let rule = || {
        let given = quoted(text);
        Error::invalid(field, format!("{field} must be a date, YYYY-MM-DD HH:MM, or RFC 3339, not {given}"))
    };
    parse_api_time(text, zone).map(Some).ok_or_else(rule)
}

/// Cuts what was read beyond a page; returns whether there was more.
pub fn cut<T>(rows: &mut Vec<T>, rows_max: i64) -> bool {
    let rows_max = usize::try_from(rows_max).unwrap_or(0);
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    more
}
