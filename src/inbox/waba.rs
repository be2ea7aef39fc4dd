//! Official accounts, numbers of Meta's Cloud API, as the `/waba` operations reach them: their chats and messages, and
//! sends that are refused in those operations' own words.

use database::Read;
use transport::Kind;

use crate::error::{Code, Error};
use crate::id::{AccountId, ChatId, MessageUid};
use crate::inbox::chat::unknown_chat;
use crate::inbox::content::Recipient;
use crate::inbox::reach::{reached_chat, reached_message};
use crate::inbox::send::{SendMessage, decide, look, queue_decided};
use crate::inbox::values::Phone;
use crate::inbox::waba_templates::judge_template;
use crate::inbox::window::{Window, closed_words};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find, account_list};
use crate::store::chats::ChatRow;
use crate::store::cloud_accounts::{CloudAccount, cloud_account_list};
use crate::store::messages::MessageView;
use crate::workspace::tokens::Caller;

const ACCOUNT_FIELD: &str = "waba_account_id";

/// An official account, as we know it and as Meta does.
#[derive(Clone, Debug)]
pub struct WabaAccount {
    pub row: AccountRow,
    pub cloud: CloudAccount,
}

impl WabaAccount {
    pub fn id(&self) -> AccountId {
        self.row.id
    }
}

/// The contract's word for how an official account is: `active`, `disabled` (it needs somebody, or is held) or `removed`.
pub fn waba_state(account: &AccountRow) -> &'static str {
    if !account.unlinked_at.is_never() {
        return "removed";
    }
    match account.health.as_str() {
        "held" | "logged_out" | "token_invalid" | "down" | "unlinked" => "disabled",
        _ => "active",
    }
}

/// The official accounts that the caller reaches, unlinked ones included.
///
/// # Errors
/// Faults of the database only.
pub fn waba_accounts(tx: &mut impl Read, caller: &Caller) -> Result<Vec<WabaAccount>, Error> {
    let rows = account_list(tx, caller.workspace)?;
    let reached = rows.into_iter().filter(|row| row.transport == Kind::Cloud);
    let reached: Vec<AccountRow> = reached.filter(|row| caller.limits.allow_account(&row.phone)).collect();
    let clouds = cloud_account_list(tx, caller.workspace)?;
    let both = |row: AccountRow| {
        let cloud = clouds.iter().find(|cloud| cloud.account == row.id)?.clone();
        Some(WabaAccount { row, cloud })
    };
    Ok(reached.into_iter().filter_map(both).collect())
}

/// An official account that the caller reaches.
///
/// # Errors
/// `not_found`.
pub fn reached_waba_account(tx: &mut impl Read, caller: &Caller, id: AccountId) -> Result<WabaAccount, Error> {
    let found = waba_accounts(tx, caller)?.into_iter().find(|account| account.id() == id);
    found.ok_or_else(|| Error::not_found("There is no such official account in this workspace; check the account_id"))
}

/// A chat on an official account; all others are none to these operations.
///
/// # Errors
/// `not_found`.
pub fn reached_waba_chat(tx: &mut impl Read, caller: &Caller, chat: ChatId) -> Result<ChatRow, Error> {
    let row = reached_chat(tx, caller, chat)?;
    if is_official(tx, caller, row.account)? { Ok(row) } else { Err(unknown_chat()) }
}

/// A message of such a chat.
pub fn reached_waba_message(
    tx: &mut impl Read,
    caller: &Caller,
    uid: MessageUid,
) -> Result<Option<MessageView>, Error> {
    let Some(view) = reached_message(tx, caller, uid)? else { return Ok(None) };
    Ok(is_official(tx, caller, view.message.account)?.then_some(view))
}

fn is_official(tx: &mut impl Read, caller: &Caller, account: AccountId) -> Result<bool, Error> {
    let found = account_find(tx, caller.workspace, account)?;
    Ok(found.is_some_and(|row| row.transport == Kind::Cloud))
}

/// A message from an official account.
#[derive(Clone, Debug)]
pub struct WabaSend {
    /// To a phone, or to a chat.
    pub message: SendMessage,
    /// The account to send from; `None` for the chat's own, or the official account that was added last.
    pub account: Option<AccountId>,
    /// The phone that was named beside a chat: it must be the chat's.
    pub phone: Option<Phone>,
}

