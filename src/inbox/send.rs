//! Accepting a message: account and chat chosen, credits taken, the message with all that hangs on it queued, in one write.
//! Handing it to WhatsApp is the account worker's.

use database::Read;
use transport::{Address, Capabilities, Kind as TransportKind};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::{ChatId, MessageUid, TeammateId};
use crate::inbox::chat::{FirstMessage, free_name, note_rename, open_chat, unknown_chat};
use crate::inbox::contact_book::is_unasked;
use crate::inbox::contacts::main_address;
use crate::inbox::content::{Attachment, Content, Recipient};
use crate::inbox::labels::{LABELS_PER_CHAT_MAX, label_chat_anew};
use crate::inbox::reach::reaches_file;
use crate::inbox::schedule::{ensure_can_wait, schedule};
use crate::inbox::templates::is_seen_by;
use crate::inbox::urgency::Urgency;
use crate::inbox::values::{ChatName, LabelName, Phone};
use crate::inbox::window::{Window, ensure_open, window};
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::chats::{chat_find, chat_rename, chat_sent, chat_sent_and_renamed, fold};
use crate::store::events::{NewEvent, event_append};
use crate::store::files::FileRow;
use crate::store::labels::Place;
use crate::store::message_details::{MessageDetails, message_details_put};
use crate::store::message_files::{NewMessageFile, message_file_insert};
use crate::store::messages::{MessageRow, message_insert};
use crate::store::outbox::{NewOutboxRow, outbox_insert};
use crate::store::routes::{Found, Named, Route, RouteChat, Routes, routes_to_address, routes_to_chat, routes_to_name};
use crate::store::scheduled::ScheduledSend;
use crate::store::template_sends::template_send_insert;
use crate::workspace::credits::{Taken, cost};
use crate::workspace::quota::take_credits;
use crate::workspace::tokens::Caller;

/// A message to accept. Its ids were chosen before the write began, since a write may run again.
#[derive(Clone, Debug)]
pub struct SendMessage {
    pub uid: MessageUid,
    pub wamid: String,
    pub to: Recipient,
    /// The account to send from; `None` for the chat's own, or else the most recently linked one.
    pub account: Option<Phone>,
    pub content: Content,
    /// A message of the same chat.
    pub reply_to: Option<MessageUid>,
    pub label: Option<LabelName>,
    /// Names the chat. Where the recipient is a chat by its name, this is left out.
    pub chat_name: Option<ChatName>,
    pub origin: Origin,
    /// When it is to go; `None` for as soon as it may.
    pub send_at: Option<Time>,
}

/// How a message will go, decided before anything is written.
#[derive(Debug)]
pub struct Decision<'d> {
    pub route: &'d Route,
    pub address: Address,
    file: Option<&'d FileRow>,
    rename: Option<&'d ChatName>,
    /// In credits; whether there are so many is not decided yet.
    pub cost: i64,
    pub urgency: Urgency,
    /// No chat bears the label that it names.
    is_label_made: bool,
    /// How the contact's window stands when the message is to go.
    pub window: Window,
}

/// Accepts a message; once the write commits it will go.
///
/// # Errors
/// `not_found` (no such chat), `validation_error` (a service window that is closed, unknown account, file, template or
/// message to answer, taken chat name, too many labels, a time to send at that has passed or is too far ahead),
/// `not_supported` (the account's way to WhatsApp can't do it), `permission_denied` (a sandbox token and a real account),
/// `quota_exceeded`. All are decided before anything is written.
pub fn queue_message(write: &mut Write<'_, '_>, caller: &Caller, request: &SendMessage) -> Result<MessageUid, Error> {
    let routes = look(write.tx, caller, request)?;
    let now = write.now;
    let decision = decide(write.tx, caller, request, &routes, now)?;
    ensure_open(decision.window)?;
    queue_decided(write, caller, request, &decision)
}

/// Accepts a message of which all but the credits is decided.
///
/// # Errors
/// `quota_exceeded`, before anything is written.
pub fn queue_decided(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    request: &SendMessage,
    decision: &Decision<'_>,
) -> Result<MessageUid, Error> {
    let taken = take_credits(write, decision.cost)?;
    accept(write, caller, request, decision, taken)?;
    Ok(request.uid)
}

