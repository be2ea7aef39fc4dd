//! Events of messages. `message:new` and its two sisters have the contract's body; a status reached, an edit, a note and an
//! attachment's arrival have the same with what they tell beside it.

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::WorkspaceId;
use crate::inbox::contacts::{BothAddresses, both_addresses};
use crate::inbox::own_changes::ChangeFailure;
use crate::message::FileState;
use crate::store::accounts::AccountRow;
use crate::store::chats::ChatRow;
use crate::store::events::EventRow;
use crate::store::messages::{MessageView, message_find};
use crate::webhooks::EventType;
use crate::webhooks::bodies::scene::{NamedAccount, NamedChat, Person, Scene, lid_of};

#[derive(Clone, Debug, Serialize)]
pub struct MessageEvent {
    event_type: EventType,
    chat: NamedChat,
    whatsapp_account: NamedAccount,
    message: Message,
}

#[derive(Clone, Debug, Serialize)]
pub struct Message {
    text: String,
    /// `sent` or `received`.
    direction: &'static str,
    origin: &'static str,
    timestamp: String,
    received_timestamp: String,
    message_uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_uid: Option<String>,
    sender: Person,
    recipient: Person,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(flatten)]
    more: Option<More>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// Opens it for 15 minutes, without a token; empty while it comes from WhatsApp, and where it never will.
    temporary_download_url: String,
    filename: String,
    /// Bytes.
    size: i64,
    mimetype: String,
}

/// What only our own types have.
#[derive(Clone, Debug, Serialize)]
pub struct More {
    /// `whatsapp` or `note`.
    message_type: &'static str,
    /// As it was when the event happened, where the event is about that.
    status: String,
    /// When what the event tells happened.
    event_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<FailureReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment_state: Option<&'static str>,
    /// Why it is held, or why nobody knows whether it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When a scheduled message goes, or was to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_failure: Option<ChangeFailure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ParticipantReceipt>,
}

/// What the phone of one participant of a group told.
#[derive(Clone, Debug, Serialize)]
pub struct ParticipantReceipt {
    /// `Delivered` or `Read`.
    status: String,
    /// A JID.
    participant: String,
    /// Empty where WhatsApp shows none.
    phone: String,
    /// `<digits>@lid`; null where it isn't known.
    lid: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FailureReason {
    code: Option<i64>,
    title: String,
    details: String,
}

/// The body, and whether an attachment that it shows is still on its way.
pub(super) fn render(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<(MessageEvent, bool)>, Error> {
    let Some(uid) = row.message else { return Ok(None) };
    let Some(view) = message_find(tx, scene.workspace, uid)? else { return Ok(None) };
    let Some(chat) = scene.chat(tx, view.message.chat)? else { return Ok(None) };
    let attachments = attachments(tx, scene, &view)?;
    let writer = writer_of(tx, scene.workspace, &view, &chat)?;
    let receipt = receipt_of(tx, scene.workspace, row)?;
    let Some(account) = scene.account(view.message.account) else { return Ok(None) };
    let mut named = scene.chat_of_message(&chat);
    let is_ours = !event_type.is_of_contract();
    if is_ours {
        named.lid = Some(lid_of(&chat));
    }
    let (mut sender, mut recipient) = people(&view, &chat, account, &writer);
    if is_ours {
        let theirs = if view.message.from_me { &mut recipient } else { &mut sender };
        theirs.lid = Some(Some(writer.lid).filter(|lid| !lid.is_empty()));
    }
    let message = &view.message;
    let event = MessageEvent {
        event_type,
        chat: named,
        whatsapp_account: scene.named_account(account),
        message: Message {
            text: message.text.clone(),
            direction: if message.from_me { "sent" } else { "received" },
            origin: message.origin.as_str(),
            timestamp: scene.time(message.at),
            received_timestamp: scene.time(message.received_at),
            message_uid: message.uid.to_string(),
            reply_to_uid: message.reply_to.map(|uid| uid.to_string()),
            sender,
            recipient,
            attachments,
            more: is_ours.then(|| more(scene, row, &view, receipt)),
        },
    };
    let waits = view.attachment.as_ref().is_some_and(|file| file.state == FileState::Fetching);
    Ok(Some((event, waits)))
}

/// The contact of a direct chat; in a group, who wrote the message.
pub(super) fn writer_of(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    view: &MessageView,
    chat: &ChatRow,
) -> Result<BothAddresses, Error> {
    if chat.is_group {
        return both_addresses(tx, workspace, &view.message.sender_jid);
    }
    Ok(BothAddresses { phone: chat.phone.clone(), lid: chat.lid.clone() })
}

fn receipt_of(tx: &mut impl Read, workspace: WorkspaceId, row: &EventRow) -> Result<Option<ParticipantReceipt>, Error> {
    let told = row.detail.split_once(' ').filter(|_| row.kind == Kind::MessageReceipt);
    let Some((status, jid)) = told else { return Ok(None) };
    let BothAddresses { phone, lid } = both_addresses(tx, workspace, jid)?;
    let lid = Some(lid).filter(|lid| !lid.is_empty());
    Ok(Some(ParticipantReceipt { status: status.to_owned(), participant: jid.to_owned(), phone, lid }))
}

/// Who said it, and to whom; `writer` as [`writer_of`] says.
pub(super) fn people(
    view: &MessageView,
    chat: &ChatRow,
    account: &AccountRow,
    writer: &BothAddresses,
) -> (Person, Person) {
    let ours = Person { full_name: account.name.clone(), phone: account.phone.clone(), lid: None };
    let theirs = Person { full_name: chat.name.clone(), phone: chat.phone.clone(), lid: None };
    if view.message.from_me {
        return (ours, theirs);
    }
    let name = &view.message.sender_name;
    let nameless = name.is_empty() && !chat.is_group;
    let full_name = if nameless { chat.name.clone() } else { name.clone() };
    (Person { full_name, phone: writer.phone.clone(), lid: None }, ours)
}

pub(super) fn attachments(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    view: &MessageView,
) -> Result<Vec<Attachment>, Error> {
    let Some(file) = &view.attachment else { return Ok(Vec::new()) };
    let temporary_download_url = match file.state {
        FileState::Ready => scene.links(tx)?.attachment(view.message.uid),
        _ => String::new(),
    };
    let (filename, mimetype) = (file.filename.clone(), file.mimetype.clone());
    Ok(vec![Attachment { temporary_download_url, filename, size: file.size_bytes, mimetype }])
}

fn more(scene: &Scene<'_>, row: &EventRow, view: &MessageView, receipt: Option<ParticipantReceipt>) -> More {
    let message = &view.message;
    let of_status = row.kind == Kind::MessageStatus;
    let status = if of_status { row.detail.clone() } else { message.status.as_str().to_owned() };
    let failure = message.failure.as_ref().filter(|_| status == "Failed");
    More {
        message_type: message.kind.as_str(),
        status,
        event_timestamp: scene.time(row.at),
        failure_reason: failure.map(|failure| FailureReason {
            code: failure.code,
            title: failure.title.clone(),
            details: failure.details.clone(),
        }),
        attachment_state: view.attachment.as_ref().map(|file| file.state.as_str()),
        reason: matches!(row.kind, Kind::MessageHeld | Kind::MessageUncertain).then(|| row.detail.clone()),
        scheduled_timestamp: (!view.details.scheduled_at.is_never()).then(|| scene.time(view.details.scheduled_at)),
        change_failure: serde_json::from_str(&row.detail).ok().filter(|_| row.kind == Kind::MessageChangeFailed),
        receipt,
    }
}
