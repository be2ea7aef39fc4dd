//! Instance, for the server's operator: every workspace with its limits, what is asked for, how the server does.

mod requests;
mod server;
mod workspaces;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use database::Snapshot;
use maud::html;

use self::requests::OpenRequest;
use self::server::Server;
use self::workspaces::Given;
use super::doors::Desk;
use super::form::Faults;
use super::frame::{Done, Here, Page, head};
use super::session::{Shown, Signed};
use super::words::INSTANCE;
use crate::error::{Code, Error, FieldFault};
use crate::http::dashboard::words::instance as w;
use crate::id::WorkspaceId;
use crate::store::counters::{Counters, counters_find};
use crate::store::workspaces::{Workspace, workspace_list};

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/instance", get(show))
        .route("/instance/workspaces/{workspace}/limits", post(workspaces::set))
        .route("/instance/requests/{workspace}/{request}", post(requests::answer))
}

const PATH: &str = super::frame::INSTANCE_PATH;

/// What the page shows beside what is always there: a form that was refused, and whose it was.
#[derive(Default)]
struct Beside<'b> {
    faults: &'b [FieldFault],
    of: Option<WorkspaceId>,
    given: Given,
    /// It was an answer to a request, and not the limits of a workspace.
    is_about_request: bool,
    is_measuring: bool,
}

/// Everything the page is made of, from one look.
struct Seen {
    workspaces: Vec<(Workspace, Counters)>,
    requests: Vec<OpenRequest>,
}

fn ensure_operator(signed: &Signed) -> Result<(), Error> {
    if signed.who.is_operator() {
        return Ok(());
    }
    let rule = w::THIS_IS_FOR_THE;
    Err(Error::new(Code::PermissionDenied, rule))
}

async fn show(State(desk): State<Desk>, signed: Signed, done: Done, RawQuery(query): RawQuery) -> Shown {
    ensure_operator(&signed)?;
    let is_measuring = query.is_some_and(|query| query.split('&').any(|pair| pair == "sizes=1"));
    let beside = Beside { is_measuring, ..Beside::default() };
    shown(&desk, &signed, Page::new(Here::Instance, INSTANCE).with(&done), &beside).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, beside: &Beside<'_>) -> Shown {
    let now = desk.app.clock.now();
    let seen = desk.app.read(look).await?;
    let server = Server::look(desk, beside.is_measuring).await?;
    let faults = Faults(beside.faults);
    let content = html! {
        (head(INSTANCE, w::THIS_SERVER_FOR_WHOEVER, &html! {}))
        @if !seen.requests.is_empty() { (requests::card(&seen.requests, beside, now)) }
        (workspaces::card(&seen.workspaces, beside, now))
        (server::cards(desk, &server))
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn look(tx: &mut Snapshot<'_>) -> Result<Seen, Error> {
    let mut workspaces = Vec::new();
    for workspace in workspace_list(tx)? {
        workspaces.extend(counters_find(tx, workspace.id)?);
    }
    Ok(Seen { workspaces, requests: requests::open(tx)? })
}
