//! Read and typing marks: what a contact sees of us beside messages.

use axum::extract::Path;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::chats::parse_chat_id;
use crate::http::public::refusals::{BodyRefusals, Refusals, SendRefusals};
use crate::http::public::view::{Nothing, Ok as OkBody};
use crate::inbox::marks::{Typing, mark_read, mark_typing};

/// Who does what.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct TypingBody {
    #[schema(inline)]
    state: TypingState,
}

/// `typing`, `recording` a voice message, or `paused`, which takes it away.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum TypingState {
    Typing,
    Recording,
    Paused,
}

/// Mark a chat as read for its contact
///
/// Partyline's own. As `read` of `PATCH /chats/{chat_id}` does, and the contact sees the blue ticks as well: for the messages
/// that were unread, at most 100, or else for the last one. Free.
#[utoipa::path(
    post, path = "/chats/{chat_id}/read", tag = "Chats", operation_id = "mark_chat_read",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<Nothing>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn mark_chat_read(mut call: Call, Path(id): Path<String>) -> Response {
    let app = call.app().clone();
    let up_to = app.ids.message_uid(app.clock.now());
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_chat_id(&id));
    call.write(request, move |write, caller, chat| {
        let account = mark_read(write, caller, *chat, up_to)?;
        write.tx.wake(&app.mark_bells.of((caller.workspace, account)));
        Ok(Done::with(Nothing {}))
    })
    .await
}

/// Show a contact that somebody writes
///
/// Partyline's own. WhatsApp shows it for about 25 seconds, or until a message comes; tell it again to keep it up. It is told
/// within 10 seconds or not at all. Free.
#[utoipa::path(
    post, path = "/chats/{chat_id}/typing", tag = "Chats", operation_id = "mark_chat_typing", request_body = TypingBody,
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<Nothing>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn mark_chat_typing(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let app = call.app().clone();
    let request = call.may_send().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        Ok((chat, call.body(body, read_typing)?))
    });
    call.write(request, move |write, caller, (chat, typing)| {
        let account = mark_typing(write, caller, *chat, *typing)?;
        write.tx.wake(&app.mark_bells.of((caller.workspace, account)));
        Ok(Done::with(Nothing {}))
    })
    .await
}

fn read_typing(fields: &mut Fields) -> Option<Typing> {
    let given = fields.text("state");
    let state = given.as_deref().and_then(Typing::parse);
    if state.is_none() && !fields.has_fault("state") {
        let shown: String = given.unwrap_or_default().chars().take(64).collect();
        fields.fault("state", format!("state is \"{shown}\"; it must be typing, recording or paused"));
    }
    state
}