/// Accepts a message from an official account.
///
/// # Errors
/// As [`crate::inbox::send::queue_message`], and `account_inactive`, `service_window_closed`, `template_not_approved`,
/// `template_wrong_waba`, `template_variables_mismatch`. All are decided before anything is written.
pub fn queue_waba_message(write: &mut Write<'_, '_>, caller: &Caller, send: &WabaSend) -> Result<MessageUid, Error> {
    let account = sender(write.tx, caller, send)?;
    let mut message = SendMessage { account: Some(own_phone(&account)?), ..send.message.clone() };
    if let Some(template) = message.content.template() {
        let words = judge_template(write.tx, caller.workspace, &account.cloud.business_id, template)?;
        message.content = message.content.shown_as(&words);
    }
    let routes = look(write.tx, caller, &message)?;
    let now = write.now;
    let decision = decide(write.tx, caller, &message, &routes, now)?;
    if let Window::Closed { hours } = decision.window {
        let rule = format!("{}; send a template instead", closed_words(hours));
        return Err(Error::new(Code::ServiceWindowClosed, rule));
    }
    queue_decided(write, caller, &message, &decision)
}

/// Which official account a message goes from, once it is known to be active.
fn sender(tx: &mut impl Read, caller: &Caller, send: &WabaSend) -> Result<WabaAccount, Error> {
    let found = match &send.message.to {
        Recipient::Chat(chat) => {
            let chat = reached_waba_chat(tx, caller, *chat)?;
            ensure_of_chat(send, &chat)?;
            reached_waba_account(tx, caller, chat.account)?
        }
        _ => chosen(tx, caller, send.account)?,
    };
    ensure_active(&found.row)?;
    Ok(found)
}

/// Refuses an official account that was removed; what waits for a number that can come back is accepted and waits.
///
/// # Errors
/// `account_inactive`.
pub fn ensure_active(row: &AccountRow) -> Result<(), Error> {
    if row.unlinked_at.is_never() {
        return Ok(());
    }
    let rule = format!("Official account {} ({}) was removed; add it again, or use another one", row.id, row.phone);
    Err(Error::new(Code::AccountInactive, rule))
}

fn chosen(tx: &mut impl Read, caller: &Caller, wished: Option<AccountId>) -> Result<WabaAccount, Error> {
    let all = waba_accounts(tx, caller)?;
    if let Some(wished) = wished {
        return all.into_iter().find(|account| account.id() == wished).ok_or_else(|| {
            let rule = format!("{ACCOUNT_FIELD} {wished} is no official account of this workspace");
            Error::invalid(ACCOUNT_FIELD, format!("{rule}; GET /waba/accounts lists those there are"))
        });
    }
    let linked = all.into_iter().filter(|account| account.row.unlinked_at.is_never());
    linked.max_by_key(|account| (account.row.linked_at, account.row.id)).ok_or_else(|| {
        let rule = "This workspace has no official account to send from";
        Error::invalid(ACCOUNT_FIELD, format!("{rule}; add one, and leave {ACCOUNT_FIELD} out or give its id"))
    })
}

/// What is named beside a chat must be the chat's own.
fn ensure_of_chat(send: &WabaSend, chat: &ChatRow) -> Result<(), Error> {
    if let Some(wished) = send.account.filter(|wished| *wished != chat.account) {
        let rule = format!("{ACCOUNT_FIELD} {wished} isn't the account of chat {}", chat.id);
        return Err(Error::invalid(ACCOUNT_FIELD, format!("{rule}; leave {ACCOUNT_FIELD} out")));
    }
    if let Some(phone) = send.phone.as_ref().filter(|phone| phone.as_str() != chat.phone) {
        let rule = format!("phone {} isn't that of chat {}", phone.as_str(), chat.id);
        return Err(Error::invalid("phone", format!("{rule}; leave phone out, or use POST /waba/messages")));
    }
    Ok(())
}

fn own_phone(account: &WabaAccount) -> Result<Phone, Error> {
    Phone::parse("phone", &account.row.phone).map_err(Error::internal)
}
