//! Integrations, Public API: tokens, examples, how much is used, the log of calls.

mod caused;
mod download;
pub mod increase;
mod log;
mod snippets;
mod tokens;
mod usage;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use database::Snapshot;
use maud::{Markup, html};

use self::log::{Asked, LogPart};
use self::tokens::{Fresh, Given};
use super::doors::Desk;
use super::form::Faults;
use super::frame::{Done, Here, PUBLIC_API_PATH, Page, head};
use super::page::icon;
use super::session::{Shown, Signed};
use super::words::PUBLIC_API;
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::words::public_api as w;
use crate::http::openapi::BASE_PATH;
use crate::id::WorkspaceId;
use crate::store::limit_requests::{LimitRequestRow, request_list};
use crate::store::tokens::{TokenRow, token_list};
use crate::workspace::permissions::Right;
use crate::workspace::usage::{Usage, usage_of};

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/integrations/public-api", get(show))
        .route("/integrations/public-api/tokens", post(tokens::generate))
        .route("/integrations/public-api/tokens/{id}/rotate", post(tokens::rotate))
        .route("/integrations/public-api/tokens/{id}/revoke", post(tokens::revoke))
        .route("/integrations/public-api/increase", get(increase::show).post(increase::ask))
        .route("/integrations/public-api/log.txt", get(download::text))
        .route("/integrations/public-api/log.csv", get(download::csv))
        .route("/integrations/public-api/log.ndjson", get(download::ndjson))
}

/// What the page shows beside what is always there.
#[derive(Default)]
struct Beside<'b> {
    fresh: Option<Fresh>,
    /// The form of a token stands open on the page.
    is_asking: bool,
    given: Given,
    faults: &'b [FieldFault],
}

/// Everything the page is made of, from one look.
struct Seen {
    tokens: Vec<TokenRow>,
    usage: Usage,
    /// The last one that was made.
    request: Option<LimitRequestRow>,
    log: Option<LogPart>,
    now: Time,
}

async fn show(State(desk): State<Desk>, signed: Signed, done: Done, RawQuery(query): RawQuery) -> Shown {
    signed.ensure(Right::ReadUsage)?;
    let query = query.unwrap_or_default();
    let is_asking = query.split('&').any(|pair| pair == "new=1");
    let page = Page::new(Here::PublicApi, PUBLIC_API).with(&done);
    shown(
        &desk,
        &signed,
        page,
        &Asked::read(&query, &signed.who.workspace.zone),
        &Beside { is_asking, ..Beside::default() },
    )
    .await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, asked: &Asked, beside: &Beside<'_>) -> Shown {
    let seen = look(desk, signed, asked).await?;
    let may_manage = signed.may(Right::ManageTokens);
    let base = format!("{}{BASE_PATH}", desk.app.settings.public_url);
    let fresh = beside.fresh.as_ref();
    let purpose = w::SEND_AND_READ_WHATSAPP;
    let content = html! {
        (head(PUBLIC_API, purpose, &actions(may_manage && !beside.is_asking)))
        @if may_manage { (tokens::form(&beside.given, Faults(beside.faults), beside.is_asking)) }
        div.cols {
            @if may_manage { (tokens::start_card(fresh, &seen.tokens, &base, &signed.who.workspace.zone, seen.now)) }
            @else { (snippets::card(None, &base)) }
            (usage::card(&seen.usage, signed, seen.request.as_ref()))
        }
        @if may_manage { (tokens::table(&seen.tokens, &seen.usage, signed, seen.now)) }
        @if let Some(log) = &seen.log { (log::card(log, asked, &seen.tokens, signed)) }
    };
    let status = Faults(beside.faults).status();
    Ok(Page { status, is_live: seen.log.is_some(), ..page }.show(signed, &content))
}

async fn look(desk: &Desk, signed: &Signed, asked: &Asked) -> Result<Seen, Error> {
    // What was answered within the last moment is on its way into the log.
    if let Err(error) = desk.app.ledger.flush(&desk.app.database, desk.app.clock.now(), false).await {
        tracing::debug!(%error, "api calls could not be logged yet; they wait");
    }
    let (workspace, now) = (signed.who.workspace.id, desk.app.clock.now());
    let (waiting, asked) = (desk.app.ledger.waiting(workspace), asked.clone());
    let may_read_log = signed.may(Right::ReadApiLog);
    desk.app.read(move |tx| seen(tx, workspace, now, waiting, may_read_log.then_some(&asked))).await
}

fn seen(
    tx: &mut Snapshot<'_>,
    workspace: WorkspaceId,
    now: Time,
    waiting: i64,
    asked: Option<&Asked>,
) -> Result<Seen, Error> {
    let gone = || Error::not_found(w::THIS_WORKSPACE_IS_GONE);
    Ok(Seen {
        tokens: token_list(tx, workspace)?,
        usage: usage_of(tx, workspace, now, waiting)?.ok_or_else(gone)?,
        request: request_list(tx, workspace, 1)?.into_iter().next(),
        log: asked.map(|asked| LogPart::read(tx, workspace, asked)).transpose()?,
        now,
    })
}

fn actions(may_make: bool) -> Markup {
    html! {
        a.btn href={ (BASE_PATH) "/docs" } { (icon("book")) (w::API_DOCUMENTATION) }
        a.btn href={ (BASE_PATH) "/swagger/" } { (icon("code")) (w::SWAGGER) }
        @if may_make {
            button.btn type="button" data-kind="primary" popovertarget="new-token" { (icon("plus")) (w::GENERATE_NEW_TOKEN) }
        }
    }
}

/// The page itself, without anything asked.
fn plain(signed: &Signed) -> Asked {
    Asked::read("", &signed.who.workspace.zone)
}

/// The address of the page.
const PATH: &str = PUBLIC_API_PATH;
/// The address of the page on which more is asked for.
const INCREASE_PATH: &str = "/integrations/public-api/increase";
