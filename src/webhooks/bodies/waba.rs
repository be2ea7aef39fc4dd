//! The contract's events of official accounts. They are told beside the regular ones, of the same facts, and only of accounts
//! that speak Meta's Cloud API.

use database::Read;
use serde::Serialize;
use transport::Kind as TransportKind;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, TeammateId, WabaTemplateId};
use crate::inbox::waba::waba_state;
use crate::inbox::window::{Window, window};
use crate::message::FileState;
use crate::store::accounts::AccountRow;
use crate::store::chats::ChatRow;
use crate::store::cloud_accounts::{CloudAccount, cloud_account_find, cloud_account_list};
use crate::store::events::EventRow;
use crate::store::messages::{MessageView, message_find};
use crate::store::template_sends::template_send_find;
use crate::store::waba_templates::{waba_template_find, waba_template_named};
use crate::webhooks::EventType;
use crate::webhooks::bodies::message::{Attachment, attachments, people, writer_of};
use crate::webhooks::bodies::scene::{Person, Scene};

/// A body of an official account's event.
#[derive(Clone, Debug, Serialize)]
pub struct OfficialEvent {
    event_type: EventType,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<Chat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Box<Message>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Template>,
    /// Who answers for the chat; of events of chats only, where somebody does or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    responsible: Option<Responsible>,
}

#[derive(Clone, Debug, Serialize)]
struct Account {
    id: i64,
    meta_phone_id: String,
    meta_waba_id: String,
    #[serde(flatten)]
    more: AccountMore,
}

/// What the events of a kind tell of the account beside its ids.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum AccountMore {
    Message { phone: String, account_name: String },
    Chat {},
    Account { display_phone_number: String, state: &'static str },
}

#[derive(Clone, Debug, Serialize)]
struct Chat {
    id: i64,
    waba_account_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_window_is_open: Option<bool>,
    /// Left out where it isn't open.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_window_expires_at: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Message {
    message_uid: String,
    /// `sent` or `received`.
    direction: &'static str,
    status: String,
    timestamp: String,
    received_timestamp: String,
    text: String,
    origin: &'static str,
    sender: Person,
    recipient: Person,
    attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<SentTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<Failure>,
}

#[derive(Clone, Debug, Serialize)]
struct SentTemplate {
    /// Left out where it is known no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Failure {
    code: Code,
    title: String,
    details: String,
}

/// WhatsApp's number, or an empty text where it gave none.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Code {
    Number(i64),
    None(&'static str),
}

#[derive(Clone, Debug, Serialize)]
struct Responsible {
    name: String,
    email: String,
}

#[derive(Clone, Debug, Serialize)]
struct Template {
    id: i64,
    name: String,
    status: String,
    parameter_format: String,
    meta_waba_id: String,
    accounts: Vec<i64>,
}

/// What an event of the log may be called where its account is official; which of them it is, [`is_told`] says.
pub fn official_types(row: &EventRow) -> Vec<EventType> {
    let names: &[&str] = match row.kind {
        Kind::MessageReceived => &["waba:message:received"],
        Kind::MessageStatus => match row.detail.as_str() {
            "Delivered" => &["waba:message:delivered"],
            "Read" => &["waba:message:read"],
            "Failed" => &["waba:message:failed"],
            _ => &[],
        },
        Kind::ChatIncoming => &["waba:chat:incoming"],
        Kind::ChatOutgoing => &["waba:chat:outgoing"],
        Kind::ChatAssigned => &["waba:chat:assigned"],
        Kind::ChatUnassigned => &["waba:chat:unassigned"],
        Kind::ChatClosed => &["waba:chat:closed"],
        Kind::ChatReopened => &["waba:chat:reopened"],
        Kind::AccountConnected | Kind::AccountResumed => &["waba:account:active"],
        Kind::AccountSuspended => &["waba:account:disabled"],
        Kind::AccountDisconnected => &["waba:account:disabled", "waba:account:disconnected"],
        _ => &[],
    };
    names.iter().filter_map(|name| EventType::parse(name)).collect()
}

