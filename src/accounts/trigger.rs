//! Making an event really happen on a sandbox account, for whoever builds on events: a contact writes, a message goes, a chat
//! is labelled. Nothing is made up: what is told is what any client would have caused.

use std::collections::BTreeSet;
use std::time::Duration;

use transport::Address;

use crate::accounts::health::{Health, bring_back, set_health};
use crate::accounts::sandbox::{Inbound, Player, play, sandbox_of};
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, ChatId, MessageUid, TeammateId};
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::content::{Content, Recipient};
use crate::inbox::labels::{Labelling, change_labels};
use crate::inbox::notes::{NewNote, add_note};
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{ChatName, LabelName, MessageText, NoteText, Phone};
use crate::message::Origin;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::chats::{ChatRow, chat_by_jid};
use crate::store::labels::label_list;
use crate::store::sandbox::SandboxOf;
use crate::store::teammates::teammate_find;
use crate::workspace::tokens::Caller;

/// Who answers whatever is sent, and whose chat is changed.
pub const ECHO: &str = "+12025550100";
const GROUP_CHATTER: &str = "+12025550109";
const GROUP: &str = "120363025550109000@g.us";
const EDITOR: &str = "+12025550110";
const PHOTOGRAPHER: &str = "+12025550106";
const PAUSED: &str = "+12025550148";
const LOSES_ANSWERS: &str = "+12025550157";
/// Who writes.
const CUSTOMER: &str = "+12025550171";
const LABEL: &str = "triggered";
const TEXT: &str = "Triggered with partyline trigger";
const HELD: Duration = Duration::from_secs(30);

/// How an event is made to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// A message goes to this contact of the sandbox, a phone or a JID, who does the rest.
    Send(&'static str),
    /// A message goes to somebody who has no chat yet.
    SendToNobodyYet,
    /// A contact writes.
    Hear,
    /// Somebody who has no chat yet writes.
    HearFromNobodyYet,
    /// Something is changed in the chat with Echo.
    Change(Change),
    /// The account loses its line, and has it again.
    Reconnect,
    /// The account is held, and let go.
    Hold,
}

/// What is changed in a chat. What it is already is undone first, so that it happens in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Note,
    Label,
    Unlabel,
    Rename,
    Close,
    Reopen,
    Read,
    Unread,
    Autoresponse,
    Assign,
    Unassign,
}

/// What a trigger needs that isn't in the database; made before the write.
#[derive(Clone, Debug)]
pub struct Ids {
    pub uid: MessageUid,
    pub wamid: String,
    /// The last digits of a number that nobody has written from.
    pub digits: u16,
}

const PLANS: [(&str, Plan); 31] = [
    ("message:new", Plan::Hear),
    ("message:sent:new", Plan::Send(ECHO)),
    ("message:received:new", Plan::Hear),
    ("message:status", Plan::Send(ECHO)),
    ("message:reaction", Plan::Send(EDITOR)),
    ("message:edited", Plan::Send(EDITOR)),
    ("message:deleted", Plan::Send(EDITOR)),
    ("message:media_ready", Plan::Send(PHOTOGRAPHER)),
    ("message:held", Plan::Send(PAUSED)),
    ("message:receipt", Plan::Send(GROUP)),
    ("message:uncertain", Plan::Send(LOSES_ANSWERS)),
    ("chat:new", Plan::HearFromNobodyYet),
    ("chat:incoming:new", Plan::HearFromNobodyYet),
    ("chat:outgoing:new", Plan::SendToNobodyYet),
    ("chat:members", Plan::Send(GROUP_CHATTER)),
    ("chat:note:new", Plan::Change(Change::Note)),
    ("chat:labelled", Plan::Change(Change::Label)),
    ("chat:unlabelled", Plan::Change(Change::Unlabel)),
    ("chat:renamed", Plan::Change(Change::Rename)),
    ("chat:closed", Plan::Change(Change::Close)),
    ("chat:reopened", Plan::Change(Change::Reopen)),
    ("chat:read", Plan::Change(Change::Read)),
    ("chat:unread", Plan::Change(Change::Unread)),
    ("chat:autoresponse", Plan::Change(Change::Autoresponse)),
    ("chat:responsible:assigned", Plan::Change(Change::Assign)),
    ("chat:responsible:unassigned", Plan::Change(Change::Unassign)),
    ("whatsapp:account:connected", Plan::Reconnect),
    ("whatsapp:account:disconnected", Plan::Reconnect),
    ("whatsapp:account:suspended", Plan::Hold),
    ("whatsapp:account:resumed", Plan::Hold),
    ("whatsapp:account:health", Plan::Hold),
];

