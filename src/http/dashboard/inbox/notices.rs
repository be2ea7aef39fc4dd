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
        (head("Notices", "How you hear of messages in your chats and in those of nobody, and of notes that name you. For you alone.", &html! {}))
        section.card {
            form.card-body.stack method="post" action=(NOTICES_PATH) {
                label.choice { input type="checkbox" name="notices" value="true" checked[habits.notices]; "Show notices on the desktop" }
                p.meta data-notice-permission { "Your browser asks once whether this page may. The chat in view is silent, and of several tabs one speaks." }
                button.btn type="button" data-allow-notices hidden { "Allow notices in this browser" }
                label.choice { input type="checkbox" name="sound" value="true" checked[habits.sound]; "With a sound" }
                fieldset.fields {
                    legend { h2 { "Quiet hours" } }
                    div.field { label for="quiet-from" { "From" } input #quiet-from type="time" name="quiet_from" value=(habits.quiet_from); }
                    div.field { label for="quiet-to" { "To" } input #quiet-to type="time" name="quiet_to" value=(habits.quiet_to); }
                }
                p.meta { "By the clock of your own machine. Without hours there is no quiet." }
                div { button.btn data-kind="primary" { "Save" } }
            }
        }
    };
    Ok(Page::new(Here::Notices, "Notices").with(&told).show(&signed, &content))
}

pub async fn save(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let Given { notices, sound, quiet_from, quiet_to } = given;
    let (me, habits) = (signed.who.teammate.id, Habits { notices, sound, quiet_from, quiet_to });
    desk.act(&signed.who, move |write| keep_habits(write, me, &habits)).await?;
    Ok(Redirect::to(&done(NOTICES_PATH, "notices")).into_response())
}