/// Decides how a message will go, or why it won't. Writes nothing; a preview asks the same.
///
/// # Errors
/// As [`queue_message`], but for the credits.
pub fn decide<'d>(
    tx: &mut impl Read,
    caller: &Caller,
    request: &'d SendMessage,
    routes: &'d Routes,
    now: Time,
) -> Result<Decision<'d>, Error> {
    let Routes { routes, found } = routes;
    let route = choose(routes, caller, request)?;
    let address = match (&request.to, &route.chat) {
        (Recipient::Address(address), None) => main_address(tx, caller.workspace, address)?,
        (_, chat) => Address::from_jid(chat.as_ref().map(|chat| chat.jid.clone()).unwrap_or_default()),
    };
    ensure_able(route.transport, &address, request)?;
    ensure_quotable(route, found, request)?;
    let file = attached_file(found, caller, request)?;
    let chat = route.chat.as_ref();
    let rename = request.chat_name.as_ref().filter(|name| chat.is_none_or(|chat| chat.name != name.as_str()));
    if let Some(name) = rename {
        ensure_free(name, found, chat.map(|chat| chat.id))?;
    }
    ensure_room_for_label(route, request)?;
    if let Some(send_at) = request.send_at {
        ensure_can_wait(tx, caller.workspace, send_at, now)?;
    }
    let last_inbound_at = chat.map_or(Time::NEVER, |chat| chat.last_inbound_at);
    ensure_wanted(route, request, last_inbound_at)?;
    // What a teammate says by hand is free; the quota is for programs and masses.
    let cost = match request.origin {
        Origin::SharedInbox => 0,
        _ => cost(!request.content.text().is_empty(), file.is_some()),
    };
    let urgency = Urgency::of(request.origin, last_inbound_at, now);
    let window = match request.content.template() {
        Some(_) => Window::None,
        None => window(route.transport, last_inbound_at, request.send_at.unwrap_or(now)),
    };
    let is_label_made = request.label.is_some() && !found.is_label_known;
    Ok(Decision { route, address, file, rename, cost, urgency, is_label_made, window })
}

/// Writes what was decided.
fn accept(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    request: &SendMessage,
    decision: &Decision<'_>,
    taken: Taken,
) -> Result<(), Error> {
    let Decision { route, address, file, .. } = decision;
    let now = write.now;
    let (chat, name) = enter_chat(write, request, decision, address)?;
    message_insert(write, &message_row(request, route, chat, caller, taken, now))?;
    if let Some(template) = request.content.template() {
        template_send_insert(write, request.uid, &template.stored())?;
    }
    if let Some(file) = file {
        message_file_insert(write, request.uid, &NewMessageFile::sent(route.account, file))?;
    }
    // Only what is said by hand has somebody who said it: a program's send pays no row for that.
    let said_by = if request.origin == Origin::SharedInbox { caller.teammate } else { TeammateId::NOBODY };
    if said_by != TeammateId::NOBODY && request.send_at.is_none() {
        message_details_put(write, request.uid, &MessageDetails { said_by, ..MessageDetails::default() })?;
    }
    match request.send_at {
        Some(send_at) => {
            let send = ScheduledSend { message: request.uid, account: route.account, chat, send_at };
            schedule(write, &send, said_by)?;
        }
        None => {
            let seq = write.next_outbox_seq();
            let class = decision.urgency as i64;
            outbox_insert(write, &NewOutboxRow { account: route.account, seq, message: request.uid, chat, class })?;
            let event = NewEvent { kind: Kind::MessageSent, chat, message: Some(request.uid), detail: String::new() };
            event_append(write, event)?;
        }
    }
    let is_labelled = route.chat.as_ref().is_some_and(|chat| chat.is_labelled);
    if let Some(label) = request.label.as_ref().filter(|_| !is_labelled) {
        let last_message_at = match (request.send_at, &route.chat) {
            // It is no news of its chat yet.
            (Some(_), Some(chat)) => {
                chat_find(write.tx, write.workspace.id, chat.id)?.map_or(now, |c| c.last_message_at)
            }
            _ => now,
        };
        label_chat_anew(write, Place { chat, last_message_at, name: &name }, label, decision.is_label_made)?;
    }
    Ok(())
}

