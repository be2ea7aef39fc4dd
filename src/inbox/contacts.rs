//! One contact, two addresses. WhatsApp knows people by their phone and by an id that hides it (`<digits>@lid`, from Meta
//! `<id>@bsuid`); which of them an event bears is its own affair. Once both are known to be one person, the phone's address
//! stands for both:
//!
//! - what comes from either goes to the chat of the phone, and a send to either goes there;
//! - a chat that was known by the hidden id alone becomes the phone's, with all that is in it;
//! - where an account has a chat of each already, both stay with all that is in them. What is said from then on is in the
//!   phone's; nothing is moved, so that no number of a chat ever means something else.

use database::Read;
use transport::{Address, SameContact};

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, ContactId, WorkspaceId};
use crate::store::Write;
use crate::store::contacts::{
    KnownContact, chat_readdress, chats_at, contact_address_put, contact_find, contact_insert_bare,
};
use crate::store::events::{NewEvent, event_append};

/// Notes that two addresses are one person's. Told again, nothing changes; what isn't a phone and a hidden id says nothing.
pub fn join_addresses(write: &mut Write<'_, '_>, same: &SameContact) -> Result<(), Error> {
    let SameContact { phone, lid } = same;
    let Some(number) = phone.phone().filter(|_| lid.hides_phone()) else { return Ok(()) };
    let workspace = write.workspace.id;
    let by_phone = contact_find(write.tx, workspace, phone.jid())?;
    let by_lid = contact_find(write.tx, workspace, lid.jid())?;
    if by_phone.as_ref().is_some_and(|known| known.other_jid == lid.jid()) {
        return Ok(());
    }
    let contact = part_from_others(write, by_phone, by_lid)?;
    contact_address_put(write, phone.jid(), contact, lid.jid())?;
    contact_address_put(write, lid.jid(), contact, phone.jid())?;
    let (phones, hidden) = (chats_at(write.tx, workspace, phone.jid())?, chats_at(write.tx, workspace, lid.jid())?);
    for (account, chat) in &hidden {
        let other = phones.iter().find(|(of, _)| of == account);
        let jid = if other.is_some() { lid.jid() } else { phone.jid() };
        chat_readdress(write, *chat, contact, (jid, &number, lid.jid()))?;
        note(write, *chat, other.map(|(_, chat)| *chat))?;
    }
    for (account, chat) in &phones {
        chat_readdress(write, *chat, contact, (phone.jid(), &number, lid.jid()))?;
        note(write, *chat, hidden.iter().find(|(of, _)| of == account).map(|(_, chat)| *chat))?;
    }
    Ok(())
}

/// Whose both addresses are from now on. People change their numbers and numbers their people: whoever had one of the two
/// beside another address until now keeps that one alone.
fn part_from_others(
    write: &mut Write<'_, '_>,
    by_phone: Option<KnownContact>,
    by_lid: Option<KnownContact>,
) -> Result<ContactId, Error> {
    let had_other = |known: &Option<KnownContact>| known.clone().filter(|known| !known.other_jid.is_empty());
    if let Some(before) = had_other(&by_lid) {
        contact_address_put(write, &before.other_jid, before.id, "")?;
    }
    let Some(before) = had_other(&by_phone) else {
        return match by_phone.or(by_lid) {
            Some(known) => Ok(known.id),
            None => contact_insert_bare(write),
        };
    };
    let former = contact_insert_bare(write)?;
    contact_address_put(write, &before.other_jid, former, "")?;
    by_lid.map_or_else(|| Ok(before.id), |known| Ok(known.id))
}

fn note(write: &mut Write<'_, '_>, chat: ChatId, other: Option<ChatId>) -> Result<(), Error> {
    let detail = other.map(|other| other.to_string()).unwrap_or_default();
    event_append(write, NewEvent { kind: Kind::ChatContact, chat, message: None, detail }).map(drop)
}

/// The other address of whoever is at this one, where both are known. A look for hidden ids and phones alike; groups have
/// none.
pub fn other_address(tx: &mut impl Read, workspace: WorkspaceId, address: &Address) -> Result<Option<Address>, Error> {
    if address.is_group() {
        return Ok(None);
    }
    let known = contact_find(tx, workspace, address.jid())?;
    Ok(known.filter(|known| !known.other_jid.is_empty()).map(|known| Address::from_jid(known.other_jid)))
}

/// A person by all that WhatsApp calls them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BothAddresses {
    /// E.164 with `+`; empty where WhatsApp hides it.
    pub phone: String,
    /// `<digits>@lid` or `<id>@bsuid`; empty where it isn't known.
    pub lid: String,
}

/// Whether both addresses are known to be one person's.
pub fn are_joined(tx: &mut impl Read, workspace: WorkspaceId, same: &SameContact) -> Result<bool, Error> {
    let known = contact_find(tx, workspace, same.phone.jid())?;
    Ok(known.is_some_and(|known| known.other_jid == same.lid.jid()))
}

/// Both addresses of whoever is at a JID, as far as they are known.
pub fn both_addresses(tx: &mut impl Read, workspace: WorkspaceId, jid: &str) -> Result<BothAddresses, Error> {
    let told = Address::from_jid(jid.to_owned());
    let other = other_address(tx, workspace, &told)?;
    let all = [Some(told), other];
    let phone = all.iter().flatten().find_map(Address::phone).unwrap_or_default();
    let lid = all.iter().flatten().find(|address| address.hides_phone()).map(|address| address.jid().to_owned());
    Ok(BothAddresses { phone, lid: lid.unwrap_or_default() })
}

/// The address that stands for whoever is at this one: the phone's, where it is known. Costs a look for hidden ids alone.
pub fn main_address(tx: &mut impl Read, workspace: WorkspaceId, address: &Address) -> Result<Address, Error> {
    let other = if address.hides_phone() { other_address(tx, workspace, address)? } else { None };
    Ok(other.filter(|other| other.phone().is_some()).unwrap_or_else(|| address.clone()))
}

/// All that one person may be called in rows: the address as it was told, and their other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    told: Address,
    other: Option<Address>,
}

impl Names {
    pub fn of(tx: &mut impl Read, workspace: WorkspaceId, told: &Address) -> Result<Names, Error> {
        Ok(Names { other: other_address(tx, workspace, told)?, told: told.clone() })
    }

    /// Whether a row that names this JID means this person.
    pub fn has(&self, jid: &str) -> bool {
        self.told.jid() == jid || self.other.as_ref().is_some_and(|other| other.jid() == jid)
    }

    /// The phone's JID first.
    pub fn jids(&self) -> Vec<&str> {
        let mut jids: Vec<&Address> = self.other.iter().chain([&self.told]).collect();
        jids.sort_by_key(|address| address.hides_phone());
        jids.into_iter().map(Address::jid).collect()
    }
}
