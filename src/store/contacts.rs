//! Contacts and their addresses. A contact may be known by a phone and by the id under which WhatsApp hides it; a row of
//! either address names the other one.

use database::{Error, Read, Sql, Value, params};

use crate::id::{AccountId, ChatId, ContactId, WorkspaceId};
use crate::store::Write;
use crate::store::chat_words::chat_words_stale;
use crate::store::chats::fold;

/// Who is at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    pub id: ContactId,
    /// Their other address; empty where none is known.
    pub other_jid: String,
}

static CONTACT_INSERT: Sql = Sql::both(
    "INSERT INTO contacts (workspace_id, contact_id, name, created_at_ms, name_folded) VALUES ($1, $2, $3, $4, $5)",
);

static CONTACT_ADDRESS_INSERT: Sql =
    Sql::both("INSERT INTO contact_addresses (workspace_id, jid, contact_id, other_jid) VALUES ($1, $2, $3, '')");

const CONTACT_ADDRESS_PUT: Sql = Sql::both(
    "INSERT INTO contact_addresses (workspace_id, jid, contact_id, other_jid) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, jid) DO UPDATE SET contact_id = excluded.contact_id, other_jid = excluded.other_jid",
);

const CONTACT_BY_JID: Sql =
    Sql::both("SELECT contact_id, other_jid FROM contact_addresses WHERE workspace_id = $1 AND jid = $2");

// Of all accounts, of which there are few.
const CHATS_AT: Sql =
    Sql::both("SELECT account_id, chat_id FROM chats WHERE workspace_id = $1 AND jid = $2 ORDER BY account_id");

const CHAT_READDRESS: Sql = Sql::both(
    "UPDATE chats SET contact_id = $3, jid = $4, phone = $5, lid = $6 WHERE workspace_id = $1 AND chat_id = $2",
);

/// The contact behind an address, if it is known.
pub fn contact_find(tx: &mut impl Read, workspace: WorkspaceId, jid: &str) -> Result<Option<KnownContact>, Error> {
    tx.query_row(&CONTACT_BY_JID, &params![workspace, jid], |row| {
        Ok(KnownContact { id: row.get(0)?, other_jid: row.get(1)? })
    })
}

/// Makes a contact with one address.
pub fn contact_insert(write: &mut Write<'_, '_>, jid: &str, name: &str) -> Result<ContactId, crate::error::Error> {
    let workspace = write.workspace.id;
    let contact = write.next_contact_id();
    let folded = Value::Text(fold(name).into());
    let (name, jid) = (Value::Text(name.to_owned().into()), Value::Text(jid.to_owned().into()));
    let (id, created_at) = (Value::Int(contact.0), Value::Int(write.now.ms()));
    write.later(&CONTACT_INSERT, vec![Value::Int(workspace.0), id.clone(), name, created_at, folded])?;
    write.later(&CONTACT_ADDRESS_INSERT, vec![Value::Int(workspace.0), jid, id])?;
    Ok(contact)
}

/// Makes a contact that has no address yet.
pub fn contact_insert_bare(write: &mut Write<'_, '_>) -> Result<ContactId, crate::error::Error> {
    let contact = write.next_contact_id();
    let name = Value::Text(String::new().into());
    let (id, now) = (Value::Int(contact.0), Value::Int(write.now.ms()));
    let values = vec![Value::Int(write.workspace.id.0), id, name.clone(), now, name];
    write.later(&CONTACT_INSERT, values)?;
    Ok(contact)
}

/// Says whose an address is from now on, and which is their other one.
pub fn contact_address_put(
    write: &mut Write<'_, '_>,
    jid: &str,
    contact: ContactId,
    other_jid: &str,
) -> Result<(), Error> {
    write.tx.execute(&CONTACT_ADDRESS_PUT, &params![write.workspace.id, jid, contact, other_jid]).map(drop)
}

/// The chats with an address, at most one for each account.
pub fn chats_at(tx: &mut impl Read, workspace: WorkspaceId, jid: &str) -> Result<Vec<(AccountId, ChatId)>, Error> {
    tx.query(&CHATS_AT, &params![workspace, jid], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What a chat is reached and known by from now on.
pub fn chat_readdress(
    write: &mut Write<'_, '_>,
    chat: ChatId,
    contact: ContactId,
    (jid, phone, lid): (&str, &str, &str),
) -> Result<(), crate::error::Error> {
    chat_words_stale(write, chat)?;
    write.tx.execute(&CHAT_READDRESS, &params![write.workspace.id, chat, contact, jid, phone, lid])?;
    Ok(())
}

super::statements! {
    CONTACT_INSERT, CONTACT_ADDRESS_INSERT, CONTACT_ADDRESS_PUT, CONTACT_BY_JID, CHATS_AT, CHAT_READDRESS,
}
