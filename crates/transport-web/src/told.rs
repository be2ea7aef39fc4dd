//! Messages as they come in, live or from the queue of an absence, become events.

use std::collections::HashMap;

use transport::{Event, Incoming, IncomingBody, IncomingEdit, IncomingReaction, IncomingRevoke, Sender, Synced};
use wacore::types::events::InboundMessage;
use wacore::types::message::MessageInfo;
use waproto::whatsapp as wa;
use whatsapp_rust::{Jid, Server};

use crate::known::{Known, is_chat, is_hidden};
use crate::said::{Said, said};
use crate::source::Bearer;

/// What chats are called, by their addresses: groups by their subject, people by the phone's address book.
pub type ChatNames = HashMap<String, String>;

/// The events in these messages, in their order.
pub fn events_of<'m>(
    messages: impl IntoIterator<Item = &'m InboundMessage>,
    known: &Known,
    names: &ChatNames,
) -> Vec<Event> {
    let mut events = Vec::new();
    for one in messages {
        if !is_chat(&one.info.source.chat) {
            continue;
        }
        events.extend(same_contacts(&one.info, known));
        events.extend(event_of(&one.message, &About::of(&one.info, known, names), known));
    }
    events
}

/// Those whose both addresses a message tells or lets know, told before it.
fn same_contacts(info: &MessageInfo, known: &Known) -> impl Iterator<Item = Event> {
    let told = [known.both(&info.source.chat), known.both(&info.source.sender)];
    let mut told: Vec<_> = told.into_iter().flatten().collect();
    told.dedup();
    told.into_iter().map(Event::SameContact)
}

/// The pairs of addresses that a message's envelope names.
pub fn pairs(info: &MessageInfo) -> impl Iterator<Item = (&Jid, &Jid)> {
    let source = &info.source;
    let sender = source.sender_alt.as_ref().map(|other| (&source.sender, other));
    let other_end = source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref());
    let chat = other_end.filter(|_| source.is_from_me && !source.is_group).map(|other| (&source.chat, other));
    sender.into_iter().chain(chat)
}

/// Everybody whom these messages name by a hidden id.
pub fn hidden_of(info: &MessageInfo) -> impl Iterator<Item = &Jid> {
    [&info.source.chat, &info.source.sender].into_iter().filter(|jid| is_hidden(jid))
}

/// The envelope of a message.
pub struct About {
    chat: transport::Address,
    chat_name: String,
    sender: Sender,
    wamid: String,
    at_ms: i64,
    from_me: bool,
    is_past: bool,
    bearer: Bearer,
}

impl About {
    fn of(info: &MessageInfo, known: &Known, names: &ChatNames) -> About {
        let source = &info.source;
        let chat = known.address(&source.chat);
        let name = if source.is_from_me { "" } else { &info.push_name };
        About {
            chat_name: names.get(chat.jid()).cloned().unwrap_or_default(),
            chat,
            sender: Sender { address: known.address(&source.sender), name: name.to_owned() },
            wamid: info.id.to_string(),
            at_ms: info.timestamp.timestamp_millis(),
            from_me: source.is_from_me,
            is_past: false,
            bearer: Bearer {
                chat: source.chat.to_non_ad_string(),
                sender: source.sender.to_non_ad_string(),
                wamid: info.id.to_string(),
                from_me: source.is_from_me,
            },
        }
    }

    /// Of a message in a history; `None` where it names no chat or nobody.
    pub fn past(message: &wa::WebMessageInfo, chat: &Jid, known: &Known, names: &ChatNames) -> Option<About> {
        let key = message.key.as_option()?;
        let wamid = key.id.clone().filter(|id| !id.is_empty())?;
        let from_me = key.from_me == Some(true);
        let participant = key.participant.as_deref().or(message.participant.as_deref());
        let sender: Jid = match participant.filter(|jid| !jid.is_empty()) {
            _ if from_me => known.own.clone()?,
            Some(jid) => jid.parse().ok()?,
            None if chat.server == Server::Group => return None,
            None => chat.clone(),
        };
        let address = known.address(chat);
        Some(About {
            chat_name: names.get(address.jid()).cloned().unwrap_or_default(),
            chat: address,
            sender: Sender {
                address: known.address(&sender),
                name: if from_me { String::new() } else { message.push_name.clone().unwrap_or_default() },
            },
            at_ms: i64::try_from(message.message_timestamp?).ok()?.checked_mul(1_000)?,
            from_me,
            is_past: true,
            bearer: Bearer {
                chat: chat.to_non_ad_string(),
                sender: sender.to_non_ad_string(),
                wamid: wamid.clone(),
                from_me,
            },
            wamid,
        })
    }
}

