//! What several answers show: messages as the contract writes them; chats are in `chat_view.rs`. Fields that may be null are
//! null, never left out.

use std::collections::BTreeMap;

use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::events::shown::EventContact;
use crate::files::link::{LinkKey, Links};
use crate::id::{ChatId, WorkspaceId};
use crate::message::{Failure, FileState, MessageKind};
use crate::store::counters::counters_find;
use crate::store::files::link_key;
use crate::store::messages::{MessageView, message_last};
use crate::store::reactions::{ReactionRow, reaction_last, reaction_list};
use crate::workspace::zone::{api_time, stored_zone};

/// Reactions that one answer reads; a page has 100 messages, and a reaction beyond these is not shown.
const REACTIONS_MAX: i64 = 10_000;

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

/// The `data` of an operation that has nothing to tell but that it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Nothing {}

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
    /// Opens the attachment for 15 minutes, without a token; empty where there is none, or not yet.
    pub attachment_url: String,
    pub attachment_filename: String,
    /// Pending, Sending, Sent, Delivered, Read or Failed; it only moves forward.
    pub status: String,
    /// Public API, Shared Inbox, Mass Messaging or synced from WhatsApp.
    pub origin: String,
    pub has_attachment: bool,
    /// whatsapp, or note for what teammates wrote to one another.
    pub message_type: String,
    pub reactions: Reactions,
    pub data: MessageData,
    /// The name of the token that sent it; empty otherwise.
    pub created_by: String,
    /// Why it failed.
    pub failure_reason: Option<FailureReason>,
}

/// What few messages have besides; each key stands only where it says something.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageData {
    /// The message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reply_to_uid: Option<String>,
    /// Of notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_private: Option<bool>,
    /// When a scheduled message goes, or was to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scheduled_timestamp: Option<String>,
    /// When its sender changed its text last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edited_timestamp: Option<String>,
    /// When its sender took it back for everyone; its text is empty then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deleted_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attachment: Option<AttachmentData>,
    /// In lists of Partyline's own: whose chat it is, by phone and hidden id; in a group, whose message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<EventContact>,
}

/// What is known of an attachment.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentData {
    /// image, video, audio, voice, document or sticker.
    pub kind: String,
    pub mimetype: String,
    /// Bytes.
    pub size: i64,
    /// ready, fetching (it comes from WhatsApp just now) or unavailable.
    pub state: String,
    /// Why it isn't there, or not yet; only where a fetch has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
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
    /// The account's own, which PATCH sets.
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

/// What all messages of an answer share.
pub struct Viewer<'v> {
    pub workspace: WorkspaceId,
    pub zone: &'v TimeZone,
    pub public_url: &'v str,
    pub now: Time,
}

