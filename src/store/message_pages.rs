//! Messages that another list has named, read at once and in that list's order.

use std::collections::HashMap;

use database::{Error, Read, Sql, Value};

use crate::id::{MessageUid, WorkspaceId};
use crate::store::message_files::attachment_columns;
use crate::store::messages::{MessageView, decode, messages_where};
use crate::store::page_ids::{PAGE_IDS_MAX, page_ids};

// `page_ids!` names the parameters of a whole page.
const MESSAGES_OF_PAGE: Sql =
    Sql::both(concat!(messages_where!("WHERE m.workspace_id = $1 AND m.uid IN ("), page_ids!(), ")"));

/// The named messages in the order in which they are named; one that is gone is left out.
pub fn message_views(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    uids: &[MessageUid],
) -> Result<Vec<MessageView>, Error> {
    let mut found: HashMap<MessageUid, MessageView> = HashMap::with_capacity(uids.len());
    for some in uids.chunks(PAGE_IDS_MAX) {
        let mut values = vec![Value::Bytes(vec![0; 16].into()); PAGE_IDS_MAX + 1];
        values[0] = Value::Int(workspace.0);
        for (place, uid) in values[1..].iter_mut().zip(some) {
            *place = Value::Bytes(uid.0.as_bytes().to_vec().into());
        }
        found.extend(tx.query(&MESSAGES_OF_PAGE, values, decode)?.into_iter().map(|view| (view.message.uid, view)));
    }
    Ok(uids.iter().filter_map(|uid| found.remove(uid)).collect())
}

super::statements! {
    MESSAGES_OF_PAGE,
}
