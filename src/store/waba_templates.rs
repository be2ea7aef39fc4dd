//! Templates of WhatsApp's, as Meta told of them last.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{WabaTemplateId, WorkspaceId};
use crate::store::Write;

/// A template of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WabaTemplateRow {
    pub id: WabaTemplateId,
    /// Meta's id of the business account.
    pub business_id: String,
    /// Meta's id of the template.
    pub meta_id: String,
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// Meta's word, as `APPROVED`; `DELETED` once Meta has it no more.
    pub status: String,
    /// As `UTILITY`; may be empty.
    pub category: String,
    /// `POSITIONAL` or `NAMED`.
    pub parameter_format: String,
    /// Meta's JSON, a list.
    pub components: String,
    pub read_at: Time,
}

macro_rules! templates_where {
    ($rest:literal) => {
        concat!(
            "SELECT template_id, business_id, meta_id, name, language, status, category, parameter_format, components, \
             read_at_ms FROM waba_templates ",
            $rest
        )
    };
}

const WABA_TEMPLATE_FIND: Sql = Sql::both(templates_where!("WHERE workspace_id = $1 AND template_id = $2"));

const WABA_TEMPLATE_LIST: Sql =
    Sql::both(templates_where!("WHERE workspace_id = $1 AND template_id > $2 ORDER BY template_id LIMIT $3"));

const WABA_TEMPLATE_NAMED: Sql = Sql::both(templates_where!(
    "WHERE workspace_id = $1 AND name = $2 AND language = $3 ORDER BY business_id, template_id"
));

const WABA_TEMPLATE_BY_META: Sql =
    Sql::both(templates_where!("WHERE workspace_id = $1 AND business_id = $2 AND meta_id = $3"));

const WABA_TEMPLATE_OF: Sql =
    Sql::both(templates_where!("WHERE workspace_id = $1 AND business_id = $2 ORDER BY meta_id LIMIT $3"));

const WABA_TEMPLATE_LAST: Sql =
    Sql::both("SELECT template_id FROM waba_templates WHERE workspace_id = $1 ORDER BY template_id DESC LIMIT 1");

const WABA_TEMPLATE_INSERT: Sql = Sql::both(
    "INSERT INTO waba_templates (workspace_id, template_id, business_id, meta_id, name, language, status, category, \
     parameter_format, components, read_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

const WABA_TEMPLATE_UPDATE: Sql = Sql::both(
    "UPDATE waba_templates SET name = $3, language = $4, status = $5, category = $6, parameter_format = $7, \
     components = $8, read_at_ms = $9 WHERE workspace_id = $1 AND template_id = $2",
);

pub fn waba_template_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    template: WabaTemplateId,
) -> Result<Option<WabaTemplateRow>, Error> {
    tx.query_row(&WABA_TEMPLATE_FIND, &params![workspace, template], decode)
}

/// Those behind a template, in the order in which they became known.
pub fn waba_template_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    behind: WabaTemplateId,
    rows_max: i64,
) -> Result<Vec<WabaTemplateRow>, Error> {
    tx.query(&WABA_TEMPLATE_LIST, &params![workspace, behind, rows_max], decode)
}

/// Those of that name and language, of every business account.
pub fn waba_template_named(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    name: &str,
    language: &str,
) -> Result<Vec<WabaTemplateRow>, Error> {
    tx.query(&WABA_TEMPLATE_NAMED, &params![workspace, name, language], decode)
}

pub fn waba_template_by_meta(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    business_id: &str,
    meta_id: &str,
) -> Result<Option<WabaTemplateRow>, Error> {
    tx.query_row(&WABA_TEMPLATE_BY_META, &params![workspace, business_id, meta_id], decode)
}

/// Those of a business account.
pub fn waba_template_of(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    business_id: &str,
    rows_max: i64,
) -> Result<Vec<WabaTemplateRow>, Error> {
    tx.query(&WABA_TEMPLATE_OF, &params![workspace, business_id, rows_max], decode)
}

/// Adds a template under the workspace's next number, which it returns; that of `row` doesn't count.
pub fn waba_template_insert(write: &mut Write<'_, '_>, row: &WabaTemplateRow) -> Result<WabaTemplateId, Error> {
    let workspace = write.workspace.id;
    let last = write.tx.query_row(&WABA_TEMPLATE_LAST, &params![workspace], |row| row.get::<i64>(0))?;
    let id = WabaTemplateId(last.unwrap_or(0) + 1);
    let WabaTemplateRow { business_id, meta_id, name, language, status, category, .. } = row;
    let WabaTemplateRow { parameter_format, components, read_at, .. } = row;
    let values = params![
        workspace,
        id,
        business_id,
        meta_id,
        name,
        language,
        status,
        category,
        parameter_format,
        components,
        read_at
    ];
    write.tx.execute(&WABA_TEMPLATE_INSERT, &values)?;
    Ok(id)
}

/// Writes what Meta tells of a template that is known.
pub fn waba_template_update(write: &mut Write<'_, '_>, row: &WabaTemplateRow) -> Result<(), Error> {
    let WabaTemplateRow { id, name, language, status, category, parameter_format, components, read_at, .. } = row;
    let values =
        params![write.workspace.id, id, name, language, status, category, parameter_format, components, read_at];
    write.tx.execute(&WABA_TEMPLATE_UPDATE, &values).map(drop)
}

fn decode(row: &Row<'_>) -> Result<WabaTemplateRow, Error> {
    Ok(WabaTemplateRow {
        id: row.get(0)?,
        business_id: row.get(1)?,
        meta_id: row.get(2)?,
        name: row.get(3)?,
        language: row.get(4)?,
        status: row.get(5)?,
        category: row.get(6)?,
        parameter_format: row.get(7)?,
        components: row.get(8)?,
        read_at: row.get(9)?,
    })
}

super::statements! {
    WABA_TEMPLATE_FIND, WABA_TEMPLATE_LIST, WABA_TEMPLATE_NAMED, WABA_TEMPLATE_BY_META, WABA_TEMPLATE_OF,
    WABA_TEMPLATE_LAST, WABA_TEMPLATE_INSERT, WABA_TEMPLATE_UPDATE,
}
