//! What people do with contacts: note who wants no mass messages, make one of two, take many in and hand them out.

use database::Read;
use transport::Address;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, ContactId, WorkspaceId};
use crate::inbox::contact_csv::NewContact;
use crate::message::Origin;
use crate::store::Write;
use crate::store::contact_book::{contact_merge, contact_rows, contact_set_name, contact_set_opted_out};
use crate::store::contacts::{contact_find, contact_insert};
use crate::store::events::{NewEvent, event_append};

/// Contacts that one import may bring.
pub const IMPORTED_MAX: usize = 1_000;

/// Whether a message is what an opted-out contact doesn't want: a mass message always, one of a program unless they have written
/// since. What a teammate says by hand is between the two.
pub fn is_unasked(origin: Origin, last_inbound_at: Time, opted_out_at: Time) -> bool {
    match origin {
        _ if opted_out_at.is_never() => false,
        Origin::SharedInbox => false,
        Origin::MassMessaging => true,
        _ => last_inbound_at <= opted_out_at,
    }
}

/// A contact by all that they are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAs {
    /// Theirs; else that of a chat with them. Empty without either.
    pub name: String,
    /// E.164 with `+`, the first where there are several; empty where WhatsApp hides it.
    pub phone: String,
    /// `<digits>@lid`; empty where it isn't known.
    pub lid: String,
    pub is_opted_out: bool,
}

/// What a contact is called; `None` without such a contact.
///
/// # Errors
/// A fault of the database.
pub fn known_as(tx: &mut impl Read, workspace: WorkspaceId, contact: ContactId) -> Result<Option<KnownAs>, Error> {
    let rows = contact_rows(tx, workspace, contact)?;
    let Some(first) = rows.first() else { return Ok(None) };
    let addresses: Vec<Address> = rows.iter().map(|row| Address::from_jid(row.jid.clone())).collect();
    let lid = addresses.iter().find(|address| address.is_hidden()).map(|address| address.jid().to_owned());
    let mut names = [&first.name].into_iter().chain(rows.iter().map(|row| &row.chat_name));
    Ok(Some(KnownAs {
        name: names.find(|name| !name.is_empty()).cloned().unwrap_or_default(),
        phone: addresses.iter().find_map(Address::phone).unwrap_or_default(),
        lid: lid.unwrap_or_default(),
        is_opted_out: !first.opted_out_at.is_never(),
    }))
}

/// Which contact an event is about, by what the log says of it; of two that were made one, the one that stays.
pub fn contact_of_event(kind: Kind, detail: &str) -> Option<ContactId> {
    let number = match kind {
        Kind::ContactOptedOut | Kind::ContactOptedIn => detail,
        Kind::ContactsMerged => detail.split_once(',')?.1,
        _ => return None,
    };
    number.parse().ok().map(ContactId)
}

/// Notes that a contact wants no mass messages, or wants them again. What it is already is no change and no event.
///
/// # Errors
/// `not_found` without such a contact.
pub fn opt_out(write: &mut Write<'_, '_>, contact: ContactId, out: bool) -> Result<(), Error> {
    let rows = contact_rows(write.tx, write.workspace.id, contact)?;
    let first = rows.first().ok_or_else(unknown_contact)?;
    if first.opted_out_at.is_never() != out {
        return Ok(());
    }
    let at = if out { write.now } else { Time::NEVER };
    contact_set_opted_out(write, contact, at)?;
    note(write, if out { Kind::ContactOptedOut } else { Kind::ContactOptedIn }, contact.to_string())
}

/// Makes one contact of two: the first one's addresses and chats are the second one's from now on. It keeps its name, or gets
/// the other's if it has none; whoever wanted no mass messages under either still wants none.
///
/// # Errors
/// `not_found` where either isn't there, `validation_error` for one and the same.
pub fn merge(write: &mut Write<'_, '_>, from: ContactId, into: ContactId) -> Result<(), Error> {
    if from == into {
        return Err(Error::invalid("into", "These are one contact already; choose another"));
    }
    let workspace = write.workspace.id;
    let (gone, stays) = (contact_rows(write.tx, workspace, from)?, contact_rows(write.tx, workspace, into)?);
    let (gone, stays) = (gone.first().ok_or_else(unknown_contact)?, stays.first().ok_or_else(unknown_contact)?);
    if stays.name.is_empty() && !gone.name.is_empty() {
        contact_set_name(write, into, &gone.name)?;
    }
    if stays.opted_out_at.is_never() && !gone.opted_out_at.is_never() {
        contact_set_opted_out(write, into, gone.opted_out_at)?;
    }
    contact_merge(write, from, into)?;
    note(write, Kind::ContactsMerged, format!("{from},{into}"))
}

/// Makes those of the contacts that aren't known yet; returns how many. What else is told of them is for [`bring_up_to_date`],
/// in a write of its own: new rows are written at the end of theirs.
pub fn make_missing(write: &mut Write<'_, '_>, contacts: &[NewContact]) -> Result<usize, Error> {
    let mut made = 0;
    for given in contacts {
        let jid = jid_of(given);
        if contact_find(write.tx, write.workspace.id, &jid)?.is_none() {
            contact_insert(write, &jid, &given.name)?;
            made += 1;
        }
    }
    match made {
        0 => Ok(0),
        made => note(write, Kind::ContactsImported, made.to_string()).map(|()| made),
    }
}

/// Gives known contacts the name and the choice that are told of them; returns how many are other than before.
pub fn bring_up_to_date(write: &mut Write<'_, '_>, contacts: &[NewContact]) -> Result<usize, Error> {
    let workspace = write.workspace.id;
    let mut changed = 0;
    for given in contacts {
        let Some(known) = contact_find(write.tx, workspace, &jid_of(given))?.map(|known| known.id) else { continue };
        let rows = contact_rows(write.tx, workspace, known)?;
        let before = rows.first().ok_or_else(unknown_contact)?;
        let renames = !given.name.is_empty() && given.name != before.name;
        let opts = given.opted_out.is_some_and(|out| out == before.opted_out_at.is_never());
        if renames {
            contact_set_name(write, known, &given.name)?;
        }
        if let Some(out) = given.opted_out.filter(|_| opts) {
            opt_out(write, known, out)?;
        }
        changed += usize::from(renames || opts);
    }
    Ok(changed)
}

fn jid_of(contact: &NewContact) -> String {
    Address::from_phone(contact.phone.as_str()).jid().to_owned()
}

fn unknown_contact() -> Error {
    Error::not_found("There is no such contact in this workspace; somebody may have merged it into another")
}

fn note(write: &mut Write<'_, '_>, kind: Kind, detail: String) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail }).map(drop)
}
