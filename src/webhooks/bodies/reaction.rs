//! `message:reaction`: somebody put an emoji to a message, or took it back.

use std::collections::BTreeMap;

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::inbox::contacts::{BothAddresses, both_addresses};
use crate::inbox::reactions::ReactionDetail;
use crate::store::events::EventRow;
use crate::store::reactions::reaction_list;
use crate::webhooks::EventType;
use crate::webhooks::bodies::scene::{NamedAccount, NamedChat, Scene};

/// Reactions to one message that are counted; a group has fewer members.
const REACTIONS_MAX: i64 = 2_000;

#[derive(Clone, Debug, Serialize)]
pub struct ReactionEvent {
    event_type: EventType,
    chat: NamedChat,
    whatsapp_account: NamedAccount,
    reaction: Reaction,
}

#[derive(Clone, Debug, Serialize)]
pub struct Reaction {
    message_uid: String,
    /// `set` or `clear`.
    action: String,
    /// Empty where it was taken back.
    emoji: String,
    reactor: Reactor,
    timestamp: String,
    /// How often each emoji stands at the message now.
    reactions: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Reactor {
    full_name: String,
    /// Empty where WhatsApp hides it.
    phone: String,
}

pub(super) fn render(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<ReactionEvent>, Error> {
    let Some(uid) = row.message else { return Ok(None) };
    let Some(chat) = scene.chat(tx, row.chat)? else { return Ok(None) };
    let Ok(detail) = serde_json::from_str::<ReactionDetail>(&row.detail) else { return Ok(None) };
    let Some(account) = scene.account(chat.account) else { return Ok(None) };
    let mut reactions = BTreeMap::new();
    for one in reaction_list(tx, scene.workspace, chat.id, (uid, uid), REACTIONS_MAX)? {
        *reactions.entry(one.emoji).or_default() += 1;
    }
    let is_ours = detail.jid.is_empty();
    let BothAddresses { phone, .. } = both_addresses(tx, scene.workspace, &detail.jid)?;
    let reactor = if is_ours {
        Reactor { full_name: account.name.clone(), phone: account.phone.clone() }
    } else {
        let nameless = detail.name.is_empty() && !chat.is_group;
        let full_name = if nameless { chat.name.clone() } else { detail.name };
        Reactor { full_name, phone }
    };
    let wid = Some(account.jid.clone());
    Ok(Some(ReactionEvent {
        event_type,
        chat: scene.chat_of_call(&chat),
        whatsapp_account: NamedAccount { whatsapp_account_wid: wid, ..scene.named_account(account) },
        reaction: Reaction {
            message_uid: uid.to_string(),
            action: detail.action,
            emoji: detail.emoji,
            reactor,
            timestamp: scene.time(row.at),
            reactions,
        },
    }))
}
