//! Linking step by step: what is shown, what somebody answers, how it ends. Rules only; the steps come from the transport
//! through the account's ear, and `linker.rs` carries them.
//!
//! An account has its number before it exists, so what its transport keeps while it is linked is under that number already.

use std::time::Duration;

use transport::{Address, Kind, LinkBy, LinkEnd, LinkStep};

use crate::accounts::health::{Health, set_health};
use crate::accounts::link::{free_sandbox_phone, insert_linked};
use crate::accounts::manage::{AccountName, account_of};
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind as EventKind;
use crate::id::{AccountId, ChatId, TeammateId};
use crate::inbox::values::Phone;
use crate::store::Write;
use crate::store::account_cares::{CareRow, account_standing, care_save};
use crate::store::account_linkings::{LinkingRow, linking_find, linking_forget, linking_list, linking_save};
use crate::store::accounts::{account_link, account_list};
use crate::store::events::{NewEvent, event_append};
use crate::store::web_records::web_records_forget_of;
use crate::transports::LINKS_PHONES;
use crate::workspace::audit::{Action, record};

/// A linking that isn't done by then never will be: codes end long before.
pub const LINKING_MAX: Duration = Duration::from_secs(15 * 60);
/// Linkings that go on in one workspace at once.
pub const LINKINGS_MAX: usize = 5;
/// A passkey's answer is some hundred bytes; this is what is kept at most.
pub const ASSERTION_BYTES_MAX: usize = 8 * 1024;
/// What `answer` says where the passkey's code was confirmed; no assertion is that.
pub const CONFIRMED: &str = "confirmed";

/// How far a linking is. The words are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The transport has said nothing yet.
    Starting,
    /// A code to scan is shown.
    Qr,
    /// A code to type is shown.
    Code,
    /// A passkey is asked for.
    Passkey,
    /// Both sides show a code, which somebody compares.
    Confirm,
    Linked,
    Ended,
}

impl Stage {
    pub const ALL: [Stage; 7] =
        [Stage::Starting, Stage::Qr, Stage::Code, Stage::Passkey, Stage::Confirm, Stage::Linked, Stage::Ended];

    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Starting => "starting",
            Stage::Qr => "qr",
            Stage::Code => "code",
            Stage::Passkey => "passkey",
            Stage::Confirm => "confirm",
            Stage::Linked => "linked",
            Stage::Ended => "ended",
        }
    }

    /// A stored word; one of another version counts as over.
    pub fn of(row: &LinkingRow) -> Stage {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == row.stage).unwrap_or(Stage::Ended)
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Stage::Linked | Stage::Ended)
    }
}

/// Which way a number is linked. The words are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    #[default]
    Qr,
    Code,
}

impl Way {
    pub fn parse(text: &str) -> Option<Way> {
        [Way::Qr, Way::Code].into_iter().find(|way| way.as_str() == text)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Way::Qr => "qr",
            Way::Code => "code",
        }
    }
}

/// How a linking's transport is to link.
pub fn link_by(row: &LinkingRow) -> LinkBy {
    match Way::parse(&row.way) {
        Some(Way::Code) => LinkBy::PhoneCode { phone: row.phone.clone() },
        Some(Way::Qr) | None => LinkBy::Qr,
    }
}

/// Begins to link a new sandbox account, as a phone would be linked.
///
/// # Errors
/// `validation_error` where too many are being linked, or the workspace has all the sandbox accounts that it may.
pub fn begin_linking(
    write: &mut Write<'_, '_>,
    name: &AccountName,
    way: Way,
    owner: TeammateId,
) -> Result<AccountId, Error> {
    linking_forget(write)?;
    ensure_room(write)?;
    let phone = free_sandbox_phone(write)?;
    let account = write.next_account_id();
    let row = new_linking(write, account, Kind::Sandbox, way, phone, name.as_str().to_owned(), owner);
    linking_save(write, &row)?;
    Ok(account)
}

/// Begins to link a phone's own number, as a device of it: by a code to type where the phone is told, else by codes to scan.
///
/// # Errors
/// `validation_error` where this build can't, too many are being linked, or the number is an account of the workspace.
pub fn begin_phone_linking(
    write: &mut Write<'_, '_>,
    name: &AccountName,
    phone: Option<&Phone>,
    owner: TeammateId,
) -> Result<AccountId, Error> {
    ensure_links_phones()?;
    linking_forget(write)?;
    ensure_room(write)?;
    let phone = phone.map(|phone| phone.as_str().to_owned()).unwrap_or_default();
    if !phone.is_empty() && account_list(write.tx, write.workspace.id)?.iter().any(|other| other.phone == phone) {
        let rule = format!("{phone} is an account of this workspace already; link that one again");
        return Err(Error::invalid("phone", rule));
    }
    let way = if phone.is_empty() { Way::Qr } else { Way::Code };
    let account = write.next_account_id();
    let row = new_linking(write, account, Kind::Web, way, phone, name.as_str().to_owned(), owner);
    linking_save(write, &row)?;
    Ok(account)
}

