//! What the sandbox's contacts remember, and how its time goes.

use database::{Error, Read, Sql, Tx, params};

use crate::clock::Time;
use crate::store::sandbox::SandboxOf;

/// How things stand between a sandbox and one of its contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxStanding {
    /// How far the sandbox's time is ahead of the server's.
    pub ahead_ms: i64,
    /// Thousandths of real; `None` as the server was told.
    pub speed_milli: Option<i64>,
    /// Whether the contact's phone is on; `None` if nobody ever switched it.
    pub online: Option<bool>,
    /// Never, or when the contact wrote last.
    pub wrote_at: Time,
    /// What its number was told to do instead, as JSON of the sandbox; empty if nothing.
    pub rule: String,
}

const STANDING: Sql = Sql::both(
    "SELECT k.ahead_ms, k.speed_milli, n.online, n.wrote_at_ms, n.rule FROM (SELECT CAST($3 AS TEXT) AS jid) AS q \
     LEFT JOIN sandbox_clocks k ON k.workspace_id = $1 AND k.account_id = $2 \
     LEFT JOIN sandbox_contacts n ON n.workspace_id = $1 AND n.account_id = $2 AND n.jid = q.jid",
);

const CLOCK_FIND: Sql =
    Sql::both("SELECT ahead_ms, speed_milli FROM sandbox_clocks WHERE workspace_id = $1 AND account_id = $2");

const CLOCK_SET: Sql = Sql::both(
    "INSERT INTO sandbox_clocks (workspace_id, account_id, ahead_ms, speed_milli) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, account_id) DO UPDATE SET ahead_ms = excluded.ahead_ms, \
     speed_milli = excluded.speed_milli",
);

const CONTACT_ONLINE: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends) VALUES ($1, $2, $3, $4, 0) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET online = excluded.online",
);

// Of a new row the phone is as its contact's is by nature.
const CONTACT_COUNT: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends) VALUES ($1, $2, $3, $4, 1) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET sends = sandbox_contacts.sends + 1 RETURNING sends",
);

const CONTACT_WROTE: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends, wrote_at_ms) \
     VALUES ($1, $2, $3, $4, 0, $5) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET wrote_at_ms = excluded.wrote_at_ms",
);

const CONTACT_TYPING: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends, typing, typing_until_ms) \
     VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (workspace_id, account_id, jid) DO UPDATE \
     SET typing = excluded.typing, typing_until_ms = excluded.typing_until_ms",
);

const CONTACT_TYPING_FIND: Sql = Sql::both(
    "SELECT typing, typing_until_ms FROM sandbox_contacts WHERE workspace_id = $1 AND account_id = $2 AND jid = $3",
);

const CONTACT_RULE: Sql = Sql::both(
    "INSERT INTO sandbox_contacts (workspace_id, account_id, jid, online, sends, rule) VALUES ($1, $2, $3, $4, 0, $5) \
     ON CONFLICT (workspace_id, account_id, jid) DO UPDATE SET rule = excluded.rule",
);

const CONTACT_RULES: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM sandbox_contacts WHERE workspace_id = $1 AND account_id = $2 AND rule <> ''",
);

const CONTACT_FORGET: Sql = Sql::both("DELETE FROM sandbox_contacts WHERE workspace_id = $1 AND account_id = $2");

const CLOCK_FORGET: Sql = Sql::both("DELETE FROM sandbox_clocks WHERE workspace_id = $1 AND account_id = $2");

const GROUP_MEMBER_LIST: Sql = Sql::both(
    "SELECT jid FROM sandbox_members WHERE workspace_id = $1 AND account_id = $2 AND group_jid = $3 ORDER BY jid",
);

const GROUP_MEMBER_INSERT: Sql = Sql::both(
    "INSERT INTO sandbox_members (workspace_id, account_id, group_jid, jid) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, account_id, group_jid, jid) DO NOTHING",
);

const GROUP_MEMBER_DELETE: Sql = Sql::both(
    "DELETE FROM sandbox_members WHERE workspace_id = $1 AND account_id = $2 AND group_jid = $3 AND jid = $4",
);

const GROUP_MEMBER_FORGET: Sql = Sql::both("DELETE FROM sandbox_members WHERE workspace_id = $1 AND account_id = $2");

/// How things stand with the contact at an address.
pub fn sandbox_standing(tx: &mut impl Read, of: SandboxOf, jid: &str) -> Result<SandboxStanding, Error> {
    let standing = tx.query_row(&STANDING, &params![of.workspace, of.account, jid], |row| {
        Ok(SandboxStanding {
            ahead_ms: row.get::<Option<i64>>(0)?.unwrap_or_default(),
            speed_milli: row.get::<Option<i64>>(1)?.filter(|speed| *speed >= 0),
            online: row.get(2)?,
            wrote_at: row.get::<Option<Time>>(3)?.unwrap_or_default(),
            rule: row.get::<Option<String>>(4)?.unwrap_or_default(),
        })
    })?;
    Ok(standing.unwrap_or_default())
}