/// Whether an event is told under one of these names: its account is official, and a number that went away is told as
/// `disconnected` once it was removed, as `disabled` while it can come back.
pub fn is_told(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<bool, Error> {
    let Some(account) = account_of(tx, scene, row)? else { return Ok(false) };
    if account.transport != TransportKind::Cloud {
        return Ok(false);
    }
    let is_removed = !account.unlinked_at.is_never() && account.unlinked_at <= row.at;
    Ok(match event_type.as_str() {
        "waba:account:disconnected" => is_removed,
        "waba:account:disabled" => !is_removed,
        _ => true,
    })
}

fn account_of(tx: &mut impl Read, scene: &mut Scene<'_>, row: &EventRow) -> Result<Option<AccountRow>, Error> {
    let id = match row.chat.0 {
        0 => row.detail.parse().ok().map(AccountId),
        _ => scene.chat(tx, row.chat)?.map(|chat| chat.account),
    };
    Ok(id.and_then(|id| scene.account(id)).cloned())
}

/// The body, and whether an attachment that it shows is still on its way.
pub(super) fn render(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<(OfficialEvent, bool)>, Error> {
    if event_type.as_str().starts_with("waba:template:") {
        return Ok(template(tx, scene, row, event_type)?.map(|event| (event, false)));
    }
    if !is_told(tx, scene, row, event_type)? {
        return Ok(None);
    }
    let Some(account) = account_of(tx, scene, row)? else { return Ok(None) };
    let Some(cloud) = cloud_account_find(tx, scene.workspace, account.id)? else { return Ok(None) };
    let none =
        OfficialEvent { event_type, account: None, chat: None, message: None, template: None, responsible: None };
    let Some(chat) = scene.chat(tx, row.chat)? else {
        let state = state_of(event_type, &account);
        let more = AccountMore::Account { display_phone_number: account.phone.clone(), state };
        return Ok(Some((OfficialEvent { account: Some(shown_account(&account, &cloud, more)), ..none }, false)));
    };
    if !event_type.as_str().starts_with("waba:message:") {
        let responsible = responsible(scene, row, &chat);
        let account = Some(shown_account(&account, &cloud, AccountMore::Chat {}));
        let chat = named_chat(&chat);
        return Ok(Some((OfficialEvent { account, chat: Some(chat), responsible, ..none }, false)));
    }
    let Some(uid) = row.message else { return Ok(None) };
    let Some(view) = message_find(tx, scene.workspace, uid)? else { return Ok(None) };
    let message = Some(Box::new(message(tx, scene, row, &view, (&chat, &account, &cloud))?));
    let more = AccountMore::Message { phone: account.phone.clone(), account_name: account.name.clone() };
    let chat = Some(chat_of_message(scene, &chat, &account));
    let waits = view.attachment.as_ref().is_some_and(|file| file.state == FileState::Fetching);
    let account = Some(shown_account(&account, &cloud, more));
    Ok(Some((OfficialEvent { account, chat, message, ..none }, waits)))
}

/// What the type says the account is then; it may be something else by now.
fn state_of(event_type: EventType, account: &AccountRow) -> &'static str {
    match event_type.as_str() {
        "waba:account:active" => "active",
        "waba:account:disabled" => "disabled",
        "waba:account:disconnected" => "removed",
        _ => waba_state(account),
    }
}

fn shown_account(account: &AccountRow, cloud: &CloudAccount, more: AccountMore) -> Account {
    let (meta_phone_id, meta_waba_id) = (cloud.phone_number_id.clone(), cloud.business_id.clone());
    Account { id: account.id.0, meta_phone_id, meta_waba_id, more }
}

fn named_chat(chat: &ChatRow) -> Chat {
    Chat {
        id: chat.id.0,
        waba_account_id: chat.account.0,
        closed: None,
        service_window_is_open: None,
        service_window_expires_at: None,
    }
}

fn chat_of_message(scene: &Scene<'_>, chat: &ChatRow, account: &AccountRow) -> Chat {
    let until = match window(account.transport, chat.last_inbound_at, scene.now) {
        Window::Open { until } => Some(until),
        Window::None | Window::Closed { .. } => None,
    };
    Chat {
        closed: Some(chat.closed),
        service_window_is_open: Some(until.is_some()),
        service_window_expires_at: until.map(|until| scene.time(until)),
        ..named_chat(chat)
    }
}

fn message(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    view: &MessageView,
    (chat, account, cloud): (&ChatRow, &AccountRow, &CloudAccount),
) -> Result<Message, Error> {
    let message = &view.message;
    let attachments = attachments(tx, scene, view)?;
    let (sender, recipient) = people(view, chat, account, &writer_of(tx, scene.workspace, view, chat)?);
    let status = if row.kind == Kind::MessageStatus { row.detail.as_str() } else { message.status.as_str() };
    let template = match template_send_find(tx, scene.workspace, message.uid)? {
        None => None,
        Some(sent) => {
            let known = waba_template_named(tx, scene.workspace, &sent.name, &sent.language)?;
            let own = known.iter().find(|row| row.business_id == cloud.business_id);
            Some(SentTemplate { id: own.map(|row| row.id.0), name: sent.name })
        }
    };
    let failure = message.failure.as_ref().filter(|_| status == "Failed");
    Ok(Message {
        message_uid: message.uid.to_string(),
        direction: if message.from_me { "sent" } else { "received" },
        status: status.to_owned(),
        timestamp: scene.time(message.at),
        received_timestamp: scene.time(message.received_at),
        text: message.text.clone(),
        origin: message.origin.as_str(),
        sender,
        recipient,
        attachments,
        template,
        failure_reason: failure.map(|failure| Failure {
            code: failure.code.map_or(Code::None(""), Code::Number),
            title: failure.title.clone(),
            details: failure.details.clone(),
        }),
    })
}

/// As the event tells it; of other events, who answers for the chat now.
fn responsible(scene: &Scene<'_>, row: &EventRow, chat: &ChatRow) -> Option<Responsible> {
    let told = || row.detail.split(',').next().and_then(|id| id.parse().ok()).map(TeammateId);
    let id = match row.kind {
        Kind::ChatAssigned | Kind::ChatUnassigned => told().unwrap_or(TeammateId::NOBODY),
        _ => chat.responsible,
    };
    let (name, email) = scene.teammate(id);
    (!email.is_empty() || !name.is_empty()).then_some(Responsible { name, email })
}

fn template(
    tx: &mut impl Read,
    scene: &Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<OfficialEvent>, Error> {
    let (number, status) = row.detail.split_once(' ').unwrap_or((row.detail.as_str(), ""));
    let Ok(number) = number.parse().map(WabaTemplateId) else { return Ok(None) };
    let Some(found) = waba_template_find(tx, scene.workspace, number)? else { return Ok(None) };
    let all = cloud_account_list(tx, scene.workspace)?.into_iter();
    let is_linked = |id: AccountId| scene.account(id).is_some_and(|account| account.unlinked_at.is_never());
    let of_it = all.filter(|cloud| cloud.business_id == found.business_id && is_linked(cloud.account));
    let accounts = of_it.map(|cloud| cloud.account.0).collect();
    let template = Template {
        id: found.id.0,
        name: found.name,
        status: if status.is_empty() { found.status } else { status.to_owned() },
        parameter_format: found.parameter_format,
        meta_waba_id: found.business_id,
        accounts,
    };
    Ok(Some(OfficialEvent {
        event_type,
        account: None,
        chat: None,
        message: None,
        template: Some(template),
        responsible: None,
    }))
}
