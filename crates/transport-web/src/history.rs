//! What the phone hands over of earlier days when a number is linked: messages for the record, and names.

use transport::Event;
use wacore::types::events::LazyHistorySync;
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;

use crate::known::{Known, is_chat};
use crate::told::{About, ChatNames, event_of};

/// Messages taken over of one chat; older ones stay on the phone.
pub const PAST_OF_CHAT_MAX: usize = 1_000;

/// What a piece of history says.
#[derive(Debug, Default)]
pub struct Past {
    /// Each chat's messages, oldest first.
    pub chats: Vec<Vec<Event>>,
    pub names: ChatNames,
    pub known: Known,
}

/// Reads a piece of history. `known` is who was known before.
pub fn past_of(history: &LazyHistorySync, known: &Known) -> Past {
    let mut past = Past { known: known.clone(), ..Past::default() };
    let mut conversations = Vec::new();
    let mut stream = history.stream();
    loop {
        match stream.next_conversation() {
            Ok(Some(conversation)) => conversations.push(conversation),
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "the rest of a history can't be read");
                break;
            }
        }
    }
    if let Ok(rest) = stream.remainder() {
        for pair in &rest.phone_number_to_lid_mappings {
            learn(&mut past.known, pair.lid_jid.as_deref(), pair.pn_jid.as_deref());
        }
    }
    for conversation in &conversations {
        learn(&mut past.known, conversation.lid_jid.as_deref(), conversation.pn_jid.as_deref());
        learn(&mut past.known, Some(&conversation.id), conversation.pn_jid.as_deref());
    }
    for conversation in &conversations {
        read(conversation, &mut past);
    }
    past
}

fn learn(known: &mut Known, one: Option<&str>, other: Option<&str>) {
    let parsed = |text: Option<&str>| text.and_then(|text| text.parse::<Jid>().ok());
    if let (Some(one), Some(other)) = (parsed(one), parsed(other)) {
        known.learn(&one, &other);
    }
}

fn read(conversation: &wa::Conversation, past: &mut Past) {
    let Ok(chat) = conversation.id.parse::<Jid>() else { return };
    if !is_chat(&chat) {
        return;
    }
    let name = conversation.name.as_deref().or(conversation.display_name.as_deref()).unwrap_or_default();
    if !name.is_empty() {
        past.names.insert(past.known.address(&chat).jid().to_owned(), name.to_owned());
    }
    let messages = conversation.messages.iter().filter_map(|one| one.message.as_option());
    let mut events: Vec<(u64, Event)> = Vec::new();
    for message in messages.take(PAST_OF_CHAT_MAX) {
        let Some(said) = message.message.as_option() else { continue };
        let Some(about) = About::past(message, &chat, &past.known, &past.names) else { continue };
        if let Some(event) = event_of(said, &about, &past.known) {
            events.push((message.message_timestamp.unwrap_or(0), event));
        }
    }
    // The newest come first there.
    events.reverse();
    events.sort_by_key(|(at, _)| *at);
    let joined = past.known.both(&chat).map(Event::SameContact);
    let events: Vec<Event> = joined.into_iter().chain(events.into_iter().map(|(_, event)| event)).collect();
    if !events.is_empty() {
        past.chats.push(events);
    }
}

#[cfg(test)]
mod tests {
    use buffa::Message as _;
    use bytes::Bytes;

    use super::*;

    fn message(id: &str, at: u64, text: &str) -> wa::HistorySyncMsg {
        let said = wa::Message { conversation: Some(text.into()), ..Default::default() };
        wa::HistorySyncMsg {
            message: buffa::MessageField::some(wa::WebMessageInfo {
                key: buffa::MessageField::some(wa::MessageKey { id: Some(id.into()), ..Default::default() }),
                message: buffa::MessageField::some(said),
                message_timestamp: Some(at),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    /// zlib without compression: one stored block of at most 65,535 bytes.
    fn stored(raw: &[u8]) -> Vec<u8> {
        let length = u16::try_from(raw.len()).expect("short");
        let mut bytes = vec![0x78, 0x01, 0x01];
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(raw);
        let (mut a, mut b) = (1_u32, 0_u32);
        for byte in raw {
            a = (a + u32::from(*byte)) % 65_521;
            b = (b + a) % 65_521;
        }
        bytes.extend(((b << 16) | a).to_be_bytes());
        bytes
    }

    #[test]
    fn a_history_is_read_oldest_first_with_its_names() {
        let history = wa::HistorySync {
            conversations: vec![
                wa::Conversation {
                    id: "77@lid".into(),
                    pn_jid: Some("12025550100@s.whatsapp.net".into()),
                    name: Some("Rosa".into()),
                    messages: vec![message("B2", 1_700_000_100, "Second"), message("B1", 1_700_000_000, "First")],
                    ..Default::default()
                },
                wa::Conversation {
                    id: "status@broadcast".into(),
                    messages: vec![message("C1", 1, "x")],
                    ..Default::default()
                },
            ],
            ..Default::default()
        };
        let raw = history.encode_to_vec();
        let lazy = LazyHistorySync::new(Bytes::from(stored(&raw)), raw.len(), 0, None, None);
        let past = past_of(&lazy, &Known::default());
        assert_eq!(past.names.get("12025550100@s.whatsapp.net").map(String::as_str), Some("Rosa"));
        assert_eq!(past.chats.len(), 1);
        let told: Vec<&str> = past.chats[0]
            .iter()
            .filter_map(|event| match event {
                Event::Synced(synced) => Some(synced.said.wamid.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["B1", "B2"]);
        assert!(matches!(past.chats[0][0], Event::SameContact(_)));
    }
}