/// What a message becomes; nothing where people see nothing of it.
pub fn event_of(message: &wa::Message, about: &About, known: &Known) -> Option<Event> {
    let At { chat, sender } = About::at(about);
    match said(message, &about.bearer) {
        Said::Nothing => None,
        Said::Body { body, reply_to } => Some(spoken(about, body, reply_to)),
        Said::Reaction { to, emoji, at_ms } => Some(Event::Reaction(IncomingReaction {
            to_sender: author_of(&to, about, known)?,
            wamid: to.id?,
            chat,
            sender,
            emoji,
            at_ms: at_ms.unwrap_or(about.at_ms),
        })),
        Said::Edit { of, text, at_ms } => {
            let at_ms = at_ms.unwrap_or(about.at_ms);
            Some(Event::Edit(IncomingEdit { chat, sender, wamid: of.id?, text, at_ms }))
        }
        Said::Revoke { of } => {
            // An admin takes back what somebody else said; then it is gone as if they had.
            let by = of.participant.as_deref().and_then(|jid| jid.parse::<Jid>().ok());
            let sender = by.map_or(sender.clone(), |jid| Sender { address: known.address(&jid), ..sender });
            Some(Event::Revoke(IncomingRevoke { chat, sender, wamid: of.id?, at_ms: about.at_ms }))
        }
    }
}

struct At {
    chat: transport::Address,
    sender: Sender,
}

impl About {
    fn at(&self) -> At {
        At { chat: self.chat.clone(), sender: self.sender.clone() }
    }
}

fn spoken(about: &About, body: IncomingBody, reply_to: Option<String>) -> Event {
    let At { chat, sender } = about.at();
    let (chat_name, wamid, at_ms) = (about.chat_name.clone(), about.wamid.clone(), about.at_ms);
    let said = Incoming { chat, chat_name, sender, wamid, at_ms, body, reply_to };
    match about.from_me || about.is_past {
        true => Event::Synced(Synced { said, from_me: about.from_me, is_past: about.is_past }),
        false => Event::Message(said),
    }
}

