//! Webhooks: which address wants to hear which event.

use database::{Error, Read, Row, Sql, ToValue, Tx, Value, params};

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
    /// Sealed; empty where it is older than secrets.
    pub secret: Vec<u8>,
    /// The secret before that, good until then.
    pub secret_before: Vec<u8>,
    pub secret_before_until: Time,
    /// Begins the ids of its deliveries.
    pub id_prefix: String,
    /// It hears events behind this one.
    pub since_seq: i64,
    /// Since when nothing but failures came of it.
    pub failing_since: Time,
    /// Why the server switched it off; empty where it didn't.
    pub disabled_reason: String,
    /// Events that are still to be delivered again, both included; none where the first is behind the last.
    pub replay_next: i64,
    pub replay_last: i64,
}

macro_rules! webhooks_where {
    ($rest:literal) => {
        concat!(
            "SELECT webhook_id, event_type, url, enabled, errors_counter, created_at_ms, secret, secret_before, \
             secret_before_until_ms, id_prefix, since_seq, failing_since_ms, disabled_reason, replay_next_seq, \
             replay_last_seq FROM webhooks \
             WHERE workspace_id = $1",
            $rest
        )
    };
}

const WEBHOOK_LIST: Sql = Sql::both(webhooks_where!(" ORDER BY webhook_id"));

const WEBHOOK_FIND: Sql = Sql::both(webhooks_where!(" AND webhook_id = $2"));

const WEBHOOK_INSERT: Sql = Sql::both(
    "INSERT INTO webhooks (workspace_id, webhook_id, event_type, url, enabled, errors_counter, secret, secret_before, \
     secret_before_until_ms, id_prefix, since_seq, failing_since_ms, disabled_reason, replay_next_seq, \
     replay_last_seq, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
);

const WEBHOOK_UPDATE: Sql = Sql::both(
    "UPDATE webhooks SET event_type = $3, url = $4, enabled = $5, errors_counter = $6, secret = $7, \
     secret_before = $8, secret_before_until_ms = $9, id_prefix = $10, since_seq = $11, failing_since_ms = $12, \
     disabled_reason = $13, replay_next_seq = $14, replay_last_seq = $15 WHERE workspace_id = $1 AND webhook_id = $2",
);

// Only one of several nodes that saw the same place moves it on; a replay asked for meanwhile begins anew.
const WEBHOOK_REPLAYED: Sql = Sql::both(
    "UPDATE webhooks SET replay_next_seq = $4 WHERE workspace_id = $1 AND webhook_id = $2 AND replay_next_seq = $3",
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
    let mut values = values(write.workspace.id, webhook);
    values.push(webhook.created_at.to_value());
    write.tx.execute(&WEBHOOK_INSERT, &values).map(drop)
}

pub fn webhook_update(write: &mut Write<'_, '_>, webhook: &WebhookRow) -> Result<(), Error> {
    write.tx.execute(&WEBHOOK_UPDATE, values(write.workspace.id, webhook)).map(drop)
}

/// Moves a replay from one place to the next; `false` if it isn't there any more.
pub fn webhook_replayed(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    webhook: WebhookId,
    from: i64,
    to: i64,
) -> Result<bool, Error> {
    Ok(tx.execute(&WEBHOOK_REPLAYED, &params![workspace, webhook, from, to])? > 0)
}

fn values(workspace: WorkspaceId, webhook: &WebhookRow) -> Vec<Value<'_>> {
    let WebhookRow { id, event_type, url, enabled, errors_counter, secret, secret_before, .. } = webhook;
    let WebhookRow { secret_before_until, id_prefix, since_seq, failing_since, disabled_reason, .. } = webhook;
    let WebhookRow { replay_next, replay_last, .. } = webhook;
    let values = [
        Value::Int(workspace.0),
        id.to_value(),
        event_type.to_value(),
        url.to_value(),
        enabled.to_value(),
        errors_counter.to_value(),
        secret.to_value(),
        secret_before.to_value(),
        secret_before_until.to_value(),
        id_prefix.to_value(),
        since_seq.to_value(),
        failing_since.to_value(),
        disabled_reason.to_value(),
        replay_next.to_value(),
        replay_last.to_value(),
    ];
    values.into()
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
        secret: row.get(6)?,
        secret_before: row.get(7)?,
        secret_before_until: row.get(8)?,
        id_prefix: row.get(9)?,
        since_seq: row.get(10)?,
        failing_since: row.get(11)?,
        disabled_reason: row.get(12)?,
        replay_next: row.get(13)?,
        replay_last: row.get(14)?,
    })
}

super::statements! {
    WEBHOOK_LIST, WEBHOOK_FIND, WEBHOOK_INSERT, WEBHOOK_UPDATE, WEBHOOK_REPLAYED, WEBHOOK_DELETE,
}
