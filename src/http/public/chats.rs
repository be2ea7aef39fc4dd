//! Chats: list them, read one.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::Fields;
use crate::http::public::chat_view::{Chat, ChatExtras};
use crate::http::public::pages::{PAGE_ROWS, cut, read_page};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, Viewer, zone_of};
use crate::id::{ChatId, WorkspaceId};
use crate::inbox::values::Phone;
use crate::store::accounts::{AccountRow, account_list};
use crate::store::chats::{ChatFilter, ChatRow, chat_find, chat_list, fold, label_list};
use crate::store::messages::message_find;

/// Which chats to list. Filters narrow together.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ChatQuery {
    /// The account's JID, `<digits>@s.whatsapp.net`.
    whatsapp_account_id: Option<String>,
    group: Option<bool>,
    /// A part of the name, whatever its case.
    name: Option<String>,
    phone: Option<String>,
    read: Option<bool>,
    closed: Option<bool>,
    /// From 1.
    page: Option<i64>,
    /// Show each chat's last message as well.
    with_msg: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct ChatPage {
    pub has_more_pages: bool,
    pub chats: Vec<Chat>,
}

struct ListChats {
    filter: ChatFilter,
    page: i64,
    with_message: bool,
}

/// List chats
///
/// Newest message first, then by name; 50 to a page.
#[utoipa::path(
    get, path = "/chats", tag = "Chats", operation_id = "list_chats", params(ChatQuery),
    responses(
        (status = 200, description = "A page of chats", body = OkBody<ChatPage>), Refusals,
    ),
)]
pub async fn list_chats(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_list_chats));
    let app = call.app().clone();
    call.read(request, move |tx, caller, request| {
        let scene = Scene::read(tx, caller.workspace, &app)?;
        let skip = (request.page - 1) * PAGE_ROWS;
        let mut rows = chat_list(tx, caller.workspace, &request.filter, PAGE_ROWS + 1, skip)?;
        let has_more_pages = cut(&mut rows, PAGE_ROWS);
        let chats = rows.iter().map(|row| scene.chat(tx, row, request.with_message)).collect::<Result<_, _>>()?;
        Ok(ChatPage { has_more_pages, chats })
    })
    .await
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
    call.read(request, move |tx, caller, chat| {
        let scene = Scene::read(tx, caller.workspace, &app)?;
        let row = chat_find(tx, caller.workspace, *chat)?.ok_or_else(unknown_chat)?;
        scene.chat(tx, &row, true)
    })
    .await
}

fn read_list_chats(fields: &mut Fields) -> Option<ListChats> {
    let filter = ChatFilter {
        account_jid: fields.text("whatsapp_account_id"),
        is_group: fields.boolean("group"),
        name_part: fields.text("name").map(|part| fold(&part)),
        phone: fields.parsed("phone", |given| Phone::parse("phone", given)).map(|phone| phone.as_str().to_owned()),
        read: fields.boolean("read"),
        closed: fields.boolean("closed"),
    };
    let with_message = fields.boolean("with_msg").unwrap_or(false);
    Some(ListChats { filter, page: read_page(fields), with_message })
}

/// What all chats of an answer share.
struct Scene<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    zone: TimeZone,
    accounts: Vec<AccountRow>,
}

impl Scene<'_> {
    fn read<'a>(tx: &mut impl Read, workspace: WorkspaceId, app: &'a App) -> Result<Scene<'a>, Error> {
        let zone = zone_of(tx, workspace)?;
        let accounts = account_list(tx, workspace)?;
        Ok(Scene { app, workspace, zone, accounts })
    }

    fn chat(&self, tx: &mut impl Read, row: &ChatRow, with_message: bool) -> Result<Chat, Error> {
        let account = self.accounts.iter().find(|account| account.id == row.account);
        let last_message = match row.last_message.filter(|_| with_message) {
            Some(uid) => message_find(tx, self.workspace, uid)?,
            None => None,
        };
        let last_message = match last_message {
            Some(view) => Some(Viewer::new(self.app, self.workspace, &self.zone).one(tx, &view)?),
            None => None,
        };
        let extras = ChatExtras {
            labels: label_list(tx, self.workspace, row.id)?,
            account_jid: account.map(|account| account.jid.clone()).unwrap_or_default(),
            last_message,
        };
        Ok(Chat::of(row, extras, &self.zone, &self.app.settings.public_url))
    }
}

/// A chat's number as it stands in a path.
///
/// # Errors
/// `validation_error` for what is no number.
pub(super) fn parse_chat_id(text: &str) -> Result<ChatId, Error> {
    text.parse().map(ChatId).map_err(|_| Error::invalid("chat_id", "chat_id must be a whole number"))
}

/// The refusal for a chat that the workspace doesn't have.
pub(super) fn unknown_chat() -> Error {
    Error::not_found("There is no such chat in this workspace; GET /chats lists those there are")
}
