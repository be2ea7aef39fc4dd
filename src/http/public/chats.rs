//! Chats: list them, read one, change one.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::{Fields, quoted};
use crate::http::public::chat_query::{ChatQuery, ListChats, read_list_chats};
use crate::http::public::chat_view::{Chat, Scene};
use crate::http::public::pages::{PAGE_ROWS, cut};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::id::ChatId;
use crate::inbox::chat::unknown_chat;
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::reach::{ensure_chat_in_reach, reached_chat};
use crate::inbox::values::ChatName;
use crate::store::chat_lists::{chat_list, chat_rows};
use crate::store::chats::ChatRow;
use crate::workspace::tokens::Caller;

/// Longer than any email.
const EMAIL_CHARS_MAX: usize = 320;

/// What to change of a chat. What is left out or null stays as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ChatPatch {
    /// Unique in the workspace; a name that another chat bears is refused.
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// The email of the teammate who answers for the chat; empty for nobody.
    #[schema(nullable = false)]
    responsible: Option<String>,
    #[schema(nullable = false)]
    closed: Option<bool>,
    /// true: nothing in it is unread any more; false: it shows as unread.
    #[schema(nullable = false)]
    read: Option<bool>,
    #[schema(nullable = false)]
    chatgpt_autoresponse_enabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct ChatPage {
    pub has_more_pages: bool,
    pub chats: Vec<Chat>,
}

/// List chats
///
/// Newest message first, then by name; 50 to a page. Filters narrow together; several values in one filter widen it.
#[utoipa::path(
    get, path = "/chats", tag = "Chats", operation_id = "list_chats", params(ChatQuery),
    responses(
        (status = 200, description = "A page of chats", body = OkBody<ChatPage>), Refusals,
    ),
)]
pub async fn list_chats(call: Call) -> Response {
    list(call).await
}

/// List chats, version 2
///
/// The same list as `GET /chats`.
#[utoipa::path(
    get, path = "/v2/chats", tag = "Chats", operation_id = "list_chats_v2", params(ChatQuery),
    responses(
        (status = 200, description = "A page of chats", body = OkBody<ChatPage>), Refusals,
    ),
)]
pub async fn list_chats_v2(call: Call) -> Response {
    list(call).await
}

async fn list(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_list_chats));
    let app = call.app().clone();
    call.read(request, move |tx, caller, request| page(tx, caller, &app, request)).await
}

fn page(tx: &mut impl Read, caller: &Caller, app: &App, request: &ListChats) -> Result<ChatPage, Error> {
    let scene = Scene::read(tx, caller.workspace, app)?;
    let (has_more_pages, rows) = listed(tx, caller, &scene, request)?;
    Ok(ChatPage { has_more_pages, chats: scene.chats(tx, &rows, request.with_message)? })
}

/// A page's chats, and whether there are more behind it.
pub(super) fn listed(
    tx: &mut impl Read,
    caller: &Caller,
    scene: &Scene<'_>,
    request: &ListChats,
) -> Result<(bool, Vec<ChatRow>), Error> {
    let Some((filter, from)) = request.resolve(tx, caller, scene)? else { return Ok((false, Vec::new())) };
    let mut keys = chat_list(tx, caller.workspace, &filter, &from, PAGE_ROWS + 1)?;
    let has_more_pages = cut(&mut keys, PAGE_ROWS);
    let chats: Vec<ChatId> = keys.iter().map(|key| key.chat).collect();
    Ok((has_more_pages, chat_rows(tx, caller.workspace, &chats)?))
}

/// Read a chat
#[utoipa::path(
    get, path = "/chats/{chat_id}", tag = "Chats", operation_id = "get_chat",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "The chat", body = OkBody<Chat>), Refusals,
    ),
)]
pub async fn get_chat(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_chat_id(&id));
    let app = call.app().clone();
    call.read(request, move |tx, caller, chat| one(tx, caller, &app, *chat)).await
}

/// Change a chat
///
/// Its name, who answers for it, whether it is closed, read, answered automatically. All at once or nothing.
#[utoipa::path(
    patch, path = "/chats/{chat_id}", tag = "Chats", operation_id = "update_chat",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = ChatPatch,
    responses(
        (status = 200, description = "The chat as it is now", body = OkBody<Chat>), Refusals, BodyRefusals,
    ),
)]
pub async fn update_chat(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        call.body(body, read_change).map(|change| (chat, change))
    });
    let app = call.app().clone();
    call.write(request, move |write, caller, (chat, change)| {
        ensure_chat_in_reach(write.tx, caller, *chat)?;
        change_chat(write, *chat, change)?;
        Ok(Done { data: one(write.tx, caller, &app, *chat)?, message: None })
    })
    .await
}

fn one(tx: &mut impl Read, caller: &Caller, app: &App, chat: ChatId) -> Result<Chat, Error> {
    let scene = Scene::read(tx, caller.workspace, app)?;
    let row = reached_chat(tx, caller, chat)?;
    scene.chats(tx, &[row], true)?.pop().ok_or_else(unknown_chat)
}

fn read_change(fields: &mut Fields) -> Option<ChatChange> {
    Some(ChatChange {
        name: fields.parsed("name", |given| ChatName::parse("name", given)),
        responsible: fields.parsed("responsible", read_email),
        closed: fields.boolean("closed"),
        read: fields.boolean("read"),
        autoresponse: fields.boolean("chatgpt_autoresponse_enabled"),
    })
}

pub(super) fn read_email(given: &str) -> Result<String, Error> {
    let email = given.trim();
    if email.chars().count() > EMAIL_CHARS_MAX || email.contains('\0') {
        let rule =
            format!("responsible must be the email of a teammate, at most {EMAIL_CHARS_MAX} characters, or empty");
        return Err(Error::invalid("responsible", rule));
    }
    Ok(email.to_owned())
}

/// A chat's number as it stands in a path.
///
/// # Errors
/// `validation_error` for what is no number.
pub(super) fn parse_chat_id(text: &str) -> Result<ChatId, Error> {
    text.parse()
        .map(ChatId)
        .map_err(|_| Error::invalid("chat_id", format!("chat_id must be a whole number, not {}", quoted(text))))
}