fn ensure_links_phones() -> Result<(), Error> {
    if LINKS_PHONES {
        return Ok(());
    }
    let rule = "This server was built without linked devices (--no-default-features); use a build that has them, or add a \
                number of the Cloud API";
    Err(Error::invalid("way", rule))
}

/// Begins to link an account again that is there: unlinked, or logged out at WhatsApp.
///
/// # Errors
/// `not_found`; `validation_error` where it is linked and well, is no account that a phone links, or too many are being
/// linked.
pub fn begin_linking_again(write: &mut Write<'_, '_>, account: AccountId, way: Way) -> Result<(), Error> {
    let (row, _) = account_of(write, account)?;
    let is_away = !row.unlinked_at.is_never()
        || matches!(Health::parse(&row.health), Some(Health::LoggedOut | Health::Down | Health::Linking));
    if !is_away {
        let rule = format!("WhatsApp account {} is linked; unlink it first", row.phone);
        return Err(Error::invalid("account", rule));
    }
    if row.transport == Kind::Cloud {
        let rule = format!("WhatsApp account {} has a token and is not linked with a phone", row.phone);
        return Err(Error::invalid("account", rule));
    }
    if row.transport == Kind::Web {
        ensure_links_phones()?;
    }
    linking_forget(write)?;
    ensure_room(write)?;
    let linking = new_linking(write, account, row.transport, way, row.phone, row.name, row.owner);
    let ends_at = linking.ends_at;
    linking_save(write, &linking)?;
    set_health(write, account, Health::Linking, "", ends_at)
}

fn ensure_room(write: &mut Write<'_, '_>) -> Result<(), Error> {
    let going_on = linking_list(write.tx, write.workspace.id)?;
    if going_on.len() < LINKINGS_MAX {
        return Ok(());
    }
    let rule = format!("{} accounts are being linked; finish or cancel one first", going_on.len());
    Err(Error::invalid("name", rule))
}

fn new_linking(
    write: &Write<'_, '_>,
    account: AccountId,
    transport: Kind,
    way: Way,
    phone: String,
    name: String,
    owner: TeammateId,
) -> LinkingRow {
    LinkingRow {
        workspace: write.workspace.id,
        account,
        transport,
        way: way.as_str().to_owned(),
        phone,
        name,
        owner,
        stage: Stage::Starting.as_str().to_owned(),
        shown: String::new(),
        round: 0,
        rounds: 0,
        until: Time::NEVER,
        answer: String::new(),
        reason: String::new(),
        begun_at: write.now,
        ends_at: write.now + LINKING_MAX,
    }
}

/// A linking that goes on.
///
/// # Errors
/// `not_found` where there is none, or it is over.
pub fn ongoing(write: &mut Write<'_, '_>, account: AccountId) -> Result<LinkingRow, Error> {
    let found = linking_find(write.tx, write.workspace.id, account)?;
    found
        .filter(|row| !Stage::of(row).is_over())
        .ok_or_else(|| Error::not_found("This account is not being linked any more; begin anew"))
}

/// The number whose linking was begun last, of those that go on.
///
/// # Errors
/// `not_found` where there is none.
pub fn last_linking(write: &mut Write<'_, '_>) -> Result<AccountId, Error> {
    let rows = linking_list(write.tx, write.workspace.id)?;
    let going_on = rows.into_iter().filter(|row| !Stage::of(row).is_over());
    let last = going_on.max_by_key(|row| (row.begun_at, row.account));
    last.map(|row| row.account)
        .ok_or_else(|| Error::not_found("No account is being linked; begin with it on the screen WhatsApp accounts"))
}

/// Hands in what a browser said to the passkey's request.
///
/// # Errors
/// `not_found`; `validation_error` where none was asked for, or this is no JSON object.
pub fn answer_passkey(write: &mut Write<'_, '_>, account: AccountId, assertion: &str) -> Result<(), Error> {
    let row = ongoing(write, account)?;
    if Stage::of(&row) != Stage::Passkey {
        return Err(Error::invalid("assertion", "No passkey is asked for at this step"));
    }
    let assertion = assertion.trim();
    let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(assertion).is_ok();
    if assertion.len() > ASSERTION_BYTES_MAX || !is_object || assertion.contains('\0') {
        let rule = "This is no passkey answer: paste the whole JSON object that the browser gave, from { to }";
        return Err(Error::invalid("assertion", rule));
    }
    Ok(linking_save(write, &LinkingRow { answer: assertion.to_owned(), ..row })?)
}

/// Says that the phone shows the same code.
///
/// # Errors
/// `not_found`; `validation_error` where no code is compared.
pub fn confirm_passkey(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let row = ongoing(write, account)?;
    if Stage::of(&row) != Stage::Confirm {
        return Err(Error::invalid("code", "No code is to be compared at this step"));
    }
    Ok(linking_save(write, &LinkingRow { answer: CONFIRMED.to_owned(), ..row })?)
}

/// Gives a linking up.
///
/// # Errors
/// `not_found` where none goes on.
pub fn cancel_linking(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let row = ongoing(write, account)?;
    end(write, row, "It was cancelled")
}

