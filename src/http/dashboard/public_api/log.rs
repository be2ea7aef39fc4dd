//! The log of calls on the page: filters, a row for each call, and all that is known of one.

use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::PATH;
use super::caused::Caused;
use crate::error::Error;
use crate::http::dashboard::live::watch::Watched;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::{formatted, grouped};
use crate::http::dashboard::words::public_api as w;
use crate::http::fields::Fields;
use crate::id::{TokenId, WorkspaceId};
use crate::store::api_calls::ApiCallRow;
use crate::store::tokens::TokenRow;
use crate::workspace::api_log::Outcome;
use crate::workspace::call_log::{LogFilter, log_call, log_page};
use crate::workspace::zone::{parse_api_time, stored_zone};

/// Rows of a page.
const ROWS: usize = 50;
/// What a filter may hold.
const FILTER_CHARS_MAX: usize = 128;
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const STATUSES: [(&str, &str); 4] = [("2", "2xx"), ("4", "4xx"), ("429", "429"), ("5", "5xx")];

/// What the address asks of the log. What can't be read asks nothing.
#[derive(Clone, Default)]
pub struct Asked {
    pub filter: LogFilter,
    /// The filters as they stand in an address, with an `&` at the end of each.
    pub query: String,
    before: Option<i64>,
    call: Option<i64>,
    from: String,
    to: String,
}

impl Asked {
    pub fn read(query: &str, zone: &str) -> Asked {
        let mut fields = Fields::from_query(query).unwrap_or_default();
        let mut text = |name| {
            let given: String = fields.text(name).unwrap_or_default();
            given.trim().chars().take(FILTER_CHARS_MAX).collect::<String>()
        };
        let (outcome, status, token) = (text("outcome"), text("status"), text("token"));
        let (method, path, words) = (text("method"), text("path"), text("text"));
        let (from, to, before, call) = (text("from"), text("to"), text("before"), text("call"));
        let zone = stored_zone(zone);
        let filter = LogFilter {
            outcome: outcome.parse().ok().and_then(Outcome::from_number),
            status: status.parse().ok(),
            token: token.parse().ok().map(TokenId),
            from: parse_api_time(&from, &zone),
            to: parse_api_time(&to, &zone),
            method,
            path,
            text: words,
        };
        let mut asked =
            Asked { filter, query: String::new(), before: before.parse().ok(), call: call.parse().ok(), from, to };
        asked.query = asked.as_query();
        asked
    }

    fn as_query(&self) -> String {
        let filter = &self.filter;
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let pairs = [
            ("outcome", number(filter.outcome.map(|outcome| outcome as i64))),
            ("status", number(filter.status)),
            ("method", filter.method.clone()),
            ("path", filter.path.clone()),
            ("token", number(filter.token.map(|token| token.0))),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("text", filter.text.clone()),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { query } else { query + "&" }
    }
}

/// What of the log is shown.
pub struct LogPart {
    rows: Vec<ApiCallRow>,
    has_older: bool,
    open: Option<ApiCallRow>,
    /// What the open call caused.
    caused: Option<Caused>,
    /// From which the stream goes on.
    mark: String,
}

impl LogPart {
    pub fn read(tx: &mut impl Read, workspace: WorkspaceId, asked: &Asked) -> Result<LogPart, Error> {
        let mut rows = log_page(tx, workspace, &asked.filter, asked.before.unwrap_or(i64::MAX), ROWS + 1)?;
        let has_older = rows.len() > ROWS;
        rows.truncate(ROWS);
        let open = match asked.call {
            Some(seq) => log_call(tx, workspace, seq)?,
            None => None,
        };
        let made = open.as_ref().and_then(|call| call.message);
        let caused = made.map(|uid| Caused::read(tx, workspace, uid)).transpose()?;
        let mark = Watched::Calls.mark(tx, workspace)?;
        Ok(LogPart { rows, has_older, open, caused, mark })
    }
}

/// The name of a call's token.
pub fn token_name(tokens: &[TokenRow], id: TokenId) -> &str {
    tokens.iter().find(|token| token.id == id).map_or("*", |token| token.name.as_str())
}

const fn tone(status: i64) -> &'static str {
    match status {
        200..=299 => "success",
        400..=499 => "warning",
        _ => "danger",
    }
}

