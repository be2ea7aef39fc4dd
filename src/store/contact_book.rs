//! Contacts as people look through them: their names, addresses, chats, and who wants no mass messages.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{ChatId, ContactId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::{contains_pattern, fold};

/// One address of a contact, with its newest chat there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    pub id: ContactId,
    /// Empty if they never told one.
    pub name: String,
    /// Never, or since when they want no mass messages.
    pub opted_out_at: Time,
    pub jid: String,
    /// 0 if there is none.
    pub chat: ChatId,
    pub chat_name: String,
}

macro_rules! contacts_where {
    ($rest:literal) => {
        concat!(
            "SELECT k.contact_id, k.name, k.opted_out_at_ms, a.jid, COALESCE(c.chat_id, 0), COALESCE(c.name, '') \
             FROM contacts k \
             JOIN contact_addresses a ON a.workspace_id = k.workspace_id AND a.contact_id = k.contact_id \
             LEFT JOIN chats c ON c.workspace_id = a.workspace_id AND c.jid = a.jid \
             AND c.account_id = (SELECT MAX(n.account_id) FROM chats n WHERE n.workspace_id = a.workspace_id AND n.jid = a.jid) ",
            $rest
        )
    };
}

// Groups are no contacts.
const CONTACT_LIST: Sql = Sql::both(contacts_where!(
    "WHERE k.workspace_id = $1 AND k.contact_id > $2 AND a.jid NOT LIKE '%@g.us' \
     AND (CAST($4 AS TEXT) IS NULL OR k.name_folded LIKE $4 ESCAPE '!' OR a.jid LIKE $4 ESCAPE '!' \
     OR c.name_folded LIKE $4 ESCAPE '!') \
     ORDER BY k.contact_id, a.jid LIMIT $3"
));

const CONTACT_ROWS: Sql =
    Sql::both(contacts_where!("WHERE k.workspace_id = $1 AND k.contact_id = $2 ORDER BY a.jid LIMIT 100"));

const CONTACT_OPT: Sql =
    Sql::both("UPDATE contacts SET opted_out_at_ms = $3 WHERE workspace_id = $1 AND contact_id = $2");

const CONTACT_NAME: Sql =
    Sql::both("UPDATE contacts SET name = $3, name_folded = $4 WHERE workspace_id = $1 AND contact_id = $2");

const CONTACT_CHATS_MOVE: Sql = Sql::both(
    "UPDATE chats SET contact_id = $3 WHERE workspace_id = $1 AND jid IN \
     (SELECT jid FROM contact_addresses WHERE workspace_id = $1 AND contact_id = $2)",
);

const CONTACT_ADDRESSES_MOVE: Sql =
    Sql::both("UPDATE contact_addresses SET contact_id = $3 WHERE workspace_id = $1 AND contact_id = $2");

const CONTACT_DELETE: Sql = Sql::both("DELETE FROM contacts WHERE workspace_id = $1 AND contact_id = $2");

/// Addresses of contacts behind one, in the order in which they were met; those in whose name, chat or address the words stand
/// if any are given.
pub fn contact_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    behind: ContactId,
    part: Option<&str>,
    rows_max: i64,
) -> Result<Vec<ContactRow>, Error> {
    let pattern = part.map(|part| contains_pattern(&fold(part)));
    tx.query(&CONTACT_LIST, &params![workspace, behind, rows_max, pattern], decode)
}

/// All addresses of one contact; none if there is no such contact.
pub fn contact_rows(tx: &mut impl Read, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<ContactRow>, Error> {
    tx.query(&CONTACT_ROWS, &params![workspace, contact], decode)
}

/// Notes since when a contact wants no mass messages, or that they want them with [`Time::NEVER`].
pub fn contact_set_opted_out(write: &mut Write<'_, '_>, contact: ContactId, at: Time) -> Result<(), Error> {
    write.tx.execute(&CONTACT_OPT, &params![write.workspace.id, contact, at]).map(drop)
}

pub fn contact_set_name(write: &mut Write<'_, '_>, contact: ContactId, name: &str) -> Result<(), Error> {
    write.tx.execute(&CONTACT_NAME, &params![write.workspace.id, contact, name, fold(name)]).map(drop)
}

/// Gives one contact's addresses and chats to another, and forgets it.
pub fn contact_merge(write: &mut Write<'_, '_>, from: ContactId, into: ContactId) -> Result<(), Error> {
    let values = params![write.workspace.id, from, into];
    write.tx.execute(&CONTACT_CHATS_MOVE, &values)?;
    write.tx.execute(&CONTACT_ADDRESSES_MOVE, &values)?;
    write.tx.execute(&CONTACT_DELETE, &params![write.workspace.id, from]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<ContactRow, Error> {
    Ok(ContactRow {
        id: row.get(0)?,
        name: row.get(1)?,
        opted_out_at: row.get(2)?,
        jid: row.get(3)?,
        chat: row.get(4)?,
        chat_name: row.get(5)?,
    })
}

super::statements! {
    CONTACT_LIST, CONTACT_ROWS, CONTACT_OPT, CONTACT_NAME, CONTACT_CHATS_MOVE, CONTACT_ADDRESSES_MOVE, CONTACT_DELETE,
}
