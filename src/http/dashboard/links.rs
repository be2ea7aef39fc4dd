//! Links that open once: an invitation, and a way to a new password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use database::Priority;
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent};
use super::frame::{ACCOUNT_PATH, done, landing};
use super::login::ensure_private;
use super::page::{page, told};
use super::path::Path;
use super::session::{Shown, Visitor};
use super::words::links as w;
use crate::error::{Error, FieldFault};
use crate::store::Write;
use crate::store::teammates::TeammateRow;
use crate::store::workspaces::Workspace;
use crate::workspace::entry::{Purpose, come_in, link_leads_to};
use crate::workspace::passwords::{PASSWORD_CHARS_MIN, Password};
use crate::workspace::people::FullName;
use crate::workspace::secret::Secret;
use crate::workspace::teammates::Role;

/// The form; a new password needs no name.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    password: String,
}

pub async fn show_invitation(desk: State<Desk>, visitor: Visitor, Path(secret): Path<String>) -> Shown {
    show(desk, visitor, &secret, Purpose::Invitation).await
}

pub async fn show_reset(desk: State<Desk>, visitor: Visitor, Path(secret): Path<String>) -> Shown {
    show(desk, visitor, &secret, Purpose::Reset).await
}

pub async fn accept(
    desk: State<Desk>,
    visitor: Visitor,
    Path(secret): Path<String>,
    Sent(given): Sent<Given>,
) -> Shown {
    follow(desk, visitor, &secret, Purpose::Invitation, given).await
}

pub async fn reset(desk: State<Desk>, visitor: Visitor, Path(secret): Path<String>, Sent(given): Sent<Given>) -> Shown {
    follow(desk, visitor, &secret, Purpose::Reset, given).await
}

async fn show(State(desk): State<Desk>, visitor: Visitor, secret: &str, purpose: Purpose) -> Shown {
    ensure_private(&visitor)?;
    let Some((_, workspace, teammate)) = find(&desk, secret, purpose).await? else { return Ok(gone(purpose)) };
    let full = format!("{} {}", teammate.first_name, teammate.last_name);
    let given = Given { name: full.trim().to_owned(), ..Given::default() };
    Ok(ask(&workspace, &teammate, purpose, &given, &[]))
}

async fn follow(State(desk): State<Desk>, visitor: Visitor, secret: &str, purpose: Purpose, given: Given) -> Shown {
    ensure_private(&visitor)?;
    let Some((secret, workspace, teammate)) = find(&desk, secret, purpose).await? else { return Ok(gone(purpose)) };
    let (name, password) = match parse(&given, &teammate, &workspace, purpose) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(ask(&workspace, &teammate, purpose, &given, &error.faults)),
    };
    let (hash, session) = (desk.doors.hash(password).await?, Secret::generate());
    let (kept, at) = (session.clone(), visitor.clone());
    let enter = move |write: &mut Write<'_, '_>| {
        let Some(teammate) = come_in(write, &secret, purpose, name.as_ref(), &hash)? else { return Ok(None) };
        at.enter(write, &teammate, &kept)?;
        Ok(Role::parse(&teammate.role))
    };
    let Some(role) = desk.app.write(workspace.id, Priority::Foreground, enter).await? else { return Ok(gone(purpose)) };
    let place = match purpose {
        Purpose::Invitation => done(landing(|right| role.may(right)), "joined"),
        Purpose::Reset => done(ACCOUNT_PATH, "password"),
    };
    Ok(visitor.welcome(&session, &place))
}

async fn find(desk: &Desk, secret: &str, purpose: Purpose) -> Result<Option<(Secret, Workspace, TeammateRow)>, Error> {
    let Some(secret) = Secret::parse(secret) else { return Ok(None) };
    let (looked_for, now) = (secret.clone(), desk.app.clock.now());
    let found = desk.app.read(move |tx| link_leads_to(tx, &looked_for, purpose, now)).await?;
    Ok(found.map(|(workspace, teammate)| (secret, workspace, teammate)))
}

fn parse(
    given: &Given,
    teammate: &TeammateRow,
    workspace: &Workspace,
    purpose: Purpose,
) -> Result<(Option<FullName>, Password), Error> {
    let known = [given.name.as_str(), &teammate.email, &teammate.display_name, &workspace.name];
    let name = match purpose {
        Purpose::Invitation => FullName::parse("name", &given.name).map(Some),
        Purpose::Reset => Ok(None),
    };
    let password = Password::parse("password", &given.password, &known);
    match (name, password) {
        (Ok(name), Ok(password)) => Ok((name, password)),
        (name, password) => {
            let errors = [name.err(), password.err()];
            Err(Error::invalid_fields(errors.into_iter().flatten().flat_map(|error| error.faults).collect()))
        }
    }
}

fn ask(
    workspace: &Workspace,
    teammate: &TeammateRow,
    purpose: Purpose,
    given: &Given,
    faults: &[FieldFault],
) -> Response {
    let faults = Faults(faults);
    let is_invitation = purpose == Purpose::Invitation;
    let title = if is_invitation { w::JOIN_THE_WORKSPACE } else { w::CHOOSE_A_NEW_PASSWORD };
    let content = html! {
        section.card.narrow {
            form.card-body.stack method="post" {
                div.stack.tight {
                    h1 { (title) }
                    p.muted {
                        @if is_invitation { (w::YOU_ARE_INVITED_TO) bdi { strong { (workspace.name) } } "." }
                        @else { (w::FOR_WORD) bdi { strong { (teammate.display_name) } } (w::IN_WORD) bdi { strong { (workspace.name) } } "." }
                    }
                }
                (username(&teammate.email))
                @if is_invitation {
                    (Line { name: "name", label: w::NAME, kind: "text", value: &given.name, autocomplete: "name",
                        purpose: w::AS_YOUR_TEAM_WILL, is_focused: true }.show(faults))
                }
                (new_password(w::PASSWORD, faults, !is_invitation))
                button.btn data-kind="primary" { @if is_invitation { (w::JOIN) } @else { (w::SET_THE_PASSWORD) } }
            }
        }
    };
    page(faults.status(), title, &content)
}

/// The email that goes with the new password, so that a password manager keeps them together.
pub fn username(email: &str) -> Markup {
    html! {
        div.field {
            label for="email" { (w::EMAIL) }
            input #email type="email" value=(email) autocomplete="username" readonly;
        }
    }
}

/// The field of a password that is being chosen.
pub fn new_password(label: &str, faults: Faults<'_>, is_focused: bool) -> Markup {
    let purpose = w::password_rule(PASSWORD_CHARS_MIN);
    let line = Line {
        name: "password",
        label,
        kind: "password",
        value: "",
        autocomplete: "new-password",
        purpose: &purpose,
        is_focused,
    };
    line.show(faults)
}

/// Used, too old and never made look the same.
fn gone(purpose: Purpose) -> Response {
    let (title, days) = match purpose {
        Purpose::Invitation => (w::THIS_INVITATION_DOESNT_OPEN, "7 days"),
        Purpose::Reset => (w::THIS_LINK_DOESNT_OPEN, "24 hours"),
    };
    let words = html! {
        p { (w::such_a_link_opens(&days)) }
        p.muted { (w::THE_OWNER_OR_AN) }
        div.line-up { a.btn href="/login" { (w::LOG_IN) } }
    };
    told(StatusCode::NOT_FOUND, title, &words)
}
