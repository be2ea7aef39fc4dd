//! The log as a file: text of the newest calls, a table or JSON lines of what is filtered.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::log::{Asked, token_name};
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::public_api as w;
use crate::store::api_calls::{API_CALLS_MAX, ApiCallRow};
use crate::store::tokens::{TokenRow, token_list};
use crate::workspace::api_log::Outcome;
use crate::workspace::audit::{Action, record};
use crate::workspace::call_log::{CSV_HEAD, LogFilter, LoggedCall, TEXT_ROWS, csv_line, log_page, text_line};
use crate::workspace::permissions::Right;
use crate::workspace::zone::{api_time, stored_zone};

/// The newest calls, the last of them last, a line each; as `partyline api-log` prints them.
pub async fn text(State(desk): State<Desk>, signed: Signed) -> Shown {
    let calls = calls(&desk, &signed, LogFilter::default(), TEXT_ROWS).await?;
    let lines: String = calls.iter().map(|call| text_line(call) + "\n").collect();
    note(&desk, &signed, "log.txt", calls.len()).await?;
    Ok(file("partyline-api-log.txt", "text/plain; charset=utf-8", lines))
}

pub async fn csv(State(desk): State<Desk>, signed: Signed, RawQuery(query): RawQuery) -> Shown {
    let calls = calls(&desk, &signed, filter(&signed, query.as_deref()), rows_max()).await?;
    let lines: String = calls.iter().map(csv_line).collect();
    note(&desk, &signed, "log.csv", calls.len()).await?;
    Ok(file("partyline-api-log.csv", "text/csv; charset=utf-8", format!("{CSV_HEAD}{lines}")))
}

pub async fn ndjson(State(desk): State<Desk>, signed: Signed, RawQuery(query): RawQuery) -> Shown {
    let calls = calls(&desk, &signed, filter(&signed, query.as_deref()), rows_max()).await?;
    let lines: String =
        calls.iter().filter_map(|call| serde_json::to_string(call).ok()).map(|line| line + "\n").collect();
    note(&desk, &signed, "log.ndjson", calls.len()).await?;
    Ok(file("partyline-api-log.ndjson", "application/x-ndjson", lines))
}

/// Who took the log out stands in the audit log, before it goes out.
async fn note(desk: &Desk, signed: &Signed, name: &'static str, rows: usize) -> Result<(), Error> {
    let rows = format!("{rows} calls");
    desk.act(&signed.who, move |write| record(write, Action::LogExported, name, "", &rows)).await
}

fn filter(signed: &Signed, query: Option<&str>) -> LogFilter {
    Asked::read(query.unwrap_or_default(), &signed.who.workspace.zone).filter
}

fn rows_max() -> usize {
    usize::try_from(API_CALLS_MAX).unwrap_or(usize::MAX)
}

/// The newest calls that fit, the oldest of them first.
async fn calls(desk: &Desk, signed: &Signed, filter: LogFilter, rows: usize) -> Result<Vec<LoggedCall>, Error> {
    signed.ensure(Right::ReadApiLog)?;
    // What was answered within the last moment is on its way into the log.
    if let Err(error) = desk.app.ledger.flush(&desk.app.database, desk.app.clock.now(), false).await {
        tracing::debug!(%error, "api calls could not be logged yet; they wait");
    }
    let workspace = signed.who.workspace.id;
    let look = move |tx: &mut database::Snapshot<'_>| {
        Ok::<_, Error>((token_list(tx, workspace)?, log_page(tx, workspace, &filter, i64::MAX, rows)?))
    };
    let (tokens, mut found) = desk.app.read(look).await?;
    found.sort_by_key(|call| (call.at, call.seq));
    Ok(found.into_iter().map(|call| logged(call, &tokens, &signed.who.workspace.zone)).collect())
}

fn logged(call: ApiCallRow, tokens: &[TokenRow], zone: &str) -> LoggedCall {
    LoggedCall {
        time: api_time(call.at, &stored_zone(zone)),
        token: token_name(tokens, call.token).to_owned(),
        request_id: call.request,
        method: call.method,
        path: call.path,
        status: call.status,
        outcome: Outcome::from_number(call.outcome).map_or(w::UNKNOWN, Outcome::as_str).to_owned(),
        reason: call.reason,
        ignored: call.ignored,
        duration_us: call.duration_us,
        repeats: call.repeats,
        message_uid: call.message.map(|uid| uid.to_string()),
        body: call.body,
    }
}

/// Kept by the browser as a file, and run by nothing.
fn file(name: &str, kind: &'static str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::OK, headers, text).into_response()
}
