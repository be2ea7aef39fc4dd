//! What a message would meet, without sending it.

use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::preview::{Obstacle, Preview, Way, preview};
use crate::events::shown::EventContact;
use crate::http::call::{Call, Done, RawBody};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::send_body::{NewIds, read_to_anybody};
use crate::http::public::view::Ok as OkBody;
use crate::workspace::zone::{api_time, stored_zone};

/// A message to anybody: `phone`, `jid`, `chat_id` or, where none of these is given, `chat_name` says to whom. The rest as
/// where it would be sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct PreviewBody {
    #[schema(required = false, nullable = false, example = "+1 202 555 0100")]
    phone: Option<String>,
    #[schema(required = false, nullable = false)]
    jid: Option<String>,
    #[schema(required = false, nullable = false)]
    chat_id: Option<i64>,
    #[schema(required = false, nullable = false, max_length = 256)]
    chat_name: Option<String>,
    #[schema(required = false, nullable = false)]
    whatsapp_account_phone: Option<String>,
    #[schema(required = false, nullable)]
    reply_to: Option<String>,
    #[schema(required = false, nullable = false, max_length = 2000, example = "Hello from Partyline")]
    text: Option<String>,
    #[schema(required = false, nullable = false)]
    file_uid: Option<String>,
    #[schema(required = false, nullable = false, max_length = 64)]
    label: Option<String>,
    #[schema(required = false, nullable = false)]
    attachment_template_id: Option<i64>,
    #[schema(required = false, nullable = false)]
    send_at: Option<String>,
    #[schema(required = false, nullable = false, max_length = 512)]
    whatsapp_template: Option<String>,
    #[schema(required = false, nullable = false, max_length = 16)]
    whatsapp_template_language: Option<String>,
    #[schema(required = false, nullable = false)]
    whatsapp_template_variables: Option<Vec<String>>,
}

/// What a send would meet now.
#[derive(Serialize, ToSchema)]
pub struct MessagePreview {
    /// Whether the same send would be accepted.
    pub accepted: bool,
    /// The account it would go from; null where that isn't known.
    pub account: Option<PreviewAccount>,
    /// The recipient.
    pub jid: Option<String>,
    /// The recipient by phone and hidden id; null for a group, and where it isn't known.
    pub contact: Option<EventContact>,
    /// Null where the message would make the chat.
    pub chat_id: Option<i64>,
    pub chat_name: Option<String>,
    /// What it costs; null where it would be refused before that is known.
    pub credits: Option<i64>,
    pub credits_left: i64,
    /// Messages that would go first, counted up to 10,000.
    pub messages_ahead: Option<i64>,
    /// About when it would go; null where nobody can know.
    pub sends_at: Option<String>,
    /// What refuses it or holds it up; empty where nothing does.
    pub obstacles: Vec<PreviewObstacle>,
}

/// An account that a message would go from.
#[derive(Serialize, ToSchema)]
pub struct PreviewAccount {
    /// Its JID.
    pub id: String,
    pub phone: String,
    /// sandbox, web or cloud.
    pub kind: String,
}

/// What stands in a message's way.
#[derive(Serialize, ToSchema)]
pub struct PreviewObstacle {
    /// The `error_code` that the send would answer; or `service_window_closed`, which refuses all but templates; or
    /// `account_held`, `account_down` or `cold_contacts_used_up` (today's messages to people who never wrote), with which it
    /// would be accepted and wait.
    pub code: String,
    pub message: String,
    /// When it is over by itself, where that is known.
    pub until: Option<String>,
}

/// Preview a message
///
/// Partyline's own. Decides as a send of the same body would, and sends, charges and keeps nothing: whether it would be
/// accepted, from which account it would go, what it costs, about when it would go, and what stands in its way. What would be
/// refused is told in `obstacles`; only a body that can't be read is refused here as well.
#[utoipa::path(
    post, path = "/messages/preview", tag = "Messages", operation_id = "preview_message", request_body = PreviewBody,
    responses(
        (status = 200, description = "What it would meet", body = OkBody<MessagePreview>), Refusals, BodyRefusals,
    ),
)]
pub async fn preview_message(mut call: Call, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| call.body(body, |fields| read_to_anybody(fields, ids)));
    call.write(request, |write, caller, request| {
        let seen = preview(write, caller, request)?;
        Ok(Done::with(MessagePreview::of(seen, &stored_zone(&write.workspace.zone))))
    })
    .await
}

impl MessagePreview {
    fn of(seen: Preview, zone: &TimeZone) -> MessagePreview {
        let Preview { is_accepted: accepted, way, credits_left, obstacles } = seen;
        let obstacles = obstacles.into_iter().map(|obstacle| PreviewObstacle::of(obstacle, zone)).collect();
        let unknown = MessagePreview {
            accepted,
            account: None,
            jid: None,
            contact: None,
            chat_id: None,
            chat_name: None,
            credits: None,
            credits_left,
            messages_ahead: None,
            sends_at: None,
            obstacles,
        };
        let Some(Way { account, chat, jid, phone, lid, credits, ahead, goes_at }) = way else { return unknown };
        let name = chat.as_ref().map(|chat| chat.name.clone()).unwrap_or_default();
        let is_group = phone.is_empty() && lid.is_empty();
        let contact = (!is_group).then_some(EventContact { name, phone, lid });
        let kind = account.transport.to_string();
        MessagePreview {
            account: Some(PreviewAccount { id: account.jid, phone: account.phone, kind }),
            jid: Some(jid),
            contact,
            chat_id: chat.as_ref().map(|chat| chat.id.0),
            chat_name: chat.map(|chat| chat.name),
            credits: Some(credits),
            messages_ahead: Some(ahead),
            sends_at: goes_at.filter(|_| accepted).map(|at| api_time(at, zone)),
            ..unknown
        }
    }
}

impl PreviewObstacle {
    fn of(obstacle: Obstacle, zone: &TimeZone) -> PreviewObstacle {
        let until = obstacle.until.map(|until| api_time(until, zone));
        PreviewObstacle { code: obstacle.code.to_owned(), message: obstacle.message, until }
    }
}
