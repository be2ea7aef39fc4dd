//! Linking a number, live: the code that is shown now, the passkey in between, how it ended; and, for a sandbox number, what
//! the phone does.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use transport::Kind;

use super::actions::play_scene;
use super::qr::drawn;
use super::{AT_ONCE, Beside, CLOUD, Given, cloud};
use crate::accounts::link_sandbox;
use crate::accounts::linking::{
    Stage, Way, answer_passkey, begin_linking, begin_linking_again, cancel_linking, confirm_passkey,
};
use crate::accounts::manage::AccountName;
use crate::accounts::passkey::{SITE, for_console};
use crate::accounts::rehearse::{LINK_WORDS, Scene};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::{ACCOUNTS_PATH, Here, Page, done, head};
use crate::http::dashboard::live::watch::Watched;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::ACCOUNTS;
use crate::http::dashboard::words::accounts as w;
use crate::id::AccountId;
use crate::store::Write;
use crate::store::account_linkings::{LinkingRow, linking_find};
use crate::workspace::permissions::Right;

/// Without script the page asks again after so many seconds.
const LOOK_EVERY_S: u32 = 5;

/// What somebody says to a step.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    assertion: String,
    scene: String,
    way: String,
}

pub fn path_of(account: AccountId) -> String {
    format!("{ACCOUNTS_PATH}/linking/{account}")
}

