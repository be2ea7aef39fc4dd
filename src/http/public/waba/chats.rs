//! Chats on official accounts: list them, read one, change one.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::chat_query::{ListChats, OfficialChatQuery, read_list_official_chats};
use crate::http::public::chat_view::{Chat, GroupMember, Scene};
use crate::http::public::chats::{listed, parse_chat_id, read_email};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::{Message, Ok as OkBody};
use crate::id::ChatId;
use crate::inbox::chat::unknown_chat;
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::values::ChatName;
use crate::inbox::waba::reached_waba_chat;
use crate::store::chats::ChatRow;
use crate::workspace::tokens::Caller;

/// A chat on an official account.
#[derive(Serialize, ToSchema)]
pub struct OfficialChat {
    pub id: i64,
    /// Unique in the workspace.
    pub name: String,
    /// E.164 with `+`; empty for contacts without a known phone.
    pub phone: String,
    /// Never: official accounts have no groups here.
    pub is_group: bool,
    pub closed: bool,
    pub read: bool,
    /// In alphabetical order.
    pub labels: Vec<String>,
    pub chatgpt_autoresponse_enabled: bool,
    /// Of the teammate who answers for the chat; empty if nobody does.
    pub responsible_email: String,
    pub responsible_name: String,
    /// The chat in this server's inbox.
    pub chat_url: String,
    pub created_timestamp: String,
    pub last_message_uid: String,
    pub last_message_timestamp: String,
    /// With `with_msg` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_message: Option<Message>,
    /// The contact's last message waits for an answer.
    pub unattended: bool,
    pub group_members: Vec<GroupMember>,
    /// The official account's number.
    #[schema(required)]
    pub waba_account_id: Option<i64>,
    /// Whether anything may be sent now; else only templates.
    #[schema(required)]
    pub service_window_is_open: Option<bool>,
    /// Until when, where it is open; null where it isn't.
    #[schema(required)]
    pub service_window_expires_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct OfficialChatPage {
    pub has_more_pages: bool,
    pub chats: Vec<OfficialChat>,
}

/// What to change of a chat. What is left out or null stays as it is; other keys are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct OfficialChatPatch {
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
}

/// List chats on official accounts
///
/// Newest message first, then by name; 50 to a page. Filters narrow together.
#[utoipa::path(
    get, path = "/waba/chats", tag = "Official accounts", operation_id = "list_waba_chats", params(OfficialChatQuery),
    responses(
        (status = 200, description = "A page of chats", body = OkBody<OfficialChatPage>), Refusals,
    ),
)]
pub async fn list_waba_chats(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_list_official_chats));
    let app = call.app().clone();
    call.read(request, move |tx, caller, request| page(tx, caller, &app, request)).await
}

fn page(tx: &mut impl Read, caller: &Caller, app: &App, request: &ListChats) -> Result<OfficialChatPage, Error> {
    let scene = Scene::read(tx, caller.workspace, app)?;
    let (has_more_pages, rows) = listed(tx, caller, &scene, request)?;
    Ok(OfficialChatPage { has_more_pages, chats: shown(tx, &scene, &rows, request.with_message)? })
}

/// Read a chat on an official account
#[utoipa::path(
    get, path = "/waba/chats/{chat_id}", tag = "Official accounts", operation_id = "get_waba_chat",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "The chat", body = OkBody<OfficialChat>), Refusals,
    ),
)]
pub async fn get_waba_chat(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_chat_id(&id));
    let app = call.app().clone();
    call.read(request, move |tx, caller, chat| one(tx, caller, &app, *chat)).await
}

/// Change a chat on an official account
///
/// Its name, who answers for it, whether it is closed or read. All at once or nothing.
#[utoipa::path(
    patch, path = "/waba/chats/{chat_id}", tag = "Official accounts", operation_id = "update_waba_chat",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = OfficialChatPatch,
    responses(
        (status = 200, description = "The chat as it is now", body = OkBody<OfficialChat>), Refusals, BodyRefusals,
    ),
)]
pub async fn update_waba_chat(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        call.strict_body(body, read_change).map(|change| (chat, change))
    });
    let app = call.app().clone();
    call.write(request, move |write, caller, (chat, change)| {
        reached_waba_chat(write.tx, caller, *chat)?;
        change_chat(write, *chat, change)?;
        Ok(Done::with(one(write.tx, caller, &app, *chat)?))
    })
    .await
}

fn read_change(fields: &mut Fields) -> Option<ChatChange> {
    Some(ChatChange {
        name: fields.parsed("name", |given| ChatName::parse("name", given)),
        responsible: fields.parsed("responsible", read_email),
        closed: fields.boolean("closed"),
        read: fields.boolean("read"),
        autoresponse: None,
    })
}

fn one(tx: &mut impl Read, caller: &Caller, app: &App, chat: ChatId) -> Result<OfficialChat, Error> {
    let scene = Scene::read(tx, caller.workspace, app)?;
    let row = reached_waba_chat(tx, caller, chat)?;
    shown(tx, &scene, &[row], true)?.pop().ok_or_else(unknown_chat)
}

fn shown(
    tx: &mut impl Read,
    scene: &Scene<'_>,
    rows: &[ChatRow],
    with_message: bool,
) -> Result<Vec<OfficialChat>, Error> {
    let chats = scene.chats(tx, rows, with_message)?;
    Ok(rows.iter().zip(chats).map(|(row, chat)| OfficialChat::of(row, chat)).collect())
}

impl OfficialChat {
    fn of(row: &ChatRow, chat: Chat) -> OfficialChat {
        OfficialChat {
            id: chat.id,
            name: chat.name,
            phone: chat.phone,
            is_group: chat.is_group,
            closed: chat.closed,
            read: chat.read,
            labels: chat.labels,
            chatgpt_autoresponse_enabled: chat.chatgpt_autoresponse_enabled,
            responsible_email: chat.responsible_email,
            responsible_name: chat.responsible_name,
            chat_url: chat.chat_url,
            created_timestamp: chat.created_timestamp,
            last_message_uid: chat.last_message_uid,
            last_message_timestamp: chat.last_message_timestamp,
            last_message: chat.last_message,
            unattended: chat.unattended,
            group_members: chat.group_members,
            waba_account_id: Some(row.account.0),
            service_window_is_open: chat.service_window_is_open,
            service_window_expires_at: chat.service_window_expires_at,
        }
    }
}
