//! `partyline api-log`: the log of API calls as text, a line each, newest last.

use super::arguments::Chosen;
use super::{Out, unexpected};
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::view::ApiCallView;
use crate::control::{API_LOG_ROWS_MAX, Command, Output};
use crate::failure::Failure;

/// Prints the `last` rows of the log. They are asked for in pages, so that no answer grows too long.
pub fn print(config: &Config, last: i64, workspace: Chosen, json: bool, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    let mut calls: Vec<ApiCallView> = Vec::new();
    let mut missing = last;
    while missing > 0 {
        let before = calls.last().map(|call| call.seq);
        let rows = missing.min(API_LOG_ROWS_MAX);
        let page = match reach.run(Command::ApiLog { workspace: workspace.id.clone(), before, rows })? {
            Output::ApiLog(page) => page,
            other => return Err(unexpected(&other)),
        };
        let is_last = i64::try_from(page.len()).is_ok_and(|found| found < rows);
        missing -= rows;
        calls.extend(page);
        if is_last {
            break;
        }
    }
    calls.sort_by_key(|call| (call.at_ms, call.seq));
    if json {
        out.json(&calls);
    } else {
        let text: String = calls.iter().map(|call| line(call) + "\n").collect();
        out.text(&text);
    }
    Ok(())
}

/// `time  request-id  token  METHOD path  status  outcome  reason`
fn line(call: &ApiCallView) -> String {
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

    #[test]
    fn a_line_holds_its_cells_and_nothing_that_acts() {
        let call = ApiCallView {
            seq: 7,
            at_ms: 0,
            time: "2026-01-15 09:00:00 +0000".into(),
            request_id: "r-1".into(),
            token_id: 1,
            token: "two  spaces".into(),
            method: "POST".into(),
            path: "/messages\u{1b}[2J".into(),
            status: 429,
            outcome: "Rate Limited".into(),
            reason: "line\nbreak \u{202e}".into(),
            ignored: Vec::new(),
            duration_us: 5,
            repeats: 12,
            message_uid: None,
            body: String::new(),
        };
        assert_eq!(
            line(&call),
            "2026-01-15 09:00:00 +0000  r-1  two spaces  POST /messages\\u{1b}[2J  429  Rate Limited  line\\nbreak \
             \\u{202e} (12 times)"
        );
        let fine = ApiCallView { repeats: 1, reason: String::new(), ..call };
        assert!(line(&fine).ends_with("Rate Limited"));
    }
}
