//! Linking: an account comes into being. The sandbox's needs nobody's phone.

use transport::{Address, Kind};

use crate::accounts::health::Health;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind as EventKind;
use crate::id::{AccountId, ChatId, TeammateId};
use crate::store::Write;
use crate::store::account_linkings::linking_list;
use crate::store::accounts::{AccountRow, account_insert, account_list};
use crate::store::events::{NewEvent, event_append};
use crate::workspace::audit::{Action, record};

/// 555-0100 to 555-0199 are fiction's in every area, so nobody's number is taken. The sandbox's contacts have theirs in
/// area 202; an account's ends with 198, which is no contact's.
const AREAS: [&str; 16] =
    ["202", "212", "213", "303", "305", "312", "404", "415", "503", "512", "602", "617", "702", "713", "801", "919"];
const REST: &str = "5550198";

/// Links a new sandbox account, with a number of its own.
///
/// # Errors
/// `validation_error` for a workspace that has all [`AREAS`] of them.
pub fn link_sandbox(write: &mut Write<'_, '_>, name: &str) -> Result<AccountId, Error> {
    let phone = free_sandbox_phone(write)?;
    let id = write.next_account_id();
    insert_linked(write, id, Kind::Sandbox, &Address::from_phone(&phone), name, TeammateId::OWNER)?;
    Ok(id)
}

/// A number for a new sandbox account that no account has, and none that is being linked.
///
/// # Errors
/// `validation_error` for a workspace that has all [`AREAS`] of them.
pub fn free_sandbox_phone(write: &mut Write<'_, '_>) -> Result<String, Error> {
    let workspace = write.workspace.id;
    let accounts = account_list(write.tx, workspace)?.into_iter().map(|other| other.phone);
    let linkings = linking_list(write.tx, workspace)?.into_iter().map(|other| other.phone);
    let taken: Vec<String> = accounts.chain(linkings).collect();
    let mut phones = AREAS.iter().map(|area| format!("+1{area}{REST}"));
    phones.find(|phone| !taken.contains(phone)).ok_or_else(|| {
        let rule = format!("A workspace has at most {} sandbox accounts; use one that is there", AREAS.len());
        Error::invalid("name", rule)
    })
}

/// Adds an account that has just been linked, and tells of it.
pub fn insert_linked(
    write: &mut Write<'_, '_>,
    id: AccountId,
    transport: Kind,
    address: &Address,
    name: &str,
    owner: TeammateId,
) -> Result<(), Error> {
    let account = AccountRow {
        workspace: write.workspace.id,
        id,
        transport,
        jid: address.jid().to_owned(),
        phone: address.phone().unwrap_or_default(),
        name: name.to_owned(),
        owner,
        linked_at: write.now,
        unlinked_at: Time::NEVER,
        health: Health::Connected.as_str().to_owned(),
        health_reason: String::new(),
        health_until: Time::NEVER,
    };
    account_insert(write, &account)?;
    let event = NewEvent { kind: EventKind::AccountConnected, chat: ChatId(0), message: None, detail: id.to_string() };
    event_append(write, event)?;
    record(write, Action::AccountLinked, &account.name, "", &account.phone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::values::Phone;

    #[test]
    fn every_fictional_number_is_a_valid_one() {
        for area in AREAS {
            let phone = format!("+1{area}{REST}");
            assert_eq!(Phone::parse("phone", &phone).expect("valid").as_str(), phone);
        }
    }
}
