//! What WhatsApp charges for messages, as it says with their statuses.

use database::{Error, Read, Sql, params};

use crate::id::{MessageUid, WorkspaceId};
use crate::store::Write;

/// What a message costs at WhatsApp: no sum, but what the sum goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePrice {
    /// As `service`, `utility`, `marketing`.
    pub category: String,
    /// As `PMP`, which is by message.
    pub model: String,
    pub is_billable: bool,
}

const MESSAGE_PRICE_SET: Sql = Sql::both(
    "INSERT INTO message_prices (workspace_id, uid, category, model, is_billable) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (workspace_id, uid) DO UPDATE SET category = excluded.category, model = excluded.model, \
     is_billable = excluded.is_billable",
);

const MESSAGE_PRICE_FIND: Sql =
    Sql::both("SELECT category, model, is_billable FROM message_prices WHERE workspace_id = $1 AND uid = $2");

/// Notes the price of a message; what was said last counts.
pub fn message_price_set(write: &mut Write<'_, '_>, message: MessageUid, price: &MessagePrice) -> Result<(), Error> {
    let MessagePrice { category, model, is_billable } = price;
    let values = params![write.workspace.id, message, category, model, is_billable];
    write.tx.execute(&MESSAGE_PRICE_SET, &values).map(drop)
}

pub fn message_price_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<MessagePrice>, Error> {
    tx.query_row(&MESSAGE_PRICE_FIND, &params![workspace, message], |row| {
        Ok(MessagePrice { category: row.get(0)?, model: row.get(1)?, is_billable: row.get(2)? })
    })
}

super::statements! {
    MESSAGE_PRICE_SET, MESSAGE_PRICE_FIND,
}
