//! Templates and how often they were used.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{FileUid, TeamId, TeammateId, TemplateId, WorkspaceId};
use crate::store::Write;

/// A stored template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
    pub id: TemplateId,
    pub name: String,
    pub text: String,
    /// A word of `inbox::templates::Visibility`.
    pub visibility: String,
    /// 0 where the template is for all teams.
    pub team: TeamId,
    /// What is sent along.
    pub file: Option<FileUid>,
    pub created_by: TeammateId,
    pub created_at: Time,
    pub updated_by: TeammateId,
    pub updated_at: Time,
}

/// A template with what its numbers stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateView {
    pub template: TemplateRow,
    /// Empty where the template is for all teams.
    pub team_title: String,
    pub created_by_name: String,
    pub updated_by_name: String,
    /// Name and size in bytes of the file that is sent along, as long as there is one.
    pub attachment: Option<(String, i64)>,
}

macro_rules! templates_where {
    ($rest:literal) => {
        concat!(
            "SELECT p.template_id, p.name, p.text, p.visibility, p.team_id, p.file_uid, p.created_by, \
             p.created_at_ms, p.updated_by, p.updated_at_ms, COALESCE(t.title, ''), COALESCE(m.display_name, ''), \
             COALESCE(u.display_name, ''), f.filename, f.size_bytes FROM templates p \
             LEFT JOIN teams t ON t.workspace_id = p.workspace_id AND t.team_id = p.team_id \
             LEFT JOIN teammates m ON m.workspace_id = p.workspace_id AND m.user_id = p.created_by \
             LEFT JOIN teammates u ON u.workspace_id = p.workspace_id AND u.user_id = p.updated_by \
             LEFT JOIN files f ON f.workspace_id = p.workspace_id AND f.uid = p.file_uid \
             WHERE p.workspace_id = $1",
            $rest
        )
    };
}

const TEMPLATE_LIST: Sql = Sql::both(templates_where!(" ORDER BY p.template_id"));

const TEMPLATE_FIND: Sql = Sql::both(templates_where!(" AND p.template_id = $2"));

const TEMPLATE_COUNT: Sql = Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM templates WHERE workspace_id = $1");

const TEMPLATE_INSERT: Sql = Sql::both(
    "INSERT INTO templates (workspace_id, template_id, name, text, visibility, team_id, file_uid, created_by, \
     created_at_ms, updated_by, updated_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

const TEMPLATE_UPDATE: Sql = Sql::both(
    "UPDATE templates SET name = $3, text = $4, visibility = $5, team_id = $6, file_uid = $7, updated_by = $8, \
     updated_at_ms = $9 WHERE workspace_id = $1 AND template_id = $2",
);

const TEMPLATE_DELETE: Sql = Sql::both("DELETE FROM templates WHERE workspace_id = $1 AND template_id = $2");

const USE_INSERT: Sql = Sql::both(
    "INSERT INTO template_uses (workspace_id, template_id, origin, uses, last_used_at_ms) VALUES ($1, $2, $3, 1, $4) \
     ON CONFLICT (workspace_id, template_id, origin) \
     DO UPDATE SET uses = template_uses.uses + 1, last_used_at_ms = excluded.last_used_at_ms",
);

const USE_LIST: Sql = Sql::both(
    "SELECT origin, uses, last_used_at_ms FROM template_uses WHERE workspace_id = $1 AND template_id = $2 \
     ORDER BY origin",
);

const USE_TOTALS: Sql = Sql::both(
    "SELECT template_id, CAST(SUM(uses) AS BIGINT), CAST(MAX(last_used_at_ms) AS BIGINT) FROM template_uses \
     WHERE workspace_id = $1 GROUP BY template_id",
);

const USE_DELETE: Sql = Sql::both("DELETE FROM template_uses WHERE workspace_id = $1 AND template_id = $2");

/// All templates of a workspace, oldest first.
pub fn template_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<TemplateView>, Error> {
    tx.query(&TEMPLATE_LIST, &params![workspace], decode)
}

pub fn template_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    template: TemplateId,
) -> Result<Option<TemplateView>, Error> {
    tx.query_row(&TEMPLATE_FIND, &params![workspace, template], decode)
}

/// How many templates the workspace has.
pub fn template_count(tx: &mut impl Read, workspace: WorkspaceId) -> Result<i64, Error> {
    Ok(tx.query_row(&TEMPLATE_COUNT, &params![workspace], |row| row.get(0))?.unwrap_or(0))
}

pub fn template_insert(write: &mut Write<'_, '_>, template: &TemplateRow) -> Result<(), Error> {
    let TemplateRow { id, name, text, visibility, team, file, .. } = template;
    let TemplateRow { created_by, created_at, updated_by, updated_at, .. } = template;
    let workspace = write.workspace.id;
    let values =
        params![workspace, id, name, text, visibility, team, file, created_by, created_at, updated_by, updated_at];
    write.tx.execute(&TEMPLATE_INSERT, &values).map(drop)
}

pub fn template_update(write: &mut Write<'_, '_>, template: &TemplateRow) -> Result<(), Error> {
    let TemplateRow { id, name, text, visibility, team, file, updated_by, updated_at, .. } = template;
    let values = params![write.workspace.id, id, name, text, visibility, team, file, updated_by, updated_at];
    write.tx.execute(&TEMPLATE_UPDATE, &values).map(drop)
}

/// Deletes a template and the counts of its uses.
pub fn template_delete(write: &mut Write<'_, '_>, template: TemplateId) -> Result<(), Error> {
    write.tx.execute(&USE_DELETE, &params![write.workspace.id, template])?;
    write.tx.execute(&TEMPLATE_DELETE, &params![write.workspace.id, template]).map(drop)
}

/// Counts one more use of a template.
pub fn template_use(write: &mut Write<'_, '_>, template: TemplateId, origin: &str) -> Result<(), Error> {
    write.tx.execute(&USE_INSERT, &params![write.workspace.id, template, origin, write.now]).map(drop)
}

/// Where a template was used, how often and when last, by origin.
pub fn template_use_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    template: TemplateId,
) -> Result<Vec<(String, i64, Time)>, Error> {
    tx.query(&USE_LIST, &params![workspace, template], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// How often each template was used and when last; those never used are left out.
pub fn template_use_totals(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<(TemplateId, i64, Time)>, Error> {
    tx.query(&USE_TOTALS, &params![workspace], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

fn decode(row: &Row<'_>) -> Result<TemplateView, Error> {
    let template = TemplateRow {
        id: row.get(0)?,
        name: row.get(1)?,
        text: row.get(2)?,
        visibility: row.get(3)?,
        team: row.get(4)?,
        file: row.get(5)?,
        created_by: row.get(6)?,
        created_at: row.get(7)?,
        updated_by: row.get(8)?,
        updated_at: row.get(9)?,
    };
    let filename: Option<String> = row.get(13)?;
    let attachment = match filename {
        Some(filename) => Some((filename, row.get(14)?)),
        None => None,
    };
    Ok(TemplateView {
        template,
        team_title: row.get(10)?,
        created_by_name: row.get(11)?,
        updated_by_name: row.get(12)?,
        attachment,
    })
}

super::statements! {
    TEMPLATE_LIST, TEMPLATE_FIND, TEMPLATE_COUNT, TEMPLATE_INSERT, TEMPLATE_UPDATE, TEMPLATE_DELETE, USE_INSERT,
    USE_LIST, USE_TOTALS, USE_DELETE,
}