/// The chat that the message goes to, made if need be, with its name.
fn enter_chat(
    write: &mut Write<'_, '_>,
    request: &SendMessage,
    decision: &Decision<'_>,
    address: &Address,
) -> Result<(ChatId, String), Error> {
    let now = write.now;
    match (&decision.route.chat, decision.rename) {
        (None, _) => open_for_send(write, decision.route, address, request),
        (Some(chat), Some(name)) => {
            match request.send_at {
                Some(_) => chat_rename(write, chat.id, name.as_str())?,
                None => chat_sent_and_renamed(write, (chat.id, chat.has_labels), request.uid, now, name.as_str())?,
            }
            note_rename(write, chat.id, name)?;
            Ok((chat.id, name.as_str().to_owned()))
        }
        (Some(chat), None) => {
            if request.send_at.is_none() {
                chat_sent(write, (chat.id, chat.has_labels), request.uid, now)?;
            }
            Ok((chat.id, chat.name.clone()))
        }
    }
}

/// All that must be known before the message is accepted, in one look.
pub fn look(tx: &mut impl Read, caller: &Caller, request: &SendMessage) -> Result<Routes, Error> {
    let (file, template) = match request.content.attachment() {
        Some(Attachment::File(file)) => (Some(*file), None),
        Some(Attachment::Template(template)) => (None, Some((*template, caller.teammate))),
        Some(Attachment::Fresh(_)) | None => (None, None),
    };
    let label = request.label.as_ref().map(LabelName::as_str);
    let chat_name = request.chat_name.as_ref().map(ChatName::as_str);
    let named = Named { chat_name, label, reply_to: request.reply_to, file, template };
    let workspace = caller.workspace;
    let mut routes = match &request.to {
        Recipient::Address(address) => {
            let address = main_address(tx, workspace, address)?;
            return Ok(routes_to_address(tx, workspace, address.jid(), &named)?);
        }
        Recipient::Chat(chat) => routes_to_chat(tx, workspace, *chat, &named)?,
        Recipient::ChatNamed(name) => {
            let named = Named { chat_name: Some(name.as_str()), ..named };
            routes_to_name(tx, workspace, &fold(name.as_str()), &named)?
        }
    };
    // A chat on an account that the caller doesn't reach isn't there for it.
    routes.routes.retain(|route| caller.limits.allow_account(&route.account_phone));
    Ok(routes)
}

fn choose<'r>(routes: &'r [Route], caller: &Caller, request: &SendMessage) -> Result<&'r Route, Error> {
    let route = match &request.to {
        Recipient::Address(_) => return choose_account(routes, request.account.as_ref(), caller),
        Recipient::Chat(_) => routes.first().ok_or_else(unknown_chat)?,
        Recipient::ChatNamed(name) => choose_named(routes, name)?,
    };
    if let Some(account) = request.account.as_ref().filter(|account| account.as_str() != route.account_phone) {
        let rule = format!("This chat is on account {}, not {}", route.account_phone, account.as_str());
        return Err(Error::invalid(ACCOUNT_FIELD, format!("{rule}; leave {ACCOUNT_FIELD} out")));
    }
    usable(route, caller)
}

const ACCOUNT_FIELD: &str = "whatsapp_account_phone";

/// The chat of that name; where none bears the very name, the only one that bears it in another case.
fn choose_named<'r>(routes: &'r [Route], name: &ChatName) -> Result<&'r Route, Error> {
    let bears_it = |route: &&Route| route.chat.as_ref().is_some_and(|chat| chat.name == name.as_str());
    match routes {
        [] => {
            Err(Error::not_found(format!("There is no chat named \"{}\"; GET /chats?name= finds chats", name.as_str())))
        }
        [first, ..] if bears_it(&first) => Ok(first),
        [only] => Ok(only),
        _ => {
            let rule = format!("Several chats are named like \"{}\" but for the case", name.as_str());
            Err(Error::invalid("chat_name", format!("{rule}; write the name as the chat bears it")))
        }
    }
}