/// Why an event has no trigger, by what its name begins with; the first that fits.
const WITHOUT: [(&str, &str); 10] = [
    ("message:media_unavailable", "no contact of the sandbox sends a file that WhatsApp then loses"),
    ("quota:", "quotas are real; lower one with `partyline workspace set-limits`, then send"),
    ("teammate:invited", "invite somebody: POST /workspace/invitations"),
    ("teammate:", "withdraw an invitation: DELETE /workspace/invitations/{user_id}"),
    ("template:", "make, change or delete a template: POST, PATCH or DELETE /templates"),
    ("webhook:disabled", "a webhook is disabled by five days of failures"),
    ("webhook:", "make, change or delete a webhook: POST, PUT or DELETE /webhooks"),
    ("call:", "contacts of the sandbox don't call"),
    ("waba:", "these are events of Cloud API accounts, which the sandbox has none of"),
    ("", "nothing in the sandbox makes it happen by itself; do what it tells of through the API"),
];

/// The events that have a trigger.
pub fn triggers() -> impl Iterator<Item = &'static str> {
    PLANS.iter().map(|(name, _)| *name)
}

/// How to make this event happen. `is_known`: whether there is such an event.
///
/// # Errors
/// `validation_error` for an event that there isn't, or that can't be triggered, and why.
pub fn plan(event: &str, is_known: bool) -> Result<Plan, Error> {
    if let Some((_, plan)) = PLANS.iter().find(|(name, _)| *name == event) {
        return Ok(*plan);
    }
    let shown: String = event.chars().take(64).collect();
    let shown = shown.escape_debug();
    if !is_known {
        let rule = format!("There is no event \"{shown}\"; `partyline trigger --list` names those that have a trigger");
        return Err(Error::invalid("event", rule));
    }
    let (_, why) = WITHOUT.iter().find(|(start, _)| event.starts_with(start)).unwrap_or(&WITHOUT[WITHOUT.len() - 1]);
    Err(Error::invalid("event", format!("{shown} has no trigger: {why}")))
}

/// Whether the plan needs a chat that isn't there yet, which a message to Echo would make.
///
/// # Errors
/// `validation_error` without a sandbox account.
pub fn lacks_chat(write: &mut Write<'_, '_>, plan: Plan) -> Result<bool, Error> {
    if !matches!(plan, Plan::Change(_)) {
        return Ok(false);
    }
    let of = sandbox_of(write.tx, write.workspace.id, None)?;
    Ok(chat_with(write, of.account, ECHO)?.is_none())
}

/// Makes it happen on the sandbox account that was linked last; says what was done. Whose sandbox it is is rung by the
/// caller.
///
/// # Errors
/// `validation_error` without a sandbox account, and what a send may refuse.
pub fn fire(write: &mut Write<'_, '_>, plan: Plan, ids: &Ids) -> Result<(SandboxOf, String), Error> {
    let of = sandbox_of(write.tx, write.workspace.id, None)?;
    let done = match plan {
        Plan::Send(number) => send(write, of.account, number, ids)?,
        Plan::SendToNobodyYet => {
            let number = nobody_yet(write, of.account, ids)?;
            send(write, of.account, &number, ids)?
        }
        Plan::Hear => hear(write, of, CUSTOMER, ids)?,
        Plan::HearFromNobodyYet => {
            let number = nobody_yet(write, of.account, ids)?;
            hear(write, of, &number, ids)?
        }
        Plan::Change(what) => change(write, of.account, what, ids)?,
        Plan::Reconnect => {
            set_health(write, of.account, Health::Reconnecting, TEXT, Time::NEVER)?;
            bring_back(write, of.account)?;
            "The account lost its line and has it again".to_owned()
        }
        Plan::Hold => {
            let until = write.now + HELD;
            set_health(write, of.account, Health::Held, TEXT, until)?;
            bring_back(write, of.account)?;
            "The account was held and is let go".to_owned()
        }
    };
    Ok((of, done))
}

fn send(write: &mut Write<'_, '_>, account: AccountId, number: &str, ids: &Ids) -> Result<String, Error> {
    let phone = account_find(write.tx, write.workspace.id, account)?.map(|row| row.phone).unwrap_or_default();
    let request = SendMessage {
        uid: ids.uid,
        wamid: ids.wamid.clone(),
        to: match number.contains('@') {
            true => Recipient::Address(Address::from_jid(number)),
            false => Recipient::phone(&Phone::parse("to", number)?),
        },
        account: Some(Phone::parse("account", &phone)?),
        content: Content::new(Some(MessageText::parse("text", TEXT)?), None)?,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    };
    let operator = Caller::operator(write.workspace.id);
    queue_message(write, &operator, &request)?;
    Ok(format!("Message {} goes to {number}", ids.uid))
}

fn hear(write: &mut Write<'_, '_>, of: SandboxOf, number: &str, ids: &Ids) -> Result<String, Error> {
    let address = Address::from_phone(number);
    let player = Player { chat: address.clone(), chat_name: String::new(), sender: address, name: String::new() };
    let said = Inbound::Text { text: TEXT.to_owned(), reply_to: None };
    play(write, of, &player, &said, ids.uid.0)?;
    Ok(format!("{number} writes"))
}

