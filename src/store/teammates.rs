//! Teammates and their teams.

use database::{Error, Read, Row, Sql, Tx, params};

use crate::clock::Time;
use crate::id::{TeamId, TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::fold;

/// A stored teammate, invited ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeammateRow {
    pub id: TeammateId,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    /// As it was given; no two living teammates of a workspace have one that differs in case only. Empty for an Owner who
    /// has told none yet.
    pub email: String,
    /// A word of `workspace::teammates::Role`.
    pub role: String,
    /// 0 where the teammate is in no team.
    pub team: TeamId,
    /// `active`, or `invited` until the invitation is accepted.
    pub status: String,
    /// `accepted` or `pending`.
    pub invitation_status: String,
    pub created_at: Time,
    /// When the teammate left the workspace.
    pub ended_at: Time,
}

/// A stored team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    pub id: TeamId,
    pub title: String,
    pub created_at: Time,
}

macro_rules! teammates_where {
    ($rest:literal) => {
        concat!(
            "SELECT user_id, display_name, first_name, last_name, email, role, team_id, status, invitation_status, \
             created_at_ms, ended_at_ms FROM teammates WHERE workspace_id = $1 AND ",
            $rest
        )
    };
}

const TEAMMATE_LIST: Sql = Sql::both(teammates_where!("ended_at_ms = 0 ORDER BY user_id"));

// Those who left as well: what they did keeps their name.
const TEAMMATE_ALL: Sql = Sql::both(teammates_where!("user_id > 0 ORDER BY user_id DESC LIMIT $2"));

const TEAMMATE_FIND: Sql = Sql::both(teammates_where!("user_id = $2 AND ended_at_ms = 0"));

const TEAMMATE_BY_EMAIL: Sql = Sql::both(teammates_where!("email_folded = $2 AND ended_at_ms = 0"));

const TEAMMATE_INSERT: Sql = Sql::both(
    "INSERT INTO teammates (workspace_id, user_id, display_name, first_name, last_name, email, email_folded, role, \
     team_id, status, invitation_status, created_at_ms, ended_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);

const TEAMMATE_UPDATE: Sql = Sql::both(
    "UPDATE teammates SET display_name = $3, first_name = $4, last_name = $5, email = $6, email_folded = $7, role = $8, \
     team_id = $9, status = $10, invitation_status = $11, ended_at_ms = $12 WHERE workspace_id = $1 AND user_id = $2",
);

const TEAMMATE_DELETE: Sql = Sql::both("DELETE FROM teammates WHERE workspace_id = $1 AND user_id = $2");

const TEAM_LIST: Sql =
    Sql::both("SELECT team_id, title, created_at_ms FROM teams WHERE workspace_id = $1 ORDER BY title, team_id");

const TEAM_BY_TITLE: Sql =
    Sql::both("SELECT team_id, title, created_at_ms FROM teams WHERE workspace_id = $1 AND title_folded = $2");

const TEAM_INSERT: Sql = Sql::both(
    "INSERT INTO teams (workspace_id, team_id, title, title_folded, created_at_ms) VALUES ($1, $2, $3, $4, $5)",
);

/// The workspace's teammates, invited ones included, those who left not.
pub fn teammate_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<TeammateRow>, Error> {
    tx.query(&TEAMMATE_LIST, &params![workspace], decode)
}

/// The newest of everybody who ever worked here, those who left included.
pub fn teammate_list_all(tx: &mut impl Read, workspace: WorkspaceId, rows_max: i64) -> Result<Vec<TeammateRow>, Error> {
    tx.query(&TEAMMATE_ALL, &params![workspace, rows_max], decode)
}

/// A teammate who hasn't left.
pub fn teammate_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    teammate: TeammateId,
) -> Result<Option<TeammateRow>, Error> {
    tx.query_row(&TEAMMATE_FIND, &params![workspace, teammate], decode)
}

/// The living teammate with this email, in whichever case it is written.
pub fn teammate_by_email(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    email: &str,
) -> Result<Option<TeammateRow>, Error> {
    tx.query_row(&TEAMMATE_BY_EMAIL, &params![workspace, fold(email)], decode)
}

/// Stores a teammate; the caller has seen that the email is free. Takes the workspace, since the first teammate is made
/// with it, before a [`Write`] can be opened.
pub fn teammate_insert(tx: &mut Tx<'_>, workspace: WorkspaceId, teammate: &TeammateRow) -> Result<(), Error> {
    let TeammateRow { id, display_name, first_name, last_name, email, role, team, .. } = teammate;
    let TeammateRow { status, invitation_status, created_at, ended_at, .. } = teammate;
    let email_folded = fold(email);
    let values = params![
        workspace,
        id,
        display_name,
        first_name,
        last_name,
        email,
        email_folded,
        role,
        team,
        status,
        invitation_status,
        created_at,
        ended_at
    ];
    tx.execute(&TEAMMATE_INSERT, &values).map(drop)
}

/// Stores a teammate as they are now; the caller has seen that the email is free.
pub fn teammate_update(write: &mut Write<'_, '_>, teammate: &TeammateRow) -> Result<(), Error> {
    let TeammateRow { id, display_name, first_name, last_name, email, role, team, .. } = teammate;
    let TeammateRow { status, invitation_status, ended_at, .. } = teammate;
    let email_folded = fold(email);
    let values = params![
        write.workspace.id,
        id,
        display_name,
        first_name,
        last_name,
        email,
        email_folded,
        role,
        team,
        status,
        invitation_status,
        ended_at
    ];
    write.tx.execute(&TEAMMATE_UPDATE, &values).map(drop)
}

/// Deletes a teammate who never came in, as if never invited.
pub fn teammate_delete(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<(), Error> {
    write.tx.execute(&TEAMMATE_DELETE, &params![write.workspace.id, teammate]).map(drop)
}

/// The workspace's teams by their titles.
pub fn team_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<TeamRow>, Error> {
    tx.query(&TEAM_LIST, &params![workspace], decode_team)
}

/// The team of this title, in whichever case it is written.
pub fn team_by_title(tx: &mut impl Read, workspace: WorkspaceId, title: &str) -> Result<Option<TeamRow>, Error> {
    tx.query_row(&TEAM_BY_TITLE, &params![workspace, fold(title)], decode_team)
}

/// Stores a team; the caller has seen that the title is free.
pub fn team_insert(write: &mut Write<'_, '_>, team: &TeamRow) -> Result<(), Error> {
    let TeamRow { id, title, created_at } = team;
    write.tx.execute(&TEAM_INSERT, &params![write.workspace.id, id, title, fold(title), created_at]).map(drop)
}

fn decode(row: &Row<'_>) -> Result<TeammateRow, Error> {
    Ok(TeammateRow {
        id: row.get(0)?,
        display_name: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        email: row.get(4)?,
        role: row.get(5)?,
        team: row.get(6)?,
        status: row.get(7)?,
        invitation_status: row.get(8)?,
        created_at: row.get(9)?,
        ended_at: row.get(10)?,
    })
}

fn decode_team(row: &Row<'_>) -> Result<TeamRow, Error> {
    Ok(TeamRow { id: row.get(0)?, title: row.get(1)?, created_at: row.get(2)? })
}

super::statements! {
    TEAMMATE_LIST, TEAMMATE_ALL, TEAMMATE_FIND, TEAMMATE_BY_EMAIL, TEAMMATE_INSERT, TEAMMATE_UPDATE, TEAMMATE_DELETE, TEAM_LIST, TEAM_BY_TITLE,
    TEAM_INSERT,
}