/// The account that a message goes from: the named one, else the most recently linked; a sandbox account by itself only
/// where no real one was ever linked, or the token may use no other.
fn choose_account<'r>(routes: &'r [Route], wished: Option<&Phone>, caller: &Caller) -> Result<&'r Route, Error> {
    if let Some(phone) = wished {
        let route = routes.iter().find(|route| route.account_phone == phone.as_str()).ok_or_else(|| {
            let rule = format!("WhatsApp account {} is not linked to this workspace", phone.as_str());
            Error::invalid(ACCOUNT_FIELD, format!("{rule}; GET /whatsapp_accounts lists those that are"))
        })?;
        return usable(route, caller);
    }
    let is_sandbox = |route: &&Route| route.transport == TransportKind::Sandbox;
    let allowed: Vec<_> = routes.iter().filter(|route| caller.limits.allow_account(&route.account_phone)).collect();
    let any_real = allowed.iter().any(|route| !is_sandbox(route));
    let linked = allowed.into_iter().filter(|route| route.unlinked_at.is_never());
    linked
        .filter(|route| is_sandbox(route) == (caller.sandbox_only || !any_real))
        .max_by_key(|route| (route.linked_at, route.account))
        .ok_or_else(|| no_account(caller))
}

fn no_account(caller: &Caller) -> Error {
    if caller.limits.accounts.is_empty() {
        let rule = "This workspace has no linked WhatsApp account to send from; link one first";
        return Error::invalid(ACCOUNT_FIELD, rule);
    }
    let rule = format!("None of this token's WhatsApp accounts ({}) is linked", caller.limits.accounts.join(", "));
    Error::invalid(ACCOUNT_FIELD, format!("{rule}; link one, or use another token"))
}

/// A way whose account is linked and open to the caller.
fn usable<'r>(route: &'r Route, caller: &Caller) -> Result<&'r Route, Error> {
    caller.may_use_account(&route.account_phone)?;
    if !route.unlinked_at.is_never() {
        let rule = format!("WhatsApp account {} was unlinked; link it again or choose another", route.account_phone);
        return Err(Error::invalid(ACCOUNT_FIELD, rule));
    }
    if caller.sandbox_only && route.transport != TransportKind::Sandbox {
        let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    Ok(route)
}

/// What the account's way to WhatsApp can't do is refused here, before it is accepted.
fn ensure_able(transport: TransportKind, address: &Address, request: &SendMessage) -> Result<(), Error> {
    let can = Capabilities::of(transport);
    let lacking = [
        (address.is_group() && !can.groups, "messages to groups"),
        (request.content.attachment().is_some() && !can.files, "files"),
        (request.reply_to.is_some() && !can.replies, "replies to a message"),
        (request.content.template().is_some() && !can.templates, "templates of WhatsApp's"),
    ];
    match lacking.into_iter().find(|(lacks, _)| *lacks) {
        Some((_, what)) => Err(not_supported(transport, what)),
        None => Ok(()),
    }
}

/// The refusal of what an account's way to WhatsApp can't do.
pub fn not_supported(transport: TransportKind, what: &str) -> Error {
    let rule = format!("An account of kind {transport} can't do {what}; use an account of another kind");
    Error::new(Code::NotSupported, rule)
}

/// Refuses what an opted-out contact didn't ask for.
fn ensure_wanted(route: &Route, request: &SendMessage, last_inbound_at: Time) -> Result<(), Error> {
    if !is_unasked(request.origin, last_inbound_at, route.opted_out_at) {
        return Ok(());
    }
    let field = match request.to {
        Recipient::Address(_) => "phone",
        Recipient::Chat(_) => "chat_id",
        Recipient::ChatNamed(_) => "chat_name",
    };
    let rule = "This contact opted out of messages that they didn't ask for, and hasn't written since";
    Err(Error::invalid(field, format!("{rule}; leave them out, or let a teammate write by hand or opt them in again")))
}

