//! Calls: an account's phone rings, somebody talks or doesn't, and the chat shows that it was so. A call has no bytes here and
//! nothing to answer; it is a message that tells of itself.

use serde::{Deserialize, Serialize};
use transport::{Call, CallOutcome};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, MessageUid, TokenId};
use crate::inbox::chat::{FirstMessage, free_name, open_chat};
use crate::inbox::contacts::main_address;
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::chats::{chat_by_jid, chat_received, chat_sent};
use crate::store::contacts::contact_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::labels::label_list;
use crate::store::messages::{KnownAs, MessageRow, message_insert, message_known};

/// What the log says of a call beside its message, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallDetail {
    /// Seconds; `None` where nobody answered.
    pub duration_s: Option<i64>,
    pub is_video: bool,
    /// Missed, Answered, Rejected, No Answer or Ended.
    pub status: String,
}

/// Stores a call under `uid`, which was chosen before the write began.
///
/// Returns its uid: the earlier one if it was told before, and nothing changes then.
pub fn record_call(
    write: &mut Write<'_, '_>,
    account: AccountId,
    uid: MessageUid,
    call: &Call,
) -> Result<MessageUid, Error> {
    let workspace = write.workspace.id;
    let at = Time::from_ms(call.at_ms);
    let sender_jid = if call.is_outgoing { "" } else { call.caller.address.jid() };
    let missed = !call.is_outgoing && call.duration_s.is_none();
    let address = main_address(write.tx, workspace, &call.chat)?;
    let chat = match chat_by_jid(write.tx, workspace, account, address.jid())? {
        Some(chat) => {
            if let Some(known) = message_known(write.tx, workspace, &KnownAs::of(&chat, sender_jid), &call.wamid)? {
                return Ok(known);
            }
            // What nobody answered waits for somebody, as a message does.
            if missed {
                chat_received(write, chat.id, uid, at)?
            } else {
                let has_labels = !label_list(write.tx, workspace, chat.id)?.is_empty();
                chat_sent(write, (chat.id, has_labels), uid, at)?
            }
            chat.id
        }
        None => {
            let name = free_name(write, &call.caller.name, &address)?;
            let contact = contact_find(write.tx, workspace, address.jid())?.map(|known| known.id);
            let first = FirstMessage { contact, uid, at, from_me: call.is_outgoing };
            open_chat(write, account, &address, &name, &call.caller.name, &first)?
        }
    };
    let row = MessageRow {
        uid,
        chat,
        account,
        from_me: call.is_outgoing,
        status: Status::Delivered,
        kind: MessageKind::Call,
        origin: Origin::Synced,
        token: TokenId(0),
        text: String::new(),
        wamid: call.wamid.clone(),
        reply_to: None,
        sender_jid: sender_jid.to_owned(),
        sender_name: if call.is_outgoing { String::new() } else { call.caller.name.replace('\0', "") },
        at,
        received_at: write.now,
        credits_recurring: 0,
        credits_topped_up: 0,
        failure: None,
    };
    message_insert(write, &row)?;
    let kind = match (call.is_outgoing, missed) {
        (true, _) => Kind::CallOutgoing,
        (false, true) => Kind::CallMissed,
        (false, false) => Kind::CallIncoming,
    };
    let status = word(call.outcome).to_owned();
    let detail = CallDetail { duration_s: call.duration_s, is_video: call.is_video, status };
    let detail = serde_json::to_string(&detail).map_err(Error::internal)?;
    event_append(write, NewEvent { kind, chat, message: Some(uid), detail })?;
    Ok(uid)
}

/// As the contract writes it.
const fn word(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Missed => "Missed",
        CallOutcome::Rejected => "Rejected",
        CallOutcome::NoAnswer => "No Answer",
        CallOutcome::Ended => "Ended",
    }
}