impl<'v> Viewer<'v> {
    /// For an answer given now.
    pub fn new(app: &'v App, workspace: WorkspaceId, zone: &'v TimeZone) -> Viewer<'v> {
        Viewer { workspace, zone, public_url: &app.settings.public_url, now: app.clock.now() }
    }

    /// The messages as the contract writes them; one look at the reactions for those of one chat that stand together.
    pub fn messages(&self, tx: &mut impl Read, views: &[MessageView]) -> Result<Vec<Message>, Error> {
        let links = self.links_for(tx, views)?;
        let mut messages = Vec::with_capacity(views.len());
        for of_one_chat in views.chunk_by(|one, next| one.message.chat == next.message.chat) {
            let reactions = self.reactions_to(tx, of_one_chat)?;
            messages.extend(of_one_chat.iter().map(|view| self.message(view, &reactions, links.as_ref())));
        }
        Ok(messages)
    }

    /// With the contact by all that WhatsApp calls them, as answers of our own show it; in groups, who wrote each.
    pub fn messages_with_contacts(&self, tx: &mut impl Read, views: &[MessageView]) -> Result<Vec<Message>, Error> {
        let mut messages = self.messages(tx, views)?;
        for (message, view) in messages.iter_mut().zip(views) {
            message.data.contact = EventContact::of_view(tx, self.workspace, view)?;
        }
        Ok(messages)
    }

    /// The last messages of a page of chats, as far as they have one.
    pub fn last_of(&self, tx: &mut impl Read, chats: &[ChatId]) -> Result<Vec<Message>, Error> {
        let views = message_last(tx, self.workspace, chats)?;
        let (links, reactions) =
            (self.links_for(tx, &views)?, reaction_last(tx, self.workspace, chats, REACTIONS_MAX)?);
        Ok(views.iter().map(|view| self.message(view, &reactions, links.as_ref())).collect())
    }

    /// What signs the links of attachments, where there are any.
    fn links_for(&self, tx: &mut impl Read, views: &[MessageView]) -> Result<Option<Links>, Error> {
        Ok(match views.iter().any(|view| view.attachment.is_some()) {
            true => Some(Links::new(LinkKey::new(link_key(tx)?), self.public_url, self.workspace, self.now)),
            false => None,
        })
    }

    /// One message.
    pub fn one(&self, tx: &mut impl Read, view: &MessageView) -> Result<Message, Error> {
        let mut shown = self.messages(tx, std::slice::from_ref(view))?;
        shown.pop().ok_or_else(|| Error::internal("a message was read and not shown"))
    }

    /// The reactions to one message.
    pub fn reactions(&self, tx: &mut impl Read, view: &MessageView) -> Result<Reactions, Error> {
        let rows = self.reactions_to(tx, std::slice::from_ref(view))?;
        Ok(Reactions::of(view, &rows))
    }

    fn reactions_to(&self, tx: &mut impl Read, views: &[MessageView]) -> Result<Vec<ReactionRow>, Error> {
        let uids = || views.iter().map(|view| view.message.uid);
        let (Some(first), Some(last)) = (uids().min(), uids().max()) else { return Ok(Vec::new()) };
        let chat = views[0].message.chat;
        Ok(reaction_list(tx, self.workspace, chat, (first, last), REACTIONS_MAX)?)
    }

    fn message(&self, view: &MessageView, reactions: &[ReactionRow], links: Option<&Links>) -> Message {
        let message = &view.message;
        let account = (view.account_phone.clone(), view.account_name.clone());
        let chat = (view.chat_phone.clone(), view.chat_name.clone());
        let (sender, recipient) = if message.from_me {
            (account, chat)
        } else {
            let known = phone_of(&message.sender_jid);
            let phone = if known.is_empty() && !view.is_group { view.chat_phone.clone() } else { known };
            ((phone, message.sender_name.clone()), account)
        };
        let attachment = view.attachment.as_ref();
        let ready = attachment.filter(|attachment| attachment.state == FileState::Ready);
        Message {
            uid: message.uid.to_string(),
            chat_id: message.chat.0,
            timestamp: api_time(message.at, self.zone),
            received_timestamp: api_time(message.received_at, self.zone),
            sender_phone: sender.0,
            sender_name: sender.1,
            recipient_phone: recipient.0,
            recipient_name: recipient.1,
            from_me: message.from_me,
            text: message.text.clone(),
            attachment_url: ready.zip(links).map(|(_, links)| links.attachment(message.uid)).unwrap_or_default(),
            attachment_filename: attachment.map(|attachment| attachment.filename.clone()).unwrap_or_default(),
            status: message.status.as_str().to_owned(),
            origin: message.origin.as_str().to_owned(),
            has_attachment: attachment.is_some(),
            message_type: message.kind.as_str().to_owned(),
            reactions: Reactions::of(view, reactions),
            data: MessageData::of(view, self.zone),
            created_by: view.token_name.clone(),
            failure_reason: message.failure.as_ref().map(FailureReason::from),
        }
    }
}

impl Reactions {
    /// Those of `rows` that are to this message.
    fn of(view: &MessageView, rows: &[ReactionRow]) -> Reactions {
        let mut shown = Reactions::default();
        for row in rows.iter().filter(|row| row.message == view.message.uid) {
            let is_ours = row.reactor_jid.is_empty();
            let (name, phone) = if is_ours {
                (view.account_name.clone(), view.account_phone.clone())
            } else {
                (row.reactor_name.clone(), phone_of(&row.reactor_jid))
            };
            shown.users.push(ReactionUser { name, phone, reaction: row.emoji.clone(), current: is_ours });
            *shown.reactions.entry(row.emoji.clone()).or_default() += 1;
            shown.total += 1;
        }
        shown
    }
}

impl MessageData {
    fn of(view: &MessageView, zone: &TimeZone) -> MessageData {
        let is_note = view.message.kind == MessageKind::Note;
        let time = |at: Time| (!at.is_never()).then(|| api_time(at, zone));
        MessageData {
            reply_to_uid: view.message.reply_to.map(|uid| uid.to_string()),
            is_private: is_note.then_some(view.details.is_private),
            scheduled_timestamp: time(view.details.scheduled_at),
            edited_timestamp: time(view.details.edited_at),
            deleted_timestamp: time(view.details.deleted_at),
            attachment: view.attachment.as_ref().map(|attachment| AttachmentData {
                kind: attachment.kind.as_str().to_owned(),
                mimetype: attachment.mimetype.clone(),
                size: attachment.size_bytes,
                state: attachment.state.as_str().to_owned(),
                reason: Some(attachment.reason.clone()).filter(|reason| !reason.is_empty()),
            }),
            contact: None,
        }
    }
}

/// E.164 with `+`; empty where WhatsApp hides it.
fn phone_of(jid: &str) -> String {
    transport::Address::from_jid(jid).phone().unwrap_or_default()
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