/// A message that is answered must stand in the chat that the answer goes to, for its contact as well.
fn ensure_quotable(route: &Route, found: &Found, request: &SendMessage) -> Result<(), Error> {
    let Some(uid) = request.reply_to else { return Ok(()) };
    let invalid = |why: &str| Err(Error::invalid("reply_to", format!("Message {uid} {why}")));
    let chat = route.chat.as_ref().map(|chat| chat.id);
    match found.reply_to.as_ref().filter(|quoted| Some(quoted.chat) == chat) {
        None => invalid("is not in this chat; reply_to takes the uid of a message of the same chat"),
        Some(quoted) if quoted.kind != MessageKind::WhatsApp => {
            invalid("is no WhatsApp message; reply_to takes the uid of one that was sent or received")
        }
        Some(quoted) if quoted.status == Status::Failed => {
            invalid("was never sent, so it can't be answered; leave reply_to out")
        }
        Some(quoted) if quoted.is_scheduled => {
            invalid("waits for its time and hasn't gone yet, so it can't be answered; leave reply_to out")
        }
        Some(quoted) if !quoted.deleted_at.is_never() => {
            invalid("was deleted, so it can't be answered; leave reply_to out")
        }
        Some(_) => Ok(()),
    }
}

/// The file that goes with the message, if one should.
fn attached_file<'f>(
    found: &'f Found,
    caller: &Caller,
    request: &'f SendMessage,
) -> Result<Option<&'f FileRow>, Error> {
    let file = found.file.as_ref();
    match request.content.attachment() {
        None => Ok(None),
        Some(Attachment::Fresh(file)) => Ok(Some(file)),
        Some(Attachment::File(uid)) => file.filter(|file| reaches_file(caller, file)).map(Some).ok_or_else(|| {
            let rule = format!("There is no file {uid} in this workspace; upload it again, or see GET /files");
            Error::invalid("file_uid", rule)
        }),
        Some(Attachment::Template(id)) => {
            let field = "attachment_template_id";
            let unknown = || {
                let rule = format!("There is no template {id} in this workspace; GET /templates lists those there are");
                Error::invalid(field, rule)
            };
            let template = found.template.as_ref().ok_or_else(unknown)?;
            if !is_seen_by(caller, template)? {
                return Err(unknown());
            }
            let rule = if template.has_file { "bears a file that was deleted" } else { "bears no file" };
            file.map(Some)
                .ok_or_else(|| Error::invalid(field, format!("Template {id} {rule}; use another, or give a file_uid")))
        }
    }
}

/// A chat bears only so many labels.
fn ensure_room_for_label(route: &Route, request: &SendMessage) -> Result<(), Error> {
    let bearing = |chat: &&RouteChat| !chat.is_labelled && chat.labels >= LABELS_PER_CHAT_MAX as i64;
    match (&request.label, route.chat.as_ref().filter(bearing)) {
        (Some(label), Some(chat)) => {
            let rule = format!("Chat {} bears {LABELS_PER_CHAT_MAX} labels already, the most there can be", chat.id);
            let fix = format!("take one off before it gets \"{}\", or leave label out", label.as_str());
            Err(Error::invalid("label", format!("{rule}; {fix}")))
        }
        _ => Ok(()),
    }
}

fn ensure_free(name: &ChatName, found: &Found, own: Option<ChatId>) -> Result<(), Error> {
    match found.name_owner {
        Some(other) if Some(other) != own => Err(Error::invalid(
            "chat_name",
            format!("Chat {other} already bears the name \"{}\"; choose another", name.as_str()),
        )),
        _ => Ok(()),
    }
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
        None => free_name(write, "", address)?,
    };
    Ok((open_chat(write, route.account, address, &name, "", &first)?, name))
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
        text: request.content.text().to_owned(),
        wamid: request.wamid.clone(),
        reply_to: request.reply_to,
        sender_jid: String::new(),
        sender_name: String::new(),
        at: now,
        received_at: now,
        credits_recurring: taken.recurring,
        credits_topped_up: taken.topped_up,
        failure: None,
    }
}