/// How far the sandbox's time is ahead, in ms, and its speed in thousandths of real where one was set.
pub fn sandbox_clock_find(tx: &mut impl Read, of: SandboxOf) -> Result<(i64, Option<i64>), Error> {
    let found = tx.query_row(&CLOCK_FIND, &params![of.workspace, of.account], |row| {
        Ok((row.get(0)?, row.get::<i64>(1).map(|speed| (speed >= 0).then_some(speed))?))
    })?;
    Ok(found.unwrap_or((0, None)))
}

/// Sets the sandbox's time and speed; see [`sandbox_clock_find`].
pub fn sandbox_clock_set(tx: &mut Tx<'_>, of: SandboxOf, ahead_ms: i64, speed_milli: Option<i64>) -> Result<(), Error> {
    let speed_milli = speed_milli.unwrap_or(-1);
    tx.execute(&CLOCK_SET, &params![of.workspace, of.account, ahead_ms, speed_milli]).map(drop)
}

/// Switches a contact's phone.
pub fn sandbox_contact_set_online(tx: &mut Tx<'_>, of: SandboxOf, jid: &str, online: bool) -> Result<(), Error> {
    tx.execute(&CONTACT_ONLINE, &params![of.workspace, of.account, jid, online]).map(drop)
}

/// Counts a try with a contact, or with a file's source, and returns how many there were, this one included.
pub fn sandbox_contact_count(tx: &mut Tx<'_>, of: SandboxOf, jid: &str, online: bool) -> Result<i64, Error> {
    let sends = tx.query_row(&CONTACT_COUNT, &params![of.workspace, of.account, jid, online], |row| row.get(0))?;
    Ok(sends.unwrap_or(1))
}

/// Notes that a contact wrote. `online`: how its phone is if nobody ever switched it.
pub fn sandbox_contact_wrote(tx: &mut Tx<'_>, of: SandboxOf, jid: &str, online: bool, at: Time) -> Result<(), Error> {
    tx.execute(&CONTACT_WROTE, &params![of.workspace, of.account, jid, online, at]).map(drop)
}

/// Notes that our account shows a contact that it writes, how and until when. `online`: how the contact's phone is if nobody
/// ever switched it.
pub fn sandbox_contact_set_typing(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    jid: &str,
    online: bool,
    typing: &str,
    until: Time,
) -> Result<(), Error> {
    tx.execute(&CONTACT_TYPING, &params![of.workspace, of.account, jid, online, typing, until]).map(drop)
}

/// How our account last showed a contact that it writes, and until when.
pub fn sandbox_contact_typing(tx: &mut impl Read, of: SandboxOf, jid: &str) -> Result<Option<(String, Time)>, Error> {
    tx.query_row(&CONTACT_TYPING_FIND, &params![of.workspace, of.account, jid], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Tells a number what to do instead; empty takes it back. `online`: how its phone is if nobody ever switched it.
pub fn sandbox_contact_set_rule(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    jid: &str,
    online: bool,
    rule: &str,
) -> Result<(), Error> {
    tx.execute(&CONTACT_RULE, &params![of.workspace, of.account, jid, online, rule]).map(drop)
}

/// How many numbers were told what to do instead.
pub fn sandbox_contact_rules(tx: &mut impl Read, of: SandboxOf) -> Result<i64, Error> {
    Ok(tx.query_row(&CONTACT_RULES, &params![of.workspace, of.account], |row| row.get(0))?.unwrap_or(0))
}

/// Who is in a group, our account among them; empty if its members were never told.
pub fn sandbox_group_member_list(tx: &mut impl Read, of: SandboxOf, group: &str) -> Result<Vec<String>, Error> {
    tx.query(&GROUP_MEMBER_LIST, &params![of.workspace, of.account, group], |row| row.get(0))
}

/// Puts somebody into a group.
pub fn sandbox_group_member_insert(tx: &mut Tx<'_>, of: SandboxOf, group: &str, jid: &str) -> Result<(), Error> {
    tx.execute(&GROUP_MEMBER_INSERT, &params![of.workspace, of.account, group, jid]).map(drop)
}

/// Takes somebody out of a group.
pub fn sandbox_group_member_delete(tx: &mut Tx<'_>, of: SandboxOf, group: &str, jid: &str) -> Result<(), Error> {
    tx.execute(&GROUP_MEMBER_DELETE, &params![of.workspace, of.account, group, jid]).map(drop)
}

/// Makes all contacts forget, who is in groups included, and sets the sandbox's time and speed back.
pub fn sandbox_contact_forget(tx: &mut Tx<'_>, of: SandboxOf) -> Result<(), Error> {
    tx.execute(&CONTACT_FORGET, &params![of.workspace, of.account])?;
    tx.execute(&GROUP_MEMBER_FORGET, &params![of.workspace, of.account])?;
    tx.execute(&CLOCK_FORGET, &params![of.workspace, of.account]).map(drop)
}

super::statements! {
    STANDING, CLOCK_FIND, CLOCK_SET, CONTACT_ONLINE, CONTACT_COUNT, CONTACT_WROTE, CONTACT_TYPING, CONTACT_TYPING_FIND, CONTACT_RULE, CONTACT_RULES,
    CONTACT_FORGET, CLOCK_FORGET, GROUP_MEMBER_LIST, GROUP_MEMBER_INSERT, GROUP_MEMBER_DELETE, GROUP_MEMBER_FORGET,
}
