//! `partyline api-log`: the log of API calls as text, a line each, newest last.

use super::arguments::Chosen;
use super::{Out, unexpected};
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::view::ApiCallView;
use crate::control::{API_LOG_ROWS_MAX, Command, Output};
use crate::failure::Failure;
use crate::workspace::call_log::{LoggedCall, text_line};

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

/// As the screens' download writes it.
fn line(call: &ApiCallView) -> String {
    text_line(&LoggedCall {
        time: call.time.clone(),
        request_id: call.request_id.clone(),
        token: call.token.clone(),
        method: call.method.clone(),
        path: call.path.clone(),
        status: call.status,
        outcome: call.outcome.clone(),
        reason: call.reason.clone(),
        ignored: call.ignored.join(","),
        duration_us: call.duration_us,
        repeats: call.repeats,
        message_uid: call.message_uid.clone(),
        body: String::new(),
    })
}
