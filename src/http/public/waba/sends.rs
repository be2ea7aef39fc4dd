//! Sending from official accounts: to a phone, or to a chat; as JSON, or as a form with a file.

use axum::extract::Path;
use axum::response::Response;

use crate::app::App;
use crate::error::Error;
use crate::http::call::{Call, Done};
use crate::http::multipart::EitherBody;
use crate::http::public::chats::parse_chat_id;
use crate::http::public::messages::unknown_message;
use crate::http::public::refusals::Refusals;
use crate::http::public::send_body::NewIds;
use crate::http::public::view::{Message, Ok as OkBody, Viewer};
use crate::http::public::waba::WabaRefusals;
use crate::http::public::waba::form::{FormSend, OfficialMessageForm, take_in};
use crate::http::public::waba::send_body::{NewOfficialMessage, read_to_chat, read_to_phone};
use crate::id::{ChatId, MessageUid};
use crate::inbox::content::Recipient;
use crate::inbox::waba::{WabaSend, queue_waba_message, reached_waba_message};
use crate::store::Write;
use crate::store::files::file_insert;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::stored_zone;

/// Send a message from an official account
///
/// Answers with the message once it is accepted and durable; follow its status. Costs as `POST /messages` does. A contact who
/// hasn't written for 24 hours gets nothing but templates (409 `service_window_closed`).
#[utoipa::path(
    post, path = "/waba/messages", tag = "Official accounts", operation_id = "send_waba_message",
    request_body(content(
        (NewOfficialMessage = "application/json"),
        (OfficialMessageForm = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "Accepted", body = OkBody<Message>), Refusals, WabaRefusals,
    ),
)]
pub async fn send_waba_message(call: Call, body: EitherBody) -> Response {
    send(call, Ok(None), body).await
}

/// Send a message to a chat on an official account
///
/// From the chat's own account. Otherwise as `POST /waba/messages`.
#[utoipa::path(
    post, path = "/waba/chats/{chat_id}/messages", tag = "Official accounts", operation_id = "send_waba_chat_message",
    request_body(content(
        (NewOfficialMessage = "application/json"),
        (OfficialMessageForm = "multipart/form-data"),
    )),
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<Message>), Refusals, WabaRefusals,
    ),
)]
pub async fn send_waba_chat_message(call: Call, Path(id): Path<String>, body: EitherBody) -> Response {
    send(call, parse_chat_id(&id).map(Some), body).await
}

async fn send(mut call: Call, chat: Result<Option<ChatId>, Error>, body: EitherBody) -> Response {
    let app = call.app().clone();
    let chat = call.may_send().and(chat);
    match body {
        EitherBody::Json(body) => {
            let ids = NewIds::draw(&app);
            let request = chat.and_then(|chat| {
                call.body(body, |fields| match chat {
                    Some(chat) => read_to_chat(fields, ids, Recipient::Chat(chat)),
                    None => read_to_phone(fields, ids),
                })
            });
            call.write(request, move |write, caller, send| accept(write, caller, &app, send)).await
        }
        EitherBody::Form(body) => {
            let request = chat.map(|chat| (call.caller().clone(), chat, body));
            let own = app.clone();
            let take_in = |(caller, chat, body)| async move { take_in(&own, caller, chat, body).await };
            let work = move |write: &mut Write<'_, '_>, caller: &Caller, form: &FormSend| {
                let uid = queue_waba_message(write, caller, &form.send)?;
                file_insert(write, &form.file)?;
                shown(write, caller, &app, uid)
            };
            call.write_after_stream(request, take_in, work).await
        }
    }
}

fn accept(write: &mut Write<'_, '_>, caller: &Caller, app: &App, send: &WabaSend) -> Result<Done<Message>, Error> {
    let uid = queue_waba_message(write, caller, send)?;
    shown(write, caller, app, uid)
}

/// The message as it was just accepted.
fn shown(write: &mut Write<'_, '_>, caller: &Caller, app: &App, uid: MessageUid) -> Result<Done<Message>, Error> {
    write.tx.run_later()?;
    let zone = stored_zone(&write.workspace.zone);
    let view = reached_waba_message(write.tx, caller, uid)?.ok_or_else(unknown_message)?;
    let data = Viewer::new(app, caller.workspace, &zone).one(write.tx, &view)?;
    Ok(Done { data, message: Some(uid) })
}