/// Ends a linking whose time is over; `true` if it was.
pub fn expire_linking(write: &mut Write<'_, '_>, account: AccountId) -> Result<bool, Error> {
    let Some(row) = linking_find(write.tx, write.workspace.id, account)? else { return Ok(false) };
    if Stage::of(&row).is_over() || write.now < row.ends_at {
        return Ok(false);
    }
    end(write, row, "It took too long")?;
    Ok(true)
}

/// Ends a linking that its transport can't go on with.
pub fn fail_linking(write: &mut Write<'_, '_>, account: AccountId, reason: &str) -> Result<(), Error> {
    match linking_find(write.tx, write.workspace.id, account)? {
        Some(row) if !Stage::of(&row).is_over() => end(write, row, reason),
        _ => Ok(()),
    }
}

/// Notes what a transport told of a linking. What it tells of one that is over is too late.
pub fn record_step(write: &mut Write<'_, '_>, account: AccountId, step: &LinkStep) -> Result<(), Error> {
    let Some(row) = linking_find(write.tx, write.workspace.id, account)? else { return Ok(()) };
    if Stage::of(&row).is_over() {
        return Ok(());
    }
    match step {
        LinkStep::Qr { payload, round, rounds, until_ms } => {
            let (round, rounds) = (i64::from(*round), i64::from(*rounds));
            show(write, LinkingRow { round, rounds, ..row }, Stage::Qr, payload, *until_ms)
        }
        LinkStep::PhoneCode { code, until_ms } => show(write, row, Stage::Code, code, *until_ms),
        LinkStep::PasskeyAsked { request, until_ms } => show(write, row, Stage::Passkey, request, *until_ms),
        LinkStep::PasskeyCode { code, until_ms } => show(write, row, Stage::Confirm, code, *until_ms),
        LinkStep::Linked { address, name } => linked(write, row, address, name),
        LinkStep::Ended { end: why, reason } => {
            let words = match why {
                LinkEnd::Expired => "Nobody used the codes in time",
                LinkEnd::Refused => "It was refused on the phone",
                LinkEnd::Failed => "WhatsApp broke it off",
            };
            let colon = if reason.is_empty() { "" } else { ": " };
            end(write, row, &format!("{words}{colon}{reason}"))
        }
    }
}

fn show(write: &mut Write<'_, '_>, row: LinkingRow, stage: Stage, shown: &str, until_ms: i64) -> Result<(), Error> {
    let (stage, shown) = (stage.as_str().to_owned(), shown.replace('\0', ""));
    let row = LinkingRow { stage, shown, until: Time::from_ms(until_ms), answer: String::new(), ..row };
    Ok(linking_save(write, &row)?)
}

/// The number is bound: the account comes into being, or is back.
fn linked(write: &mut Write<'_, '_>, row: LinkingRow, address: &Address, name: &str) -> Result<(), Error> {
    let phone = address.phone().unwrap_or_default();
    let others = account_list(write.tx, write.workspace.id)?;
    match others.iter().find(|other| other.id == row.account) {
        Some(own) if own.phone != phone => {
            let reason = format!("Another number was linked: {phone} instead of {}", own.phone);
            return end(write, row, &reason);
        }
        Some(own) => {
            let (id, care) = (own.id, account_standing(write.tx, write.workspace.id, own.id)?.map(|found| found.1));
            account_link(write, id, Health::Connected.as_str())?;
            care_save(write, id, &CareRow { since: write.now, ..care.unwrap_or_default() })?;
            let (kind, detail) = (EventKind::AccountConnected, id.to_string());
            event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail })?;
            record(write, Action::AccountLinked, &own.name, "", &phone)?;
        }
        None if others.iter().any(|other| other.phone == phone) => {
            let reason = format!("{phone} is an account of this workspace already; link it again from there");
            return end(write, row, &reason);
        }
        None => {
            let name = if row.name.is_empty() { name } else { &row.name };
            insert_linked(write, row.account, row.transport, address, name, row.owner)?;
        }
    }
    let stage = Stage::Linked.as_str().to_owned();
    let (shown, answer) = (String::new(), String::new());
    Ok(linking_save(write, &LinkingRow { stage, phone, shown, answer, until: Time::NEVER, ..row })?)
}

fn end(write: &mut Write<'_, '_>, row: LinkingRow, reason: &str) -> Result<(), Error> {
    let account = row.account;
    let (stage, reason) = (Stage::Ended.as_str().to_owned(), reason.replace('\0', ""));
    let (shown, answer) = (String::new(), String::new());
    if row.transport == Kind::Web {
        // Keys that nobody will use.
        web_records_forget_of(write, account)?;
    }
    let told = format!("Linking it again came to nothing: {reason}");
    linking_save(write, &LinkingRow { stage, reason, shown, answer, until: Time::NEVER, ..row })?;
    let found = account_standing(write.tx, write.workspace.id, account)?;
    if found.is_some_and(|(row, _)| row.health == Health::Linking.as_str()) {
        set_health(write, account, Health::LoggedOut, &told, Time::NEVER)?;
    }
    Ok(())
}
