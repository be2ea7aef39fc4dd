//! Logging in and out.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use database::Priority;
use maud::html;
use serde::Deserialize;

use super::cookies::Footing;
use super::doors::Desk;
use super::form::{Faults, Line, Sent};
use super::frame::landing;
use super::page::{code, icon, page, told};
use super::session::{Refusal, Shown, Signed, Visitor, is_place_of_ours};
use super::words::LOG_IN;
use super::words::login as w;
use crate::error::Error;
use crate::store::Write;
use crate::store::passwords::{StoredPassword, passwords_of_login};
use crate::store::sessions::session_end;
use crate::store::teammates::teammate_find;
use crate::workspace::entry::LOGINS_MAX;
use crate::workspace::secret::Secret;
use crate::workspace::teammates::{Role, Standing};

/// What is said whatever was wrong, so that nobody learns who has an account here.
const WRONG: &str = w::THIS_EMAIL_AND_THIS;
/// The same that the documentation has.
const CADDYFILE: &str = include_str!("../../../docs/Caddyfile");
/// A longer password was never set.
const GIVEN_BYTES_MAX: usize = 1_024;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Where {
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    email: String,
    password: String,
    next: String,
}

pub async fn show(visitor: Visitor, signed: Option<Signed>, Query(place): Query<Where>) -> Shown {
    ensure_private(&visitor)?;
    if let Some(signed) = signed {
        return Ok(Redirect::to(landing(|right| signed.may(right))).into_response());
    }
    Ok(ask(&Given { next: place.next, ..Given::default() }, None))
}

pub async fn log_in(State(desk): State<Desk>, visitor: Visitor, Sent(given): Sent<Given>) -> Shown {
    ensure_private(&visitor)?;
    if let Err(wait) = desk.doors.knock(visitor.address, given.email.trim(), desk.app.clock.monotonic()) {
        return Ok(too_often(wait.as_secs()));
    }
    let Some(found) = find(&desk, &given).await? else { return Ok(ask(&given, Some(WRONG))) };
    let Some((secret, role)) = enter(&desk, visitor.clone(), found).await? else { return Ok(ask(&given, Some(WRONG))) };
    desk.doors.forgive(visitor.address, given.email.trim());
    let home = landing(|right| role.may(right));
    let place = if is_place_of_ours(&given.next) { given.next.as_str() } else { home };
    Ok(visitor.welcome(&secret, place))
}

/// Whose password this is. Without anybody of that email it takes as long.
async fn find(desk: &Desk, given: &Given) -> Result<Option<StoredPassword>, Error> {
    if given.password.len() > GIVEN_BYTES_MAX || given.email.contains('\0') {
        return Ok(None);
    }
    let email = given.email.trim().to_owned();
    let known = desk.app.read(move |tx| Ok::<_, Error>(passwords_of_login(tx, &email, LOGINS_MAX)?)).await?;
    if known.is_empty() {
        desk.doors.check(given.password.clone(), None).await?;
    }
    for one in known {
        if desk.doors.check(given.password.clone(), Some(one.hash.clone())).await? {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

/// Begins the session; `None` if the teammate has left meanwhile.
async fn enter(desk: &Desk, visitor: Visitor, found: StoredPassword) -> Result<Option<(Secret, Role)>, Error> {
    let secret = Secret::generate();
    let (kept, id) = (secret.clone(), found.teammate);
    let begin = move |write: &mut Write<'_, '_>| {
        let teammate = teammate_find(write.tx, write.workspace.id, id)?;
        let Some(teammate) = teammate.filter(|one| one.status == Standing::Active.status()) else { return Ok(None) };
        visitor.enter(write, &teammate, &kept)?;
        Ok(Role::parse(&teammate.role))
    };
    let role = desk.app.write(found.workspace, Priority::Foreground, begin).await?;
    Ok(role.map(|role| (secret, role)))
}

#[derive(Default, Deserialize)]
pub struct Nothing {}

pub async fn log_out(State(desk): State<Desk>, signed: Signed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    let (teammate, session) = (signed.who.teammate.id, signed.who.session.id);
    let end = move |write: &mut Write<'_, '_>| Ok(session_end(write, teammate, session)?);
    desk.act(&signed.who, end).await?;
    Ok(([(header::SET_COOKIE, signed.footing.end())], Redirect::to("/login")).into_response())
}

fn ask(given: &Given, fault: Option<&str>) -> Response {
    let line = |name, label, kind, value, autocomplete, is_focused| {
        Line { name, label, kind, value, autocomplete, purpose: "", is_focused }.show(Faults::default())
    };
    let content = html! {
        section.card.narrow {
            form.card-body.stack method="post" action="/login" {
                h1 { (LOG_IN) }
                @if let Some(fault) = fault {
                    p.banner data-tone="danger" role="alert" { (icon("alert")) span { (fault) } }
                }
                (line("email", w::EMAIL, "email", &given.email, "username", given.email.is_empty()))
                (line("password", w::PASSWORD, "password", "", "current-password", !given.email.is_empty()))
                @if is_place_of_ours(&given.next) { input type="hidden" name="next" value=(given.next); }
                button.btn data-kind="primary" { (LOG_IN) }
                p.meta { (w::FORGOTTEN_THE_OWNER_OR) }
            }
        }
    };
    let status = if fault.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    page(status, LOG_IN, &content)
}

/// What is said to whoever has tried too often.
pub fn too_often(wait_s: u64) -> Response {
    let minutes = wait_s.div_ceil(60).max(1);
    let words = html! {
        p { (w::there_were_too_many(&minutes)) @if minutes == 1 { (w::MINUTE) } @else { (w::MINUTES) } }
        p.muted { (w::IF_YOU_HAVE_FORGOTTEN) }
    };
    let mut answer = told(StatusCode::TOO_MANY_REQUESTS, w::PLEASE_WAIT, &words);
    answer.headers_mut().insert(header::RETRY_AFTER, wait_s.max(1).into());
    answer
}

/// Refuses to ask for a password where the whole network could read it.
///
/// # Errors
/// A page that says how to get encryption.
pub fn ensure_private(visitor: &Visitor) -> Result<(), Refusal> {
    if visitor.footing != Footing::Bare {
        return Ok(());
    }
    let words = html! {
        p { (w::THIS_ADDRESS_ISNT_ENCRYPTED) }
        p { (w::PUT_A_PROXY_WITH) }
        (code(w::CADDYFILE, CADDYFILE.trim_end()))
        (code(w::IN_A_TERMINAL, "partyline --public-url https://line.example.com"))
        p.muted { (w::ON_THE_MACHINE_ITSELF) }
    };
    Err(Refusal::page(told(StatusCode::FORBIDDEN, w::THIS_PAGE_NEEDS_HTTPS, &words)))
}
