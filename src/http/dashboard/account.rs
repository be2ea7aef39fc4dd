//! What belongs to a teammate alone: name, password, sessions, the colours of the screens.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent};
use super::frame::{ACCOUNT_PATH, Done, Here, Page, done, head};
use super::links::{new_password, username};
use super::login::ensure_private;
use super::page::Theme;
use super::session::{Shown, Signed, Visitor};
use super::time::{ago, browser_of};
use super::words::YOUR_ACCOUNT;
use super::words::account as w;
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::id::SessionId;
use crate::store::Write;
use crate::store::passwords::password_find;
use crate::store::sessions::{SessionRow, session_end, session_list, sessions_end};
use crate::workspace::entry::set_password;
use crate::workspace::passwords::Password;

pub const THEME_COOKIE: &str = "partyline-theme";
/// A year.
const THEME_KEPT_S: u32 = 31_536_000;

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done) -> Shown {
    shown(&desk, &signed, Page::new(Here::Account, YOUR_ACCOUNT).with(&done), &[]).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, faults: &[FieldFault]) -> Shown {
    let (workspace, teammate, now) = (signed.who.workspace.id, signed.who.teammate.id, desk.app.clock.now());
    let look = move |tx: &mut database::Snapshot<'_>| Ok::<_, Error>(session_list(tx, workspace, teammate, now)?);
    let sessions = desk.app.read(look).await?;
    let faults = Faults(faults);
    let content = html! {
        (head(YOUR_ACCOUNT, w::YOU_IN_THIS_WORKSPACE, &html! {}))
        div.cols data-cols="even" {
            (person(signed))
            (password_card(signed, faults))
        }
        (sessions_card(&sessions, signed, now))
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn person(signed: &Signed) -> Markup {
    let who = &signed.who;
    html! {
        section.card aria-labelledby="you" {
            header { h2 #you { (w::YOU) } }
            div.card-body.stack {
                dl.facts {
                    dt { (w::NAME) } dd { bdi { (who.teammate.display_name) } }
                    dt { (w::EMAIL) } dd { (who.teammate.email) }
                    dt { (w::ROLE) } dd { (who.role.title()) }
                }
                form.stack.tight method="post" action="/account/theme" {
                    fieldset.stack.tight {
                        legend.meta { (w::COLOURS) }
                        div.line-up {
                            @for (theme, word, name) in Theme::ALL {
                                label.choice { input type="radio" name="theme" value=(word) checked[theme == signed.theme]; (name) }
                            }
                        }
                    }
                    div.line-up { button.btn { (w::KEEP_THESE_COLOURS) } }
                }
            }
        }
    }
}

fn password_card(signed: &Signed, faults: Faults<'_>) -> Markup {
    let current = Line {
        name: "current",
        label: w::YOUR_PASSWORD_NOW,
        kind: "password",
        value: "",
        autocomplete: "current-password",
        purpose: "",
        is_focused: faults.of("current").is_some(),
    };
    html! {
        section.card aria-labelledby="password-head" {
            header { h2 #password-head { (w::CHANGE_YOUR_PASSWORD) } }
            form.card-body.stack method="post" action="/account/password" {
                (username(&signed.who.teammate.email))
                (current.show(faults))
                (new_password(w::NEW_PASSWORD, faults, faults.of("current").is_none() && faults.of("password").is_some()))
                div.line-up {
                    span.meta { (w::YOUR_OTHER_SESSIONS_END) }
                    button.btn.push data-kind="primary" { (w::CHANGE_THE_PASSWORD) }
                }
            }
        }
    }
}

fn sessions_card(sessions: &[SessionRow], signed: &Signed, now: Time) -> Markup {
    let own = signed.who.session.id;
    html! {
        section.card aria-labelledby="sessions" {
            header {
                h2 #sessions { (w::SESSIONS) }
                span.meta { (w::BROWSERS_IN_WHICH_YOU) }
                @if sessions.len() > 1 {
                    form.push method="post" action="/account/sessions/end" { button.btn.btn-small { (w::END_ALL_OTHERS) } }
                }
            }
            table.table role="table" aria-labelledby="sessions" {
                thead role="rowgroup" { tr role="row" {
                    @for name in [w::BROWSER, w::ADDRESS, w::BEGUN, w::LAST_USED] { th scope="col" role="columnheader" { (name) } }
                    th scope="col" role="columnheader" { span.hidden-text { (w::ACTIONS) } }
                } }
                tbody role="rowgroup" {
                    @for session in sessions {
                        tr role="row" {
                            td role="cell" data-label=(w::BROWSER) {
                                strong { (browser_of(&session.browser)) } " "
                                @if session.id == own { span.badge data-tone="accent" { (w::THIS_ONE) } }
                            }
                            td role="cell" data-label=(w::ADDRESS) { (session.address) }
                            td role="cell" data-label=(w::BEGUN) { (ago(session.created_at, now)) }
                            td role="cell" data-label=(w::LAST_USED) { (ago(session.seen_at, now)) }
                            td.end role="cell" data-label="" {
                                @if session.id != own {
                                    form method="post" action="/account/sessions/end" {
                                        input type="hidden" name="session" value=(session.id);
                                        button.btn.btn-small { (w::END) span.hidden-text { " " (browser_of(&session.browser)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Passwords {
    current: String,
    password: String,
}

pub async fn change_password(
    State(desk): State<Desk>,
    visitor: Visitor,
    signed: Signed,
    Sent(given): Sent<Passwords>,
) -> Shown {
    ensure_private(&visitor)?;
    if let Err(wait) = desk.doors.knock(visitor.address, &signed.who.teammate.email, desk.app.clock.monotonic()) {
        return Ok(super::login::too_often(wait.as_secs()));
    }
    match changed(&desk, &signed, given).await {
        Ok(()) => {
            desk.doors.forgive(visitor.address, &signed.who.teammate.email);
            Ok(Redirect::to(&done(ACCOUNT_PATH, "password")).into_response())
        }
        Err(error) if !error.faults.is_empty() => {
            shown(&desk, &signed, Page::new(Here::Account, YOUR_ACCOUNT), &error.faults).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn changed(desk: &Desk, signed: &Signed, given: Passwords) -> Result<(), Error> {
    let who = &signed.who;
    let (workspace, teammate, keep) = (who.workspace.id, who.teammate.id, who.session.id);
    let known = [who.teammate.display_name.as_str(), &who.teammate.email, &who.workspace.name];
    let password = Password::parse("password", &given.password, &known)?;
    let hash = desk.app.read(move |tx| Ok::<_, Error>(password_find(tx, workspace, teammate)?)).await?;
    if !desk.doors.check(given.current, hash).await? {
        return Err(Error::invalid("current", w::THIS_ISNT_YOUR_PASSWORD));
    }
    let hash = desk.doors.hash(password).await?;
    let set = move |write: &mut Write<'_, '_>| set_password(write, teammate, &hash, keep);
    desk.act(who, set).await
}

/// Which session to end; 0 for all others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    session: i64,
}

pub async fn end_sessions(State(desk): State<Desk>, signed: Signed, Sent(which): Sent<Which>) -> Shown {
    let (teammate, own, session) = (signed.who.teammate.id, signed.who.session.id, SessionId(which.session));
    let end = move |write: &mut Write<'_, '_>| match session {
        SessionId::NONE => Ok(sessions_end(write, teammate, own)?),
        one if one == own => Ok(()),
        one => Ok(session_end(write, teammate, one).map(drop)?),
    };
    desk.act(&signed.who, end).await?;
    let word = if session == SessionId::NONE { "sessions-ended" } else { "session-ended" };
    Ok(Redirect::to(&done(ACCOUNT_PATH, word)).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Colours {
    theme: String,
}

pub async fn choose_theme(signed: Signed, Sent(colours): Sent<Colours>) -> Response {
    let theme = Theme::parse(&colours.theme).unwrap_or(signed.theme).as_str();
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; SameSite=Lax; HttpOnly; Max-Age={THEME_KEPT_S}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(&done(ACCOUNT_PATH, "theme"))).into_response()
}
