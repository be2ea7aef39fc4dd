//! Webhooks: which address wants to hear which event.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{WebhookId, WorkspaceId};
use crate::store::Write;

/// A stored webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRow {
    pub id: WebhookId,
    /// A name of `webhooks::EVENT_TYPES`.
    pub event_type: String,
    /// As it was given.
    pub url: String,
    pub enabled: bool,
    /// Failures in a row.
    pub errors_counter: i64,
    pub created_at: Time,
}

macro_rules! webhooks_where {
    ($rest:literal) => {
        concat!(
            "SELECT webhook_id, event_type, url, enabled, errors_counter, created_at_ms FROM webhooks \
             WHERE workspace_id = $1",
            $rest
        )
    };
}

const WEBHOOK_LIST: Sql = Sql::both(webhooks_where!(" ORDER BY webhook_id"));

const WEBHOOK_FIND: Sql = Sql::both(webhooks_where!(" AND webhook_id = $2"));

const WEBHOOK_INSERT: Sql = Sql::both(
    "INSERT INTO webhooks (workspace_id, webhook_id, event_type, url, enabled, errors_counter, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

const WEBHOOK_UPDATE: Sql = Sql::both(
    "UPDATE webhooks SET event_type = $3, url = $4, enabled = $5, errors_counter = $6 \
     WHERE workspace_id = $1 AND webhook_id = $2",
);

const WEBHOOK_DELETE: Sql = Sql::both("DELETE FROM webhooks WHERE workspace_id = $1 AND webhook_id = $2");

/// All webhooks of a workspace, oldest first; there are only a few.
pub fn webhook_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<WebhookRow>, Error> {
    tx.query(&WEBHOOK_LIST, &params![workspace], decode)
}

pub fn webhook_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    webhook: WebhookId,
) -> Result<Option<WebhookRow>, Error> {
    tx.query_row(&WEBHOOK_FIND, &params![workspace, webhook], decode)
}

pub fn webhook_insert(write: &mut Write<'_, '_>, webhook: &WebhookRow) -> Result<(), Error> {
    let WebhookRow { id, event_type, url, enabled, errors_counter, created_at } = webhook;
    let values = params![write.workspace.id, id, event_type, url, enabled, errors_counter, created_at];
    write.tx.execute(&WEBHOOK_INSERT, &values).map(drop)
}

pub fn webhook_update(write: &mut Write<'_, '_>, webhook: &WebhookRow) -> Result<(), Error> {
    let WebhookRow { id, event_type, url, enabled, errors_counter, .. } = webhook;
    let values = params![write.workspace.id, id, event_type, url, enabled, errors_counter];
    write.tx.execute(&WEBHOOK_UPDATE, &values).map(drop)
}

/// Deletes a webhook; `false` if there was none.
pub fn webhook_delete(write: &mut Write<'_, '_>, webhook: WebhookId) -> Result<bool, Error> {
    Ok(write.tx.execute(&WEBHOOK_DELETE, &params![write.workspace.id, webhook])? > 0)
}

fn decode(row: &Row<'_>) -> Result<WebhookRow, Error> {
    Ok(WebhookRow {
        id: row.get(0)?,
        event_type: row.get(1)?,
        url: row.get(2)?,
        enabled: row.get(3)?,
        errors_counter: row.get(4)?,
        created_at: row.get(5)?,
    })
}

super::statements! {
    WEBHOOK_LIST, WEBHOOK_FIND, WEBHOOK_INSERT, WEBHOOK_UPDATE, WEBHOOK_DELETE,
}
