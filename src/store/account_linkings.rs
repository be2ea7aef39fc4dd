//! Numbers that are being linked: one row for each account's place, of its last linking.

use database::{Error, Read, Row, Sql, params};
use transport::Kind;

use crate::clock::Time;
use crate::id::{AccountId, TeammateId, WorkspaceId};
use crate::store::Write;

/// A linking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkingRow {
    pub workspace: WorkspaceId,
    /// The account's number, which it has before there is an account.
    pub account: AccountId,
    pub transport: Kind,
    /// `qr` or `code`.
    pub way: String,
    /// E.164 with `+`; empty where only the phone will tell.
    pub phone: String,
    /// What the account is to be called.
    pub name: String,
    pub owner: TeammateId,
    /// A word of `accounts::linking::Stage`.
    pub stage: String,
    /// What that stage shows: the QR code's text, the code, the passkey's request. Empty once it is over.
    pub shown: String,
    pub round: i64,
    pub rounds: i64,
    /// When what is shown ends to be good.
    pub until: Time,
    /// What somebody said to it, for the transport to hear; empty while nobody did.
    pub answer: String,
    /// Why it came to nothing; else empty.
    pub reason: String,
    pub begun_at: Time,
    /// When it is given up, whatever happens.
    pub ends_at: Time,
}

macro_rules! linkings_where {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, account_id, transport, way, phone, name, owner_id, stage, shown, round, rounds, \
             until_ms, answer, reason, begun_at_ms, ends_at_ms FROM account_linkings ",
            $rest
        )
    };
}

const LINKING_FIND: Sql = Sql::both(linkings_where!("WHERE workspace_id = $1 AND account_id = $2"));

const LINKING_LIST: Sql = Sql::both(linkings_where!("WHERE workspace_id = $1 ORDER BY account_id"));

const LINKING_ALL: Sql =
    Sql::both(linkings_where!("WHERE stage NOT IN ('linked', 'ended') ORDER BY workspace_id, account_id"));

const LINKING_SAVE: Sql = Sql::both(
    "INSERT INTO account_linkings (workspace_id, account_id, transport, way, phone, name, owner_id, stage, shown, \
     round, rounds, until_ms, answer, reason, begun_at_ms, ends_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
     ON CONFLICT (workspace_id, account_id) DO UPDATE SET transport = excluded.transport, way = excluded.way, \
     phone = excluded.phone, name = excluded.name, owner_id = excluded.owner_id, stage = excluded.stage, \
     shown = excluded.shown, round = excluded.round, rounds = excluded.rounds, until_ms = excluded.until_ms, \
     answer = excluded.answer, reason = excluded.reason, begun_at_ms = excluded.begun_at_ms, \
     ends_at_ms = excluded.ends_at_ms",
);

const LINKING_FORGET: Sql =
    Sql::both("DELETE FROM account_linkings WHERE workspace_id = $1 AND stage IN ('linked', 'ended')");

pub fn linking_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<LinkingRow>, Error> {
    tx.query_row(&LINKING_FIND, &params![workspace, account], decode)
}

/// All linkings of a workspace that are kept, those that are over included.
pub fn linking_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<LinkingRow>, Error> {
    tx.query(&LINKING_LIST, &params![workspace], decode)
}

/// The linkings of all workspaces that go on, for whoever carries them.
pub fn linking_all(tx: &mut impl Read) -> Result<Vec<LinkingRow>, Error> {
    tx.query(&LINKING_ALL, &[], decode)
}

pub fn linking_save(write: &mut Write<'_, '_>, linking: &LinkingRow) -> Result<(), Error> {
    let LinkingRow { workspace, account, transport, way, phone, name, owner, stage, .. } = linking;
    let LinkingRow { shown, round, rounds, until, answer, reason, begun_at, ends_at, .. } = linking;
    let transport = transport.as_str();
    let values = params![
        workspace, account, transport, way, phone, name, owner, stage, shown, round, rounds, until, answer, reason,
        begun_at, ends_at
    ];
    write.tx.execute(&LINKING_SAVE, &values).map(drop)
}

/// Forgets the linkings of a workspace that are over.
pub fn linking_forget(write: &mut Write<'_, '_>) -> Result<(), Error> {
    write.tx.execute(&LINKING_FORGET, &params![write.workspace.id]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<LinkingRow, Error> {
    let transport: String = row.get(2)?;
    Ok(LinkingRow {
        workspace: row.get(0)?,
        account: row.get(1)?,
        transport: Kind::parse(&transport)
            .ok_or_else(|| Error::Decode(format!("a transport that this version doesn't know: {transport}")))?,
        way: row.get(3)?,
        phone: row.get(4)?,
        name: row.get(5)?,
        owner: row.get(6)?,
        stage: row.get(7)?,
        shown: row.get(8)?,
        round: row.get(9)?,
        rounds: row.get(10)?,
        until: row.get(11)?,
        answer: row.get(12)?,
        reason: row.get(13)?,
        begun_at: row.get(14)?,
        ends_at: row.get(15)?,
    })
}

super::statements! {
    LINKING_FIND, LINKING_LIST, LINKING_ALL, LINKING_SAVE, LINKING_FORGET,
}
