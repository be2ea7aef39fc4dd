//! What several answers show: messages as the contract writes them; chats are in `chat_view.rs`. Fields that may be null are null, never
//! left out.

use std::collections::BTreeMap;

use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::error::Error;
use crate::id::WorkspaceId;
use crate::message::Failure;
use crate::store::counters::counters_find;
use crate::store::messages::MessageView;
use crate::workspace::zone::{api_time, stored_zone};

/// The envelope of a success.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ok<T> {
    pub status: OkStatus,
    pub data: T,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OkStatus {
    Ok,
    Error,
}

/// The zone in which a workspace's times are written.
pub fn zone_of(tx: &mut impl Read, workspace: WorkspaceId) -> Result<TimeZone, Error> {
    let found = counters_find(tx, workspace)?;
    let (settings, _) = found.ok_or_else(|| Error::not_found("This workspace is gone"))?;
    Ok(stored_zone(&settings.zone))
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// A UUID; messages sort by it in the order in which they were accepted.
    pub uid: String,
    pub chat_id: i64,
    /// `YYYY-MM-DD HH:MM:SS +ZZZZ` in the workspace's zone.
    pub timestamp: String,
    /// When this server heard of it.
    pub received_timestamp: String,
    pub sender_phone: String,
    pub sender_name: String,
    pub recipient_phone: String,
    pub recipient_name: String,
    pub from_me: bool,
    pub text: String,
    pub attachment_url: String,
    pub attachment_filename: String,
    /// Pending, Sending, Sent, Delivered, Read or Failed; it only moves forward.
    pub status: String,
    /// Public API, Shared Inbox, Mass Messaging or synced from WhatsApp.
    pub origin: String,
    pub has_attachment: bool,
    pub message_type: String,
    pub reactions: Reactions,
    #[schema(value_type = Object)]
    pub data: BTreeMap<String, String>,
    /// The name of the token that sent it; empty otherwise.
    pub created_by: String,
    /// Why it failed.
    pub failure_reason: Option<FailureReason>,
}

/// Reactions to a message.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Reactions {
    pub users: Vec<ReactionUser>,
    /// How often each emoji was used.
    pub reactions: BTreeMap<String, i64>,
    pub total: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionUser {
    pub name: String,
    pub phone: String,
    pub reaction: String,
    pub current: bool,
}

/// Why a message failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureReason {
    pub code: FailureCode,
    pub title: String,
    pub details: String,
}

/// WhatsApp's number for a failure, or an empty text where it gave none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FailureCode {
    Number(i64),
    None(NoCode),
}

#[derive(Debug, Serialize)]
pub enum NoCode {
    #[serde(rename = "")]
    Empty,
}

// By hand, since the derived words would say "Empty" and not what is sent.
impl PartialSchema for NoCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some([""])).into()
    }
}

impl ToSchema for NoCode {}

impl Message {
    pub fn of(view: &MessageView, zone: &TimeZone) -> Message {
        let message = &view.message;
        let account = (view.account_phone.clone(), view.account_name.clone());
        let chat = (view.chat_phone.clone(), view.chat_name.clone());
        let sender_phone = transport::Address::from_jid(message.sender_jid.clone()).phone().unwrap_or_default();
        let (sender, recipient) =
            if message.from_me { (account, chat) } else { ((sender_phone, message.sender_name.clone()), account) };
        Message {
            uid: message.uid.to_string(),
            chat_id: message.chat.0,
            timestamp: api_time(message.at, zone),
            received_timestamp: api_time(message.received_at, zone),
            sender_phone: sender.0,
            sender_name: sender.1,
            recipient_phone: recipient.0,
            recipient_name: recipient.1,
            from_me: message.from_me,
            text: message.text.clone(),
            attachment_url: String::new(),
            attachment_filename: String::new(),
            status: message.status.as_str().to_owned(),
            origin: message.origin.as_str().to_owned(),
            has_attachment: false,
            message_type: message.kind.as_str().to_owned(),
            reactions: Reactions::default(),
            data: BTreeMap::new(),
            created_by: view.token_name.clone(),
            failure_reason: message.failure.as_ref().map(FailureReason::from),
        }
    }
}

impl From<&Failure> for FailureReason {
    fn from(failure: &Failure) -> FailureReason {
        FailureReason {
            code: failure.code.map_or(FailureCode::None(NoCode::Empty), FailureCode::Number),
            title: failure.title.clone(),
            details: failure.details.clone(),
        }
    }
}