fn outcome_of(row: &ApiCallRow) -> &'static str {
    Outcome::from_number(row.outcome).map_or(w::UNKNOWN, Outcome::as_str)
}

pub fn card(part: &LogPart, asked: &Asked, tokens: &[TokenRow], signed: &Signed) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    html! {
        section.card #log aria-labelledby="log-head" data-stream=(Watched::Calls.address(&part.mark)) {
            header {
                h2 #log-head { (w::LOG) }
                span.meta { (w::THE_LAST_10_000) span.only-script { (w::LIVE) } }
                span.line-up.push {
                    a.btn.btn-small href={ (PATH) "/log.txt" } { (icon("download")) (w::DOWNLOAD_LOG) }
                    a.btn.btn-small href={ (PATH) "/log.csv?" (asked.query) } { (w::CSV) span.hidden-text { (w::OF_WHAT_IS_FILTERED) } }
                    a.btn.btn-small href={ (PATH) "/log.ndjson?" (asked.query) } { (w::NDJSON) span.hidden-text { (w::OF_WHAT_IS_FILTERED) } }
                }
            }
            (filters(asked, tokens))
            div.split {
                div.log-list data-live="log" {
                    @if part.rows.is_empty() { (nothing(asked)) } @else { (rows(part, asked, tokens, &zone)) }
                }
                @if let Some(call) = &part.open { (drawer(call, part, asked, tokens, &zone)) }
            }
        }
    }
}

fn filters(asked: &Asked, tokens: &[TokenRow]) -> Markup {
    let filter = &asked.filter;
    let outcomes = (1..=8).filter_map(Outcome::from_number);
    let status = filter.status.map(|status| status.to_string()).unwrap_or_default();
    html! {
        form.filters method="get" action={ (PATH) "#log" } role="search" aria-label=(w::FILTER_THE_LOG) {
            (choice("outcome", w::OUTCOME, filter.outcome.is_none(), outcomes.map(|one| {
                ((one as i64).to_string(), one.as_str().to_owned(), filter.outcome == Some(one))
            }).collect()))
            (choice("status", w::STATUS, filter.status.is_none(), STATUSES.iter().map(|(value, name)| {
                ((*value).to_owned(), (*name).to_owned(), status == *value)
            }).collect()))
            (choice("method", w::METHOD, filter.method.is_empty(), METHODS.iter().map(|name| {
                ((*name).to_owned(), (*name).to_owned(), filter.method == *name)
            }).collect()))
            (choice("token", w::TOKEN, filter.token.is_none(), tokens.iter().map(|token| {
                (token.id.to_string(), token.name.clone(), filter.token == Some(token.id))
            }).collect()))
            (word("path", w::PATH, "search", &filter.path))
            (word("text", w::TEXT, "search", &filter.text))
            (word("from", w::FROM, "datetime-local", &asked.from))
            (word("to", w::UNTIL, "datetime-local", &asked.to))
            div.line-up {
                button.btn.btn-small { (icon("search")) (w::FILTER) }
                @if !filter.is_empty() { a.btn.btn-small data-kind="plain" href={ (PATH) "#log" } { (w::SHOW_ALL) } }
            }
        }
    }
}

fn choice(name: &str, label: &str, is_all: bool, options: Vec<(String, String, bool)>) -> Markup {
    html! {
        div.field {
            label for={ "log-" (name) } { (label) }
            select id={ "log-" (name) } name=(name) {
                option value="" selected[is_all] { (w::ALL) }
                @for (value, shown, is_chosen) in options { option value=(value) selected[is_chosen] { (shown) } }
            }
        }
    }
}

fn word(name: &str, label: &str, kind: &str, value: &str) -> Markup {
    html! {
        div.field {
            label for={ "log-" (name) } { (label) }
            input id={ "log-" (name) } name=(name) type=(kind) value=(value) autocomplete="off";
        }
    }
}

fn nothing(asked: &Asked) -> Markup {
    html! {
        div.empty {
            @if asked.filter.is_empty() {
                strong { (w::NO_CALLS_YET) } p { (w::RUN_ONE_OF_THE) }
            } @else {
                strong { (w::NO_CALL_FITS) } p { (w::OF_THE_LAST_10) a href={ (PATH) "#log" } { (w::SHOW_ALL) } }
            }
        }
    }
}

