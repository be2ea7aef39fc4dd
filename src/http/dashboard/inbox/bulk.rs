//! What is done to ticked chats at once, and the way back from whatever was done last.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::INBOX_PATH;
use super::actions::{after_deed, back_to};
use super::narrow::VIEW_NAME_CHARS_MAX;
use super::scene::List;
use super::view::Wish;
use super::when::until_of;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::inbox as w;
use crate::id::{ChatId, TeammateId};
use crate::inbox::deeds::{Deed, Undoable, do_deed, undo};
use crate::inbox::values::{LABEL_CHARS_MAX, LabelName};
use crate::store::inbox_desk::{saved_view_delete, saved_view_insert, saved_view_list};
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

/// Views that a teammate may save.
pub const VIEWS_MAX: i64 = 20;
const QUERY_BYTES_MAX: usize = 1_000;
/// How long the way back is offered. The server takes it a little longer, for a click on its way.
const OFFERED_S: u64 = 10;

/// Fields of the form by their names; `chat` comes once for each.
type Pairs = Vec<(String, String)>;

pub async fn bulk(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Pairs>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let one = |name: &str| given.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1.as_str());
    let ticked = given.iter().filter(|pair| pair.0 == "chat");
    let chats: BTreeSet<ChatId> = ticked.filter_map(|pair| pair.1.parse().ok()).map(ChatId).collect();
    let zone = stored_zone(&signed.who.workspace.zone);
    let deed = match one("deed") {
        "close" => Deed::Close,
        "reopen" => Deed::Reopen,
        "assign" => Deed::Assign(TeammateId(one("responsible").parse().unwrap_or(TeammateId::NOBODY.0))),
        "label" => Deed::Label(LabelName::parse("label", one("label"))?),
        "snooze" => Deed::Snooze(until_of(one("until"), "", desk.app.clock.now(), &zone)?),
        _ => return Err(Error::invalid("deed", w::SAY_WHAT_TO_DO_WITH).into()),
    };
    let me = signed.who.teammate.id;
    let id = desk.act(&signed.who, move |write| do_deed(write, me, &chats, &deed)).await?;
    Ok(after_deed(one("back"), None, id))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Back {
    back: String,
    id: i64,
}

pub async fn take_back(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Back>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let me = signed.who.teammate.id;
    if !desk.act(&signed.who, move |write| undo(write, me, given.id)).await? {
        return Err(Error::invalid("id", w::IT_IS_TOO_LATE_TO).into());
    }
    Ok(back_to(&given.back, None))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Kept {
    name: String,
    query: String,
}

pub async fn save_view(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Kept>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let name = given.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > VIEW_NAME_CHARS_MAX || name.contains('\0') {
        return Err(Error::invalid("name", w::name_of_a_view(VIEW_NAME_CHARS_MAX)).into());
    }
    // Only what an address of ours would say is kept.
    let place: Option<Uri> =
        format!("{INBOX_PATH}?{}", given.query).parse().ok().filter(|_| given.query.len() <= QUERY_BYTES_MAX);
    let query = place.map(|place| Wish::read(&place).query()).unwrap_or_default();
    if query.is_empty() {
        return Err(Error::invalid("query", w::THERE_IS_NOTHING_TO_KEEP).into());
    }
    let (me, kept) = (signed.who.teammate.id, query.clone());
    desk.act(&signed.who, move |write| {
        let known = saved_view_list(write.tx, write.workspace.id, me, VIEWS_MAX)?;
        if i64::try_from(known.len()).is_ok_and(|known| known >= VIEWS_MAX) {
            return Err(Error::invalid("name", w::many_views(VIEWS_MAX)));
        }
        Ok(saved_view_insert(write, me, &name, &kept)?)
    })
    .await?;
    Ok(Redirect::to(&format!("{INBOX_PATH}?{query}")).into_response())
}

pub async fn forget_view(
    State(desk): State<Desk>,
    signed: Signed,
    Path(view): Path<i64>,
    Sent(_): Sent<Kept>,
) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let me = signed.who.teammate.id;
    desk.act(&signed.who, move |write| Ok(saved_view_delete(write, me, view)?)).await?;
    Ok(Redirect::to(INBOX_PATH).into_response())
}

/// What can be done with ticked chats; it shows once one is.
pub fn bar(wish: &Wish, list: &List) -> Markup {
    html! {
        form.bulk #bulk method="post" action={ (INBOX_PATH) "/bulk" } aria-label=(w::TICKED_CHATS) {
            input type="hidden" name="back" value=(wish.address(None));
            button.btn.btn-small name="deed" value=(if wish.is_closed() { "reopen" } else { "close" }) { @if wish.is_closed() { (w::OPEN_AGAIN) } @else { (w::CLOSE) } }
            span.line-up {
                select.small-field name="responsible" aria-label=(w::RESPONSIBLE) {
                    option value="0" { (w::NOBODY) }
                    @for teammate in list.teammates.iter().filter(|teammate| teammate.status == "active") { option value=(teammate.id) { (teammate.display_name) } }
                }
                button.btn.btn-small name="deed" value="assign" { (w::ASSIGN) }
            }
            span.line-up {
                input.small-field name="label" dir="auto" maxlength=(LABEL_CHARS_MAX) aria-label=(w::LABEL) placeholder=(w::LABEL) autocomplete="off";
                button.btn.btn-small name="deed" value="label" { (w::LABEL) }
            }
            span.line-up {
                select.small-field name="until" aria-label=(w::UNTIL_WHEN) {
                    option value="tomorrow" { (w::UNTIL_TOMORROW) }
                    option value="monday" { (w::UNTIL_MONDAY) }
                    option value="hour" { (w::FOR_AN_HOUR) }
                    option value="never" { (w::NOT_ANY_MORE) }
                }
                button.btn.btn-small name="deed" value="snooze" { (w::SNOOZE) }
            }
        }
    }
}

/// What was just done, and the way back.
pub fn toast(wish: &Wish, open: Option<ChatId>, undoable: &Undoable) -> Markup {
    let chats = undoable.chats;
    html! {
        div.toasts role="status" {
            form.toast method="post" action={ (INBOX_PATH) "/undo" } data-lives=(OFFERED_S.min(undoable.left.as_secs())) {
                input type="hidden" name="back" value=(wish.address(open));
                input type="hidden" name="id" value=(undoable.id);
                (w::done(chats, &undoable.done))
                button data-key="z" { (w::UNDO) }
            }
        }
    }
}
