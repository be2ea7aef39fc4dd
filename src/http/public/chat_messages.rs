//! The messages of a chat.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::Fields;
use crate::http::public::chats::parse_chat_id;
use crate::http::public::pages::{PAGE_ROWS, PAGE_ROWS_MAX, cut, parse_moment, read_page};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Message, Ok as OkBody, Viewer, zone_of};
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::inbox::reach::reached_chat;
use crate::store::messages::{MessageFilter, message_chat, message_list};

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
    /// From 1; a page behind the last is empty.
    page: Option<i64>,
    /// Messages of a page, at most 100. 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The same as `limit`, which counts where both are given.
    #[param(minimum = 1, maximum = 100)]
    size: Option<i64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum SortingOrder {
    Asc,
    Desc,
}

#[derive(Serialize, ToSchema)]
pub struct MessagePage {
    pub has_more_pages: bool,
    pub messages: Vec<Message>,
}

/// A page of a chat as it was asked for.
pub(super) struct ListMessages {
    pub chat: ChatId,
    from_me: Option<bool>,
    after: Option<String>,
    before: Option<String>,
    after_message: Option<MessageUid>,
    before_message: Option<MessageUid>,
    newest_first: bool,
    page: i64,
    rows: i64,
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
    let app = call.app().clone();
    call.read(request, move |tx, caller, request| {
        reached_chat(tx, caller, request.chat)?;
        request.page_of(tx, &app, caller.workspace)
    })
    .await
}

/// Read a chat's messages (v2)
///
/// The same as `GET /chats/{chat_id}/messages`.
#[utoipa::path(
    get, path = "/v2/chats/{chat_id}/messages", tag = "Chats", operation_id = "list_chat_messages_v2",
    params(("chat_id" = i64, Path, description = "The chat's number"), MessageQuery),
    responses(
        (status = 200, description = "A page of messages", body = OkBody<MessagePage>), Refusals,
    ),
)]
pub async fn list_chat_messages_v2(call: Call, id: Path<String>) -> Response {
    list_chat_messages(call, id).await
}

pub(super) fn read_list_messages(fields: &mut Fields, chat: ChatId) -> Option<ListMessages> {
    let order = fields.text("sorting_order");
    if let Some(order) = order.as_deref().filter(|order| *order != "asc" && *order != "desc") {
        let shown: String = order.chars().take(64).collect();
        fields.fault("sorting_order", format!("sorting_order is \"{shown}\"; it must be asc or desc"));
    }
    let uid = |text: &str| Uuid::try_parse(text).map(MessageUid);
    let must_be_uid = |name: &str| Error::invalid(name, format!("{name} must be the uid of a message of this chat"));
    let (size, limit) = (fields.integer("size"), fields.integer("limit"));
    for (field, given) in [("size", size), ("limit", limit)] {
        if let Some(given) = given.filter(|rows| !(1..=PAGE_ROWS_MAX).contains(rows)) {
            fields.fault(field, format!("{field} is {given}; a page has 1 to {PAGE_ROWS_MAX} messages"));
        }
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
        rows: limit.or(size).unwrap_or(PAGE_ROWS),
    })
}

impl ListMessages {
    /// The page, of a chat that the caller reaches.
    pub fn page_of(&self, tx: &mut impl Read, app: &App, workspace: WorkspaceId) -> Result<MessagePage, Error> {
        let zone = zone_of(tx, workspace)?;
        self.ensure_uids_are_here(tx, workspace)?;
        let filter = self.filter(&zone)?;
        let skip = (self.page - 1) * self.rows;
        let mut views = message_list(tx, workspace, self.chat, &filter, self.rows + 1, skip)?;
        let has_more_pages = cut(&mut views, self.rows);
        let messages = Viewer::new(app, workspace, &zone).messages(tx, &views)?;
        Ok(MessagePage { has_more_pages, messages })
    }

    /// A place in another chat is none in this one.
    fn ensure_uids_are_here(&self, tx: &mut impl Read, workspace: WorkspaceId) -> Result<(), Error> {
        for (field, uid) in [("after_message", self.after_message), ("before_message", self.before_message)] {
            let Some(uid) = uid else { continue };
            if message_chat(tx, workspace, uid)? != Some(self.chat) {
                let rule = format!("{field} {uid} is not in this chat; give the uid of one of its messages");
                return Err(Error::invalid(field, rule));
            }
        }
        Ok(())
    }

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
