//! Notes in a chat.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::chats::parse_chat_id;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::Ok as OkBody;
use crate::inbox::notes::{NewNote, add_note};
use crate::inbox::values::NoteText;

/// A note.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NoteBody {
    #[schema(max_length = 10000, example = "Wants the blue one")]
    text: String,
    /// Kept with the note, as `is_private` in its `data`.
    #[schema(required = false, nullable = false, default = true)]
    is_private: Option<bool>,
}

/// Add a note to a chat
///
/// For teammates: it stands among the chat's messages with `message_type` note and is never sent. Free. As JSON, or as plain
/// text, which makes a private note.
#[utoipa::path(
    post, path = "/chats/{chat_id}/notes", tag = "Chats", operation_id = "add_note",
    request_body(content((NoteBody = "application/json"), (String = "text/plain"))),
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Kept", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals,
    ),
)]
pub async fn create_note(mut call: Call, Path(id): Path<String>, headers: HeaderMap, body: RawBody) -> Response {
    let (app, at) = (call.app().clone(), call.app().clock.now());
    let request = call.may_send().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        let (text, is_private) = if is_plain_text(&headers) {
            (read_plain_note(&call.bytes(body)?)?, true)
        } else {
            call.body(body, read_note)?
        };
        Ok(NewNote { uid: app.ids.message_uid(at), chat, text, is_private })
    });
    call.write(request, |write, caller, note| {
        let uid = add_note(write, caller, note)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}

fn read_note(fields: &mut Fields) -> Option<(NoteText, bool)> {
    let text = fields.parsed("text", |given| NoteText::parse("text", given));
    if text.is_none() && !fields.has_fault("text") {
        fields.fault("text", "text is missing; give the note's text".into());
    }
    let is_private = fields.boolean("is_private").unwrap_or(true);
    Some((text?, is_private))
}

fn read_plain_note(body: &[u8]) -> Result<NoteText, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::invalid("body", "The body must be text in UTF-8"))?;
    NoteText::parse("body", text)
}

fn is_plain_text(headers: &HeaderMap) -> bool {
    let given = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/plain"))
}
