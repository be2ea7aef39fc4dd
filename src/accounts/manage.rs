//! What people do with an account that is there: name it, set its pace and its cap, give it up.

use transport::Kind as Transport;

use crate::accounts::cold::Cap;
use crate::accounts::health::Health;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId};
use crate::inbox::values::named;
use crate::store::Write;
use crate::store::account_cares::{CareRow, account_standing, care_save, cold_release};
use crate::store::accounts::{AccountRow, account_rename, account_unlink};
use crate::store::events::{NewEvent, event_append};
use crate::store::web_records::web_records_forget_of;
use crate::workspace::audit::{Action, record, record_change};
use crate::workspace::settings::PACING_MS_MAX;

pub const ACCOUNT_NAME_CHARS_MAX: usize = 80;
pub const COLD_PER_DAY_MAX: i64 = 100_000;
pub const WARM_UP_DAYS_MAX: i64 = 90;

/// What an account is called: 1 to [`ACCOUNT_NAME_CHARS_MAX`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// # Errors
    /// `validation_error` for one that is blank, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<AccountName, Error> {
        named(field, given, ACCOUNT_NAME_CHARS_MAX).map(AccountName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How an account is to send. `None`: as the workspace, or accounts of its kind, do by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Mean pause between two sends.
    pub pacing_ms: Option<i64>,
    /// Messages a day to people who never wrote; 0 for any number.
    pub cold_per_day: Option<i64>,
    pub warm_up_days: Option<i64>,
}

impl Manner {
    /// # Errors
    /// `validation_error` naming all that is out of bounds.
    pub fn check(self) -> Result<Manner, Error> {
        let bounds = [
            ("pacing_ms", self.pacing_ms, PACING_MS_MAX),
            ("cold_per_day", self.cold_per_day, COLD_PER_DAY_MAX),
            ("warm_up_days", self.warm_up_days, WARM_UP_DAYS_MAX),
        ];
        let wrong = bounds.into_iter().filter_map(|(name, given, most)| {
            let given = given.filter(|given| !(0..=most).contains(given))?;
            Some(Error::invalid(name, format!("{name} is {given}; it must be between 0 and {most}")))
        });
        let faults: Vec<_> = wrong.flat_map(|error| error.faults).collect();
        if faults.is_empty() { Ok(self) } else { Err(Error::invalid_fields(faults)) }
    }
}

/// What is answered for an account that the workspace doesn't have.
pub fn unknown_account() -> Error {
    Error::not_found(
        "There is no such WhatsApp account in this workspace; GET /whatsapp_accounts lists those there are",
    )
}

/// An account of the workspace with its care.
///
/// # Errors
/// `not_found`.
pub fn account_of(write: &mut Write<'_, '_>, account: AccountId) -> Result<(AccountRow, CareRow), Error> {
    account_standing(write.tx, write.workspace.id, account)?.ok_or_else(unknown_account)
}

/// Makes sure that an account of the workspace is a linked one of the sandbox.
///
/// # Errors
/// `not_found`; `validation_error` for any other.
pub fn sandbox_account(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let (row, _) = account_of(write, account)?;
    if row.transport != Transport::Sandbox || !row.unlinked_at.is_never() {
        return Err(Error::invalid("account", "Only a linked sandbox account can rehearse"));
    }
    Ok(())
}

/// # Errors
/// `not_found`.
pub fn rename_account(write: &mut Write<'_, '_>, account: AccountId, name: &AccountName) -> Result<(), Error> {
    let (row, _) = account_of(write, account)?;
    if row.name == name.as_str() {
        return Ok(());
    }
    account_rename(write, account, name.as_str())?;
    record(write, Action::AccountRenamed, &row.phone, &row.name, name.as_str())?;
    tell(write, account, Kind::AccountChanged)
}

/// Gives an account up, at once and in whatever state it is: from this write on nothing of it goes. Its worker hears of it
/// within a second and tells WhatsApp, or is left if it hangs. What waits stays, until the account is linked again.
///
/// # Errors
/// `not_found`; `validation_error` where it was unlinked before.
pub fn unlink_account(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let (row, care) = account_of(write, account)?;
    if !account_unlink(write, account, Health::Unlinked.as_str())? {
        let rule = format!("WhatsApp account {} is unlinked already; link it again to use it", row.phone);
        return Err(Error::invalid("account", rule));
    }
    care_save(write, account, &CareRow { since: write.now, quality: String::new(), ..care })?;
    if row.transport == Transport::Web {
        web_records_forget_of(write, account)?;
    }
    record(write, Action::AccountUnlinked, &row.name, &row.phone, "")?;
    tell(write, account, Kind::AccountDisconnected)
}

/// Sets how an account sends. What waits for a later day because of the cap is judged anew.
///
/// # Errors
/// `not_found`.
pub fn set_manner(write: &mut Write<'_, '_>, account: AccountId, manner: Manner) -> Result<(), Error> {
    let (row, before) = account_of(write, account)?;
    let Manner { pacing_ms, cold_per_day, warm_up_days } = manner;
    let care = CareRow { pacing_ms, cold_per_day, warm_up_days, ..before.clone() };
    if care == before {
        return Ok(());
    }
    care_save(write, account, &care)?;
    if Cap::of(&row, &care) != Cap::of(&row, &before) {
        cold_release(write, account)?;
    }
    record_change(write, Action::AccountManner, &row.name, said(&before), said(&care))?;
    tell(write, account, Kind::AccountChanged)
}

/// How an account sends, as the audit log says it.
fn said(care: &CareRow) -> String {
    let number = |set: Option<i64>| set.map_or_else(|| "as usual".to_owned(), |number| number.to_string());
    let (pause, cap, days) = (number(care.pacing_ms), number(care.cold_per_day), number(care.warm_up_days));
    format!("pause {pause} ms, {cap} a day to strangers, {days} days of warming up")
}

fn tell(write: &mut Write<'_, '_>, account: AccountId, kind: Kind) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: account.to_string() }).map(drop)
}
