//! The audit log on its page: who changed what, from what into what.

use axum::extract::{RawQuery, State};
use database::Snapshot;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::doors::Desk;
use super::frame::{AUDIT_PATH, Done, Here, Page, head};
use super::session::{Shown, Signed};
use super::time::moment;
use super::words::AUDIT_LOG;
use super::words::audit as w;
use crate::error::Error;
use crate::event_kind::Cause;
use crate::http::fields::Fields;
use crate::store::audit::AuditRow;
use crate::store::teammates::{TeammateRow, teammate_list_all};
use crate::store::tokens::{TokenRow, token_list};
use crate::workspace::audit::{Action, Area, page};
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

const ROWS: usize = 50;
/// Teammates whose names are at hand, the newest.
const NAMES_MAX: i64 = 2_000;

/// A page of the log with the names of those behind it.
struct Seen {
    rows: Vec<AuditRow>,
    next: Option<i64>,
    teammates: Vec<TeammateRow>,
    tokens: Vec<TokenRow>,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done, RawQuery(query): RawQuery) -> Shown {
    signed.ensure(Right::ReadAuditLog)?;
    let mut fields = Fields::from_query(&query.unwrap_or_default()).unwrap_or_default();
    let area = fields.text("about").and_then(|word| Area::parse(&word));
    let before = fields.text("before").and_then(|text| text.parse().ok());
    let workspace = signed.who.workspace.id;
    let look = move |tx: &mut Snapshot<'_>| {
        let (rows, next) = page(tx, workspace, area, before.unwrap_or(i64::MAX), ROWS)?;
        let (teammates, tokens) = (teammate_list_all(tx, workspace, NAMES_MAX)?, token_list(tx, workspace)?);
        Ok::<_, Error>(Seen { rows, next, teammates, tokens })
    };
    let seen = desk.app.read(look).await?;
    let zone = stored_zone(&signed.who.workspace.zone);
    let purpose = w::WHO_CHANGED_SETTINGS_TOKENS;
    let content = html! {
        (head(AUDIT_LOG, purpose, &html! {}))
        section.card #log aria-labelledby="log-head" {
            header { h2 #log-head { (w::NEWEST_FIRST) } (picks(area)) }
            @if seen.rows.is_empty() {
                div.empty {
                    @if area.is_none() { strong { (w::NOTHING_YET) } p { (w::THE_FIRST_CHANGE_IS) } }
                    @else { strong { (w::NOTHING_OF_THIS_KIND) } p { a href=(AUDIT_PATH) { (w::SHOW_ALL) } } }
                }
            } @else { (table(&seen, &zone)) }
            nav.pager aria-label=(w::PAGES_OF_THE_AUDIT) {
                span.meta { (w::rows(&seen.rows.len())) }
                @if before.is_some() { a.btn.btn-small.push href=(address(area, None)) { (w::NEWEST) } }
                @if let Some(next) = seen.next { a.btn.btn-small.push href=(address(area, Some(next))) { (w::OLDER) } }
            }
        }
    };
    Ok(Page::new(Here::Audit, AUDIT_LOG).with(&done).show(&signed, &content))
}

fn address(area: Option<Area>, before: Option<i64>) -> String {
    let area = area.and_then(|area| Area::ALL.iter().find(|row| row.0 == area));
    let area = area.map(|row| format!("about={}&", row.1)).unwrap_or_default();
    let before = before.map(|before| format!("before={before}")).unwrap_or_default();
    format!("{AUDIT_PATH}?{area}{before}").trim_end_matches(['&', '?']).to_owned()
}

fn picks(chosen: Option<Area>) -> Markup {
    html! {
        nav.picks.push aria-label=(w::FILTER_THE_AUDIT_LOG) {
            a href=(AUDIT_PATH) aria-current=[chosen.is_none().then_some("true")] { (w::ALL) }
            @for (area, _, title) in Area::ALL {
                a href=(address(Some(area), None)) aria-current=[(chosen == Some(area)).then_some("true")] { (title) }
            }
        }
    }
}

fn table(seen: &Seen, zone: &TimeZone) -> Markup {
    html! {
        table.table role="table" aria-labelledby="log-head" {
            thead role="rowgroup" { tr role="row" {
                @for name in [w::WHEN, w::WHO, w::WHAT, w::BEFORE, w::AFTER] { th scope="col" role="columnheader" { (name) } }
            } }
            tbody role="rowgroup" { @for row in &seen.rows {
                tr role="row" {
                    td role="cell" data-label=(w::WHEN) { (moment(row.at, zone)) }
                    td role="cell" data-label=(w::WHO) { (who(row.cause, seen)) }
                    td role="cell" data-label=(w::WHAT) { span { (Action::parse(&row.action).map_or(row.action.as_str(), |action| action.title())) " " strong { bdi { (row.subject) } } } }
                    td role="cell" data-label=(w::BEFORE) { (value(&row.old)) }
                    td role="cell" data-label=(w::AFTER) { (value(&row.new)) }
                }
            } }
        }
    }
}

fn value(text: &str) -> Markup {
    html! { @if text.is_empty() { span.muted aria-label=(w::NOTHING) { "–" } } @else { bdi { (text) } } }
}

fn who(cause: Cause, seen: &Seen) -> Markup {
    html! {
        @match cause {
            Cause::Teammate(id) => bdi { (seen.teammates.iter().find(|one| one.id == id).map_or(w::A_FORMER_TEAMMATE, |one| one.display_name.as_str())) },
            Cause::Token(id) => span { (w::TOKEN) bdi { (seen.tokens.iter().find(|one| one.id == id).map_or("*", |one| one.name.as_str())) } },
            Cause::Operator => (w::THE_OPERATOR),
            Cause::Outside => span.muted { (w::PARTYLINE) },
        }
    }
}
