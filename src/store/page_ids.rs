//! What belongs to a page of chats is asked for at once. Neither engine's lists of values are the other's, so a statement has
//! a parameter for each chat of a full page, and those left over name no chat.

use database::{Error, Value};

use crate::id::{ChatId, WorkspaceId};

/// Chats that such a statement takes.
pub const PAGE_IDS_MAX: usize = 50;

/// The parameters behind `$1`, which is the workspace.
macro_rules! page_ids {
    () => {
        "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, \
         $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51"
    };
}
pub(super) use page_ids;

/// The workspace and the chats, as such a statement wants them.
pub(super) fn page_values(workspace: WorkspaceId, chats: &[ChatId]) -> Result<Vec<Value<'static>>, Error> {
    if chats.len() > PAGE_IDS_MAX {
        return Err(Error::Misuse(format!("{} chats asked for at once, at most {PAGE_IDS_MAX}", chats.len())));
    }
    let mut values = vec![Value::Int(0); PAGE_IDS_MAX + 1];
    values[0] = Value::Int(workspace.0);
    for (place, chat) in values[1..].iter_mut().zip(chats) {
        *place = Value::Int(chat.0);
    }
    Ok(values)
}