/// Who said what a key names: `Some(None)` if we did, `None` if nobody can be told.
fn author_of(key: &wa::MessageKey, about: &About, known: &Known) -> Option<Option<transport::Address>> {
    let named = key.participant.as_deref().filter(|jid| !jid.is_empty()).and_then(|jid| jid.parse::<Jid>().ok());
    if let Some(author) = named {
        return Some((!known.is_own(&author)).then(|| known.address(&author)));
    }
    // `from_me` is seen from whoever reacts.
    match (key.from_me == Some(true), about.from_me) {
        (true, true) | (false, false) => Some(None),
        (true, false) => Some(Some(about.sender.address.clone())),
        (false, true) if !about.chat.is_group() => Some(Some(about.chat.clone())),
        (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wacore::types::message::MessageSource;
    use whatsapp_rust::wacore::chrono::DateTime;

    use super::*;

    fn jid(text: &str) -> Jid {
        text.parse().expect("a JID")
    }

    fn known() -> Known {
        let (own, own_hidden) = (Some(jid("12025550198@s.whatsapp.net")), Some(jid("900@lid")));
        Known { own, own_hidden, ..Known::default() }
    }

    fn inbound(chat: &str, sender: &str, from_me: bool, message: wa::Message) -> InboundMessage {
        let chat = jid(chat);
        let info = MessageInfo {
            source: MessageSource {
                is_group: chat.server == Server::Group,
                chat,
                sender: jid(sender),
                is_from_me: from_me,
                ..MessageSource::default()
            },
            id: "3A01".into(),
            push_name: "Rosa".into(),
            timestamp: DateTime::from_timestamp(1_790_000_000, 0).expect("a time"),
            ..MessageInfo::default()
        };
        InboundMessage::builder().message(Arc::new(message)).info(Arc::new(info)).build()
    }

    fn text(text: &str) -> wa::Message {
        wa::Message { conversation: Some(text.into()), ..Default::default() }
    }

    const ROSA: &str = "12025550100@s.whatsapp.net";

    #[test]
    fn a_message_of_a_contact_and_one_typed_on_the_phone() {
        let theirs = inbound(ROSA, "12025550100:4@s.whatsapp.net", false, text("Hello"));
        let ours = inbound(ROSA, "12025550198@s.whatsapp.net", true, text("Hi"));
        let events = events_of([&theirs, &ours], &known(), &ChatNames::new());
        let Event::Message(said) = &events[0] else { panic!("{events:?}") };
        assert_eq!((said.chat.jid(), said.sender.address.jid(), said.sender.name.as_str()), (ROSA, ROSA, "Rosa"));
        assert_eq!((said.wamid.as_str(), said.at_ms), ("3A01", 1_790_000_000_000));
        let Event::Synced(synced) = &events[1] else { panic!("{events:?}") };
        assert!(synced.from_me && !synced.is_past && synced.said.sender.name.is_empty());
        assert_eq!(synced.said.chat.jid(), ROSA);
    }

    #[test]
    fn somebody_hidden_is_joined_with_their_phone_before_they_speak() {
        let mut known = known();
        known.learn(&jid("77@lid"), &jid(ROSA));
        let hidden = inbound("77@lid", "77:1@lid", false, text("Hello"));
        let events = events_of([&hidden], &known, &ChatNames::new());
        assert!(
            matches!(&events[0], Event::SameContact(same) if same.phone.jid() == ROSA && same.lid.jid() == "77@lid")
        );
        assert!(matches!(&events[1], Event::Message(said) if said.chat.jid() == ROSA));
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn a_group_has_its_name_and_channels_are_left_out() {
        let names = ChatNames::from([("120363@g.us".to_owned(), "Riders".to_owned())]);
        let group = inbound("120363@g.us", ROSA, false, text("Hello"));
        let channel = inbound("120363@newsletter", ROSA, false, text("Hello"));
        let events = events_of([&group, &channel], &known(), &names);
        assert_eq!(events.len(), 1);
        assert!(matches!(&events[0], Event::Message(said) if said.chat_name == "Riders"));
    }

    #[test]
    fn a_reaction_knows_whose_message_it_is_put_to() {
        let react = |key: wa::MessageKey| wacore::proto_helpers::build_reaction_message(key, "🚲", 5);
        let key = |from_me, participant: Option<&str>| wa::MessageKey {
            id: Some("AA".into()),
            from_me: Some(from_me),
            participant: participant.map(str::to_owned),
            ..Default::default()
        };
        let author = |message: InboundMessage| match &events_of([&message], &known(), &ChatNames::new())[0] {
            Event::Reaction(reaction) => reaction.to_sender.as_ref().map(|address| address.jid().to_owned()),
            other => panic!("{other:?}"),
        };
        assert_eq!(author(inbound(ROSA, ROSA, false, react(key(false, None)))), None, "to ours");
        assert_eq!(author(inbound(ROSA, ROSA, false, react(key(true, None)))).as_deref(), Some(ROSA), "to her own");
        assert_eq!(author(inbound(ROSA, "900@lid", true, react(key(false, None)))).as_deref(), Some(ROSA));
        assert_eq!(author(inbound("1@g.us", ROSA, false, react(key(false, Some("900:2@lid"))))), None);
        let other = "12025550101@s.whatsapp.net";
        assert_eq!(author(inbound("1@g.us", ROSA, false, react(key(false, Some(other))))).as_deref(), Some(other));
    }

    #[test]
    fn a_past_message_is_told_for_the_record() {
        let past = wa::WebMessageInfo {
            key: buffa::MessageField::some(wa::MessageKey { id: Some("B1".into()), ..Default::default() }),
            message: buffa::MessageField::some(text("Long ago")),
            message_timestamp: Some(1_700_000_000),
            ..Default::default()
        };
        let about = About::past(&past, &jid(ROSA), &known(), &ChatNames::new()).expect("an envelope");
        let Some(Event::Synced(synced)) = event_of(&text("Long ago"), &about, &known()) else { panic!() };
        assert!(synced.is_past && !synced.from_me);
        assert_eq!((synced.said.sender.address.jid(), synced.said.at_ms), (ROSA, 1_700_000_000_000));
        assert!(About::past(&past, &jid("1@g.us"), &known(), &ChatNames::new()).is_none(), "nobody is named");
    }
}