pub async fn begin(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    match begun(&desk, &signed, &given).await {
        Ok(response) => Ok(response),
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { given, faults: &error.faults, ..Beside::default() };
            super::shown(&desk, &signed, Page::new(Here::Accounts, ACCOUNTS), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn begun(desk: &Desk, signed: &Signed, given: &Given) -> Result<Response, Error> {
    let (name, owner) = (AccountName::parse("name", &given.name)?, signed.who.teammate.id);
    if given.way == AT_ONCE {
        let work = move |write: &mut Write<'_, '_>| link_sandbox(write, name.as_str());
        desk.act(&signed.who, work).await?;
        return Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-added")).into_response());
    }
    if given.way == CLOUD {
        cloud::add_rehearsed(desk, signed, name.as_str()).await?;
        return Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-added")).into_response());
    }
    let way = Way::parse(&given.way).unwrap_or_default();
    let work = move |write: &mut Write<'_, '_>| begin_linking(write, &name, way, owner);
    let account = desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub async fn begin_again(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(said): Sent<Said>,
) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let (account, way) = (AccountId(id), Way::parse(&said.way).unwrap_or_default());
    let work = move |write: &mut Write<'_, '_>| begin_linking_again(write, account, way);
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub async fn answer(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(said): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let account = AccountId(id);
    let work = move |write: &mut Write<'_, '_>| answer_passkey(write, account, &said.assertion);
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub async fn confirm(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let account = AccountId(id);
    let work = move |write: &mut Write<'_, '_>| confirm_passkey(write, account);
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub async fn cancel(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let work = move |write: &mut Write<'_, '_>| cancel_linking(write, AccountId(id));
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "linking-cancelled")).into_response())
}

pub async fn play(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(said): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let unknown = || Error::invalid("scene", w::CHOOSE_ONE_OF_THE_BUTTONS);
    let scene = Scene::parse(&said.scene, None).filter(|scene| matches!(scene, Scene::Link(_))).ok_or_else(unknown)?;
    let account = AccountId(id);
    play_scene(&desk, &signed, account, scene).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub async fn show(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let (workspace, account, now) = (signed.who.workspace.id, AccountId(id), desk.app.clock.now());
    let look = move |tx: &mut database::Snapshot<'_>| {
        Ok::<_, Error>((linking_find(tx, workspace, account)?, Watched::Accounts.mark(tx, workspace)?))
    };
    let (found, live) = desk.app.read(look).await?;
    let missing = || Error::not_found(w::NO_ACCOUNT_IS_BEING);
    let row = found.ok_or_else(missing)?;
    let is_over = Stage::of(&row).is_over();
    let title = w::LINK_AN_ACCOUNT;
    let content = html! {
        (head(title, w::AS_A_PHONE_IS, &html! { a.btn href=(ACCOUNTS_PATH) { (icon("back")) (w::ALL_ACCOUNTS) } }))
        div.cols {
            section.card aria-labelledby="link-title" data-stream=[(!is_over).then(|| Watched::Accounts.address(&live))] {
                header { h2 #link-title { bdi { (row.name) } } span.meta.push.num { @if row.phone.is_empty() { (w::ITS_NUMBER_COMES_FROM_THE_PHONE) } @else { (row.phone) } } }
                div.card-body data-live="linking" data-mark=(mark(&row)) { (step(&row, now)) }
                @if !is_over {
                    footer data-live="cancel" data-mark="" { form.push method="post" action={ (path_of(account)) "/cancel" } { button.btn.btn-small { (w::CANCEL) } } }
                }
            }
            @if row.transport == Kind::Sandbox { (rehearsal(&row)) }
        }
    };
    let refresh_s = matches!(Stage::of(&row), Stage::Starting | Stage::Qr | Stage::Code).then_some(LOOK_EVERY_S);
    Ok(Page { is_live: true, refresh_s, ..Page::new(Here::Accounts, title) }.show(&signed, &content))
}

/// What changes when there is something else to show.
fn mark(row: &LinkingRow) -> String {
    let answered = if row.answer.is_empty() { "" } else { "answered" };
    format!("{}/{}/{}/{answered}", row.stage, row.round, row.until.ms())
}

fn step(row: &LinkingRow, now: Time) -> Markup {
    match Stage::of(row) {
        Stage::Starting => {
            html! { p.banner data-tone="info" role="status" { (icon("clock")) span { (w::ASKING_FOR_A_CODE) } } }
        }
        Stage::Qr => html! {
            div.side-by-side {
                div.stack.tight {
                    (drawn(&row.shown, w::LINKING_CODE_TO_BE))
                    p.meta.num role="status" {
                        (w::code_of_good_for(&row.round, &row.rounds, &left(row, now)))
                    }
                }
                (instructions(w::POINT_THE_CAMERA_AT, Stage::Qr))
            }
        },
        Stage::Code => html! {
            div.side-by-side {
                div.stack.tight {
                    p.pairing.num { (row.shown) }
                    p.meta.num role="status" { (w::good_for(&left(row, now))) }
                }
                (instructions(w::LINK_WITH_PHONE_NUMBER, Stage::Code))
            }
        },
        Stage::Passkey if row.answer.is_empty() => passkey(row, now),
        Stage::Confirm if row.answer.is_empty() => comparing(row, now),
        Stage::Passkey | Stage::Confirm => {
            html! { p.banner data-tone="info" role="status" { (icon("clock")) span { (w::HANDED_IN_WAITING_FOR) } } }
        }
        Stage::Linked => html! {
            div.stack {
                p.banner data-tone="success" role="status" { (icon("check")) p { strong { (w::LINKED_2) } " " span.num { (row.phone) } (w::SENDS_AND_RECEIVES_NOW) } }
                div.line-up { a.btn data-kind="primary" href=(ACCOUNTS_PATH) { (w::SEE_ALL_ACCOUNTS) } }
            }
        },
        Stage::Ended => html! {
            div.stack {
                p.banner data-tone="danger" role="status" { (icon("alert")) p { strong { (w::NOT_LINKED) } (w::nothing_was_changed_begin(&row.reason)) } }
                div.line-up { a.btn data-kind="primary" href={ (ACCOUNTS_PATH) "#add" } { (w::BEGIN_AGAIN) } }
            }
        },
    }
}

/// Counted down by the script; without one it stands still until the page comes anew.
fn left(row: &LinkingRow, now: Time) -> Markup {
    let seconds = row.until.since(now).as_secs();
    html! { span data-left=(seconds) { (seconds) } (w::S) }
}

fn instructions(last: &str, stage: Stage) -> Markup {
    let about = if stage == Stage::Qr { w::THE_CODE_CHANGES_BY } else { w::LETTERS_AND_DIGITS_WITHOUT };
    html! {
        ol.rail {
            li data-tone="accent" data-done { strong { (w::OPEN_WHATSAPP_ON_THE) } span.muted { (w::THE_ONE_WHOSE_NUMBER) } }
            li data-tone="accent" data-done { strong { (w::LINKED_DEVICES_THEN_LINK) } span.muted { (w::UNDER_SETTINGS_OR_THE) } }
            li data-tone="accent" { strong { (last) } span.muted { (about) } }
            li { strong { (w::CONFIRM_WITH_THE_PASSKEY) } span.muted { (w::ONLY_IF_WHATSAPP_ASKS) } }
        }
    }
}

fn passkey(row: &LinkingRow, now: Time) -> Markup {
    html! {
        div.stack {
            p.banner data-tone="warning" role="status" {
                (icon("key"))
                p { strong { (w::WHATSAPP_ASKS_FOR_THE) } (w::answer_within_a_server(&left(row, now))) }
            }
            @if row.transport != Kind::Sandbox { (by_browser(row)) }
            div.field {
                label for="request" { (w::THE_REQUEST_FOR_THE) }
                textarea.mono #request rows="4" readonly { (row.shown) }
            }
            form.stack.tight method="post" action={ (path_of(row.account)) "/passkey" } {
                div.field {
                    label for="assertion" { (w::ITS_ANSWER) }
                    textarea.mono #assertion name="assertion" rows="4" required spellcheck="false" aria-describedby="assertion-about" {
                        @if row.transport == Kind::Sandbox { (w::ID_REHEARSAL_RESPONSE) }
                    }
                    p.meta #assertion-about {
                        @if row.transport == Kind::Sandbox { (w::THE_SANDBOX_TAKES_ANY) }
                        @else { (w::THE_WHOLE_JSON_OBJECT) }
                    }
                }
                div.line-up { button.btn.push data-kind="primary" { (w::HAND_IT_IN) } }
            }
        }
    }
}

/// How a browser on WhatsApp's own site answers.
fn by_browser(row: &LinkingRow) -> Markup {
    html! {
        ol.rail {
            li { strong { (w::OPEN_ITS_SITE) a href=(SITE) target="_blank" rel="noreferrer noopener" { (SITE) } } span.muted { (w::ONE_THAT_HAS_THE_PASSKEY) } }
            li { strong { (w::PASTE_INTO_THE_CONSOLE) } span.muted { (w::IT_ASKS_AND_COPIES) } }
            li { strong { (w::PASTE_THE_ANSWER_BELOW) } span.muted { (w::IT_IS_GOOD_ONCE) } }
        }
        @if let Some(line) = for_console(&row.shown) {
            div.field {
                label for="console" { (w::FOR_THE_CONSOLE) }
                textarea.mono #console rows="4" readonly spellcheck="false" { (line) }
            }
        }
    }
}

fn comparing(row: &LinkingRow, now: Time) -> Markup {
    html! {
        div.stack {
            p { (w::DOES_THE_PHONE_SHOW) span.meta { (w::good_for(&left(row, now))) } }
            p.pairing.num { (row.shown) }
            div.line-up {
                form method="post" action={ (path_of(row.account)) "/confirm" } { button.btn data-kind="primary" { (icon("check")) (w::IT_IS_THE_SAME) } }
                form method="post" action={ (path_of(row.account)) "/cancel" } { button.btn.danger { (w::IT_IS_ANOTHER) } }
            }
        }
    }
}

/// The other side of a rehearsal.
fn rehearsal(row: &LinkingRow) -> Markup {
    const LABELS: [&str; 4] = [w::TAKE_THE_CODE, w::TAKE_IT_WITH_A, w::REFUSE, w::LET_THE_CODES_RUN];
    let may_play = matches!(Stage::of(row), Stage::Qr | Stage::Code);
    html! {
        section.card aria-labelledby="phone-title" {
            header { h2 #phone-title { (w::THE_PHONE) } span.badge.push data-tone="info" { (w::REHEARSAL) } }
            div.card-body.stack data-live="phone" data-mark=(may_play) {
                p.small.muted { (w::THIS_IS_A_SANDBOX) }
                @if may_play {
                    form.stack.tight method="post" action={ (path_of(row.account)) "/play" } {
                        @for (word, label) in LINK_WORDS.iter().zip(LABELS) {
                            button.btn name="scene" value=(word) { (label) }
                        }
                    }
                } @else { p.small { (w::THERE_IS_NOTHING_TO) } }
            }
        }
    }
}
