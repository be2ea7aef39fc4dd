//! Messages that are templates of WhatsApp's. Few are, so the others pay nothing for it.

use database::{Error, Read, Sql, Value, owned_params, params};

use crate::id::{MessageUid, WorkspaceId};
use crate::store::Write;

/// A template of WhatsApp's, as a message says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSend {
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// JSON: an object of texts by their names; numbers are names too.
    pub variables: String,
}

static TEMPLATE_SEND_INSERT: Sql =
    Sql::both("INSERT INTO template_sends (workspace_id, uid, name, language, variables) VALUES ($1, $2, $3, $4, $5)");

const TEMPLATE_SEND_FIND: Sql =
    Sql::both("SELECT name, language, variables FROM template_sends WHERE workspace_id = $1 AND uid = $2");

/// Notes that a message is a template.
pub fn template_send_insert(
    write: &mut Write<'_, '_>,
    message: MessageUid,
    template: &TemplateSend,
) -> Result<(), crate::error::Error> {
    let TemplateSend { name, language, variables } = template;
    let mut values = owned_params![write.workspace.id];
    values.push(Value::Bytes(message.0.as_bytes().to_vec().into()));
    values.extend(owned_params![name, language, variables]);
    write.later(&TEMPLATE_SEND_INSERT, values)
}

/// The template that a message is; `None` for nearly all.
pub fn template_send_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<TemplateSend>, Error> {
    tx.query_row(&TEMPLATE_SEND_FIND, &params![workspace, message], |row| {
        Ok(TemplateSend { name: row.get(0)?, language: row.get(1)?, variables: row.get(2)? })
    })
}

super::statements! {
    TEMPLATE_SEND_INSERT, TEMPLATE_SEND_FIND,
}
