//! Accepting a message: account and chat chosen, credits taken, the message with all that hangs on it queued, in one write.
//! Handing it to WhatsApp is the account worker's.

use transport::{Address, Kind as TransportKind};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::{ChatId, MessageUid};
use crate::inbox::chat::{FirstMessage, ensure_name_is_free, open_chat, rename_chat};
use crate::inbox::labels::label_chat;
use crate::inbox::urgency::Urgency;
use crate::inbox::values::{ChatName, LabelName, MessageText, Phone};
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::chats::{Route, chat_routes, chat_sent};
use crate::store::events::{NewEvent, event_append};
use crate::store::labels::Place;
use crate::store::messages::{MessageRow, message_insert};
use crate::store::outbox::{NewOutboxRow, outbox_insert};
use crate::workspace::credits::{Taken, cost};
use crate::workspace::quota::take_credits;
use crate::workspace::tokens::Caller;

/// A message to accept. Its ids were chosen before the write began, since a write may run again.
#[derive(Clone, Debug)]
pub struct SendMessage {
    pub uid: MessageUid,
    pub wamid: String,
    pub to: Phone,
    /// The account to send from; `None` for the most recently linked one.
    pub account: Option<Phone>,
    pub text: MessageText,
    pub label: Option<LabelName>,
    pub chat_name: Option<ChatName>,
    pub origin: Origin,
}

/// Accepts a message; once the write commits it will go.
///
/// # Errors
/// `validation_error` (unknown account, taken chat name), `permission_denied` (a sandbox token and a real account),
/// `quota_exceeded`. All are decided before anything is written.
pub fn queue_message(write: &mut Write<'_, '_>, caller: &Caller, request: &SendMessage) -> Result<MessageUid, Error> {
    let address = Address::from_phone(request.to.as_str());
    let routes = chat_routes(write.tx, write.workspace.id, address.jid())?;
    let route = choose_route(&routes, request.account.as_ref(), caller.sandbox_only)?;
    let chat = route.chat.as_ref();
    let rename = request.chat_name.as_ref().filter(|name| chat.is_none_or(|chat| chat.name != name.as_str()));
    if let Some(name) = rename {
        ensure_name_is_free(write, name, chat.map(|chat| chat.id))?;
    }
    let taken = take_credits(write, cost(true, false))?;

    let now = write.now;
    let last_inbound_at = chat.map_or(Time::NEVER, |chat| chat.last_inbound_at);
    let (chat, name) = match chat {
        Some(chat) => {
            chat_sent(write, chat.id, request.uid, now)?;
            if let Some(name) = rename {
                rename_chat(write, chat.id, name)?;
            }
            (chat.id, rename.map_or_else(|| chat.name.clone(), |name| name.as_str().to_owned()))
        }
        None => open_for_send(write, route, &address, request)?,
    };
    message_insert(write, &message_row(request, route, chat, caller, taken, now))?;
    let row = NewOutboxRow {
        account: route.account,
        seq: write.next_outbox_seq(),
        message: request.uid,
        chat,
        class: Urgency::of(request.origin, last_inbound_at, now) as i64,
    };
    outbox_insert(write, &row)?;
    let event = NewEvent { kind: Kind::MessageSent, chat, message: Some(request.uid), detail: String::new() };
    event_append(write, event)?;
    if let Some(label) = &request.label {
        label_chat(write, Place { chat, last_message_at: now, name: &name }, label)?;
    }
    Ok(request.uid)
}

fn open_for_send(
    write: &mut Write<'_, '_>,
    route: &Route,
    address: &Address,
    request: &SendMessage,
) -> Result<(ChatId, String), Error> {
    let first = FirstMessage { contact: route.contact, uid: request.uid, at: write.now, from_me: true };
    let name = match &request.chat_name {
        Some(name) => name.as_str().to_owned(),
        None => crate::inbox::chat::free_name(write, "", address)?,
    };
    Ok((open_chat(write, route.account, address, &name, "", &first)?, name))
}

/// The account that a message goes from: the named one, else the most recently linked; a sandbox account by itself only
/// where no real one was ever linked, or the token may use no other.
fn choose_route<'r>(routes: &'r [Route], wished: Option<&Phone>, sandbox_only: bool) -> Result<&'r Route, Error> {
    const FIELD: &str = "whatsapp_account_phone";
    if let Some(phone) = wished {
        let route = routes.iter().find(|route| route.account_phone == phone.as_str()).ok_or_else(|| {
            let rule = format!("WhatsApp account {} is not linked to this workspace", phone.as_str());
            Error::invalid(FIELD, format!("{rule}; GET /whatsapp_accounts lists those that are"))
        })?;
        if !route.unlinked_at.is_never() {
            let rule = format!("WhatsApp account {} was unlinked; link it again or choose another", phone.as_str());
            return Err(Error::invalid(FIELD, rule));
        }
        return if sandbox_only && route.transport != TransportKind::Sandbox {
            let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
            Err(Error::new(Code::PermissionDenied, rule))
        } else {
            Ok(route)
        };
    }
    let is_sandbox = |route: &&Route| route.transport == TransportKind::Sandbox;
    let any_real = routes.iter().any(|route| !is_sandbox(&route));
    let linked = routes.iter().filter(|route| route.unlinked_at.is_never());
    linked
        .filter(|route| is_sandbox(route) == (sandbox_only || !any_real))
        .max_by_key(|route| (route.linked_at, route.account))
        .ok_or_else(|| {
            Error::invalid(FIELD, "This workspace has no linked WhatsApp account to send from; link one first")
        })
}

fn message_row(
    request: &SendMessage,
    route: &Route,
    chat: ChatId,
    caller: &Caller,
    taken: Taken,
    now: Time,
) -> MessageRow {
    MessageRow {
        uid: request.uid,
        chat,
        account: route.account,
        from_me: true,
        status: Status::Pending,
        kind: MessageKind::WhatsApp,
        origin: request.origin,
        token: caller.token,
        text: request.text.as_str().to_owned(),
        wamid: request.wamid.clone(),
        reply_to: None,
        sender_jid: String::new(),
        sender_name: String::new(),
        at: now,
        received_at: now,
        credits_recurring: taken.recurring,
        credits_topped_up: taken.topped_up,
        failure: None,
    }
}
