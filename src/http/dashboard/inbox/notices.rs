//! How somebody wants to hear of news, for themselves.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use database::Snapshot;
use maud::html;
use serde::Deserialize;

use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::{Done, Here, NOTICES_PATH, Page, done, head};
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::notices as w;
use crate::inbox::habits::{Habits, habits_of, keep_habits};
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    notices: bool,
    sound: bool,
    quiet_from: String,
    quiet_to: String,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, told: Done) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let (workspace, me) = (signed.who.workspace.id, signed.who.teammate.id);
    let habits = desk.app.read(move |tx: &mut Snapshot<'_>| habits_of(tx, workspace, me)).await?;
    let content = html! {
        (head(w::NOTICES, w::HOW_YOU_HEAR_OF_MESSAGES, &html! {}))
        section.card {
            form.card-body.stack method="post" action=(NOTICES_PATH) {
                label.choice { input type="checkbox" name="notices" value="true" checked[habits.notices]; (w::SHOW_NOTICES_ON_THE_DESKTOP) }
                p.meta data-notice-permission { (w::YOUR_BROWSER_ASKS_ONCE_WHETHER) }
                button.btn type="button" data-allow-notices hidden { (w::ALLOW_NOTICES_IN_THIS_BROWSER) }
                label.choice { input type="checkbox" name="sound" value="true" checked[habits.sound]; (w::WITH_A_SOUND) }
                fieldset.fields {
                    legend { h2 { (w::QUIET_HOURS) } }
                    div.field { label for="quiet-from" { (w::FROM) } input #quiet-from type="time" name="quiet_from" value=(habits.quiet_from); }
                    div.field { label for="quiet-to" { (w::TO_WORD) } input #quiet-to type="time" name="quiet_to" value=(habits.quiet_to); }
                }
                p.meta { (w::BY_THE_CLOCK_OF_YOUR) }
                div { button.btn data-kind="primary" { (w::SAVE) } }
            }
        }
    };
    Ok(Page::new(Here::Notices, w::NOTICES).with(&told).show(&signed, &content))
}

pub async fn save(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let Given { notices, sound, quiet_from, quiet_to } = given;
    let (me, habits) = (signed.who.teammate.id, Habits { notices, sound, quiet_from, quiet_to });
    desk.act(&signed.who, move |write| keep_habits(write, me, &habits)).await?;
    Ok(Redirect::to(&done(NOTICES_PATH, "notices")).into_response())
}