/// A number of the sandbox with which there is no chat.
fn nobody_yet(write: &mut Write<'_, '_>, account: AccountId, ids: &Ids) -> Result<String, Error> {
    // As many numbers as a test ever uses up, from a place that differs each time.
    for step in 0..100 {
        let number = format!("+1202556{:04}", (u32::from(ids.digits) + step) % 10_000);
        if chat_with(write, account, &number)?.is_none() {
            return Ok(number);
        }
    }
    Err(Error::invalid("event", "Every number that was tried has a chat by now; trigger it again"))
}

fn chat_with(write: &mut Write<'_, '_>, account: AccountId, number: &str) -> Result<Option<ChatRow>, Error> {
    Ok(chat_by_jid(write.tx, write.workspace.id, account, Address::from_phone(number).jid())?)
}

fn change(write: &mut Write<'_, '_>, account: AccountId, what: Change, ids: &Ids) -> Result<String, Error> {
    let chat = chat_with(write, account, ECHO)?.ok_or_else(|| Error::internal("the chat with Echo was just made"))?;
    match what {
        Change::Note => {
            let text = NoteText::parse("text", TEXT)?;
            let note = NewNote { uid: ids.uid, chat: chat.id, text, is_private: false };
            let operator = Caller::operator(write.workspace.id);
            add_note(write, &operator, &note)?;
        }
        Change::Label | Change::Unlabel => relabel(write, chat.id, what == Change::Label)?,
        _ => {
            let (before, wanted) = changes(write, &chat, what)?;
            if let Some(before) = before {
                change_chat(write, chat.id, &before)?;
            }
            change_chat(write, chat.id, &wanted)?;
        }
    }
    Ok(format!("Chat {} was changed", chat.id))
}

/// What has to be undone first, and what is done.
fn changes(write: &mut Write<'_, '_>, chat: &ChatRow, what: Change) -> Result<(Option<ChatChange>, ChatChange), Error> {
    let closed = |closed| ChatChange { closed: Some(closed), ..ChatChange::default() };
    let read = |read| ChatChange { read: Some(read), ..ChatChange::default() };
    let by = |email: &str| ChatChange { responsible: Some(email.to_owned()), ..ChatChange::default() };
    let is_assigned = chat.responsible != TeammateId::NOBODY;
    let owner = match what {
        Change::Assign | Change::Unassign => owner_email(write)?,
        _ => String::new(),
    };
    Ok(match what {
        Change::Close => (chat.closed.then(|| closed(false)), closed(true)),
        Change::Reopen => ((!chat.closed).then(|| closed(true)), closed(false)),
        Change::Read => ((chat.unread == 0).then(|| read(false)), read(true)),
        Change::Unread => ((chat.unread > 0).then(|| read(true)), read(false)),
        Change::Assign => (is_assigned.then(|| by("")), by(&owner)),
        Change::Unassign => ((!is_assigned).then(|| by(&owner)), by("")),
        Change::Rename => {
            let name = ChatName::parse("name", &format!("Echo {}", write.counters.event_last + 1))?;
            (None, ChatChange { name: Some(name), ..ChatChange::default() })
        }
        _ => (None, ChatChange { autoresponse: Some(!chat.autoresponse), ..ChatChange::default() }),
    })
}

/// Whoever answers for a chat is named by their email.
fn owner_email(write: &mut Write<'_, '_>) -> Result<String, Error> {
    let owner = teammate_find(write.tx, write.workspace.id, TeammateId::OWNER)?;
    owner.map(|owner| owner.email).filter(|email| !email.is_empty()).ok_or_else(|| {
        let rule = "The workspace's Owner has no email yet, and nobody can answer for a chat without one";
        Error::invalid("event", format!("{rule}; open the setup link (`partyline setup-link`) first"))
    })
}

fn relabel(write: &mut Write<'_, '_>, chat: ChatId, on: bool) -> Result<(), Error> {
    let mut labels: BTreeSet<LabelName> = BTreeSet::new();
    for label in label_list(write.tx, write.workspace.id, chat)? {
        labels.insert(LabelName::parse("labels", &label)?);
    }
    let ours = LabelName::parse("labels", LABEL)?;
    let (mut with, mut without) = (labels.clone(), labels);
    with.insert(ours.clone());
    without.remove(&ours);
    let (first, last) = if on { (without, with) } else { (with, without) };
    change_labels(write, chat, &first, Labelling::Replace)?;
    change_labels(write, chat, &last, Labelling::Replace).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_kind::Kind;
    use crate::webhooks::EventType;

    #[test]
    fn every_event_has_a_trigger_or_a_reason() {
        let kinds = Kind::all().map(Kind::name);
        for name in kinds.chain(EventType::NAMES) {
            if let Err(refusal) = plan(name, true) {
                assert!(refusal.message.contains("has no trigger: "), "{}", refusal.message);
            }
        }
        for (name, _) in PLANS {
            let is_known = Kind::from_name(name).is_some() || EventType::parse(name).is_some();
            assert!(is_known, "{name} is no event");
        }
    }
}
