//! Notes in a chat.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::chat_messages::MessagePage;
use crate::http::public::chats::parse_chat_id;
use crate::http::public::pages::{PAGE_ROWS, cut, read_page};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::{Message, Nothing, Ok as OkBody, Viewer, zone_of};
use crate::id::{ChatId, MessageUid};
use crate::inbox::notes::{NewNote, add_note, delete_note, note_find, unknown_note};
use crate::inbox::reach::{ensure_chat_in_reach, reached_chat};
use crate::inbox::values::NoteText;
use crate::store::message_pages::message_views;
use crate::store::notes::note_list;

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

/// The notes of a chat to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NotesQuery {
    /// From 1; a page behind the last is empty.
    page: Option<i64>,
}

/// Read a chat's notes
///
/// Partyline's own. The newest first; 50 to a page.
#[utoipa::path(
    get, path = "/chats/{chat_id}/notes", tag = "Chats", operation_id = "list_notes",
    params(("chat_id" = i64, Path, description = "The chat's number"), NotesQuery),
    responses(
        (status = 200, description = "A page of notes", body = OkBody<MessagePage>), Refusals,
    ),
)]
pub async fn list_notes(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        call.query(|fields| Some((chat, read_page(fields))))
    });
    let app = call.app().clone();
    call.read(request, move |tx, caller, (chat, page)| {
        let workspace = caller.workspace;
        let zone = zone_of(tx, workspace)?;
        reached_chat(tx, caller, *chat)?;
        let mut uids = note_list(tx, workspace, *chat, PAGE_ROWS + 1, (page - 1) * PAGE_ROWS)?;
        let has_more_pages = cut(&mut uids, PAGE_ROWS);
        let views = message_views(tx, workspace, &uids)?;
        let messages = Viewer::new(&app, workspace, &zone).messages_with_contacts(tx, &views)?;
        Ok(MessagePage { has_more_pages, messages })
    })
    .await
}

/// Read a note
///
/// Partyline's own.
#[utoipa::path(
    get, path = "/chats/{chat_id}/notes/{note_uid}", tag = "Chats", operation_id = "get_note",
    params(
        ("chat_id" = i64, Path, description = "The chat's number"),
        ("note_uid" = String, Path, description = "As `message_uid` when it was added"),
    ),
    responses(
        (status = 200, description = "The note", body = OkBody<Message>), Refusals,
    ),
)]
pub async fn get_note(mut call: Call, Path((id, uid)): Path<(String, String)>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_note(&id, &uid));
    let app = call.app().clone();
    call.read(request, move |tx, caller, (chat, note)| {
        let zone = zone_of(tx, caller.workspace)?;
        ensure_chat_in_reach(tx, caller, *chat)?;
        let view = note_find(tx, caller.workspace, *chat, *note)?;
        Viewer::new(&app, caller.workspace, &zone).one(tx, &view)
    })
    .await
}

/// Delete a note
///
/// Partyline's own. For good; nobody but your team ever had it.
#[utoipa::path(
    delete, path = "/chats/{chat_id}/notes/{note_uid}", tag = "Chats", operation_id = "delete_note",
    params(
        ("chat_id" = i64, Path, description = "The chat's number"),
        ("note_uid" = String, Path, description = "As `message_uid` when it was added"),
    ),
    responses(
        (status = 200, description = "Deleted", body = OkBody<Nothing>), Refusals,
    ),
)]
pub async fn remove_note(mut call: Call, Path((id, uid)): Path<(String, String)>) -> Response {
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_note(&id, &uid));
    call.write(request, |write, caller, (chat, note)| {
        ensure_chat_in_reach(write.tx, caller, *chat)?;
        delete_note(write, *chat, *note)?;
        Ok(Done::with(Nothing {}))
    })
    .await
}

fn parse_note(chat: &str, note: &str) -> Result<(ChatId, MessageUid), Error> {
    let chat = parse_chat_id(chat)?;
    Ok((chat, Uuid::try_parse(note).map(MessageUid).map_err(|_| unknown_note())?))
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
