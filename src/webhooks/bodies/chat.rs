//! Events of chats: the contract's five, and ours with the same chat and what changed beside it.

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::TeammateId;
use crate::store::chats::ChatRow;
use crate::store::events::EventRow;
use crate::store::labels::label_list;
use crate::webhooks::EventType;
use crate::webhooks::bodies::account::{Account, shown};
use crate::webhooks::bodies::scene::{Scene, lid_of};

#[derive(Clone, Debug, Serialize)]
pub struct ChatEvent {
    event_type: EventType,
    chat: Chat,
    whatsapp_account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Chat {
    id: i64,
    name: String,
    phone: String,
    jid: String,
    /// Of ours only: WhatsApp's hidden id of the contact, null where it isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<Option<String>>,
    is_group: bool,
    closed: bool,
    read: bool,
    labels: Vec<String>,
    unattended_customer: bool,
    chatgpt_autoresponse_enabled: bool,
    whatsapp_account_id: String,
    chat_url: String,
    created_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_uid: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    last_message_timestamp: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    responsible_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    responsible_email: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    previous_responsible_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    previous_responsible_email: String,
}

/// What our own types tell.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    event_timestamp: String,
    /// The label that was added or taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The name it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What automatic answers were switched to.
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    /// The account's other chat with the same contact, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_chat_id: Option<i64>,
    /// The message that opened it again, or the note that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_uid: Option<String>,
}

pub(super) fn render(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<ChatEvent>, Error> {
    let Some(chat) = scene.chat(tx, row.chat)? else { return Ok(None) };
    let labels = label_list(tx, scene.workspace, chat.id)?;
    let Some(account) = scene.account(chat.account) else { return Ok(None) };
    let mut shown_chat = shown_chat(scene, &chat, labels, &account.jid);
    (shown_chat.previous_responsible_name, shown_chat.previous_responsible_email) = previous(scene, row);
    if row.kind == Kind::ChatAssigned {
        // As the event tells it: the chat may be somebody else's by now.
        let assigned = row.detail.split(',').next().and_then(|id| id.parse().ok()).map(TeammateId);
        (shown_chat.responsible_name, shown_chat.responsible_email) =
            assigned.map(|id| scene.teammate(id)).unwrap_or_default();
    } else if row.kind == Kind::ChatUnassigned {
        (shown_chat.responsible_name, shown_chat.responsible_email) = (String::new(), String::new());
    }
    let is_ours = !event_type.is_of_contract();
    if is_ours {
        shown_chat.lid = Some(lid_of(&chat));
    }
    Ok(Some(ChatEvent {
        event_type,
        chat: shown_chat,
        whatsapp_account: shown(scene, account, account.unlinked_at),
        change: is_ours.then(|| change(scene, row)),
    }))
}

fn shown_chat(scene: &Scene<'_>, chat: &ChatRow, labels: Vec<String>, account_jid: &str) -> Chat {
    let (responsible_name, responsible_email) = scene.teammate(chat.responsible);
    Chat {
        id: chat.id.0,
        name: chat.name.clone(),
        phone: chat.phone.clone(),
        jid: chat.jid.clone(),
        lid: None,
        is_group: chat.is_group,
        closed: chat.closed,
        read: chat.unread == 0,
        labels,
        unattended_customer: chat.unattended,
        chatgpt_autoresponse_enabled: chat.autoresponse,
        whatsapp_account_id: account_jid.to_owned(),
        chat_url: scene.chat_url(chat.id),
        created_timestamp: scene.time(chat.created_at),
        last_message_uid: chat.last_message.map(|uid| uid.to_string()),
        last_message_timestamp: scene.time(chat.last_message_at),
        responsible_name,
        responsible_email,
        previous_responsible_name: String::new(),
        previous_responsible_email: String::new(),
    }
}

/// Who answered for the chat before, where the event is about that.
fn previous(scene: &Scene<'_>, row: &EventRow) -> (String, String) {
    let before = match row.kind {
        Kind::ChatUnassigned => Some(row.detail.as_str()),
        Kind::ChatAssigned => row.detail.split_once(',').map(|(_, before)| before),
        _ => None,
    };
    before.and_then(|id| id.parse().ok()).map(|id| scene.teammate(TeammateId(id))).unwrap_or_default()
}

fn change(scene: &Scene<'_>, row: &EventRow) -> Change {
    let told = || Some(row.detail.clone());
    let mut change = Change { event_timestamp: scene.time(row.at), ..Change::default() };
    match row.kind {
        Kind::ChatLabelled | Kind::ChatUnlabelled | Kind::LabelMade => change.label = told(),
        Kind::ChatRenamed => change.name = told(),
        Kind::ChatContact => change.other_chat_id = row.detail.parse().ok(),
        Kind::ChatAutoresponse => change.enabled = Some(row.detail == "on"),
        Kind::ChatReopened | Kind::NoteDeleted => change.message_uid = row.message.map(|uid| uid.to_string()),
        _ => {}
    }
    change
}
