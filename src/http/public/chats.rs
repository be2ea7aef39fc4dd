//! Chats: list them, read one, read its messages.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Time;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::Fields;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Chat, ChatExtras, Message, Ok as OkBody, zone_of};
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::inbox::values::Phone;
use crate::store::accounts::{AccountRow, account_list};
use crate::store::chats::{ChatFilter, ChatRow, chat_find, chat_list, fold, label_list};
use crate::store::messages::{MessageFilter, message_find, message_list};
use crate::workspace::zone::parse_api_time;

/// Rows of a page.
const PAGE_ROWS: i64 = 50;
const PAGE_ROWS_MAX: i64 = 100;
const PAGE_MAX: i64 = 1_000_000;

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

/// Which messages to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct MessageQuery {
    from_me: Option<bool>,
    /// Later than this: an ISO date, `YYYY-MM-DD HH:MM` in the workspace's zone, or RFC 3339.
    after: Option<String>,
    before: Option<String>,
    /// Behind the message with this uid.
    after_message: Option<String>,
    before_message: Option<String>,
    /// `desc` (newest first) unless told.
    #[param(inline)]
    sorting_order: Option<SortingOrder>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum SortingOrder {
    Asc,
    Desc,
}

#[derive(Serialize, ToSchema)]
pub struct ChatPage {
    pub has_more_pages: bool,
    pub chats: Vec<Chat>,
}

#[derive(Serialize, ToSchema)]
pub struct MessagePage {
    pub has_more_pages: bool,
    pub messages: Vec<Message>,
}

struct ListChats {
    filter: ChatFilter,
    page: i64,
    with_message: bool,
}

struct ListMessages {
    chat: ChatId,
    from_me: Option<bool>,
    after: Option<String>,
    before: Option<String>,
    after_message: Option<MessageUid>,
    before_message: Option<MessageUid>,
    newest_first: bool,
    page: i64,
    rows: i64,
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
    let public_url = call.app().settings.public_url.clone();
    call.read(request, move |tx, caller, request| {
        let scene = Scene::read(tx, caller.workspace, &public_url)?;
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
    let public_url = call.app().settings.public_url.clone();
    call.read(request, move |tx, caller, chat| {
        let scene = Scene::read(tx, caller.workspace, &public_url)?;
        let row = chat_find(tx, caller.workspace, *chat)?.ok_or_else(unknown)?;
        scene.chat(tx, &row, true)
    })
    .await
}

/// Read a chat's messages
///
/// Newest first unless told otherwise; 50 to a page.
#[utoipa::path(
    get, path = "/chats/{chat_id}/messages", tag = "Chats", operation_id = "list_chat_messages",
    params(("chat_id" = i64, Path, description = "The chat's number"), MessageQuery),
    responses(
        (status = 200, description = "A page of messages", body = OkBody<MessagePage>), Refusals,
    ),
)]
pub async fn list_chat_messages(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        call.query(|fields| read_list_messages(fields, chat))
    });
    call.read(request, |tx, caller, request| {
        let zone = zone_of(tx, caller.workspace)?;
        chat_find(tx, caller.workspace, request.chat)?.ok_or_else(unknown)?;
        let filter = request.filter(&zone)?;
        let skip = (request.page - 1) * request.rows;
        let mut views = message_list(tx, caller.workspace, request.chat, &filter, request.rows + 1, skip)?;
        let has_more_pages = cut(&mut views, request.rows);
        let messages = views.iter().map(|view| Message::of(view, &zone)).collect();
        Ok(MessagePage { has_more_pages, messages })
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

fn read_list_messages(fields: &mut Fields, chat: ChatId) -> Option<ListMessages> {
    let order = fields.text("sorting_order");
    if order.as_deref().is_some_and(|order| order != "asc" && order != "desc") {
        fields.fault("sorting_order", "sorting_order must be asc or desc".into());
    }
    let uid = |text: &str| Uuid::try_parse(text).map(MessageUid);
    let must_be_uid = |name: &str| Error::invalid(name, format!("{name} must be a message_uid"));
    let size = fields.integer("size");
    let rows = fields.integer("limit").or(size).unwrap_or(PAGE_ROWS);
    if !(1..=PAGE_ROWS_MAX).contains(&rows) {
        fields.fault("limit", format!("A page has 1 to {PAGE_ROWS_MAX} rows"));
    }
    Some(ListMessages {
        chat,
        from_me: fields.boolean("from_me"),
        after: fields.text("after"),
        before: fields.text("before"),
        after_message: fields.parsed("after_message", |text| uid(text).map_err(|_| must_be_uid("after_message"))),
        before_message: fields.parsed("before_message", |text| uid(text).map_err(|_| must_be_uid("before_message"))),
        newest_first: order.as_deref() != Some("asc"),
        page: read_page(fields),
        rows,
    })
}

fn read_page(fields: &mut Fields) -> i64 {
    let page = fields.integer("page").unwrap_or(1);
    if !(1..=PAGE_MAX).contains(&page) {
        fields.fault("page", format!("page must be 1 to {PAGE_MAX}"));
    }
    page
}

impl ListMessages {
    fn filter(&self, zone: &TimeZone) -> Result<MessageFilter, Error> {
        Ok(MessageFilter {
            from_me: self.from_me,
            after: parse_moment("after", self.after.as_deref(), zone)?,
            before: parse_moment("before", self.before.as_deref(), zone)?,
            after_message: self.after_message,
            before_message: self.before_message,
            newest_first: self.newest_first,
        })
    }
}

fn parse_moment(field: &str, text: Option<&str>, zone: &TimeZone) -> Result<Option<Time>, Error> {
    let Some(text) = text else { return Ok(None) };
    let rule = || Error::invalid(field, format!("{field} must be a date, YYYY-MM-DD HH:MM, or RFC 3339"));
    parse_api_time(text, zone).map(Some).ok_or_else(rule)
}

/// Cuts what was read beyond a page; returns whether there was more.
fn cut<T>(rows: &mut Vec<T>, rows_max: i64) -> bool {
    let rows_max = usize::try_from(rows_max).unwrap_or(0);
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    more
}

/// What all chats of an answer share.
struct Scene<'u> {
    workspace: WorkspaceId,
    zone: TimeZone,
    accounts: Vec<AccountRow>,
    public_url: &'u str,
}

impl Scene<'_> {
    fn read<'u>(tx: &mut impl Read, workspace: WorkspaceId, public_url: &'u str) -> Result<Scene<'u>, Error> {
        let zone = zone_of(tx, workspace)?;
        let accounts = account_list(tx, workspace)?;
        Ok(Scene { workspace, zone, accounts, public_url })
    }

    fn chat(&self, tx: &mut impl Read, row: &ChatRow, with_message: bool) -> Result<Chat, Error> {
        let account = self.accounts.iter().find(|account| account.id == row.account);
        let last_message = match row.last_message.filter(|_| with_message) {
            Some(uid) => message_find(tx, self.workspace, uid)?.map(|view| Message::of(&view, &self.zone)),
            None => None,
        };
        let extras = ChatExtras {
            labels: label_list(tx, self.workspace, row.id)?,
            account_jid: account.map(|account| account.jid.clone()).unwrap_or_default(),
            last_message,
        };
        Ok(Chat::of(row, extras, &self.zone, self.public_url))
    }
}

fn parse_chat_id(text: &str) -> Result<ChatId, Error> {
    text.parse().map(ChatId).map_err(|_| Error::invalid("chat_id", "chat_id must be a whole number"))
}

fn unknown() -> Error {
    Error::not_found("There is no such chat in this workspace; GET /chats lists those there are")
}
