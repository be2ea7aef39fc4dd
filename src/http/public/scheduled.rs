//! Scheduled messages: which wait for their time, and cancelling one. They are scheduled where messages are sent.

use axum::extract::Path;
use axum::response::Response;
use utoipa::IntoParams;

use crate::http::call::{Call, Done};
use crate::http::fields::Fields;
use crate::http::public::chat_messages::MessagePage;
use crate::http::public::messages::parse_uid;
use crate::http::public::pages::{PAGE_ROWS, cut, read_page};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Nothing, Ok as OkBody, Viewer, zone_of};
use crate::id::ChatId;
use crate::inbox::reach::{reached_accounts, reached_chat};
use crate::inbox::schedule::cancel_scheduled;
use crate::store::message_pages::message_views;
use crate::store::scheduled::scheduled_list;

/// Which to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ScheduledQuery {
    /// Of this chat only.
    chat_id: Option<i64>,
    /// From 1; a page behind the last is empty.
    page: Option<i64>,
}

/// List scheduled messages
///
/// Partyline's own. Those that wait for their time, the soonest first; 50 to a page. `scheduled_timestamp` in a message's
/// `data` says when it goes.
#[utoipa::path(
    get, path = "/messages/scheduled", tag = "Messages", operation_id = "list_scheduled_messages",
    params(ScheduledQuery),
    responses(
        (status = 200, description = "A page of messages", body = OkBody<MessagePage>), Refusals,
    ),
)]
pub async fn list_scheduled(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_query));
    let app = call.app().clone();
    call.read(request, move |tx, caller, (chat, page)| {
        let workspace = caller.workspace;
        let zone = zone_of(tx, workspace)?;
        if let Some(chat) = chat {
            reached_chat(tx, caller, *chat)?;
        }
        let accounts = reached_accounts(tx, caller)?;
        let mut uids =
            scheduled_list(tx, workspace, *chat, accounts.as_deref(), PAGE_ROWS + 1, (page - 1) * PAGE_ROWS)?;
        let has_more_pages = cut(&mut uids, PAGE_ROWS);
        let views = message_views(tx, workspace, &uids)?;
        let messages = Viewer::new(&app, workspace, &zone).messages_with_contacts(tx, &views)?;
        Ok(MessagePage { has_more_pages, messages })
    })
    .await
}

/// Cancel a scheduled message
///
/// Partyline's own. It never goes, its status becomes Failed and its credits are given back. 404 for one that has gone already.
#[utoipa::path(
    delete, path = "/messages/scheduled/{scheduled_uid}", tag = "Messages", operation_id = "cancel_scheduled_message",
    params(("scheduled_uid" = String, Path, description = "As `message_uid` when it was scheduled")),
    responses(
        (status = 200, description = "Cancelled", body = OkBody<Nothing>), Refusals,
    ),
)]
pub async fn cancel_message(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    call.write(request, |write, caller, uid| {
        cancel_scheduled(write, caller, *uid)?;
        Ok(Done::with(Nothing {}))
    })
    .await
}

fn read_query(fields: &mut Fields) -> Option<(Option<ChatId>, i64)> {
    let chat = fields.integer("chat_id");
    if let Some(number) = chat.filter(|number| *number < 1) {
        fields.fault("chat_id", format!("chat_id is {number}; it must be a number from 1 on"));
    }
    Some((chat.map(ChatId), read_page(fields)))
}
