//! Calls that are over, and calls that nobody answered.

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::inbox::calls::CallDetail;
use crate::store::events::EventRow;
use crate::store::messages::message_find;
use crate::webhooks::EventType;
use crate::webhooks::bodies::message::{people, writer_of};
use crate::webhooks::bodies::scene::{NamedAccount, NamedChat, Person, Scene};

#[derive(Clone, Debug, Serialize)]
pub struct CallEvent {
    event_type: EventType,
    chat: NamedChat,
    whatsapp_account: NamedAccount,
    call_details: Details,
}

#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// Seconds.
    duration: Option<i64>,
    /// `incoming` or `outgoing`.
    direction: &'static str,
    is_video: bool,
    status: String,
    timestamp: String,
    message_uid: String,
    caller: Person,
    recipient: Person,
}

pub(super) fn render(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<CallEvent>, Error> {
    let Some(uid) = row.message else { return Ok(None) };
    let Some(view) = message_find(tx, scene.workspace, uid)? else { return Ok(None) };
    let Some(chat) = scene.chat(tx, view.message.chat)? else { return Ok(None) };
    let writer = writer_of(tx, scene.workspace, &view, &chat)?;
    let Some(account) = scene.account(view.message.account) else { return Ok(None) };
    let Ok(detail) = serde_json::from_str::<CallDetail>(&row.detail) else { return Ok(None) };
    let (caller, recipient) = people(&view, &chat, account, &writer);
    let wid = Some(account.jid.clone());
    Ok(Some(CallEvent {
        event_type,
        chat: scene.chat_of_call(&chat),
        whatsapp_account: NamedAccount { whatsapp_account_wid: wid, ..scene.named_account(account) },
        call_details: Details {
            duration: detail.duration_s,
            direction: if row.kind == Kind::CallOutgoing { "outgoing" } else { "incoming" },
            is_video: detail.is_video,
            status: detail.status,
            timestamp: scene.time(view.message.at),
            message_uid: uid.to_string(),
            caller,
            recipient,
        },
    }))
}
