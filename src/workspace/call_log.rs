//! The log of API calls, looked through and written out: as text for people, as CSV for tables, as JSON for programs.

use std::fmt::Write as _;

use database::Read;
use serde::Serialize;

use crate::clock::Time;
use crate::error::Error;
use crate::id::{TokenId, WorkspaceId};
use crate::store::api_calls::{API_CALLS_MAX, ApiCallRow, api_call_page};
use crate::store::chats::fold;
use crate::workspace::api_log::Outcome;

/// Rows of the downloaded text.
pub const TEXT_ROWS: usize = 1_000;
/// Rows that are read at once.
const CHUNK_ROWS: i64 = 1_000;

/// Which calls are looked for; what is empty fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    pub outcome: Option<Outcome>,
    /// A status, or the first digit of a class of them: 404, or 4.
    pub status: Option<i64>,
    pub method: String,
    /// Stands anywhere in the path.
    pub path: String,
    pub token: Option<TokenId>,
    pub from: Option<Time>,
    pub to: Option<Time>,
    /// Stands anywhere in the reason, the request's id or the body, in whichever case.
    pub text: String,
}

impl LogFilter {
    pub fn is_empty(&self) -> bool {
        *self == LogFilter::default()
    }

    fn fits(&self, row: &ApiCallRow) -> bool {
        let text = fold(&self.text);
        let has_text = |place: &str| fold(place).contains(&text);
        self.outcome.is_none_or(|outcome| outcome as i64 == row.outcome)
            && self.status.is_none_or(|status| status == row.status || status == row.status / 100)
            && (self.method.is_empty() || self.method.eq_ignore_ascii_case(&row.method))
            && row.path.contains(&self.path)
            && self.token.is_none_or(|token| token == row.token)
            && self.from.is_none_or(|from| row.at >= from)
            && self.to.is_none_or(|to| row.at < to)
            && (text.is_empty() || [&row.reason, &row.request, &row.body].into_iter().any(|place| has_text(place)))
    }
}

/// The newest calls that fit and stand before the one of this `seq`, newest first.
pub fn log_page(
    read: &mut impl Read,
    workspace: WorkspaceId,
    filter: &LogFilter,
    before: i64,
    rows_max: usize,
) -> Result<Vec<ApiCallRow>, Error> {
    let mut found = Vec::new();
    let mut before = before;
    for _ in 0..=API_CALLS_MAX / CHUNK_ROWS {
        let rows = api_call_page(read, workspace, before, CHUNK_ROWS)?;
        let Some(last) = rows.last() else { break };
        before = last.seq;
        found.extend(rows.into_iter().filter(|row| filter.fits(row)));
        if found.len() >= rows_max {
            found.truncate(rows_max);
            break;
        }
    }
    Ok(found)
}

/// The call of this `seq`, if the log still has it.
pub fn log_call(read: &mut impl Read, workspace: WorkspaceId, seq: i64) -> Result<Option<ApiCallRow>, Error> {
    let found = api_call_page(read, workspace, seq.saturating_add(1), 1)?;
    Ok(found.into_iter().next().filter(|row| row.seq == seq))
}

/// A call as it is written out.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedCall {
    pub time: String,
    pub request_id: String,
    pub token: String,
    pub method: String,
    pub path: String,
    pub status: i64,
    pub outcome: String,
    pub reason: String,
    pub ignored: String,
    pub duration_us: i64,
    pub repeats: i64,
    pub message_uid: Option<String>,
    pub body: String,
}

/// `time  request-id  token  METHOD path  status  outcome  reason`
pub fn text_line(call: &LoggedCall) -> String {
    let times = if call.repeats > 1 { format!(" ({} times)", call.repeats) } else { String::new() };
    let cells = [
        call.time.clone(),
        call.request_id.clone(),
        call.token.clone(),
        format!("{} {}", call.method, call.path),
        call.status.to_string(),
        call.outcome.clone(),
        format!("{}{times}", call.reason).trim_start().to_owned(),
    ];
    cells.map(|cell| inert(&cell)).join("  ").trim_end().to_owned()
}

/// The names of the columns of [`csv_line`].
pub const CSV_HEAD: &str = "time,request_id,token,method,path,status,outcome,reason,ignored,duration_us,repeats,\
                            message_uid,body\r\n";

/// A row of a table, RFC 4180. No cell is a formula to a spreadsheet.
pub fn csv_line(call: &LoggedCall) -> String {
    let (status, duration, repeats) = (call.status.to_string(), call.duration_us.to_string(), call.repeats.to_string());
    let cells: [&str; 13] = [
        &call.time,
        &call.request_id,
        &call.token,
        &call.method,
        &call.path,
        &status,
        &call.outcome,
        &call.reason,
        &call.ignored,
        &duration,
        &repeats,
        call.message_uid.as_deref().unwrap_or_default(),
        &call.body,
    ];
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(line, "{comma}{}", csv_cell(cell));
    }
    line + "\r\n"
}

/// Quoted; what a spreadsheet would calculate begins with an apostrophe.
fn csv_cell(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// Text that can't move a terminal's cursor, break a line or turn its direction; a cell holds no two spaces, which stand
/// between cells.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_turn = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if letter.is_control() || is_turn {
            out.extend(letter.escape_default());
        } else if !(letter == ' ' && out.ends_with(' ')) {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> LoggedCall {
        LoggedCall {
            time: "2026-01-15 09:00:00 +0000".into(),
            request_id: "r-1".into(),
            token: "two  spaces".into(),
            method: "POST".into(),
            path: "/messages\u{1b}[2J".into(),
            status: 429,
            outcome: "Rate Limited".into(),
            reason: "line\nbreak \u{202e}".into(),
            ignored: String::new(),
            duration_us: 5,
            repeats: 12,
            message_uid: None,
            body: String::new(),
        }
    }

    #[test]
    fn a_line_holds_its_cells_and_nothing_that_acts() {
        assert_eq!(
            text_line(&call()),
            "2026-01-15 09:00:00 +0000  r-1  two spaces  POST /messages\\u{1b}[2J  429  Rate Limited  line\\nbreak \
             \\u{202e} (12 times)"
        );
        let fine = LoggedCall { repeats: 1, reason: String::new(), ..call() };
        assert!(text_line(&fine).ends_with("Rate Limited"));
    }

    #[test]
    fn a_cell_of_a_table_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=1"] {
            assert!(csv_cell(formula).starts_with("\"'"), "{formula:?}");
        }
        assert_eq!(csv_cell("say \"hello\", you"), "\"say \"\"hello\"\", you\"");
        let line = csv_line(&LoggedCall { token: "=cmd|' /C calc'!A0".into(), ..call() });
        assert!(line.contains(",\"'=cmd|' /C calc'!A0\",") && line.ends_with("\r\n"), "{line}");
        assert_eq!(CSV_HEAD.trim_end().split(',').count(), 13);
    }
}
