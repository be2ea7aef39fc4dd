//! Groups: what WhatsApp last told of them, and who is in them.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{ChatId, WorkspaceId};
use crate::store::Write;
use crate::store::page_ids::{page_ids, page_values};

/// What is known of a group beside its chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    pub chat: ChatId,
    /// Its name as WhatsApp last told it; empty if it never did.
    pub told_name: String,
    /// Since when we are out of it; never while we are in it.
    pub left_at: Time,
    /// Whether WhatsApp ever told all who are in it.
    pub is_whole: bool,
}

/// Somebody in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMemberRow {
    pub chat: ChatId,
    pub jid: String,
    pub name: String,
    /// `ordinary`, `admin` or `owner`.
    pub role: String,
    /// When they joined, where that was told while we knew the group; else never.
    pub joined_at: Time,
}

const GROUP_FIND: Sql = Sql::both(
    "SELECT chat_id, told_name, left_at_ms, is_whole FROM chat_groups WHERE workspace_id = $1 AND chat_id = $2",
);

const GROUPS_OF: Sql = Sql::both(concat!(
    "SELECT chat_id, told_name, left_at_ms, is_whole FROM chat_groups WHERE workspace_id = $1 AND chat_id IN (",
    page_ids!(),
    ")"
));

const GROUP_SAVE: Sql = Sql::both(
    "INSERT INTO chat_groups (workspace_id, chat_id, told_name, left_at_ms, is_whole) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (workspace_id, chat_id) DO UPDATE SET told_name = excluded.told_name, \
     left_at_ms = excluded.left_at_ms, is_whole = excluded.is_whole",
);

const GROUP_MEMBER_COUNT: Sql =
    Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM chat_members WHERE workspace_id = $1 AND chat_id = $2");

const GROUP_MEMBERS_OF: Sql = Sql::both(concat!(
    "SELECT chat_id, jid, name, role, joined_at_ms FROM chat_members WHERE workspace_id = $1 AND chat_id IN (",
    page_ids!(),
    ") ORDER BY chat_id, name, jid"
));

// A name that isn't told again stays, and so does the day they joined.
const GROUP_MEMBER_SAVE: Sql = Sql::both(
    "INSERT INTO chat_members (workspace_id, chat_id, jid, name, role, joined_at_ms) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace_id, chat_id, jid) DO UPDATE SET role = excluded.role, \
     name = CASE WHEN excluded.name = '' THEN chat_members.name ELSE excluded.name END",
);

const GROUP_MEMBER_DELETE: Sql =
    Sql::both("DELETE FROM chat_members WHERE workspace_id = $1 AND chat_id = $2 AND jid = $3");

pub fn group_find(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<Option<GroupRow>, Error> {
    tx.query_row(&GROUP_FIND, &params![workspace, chat], decode_group)
}

/// What is known of the groups among a page of chats.
pub fn groups_of(tx: &mut impl Read, workspace: WorkspaceId, chats: &[ChatId]) -> Result<Vec<GroupRow>, Error> {
    tx.query(&GROUPS_OF, page_values(workspace, chats)?, decode_group)
}

pub fn group_save(write: &mut Write<'_, '_>, group: &GroupRow) -> Result<(), Error> {
    let GroupRow { chat, told_name, left_at, is_whole } = group;
    write.tx.execute(&GROUP_SAVE, &params![write.workspace.id, chat, told_name, left_at, is_whole]).map(drop)
}

/// How many are in a group.
pub fn group_member_count(tx: &mut impl Read, workspace: WorkspaceId, chat: ChatId) -> Result<i64, Error> {
    Ok(tx.query_row(&GROUP_MEMBER_COUNT, &params![workspace, chat], |row| row.get(0))?.unwrap_or(0))
}

/// Who is in the groups among a page of chats, by name.
pub fn group_members_of(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chats: &[ChatId],
) -> Result<Vec<GroupMemberRow>, Error> {
    tx.query(&GROUP_MEMBERS_OF, page_values(workspace, chats)?, |row| {
        Ok(GroupMemberRow {
            chat: row.get(0)?,
            jid: row.get(1)?,
            name: row.get(2)?,
            role: row.get(3)?,
            joined_at: row.get(4)?,
        })
    })
}

pub fn group_member_save(write: &mut Write<'_, '_>, somebody: &GroupMemberRow) -> Result<(), Error> {
    let GroupMemberRow { chat, jid, name, role, joined_at } = somebody;
    write.tx.execute(&GROUP_MEMBER_SAVE, &params![write.workspace.id, chat, jid, name, role, joined_at]).map(drop)
}

/// Takes somebody out of a group; `false` if they weren't in it.
pub fn group_member_delete(write: &mut Write<'_, '_>, chat: ChatId, jid: &str) -> Result<bool, Error> {
    Ok(write.tx.execute(&GROUP_MEMBER_DELETE, &params![write.workspace.id, chat, jid])? > 0)
}

fn decode_group(row: &database::Row<'_>) -> Result<GroupRow, Error> {
    Ok(GroupRow { chat: row.get(0)?, told_name: row.get(1)?, left_at: row.get(2)?, is_whole: row.get(3)? })
}

super::statements! {
    GROUP_FIND, GROUPS_OF, GROUP_SAVE, GROUP_MEMBER_COUNT, GROUP_MEMBERS_OF, GROUP_MEMBER_SAVE, GROUP_MEMBER_DELETE,
}