fn rows(part: &LogPart, asked: &Asked, tokens: &[TokenRow], zone: &TimeZone) -> Markup {
    let open = part.open.as_ref().map(|call| call.seq);
    let before = asked.before.map(|before| format!("before={before}&")).unwrap_or_default();
    html! {
        div.log-row.log-head aria-hidden="true" {
            @for name in [w::TIME, w::METHOD, w::PATH, w::OUTCOME, w::TOKEN, w::TOOK] { span { (name) } }
        }
        ol {
            @for row in &part.rows {
                li {
                    a.log-row href={ (PATH) "?" (asked.query) (before) "call=" (row.seq) "#call" } aria-current=[(open == Some(row.seq)).then_some("true")] {
                        time { (formatted(row.at, zone, "%-d %b %H:%M:%S")) }
                        span.verb { (row.method) }
                        code.clip { (row.path) }
                        span { span.badge data-tone=(tone(row.status)) { (row.status) " " (outcome_of(row)) @if row.repeats > 1 { " ×" (grouped(row.repeats)) } } }
                        span.clip.muted { bdi { (token_name(tokens, row.token)) } }
                        span.num.muted { (took(row.duration_us)) }
                    }
                }
            }
        }
        nav.pager aria-label=(w::PAGES_OF_THE_LOG) {
            span.meta { (w::calls(&part.rows.len())) }
            @if asked.before.is_some() { a.btn.btn-small.push href={ (PATH) "?" (asked.query) "#log" } { (w::NEWEST) } }
            @if let Some(last) = part.rows.last().filter(|_| part.has_older) {
                a.btn.btn-small.push href={ (PATH) "?" (asked.query) "before=" (last.seq) "#log" } { (w::OLDER) }
            }
        }
    }
}

fn took(duration_us: i64) -> String {
    if duration_us < 1_000 { "<1 ms".to_owned() } else { format!("{} ms", grouped(duration_us / 1_000)) }
}

fn drawer(call: &ApiCallRow, part: &LogPart, asked: &Asked, tokens: &[TokenRow], zone: &TimeZone) -> Markup {
    let back = asked.before.map(|before| format!("before={before}")).unwrap_or_default();
    html! {
        section.drawer.stack #call aria-labelledby="call-head" {
            div.line-up {
                span.verb { (call.method) } h3 #call-head { (call.path) }
                span.badge data-tone=(tone(call.status)) { (call.status) " " (outcome_of(call)) }
                a.btn.btn-small.btn-icon.push data-kind="plain" aria-label=(w::CLOSE_DETAILS) href={ (PATH) "?" (asked.query) (back) "#log" } { (icon("close")) }
            }
            @if !call.reason.is_empty() {
                p.banner data-tone=(tone(call.status)) { (icon("alert")) span { (call.reason) } }
            }
            dl.facts {
                dt { (w::AT) } dd.num { (formatted(call.at, zone, "%a %-d %b %Y, %H:%M:%S%.3f %z")) }
                dt { (w::REQUEST) } dd { code { (call.request) } }
                dt { (w::TOKEN) } dd { bdi { (token_name(tokens, call.token)) } }
                dt { (w::TOOK) } dd { (took(call.duration_us)) }
                @if call.repeats > 1 { dt { (w::TIMES) } dd { (w::folded_into_this_row(&grouped(call.repeats))) } }
                @if !call.ignored.is_empty() { dt { (w::IGNORED) } dd { code { (call.ignored.replace(',', ", ")) } span.muted { (w::NOT_A_FIELD) } } }
            }
            @if !call.body.is_empty() {
                figure.code { figcaption { (w::SENT_TO_US) } pre role="group" tabindex="0" data-ring="in" aria-label=(w::SENT_TO_US) { code { (pretty(&call.body)) } } }
            }
            div.stack.tight {
                h4.small { (w::WHAT_IT_CAUSED) }
                @match &part.caused {
                    Some(caused) => (caused.show(zone)),
                    None => p.small.muted { (w::NO_MESSAGE) },
                }
            }
        }
    }
}

/// JSON on several lines; anything else as it is.
fn pretty(body: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(body).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}
