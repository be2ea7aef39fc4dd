//! What a message says: one of WhatsApp's many shapes becomes one of ours.

use buffa::Message as _;
use transport::{ContactCard, IncomingBody};
use wacore::proto_helpers::MessageExt as _;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use crate::source::{Bearer, file_of};

/// What a message does.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Body {
        body: IncomingBody,
        reply_to: Option<String>,
    },
    Reaction {
        to: wa::MessageKey,
        emoji: String,
        at_ms: Option<i64>,
    },
    Edit {
        of: wa::MessageKey,
        text: String,
        at_ms: Option<i64>,
    },
    Revoke {
        of: wa::MessageKey,
    },
    /// Between devices; nothing that people see.
    Nothing,
}

/// Reads a message. What can't be shown is still a body that says so: somebody wrote.
pub fn said(message: &wa::Message, bearer: &Bearer) -> Said {
    let message = message.get_base_message();
    if let Some(reaction) = message.reaction_message.as_option() {
        let to = reaction.key.as_option().cloned().unwrap_or_default();
        let emoji = reaction.text.clone().unwrap_or_default();
        return Said::Reaction { to, emoji, at_ms: reaction.sender_timestamp_ms };
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return changed(protocol);
    }
    match body_of(message, bearer) {
        Some(body) => Said::Body { body, reply_to: reply_of(message) },
        None if is_empty(message) => Said::Nothing,
        None => Said::Body { body: IncomingBody::Unsupported(name_of(message).into()), reply_to: reply_of(message) },
    }
}

fn changed(protocol: &wa::message::ProtocolMessage) -> Said {
    let Some(key) = protocol.key.as_option().cloned() else { return Said::Nothing };
    match protocol.r#type {
        Some(ProtocolType::REVOKE) => Said::Revoke { of: key },
        Some(ProtocolType::MESSAGE_EDIT) => {
            let Some(edited) = protocol.edited_message.as_option() else { return Said::Nothing };
            let edited = edited.get_base_message();
            let text = edited.text_content().or_else(|| edited.get_caption()).unwrap_or_default();
            Said::Edit { of: key, text: text.to_owned(), at_ms: protocol.timestamp_ms }
        }
        _ => Said::Nothing,
    }
}

fn body_of(message: &wa::Message, bearer: &Bearer) -> Option<IncomingBody> {
    if let Some(file) = file_of(message, bearer) {
        return Some(IncomingBody::File(file));
    }
    if let Some(text) = message.text_content() {
        return Some(IncomingBody::Text(text.to_owned()));
    }
    if let Some(place) = message.location_message.as_option() {
        return Some(IncomingBody::Location {
            latitude: place.degrees_latitude.unwrap_or(0.0),
            longitude: place.degrees_longitude.unwrap_or(0.0),
            name: place.name.clone().unwrap_or_default(),
            address: place.address.clone().unwrap_or_default(),
        });
    }
    if let Some(place) = message.live_location_message.as_option() {
        return Some(IncomingBody::Location {
            latitude: place.degrees_latitude.unwrap_or(0.0),
            longitude: place.degrees_longitude.unwrap_or(0.0),
            name: place.caption.clone().unwrap_or_default(),
            address: String::new(),
        });
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some(IncomingBody::Contacts(vec![card_of(contact)]));
    }
    if let Some(contacts) = message.contacts_array_message.as_option() {
        return Some(IncomingBody::Contacts(contacts.contacts.iter().map(card_of).collect()));
    }
    poll_of(message).or_else(|| chosen_of(message)).map(IncomingBody::Text)
}

/// A poll as text: its question, and what may be chosen.
fn poll_of(message: &wa::Message) -> Option<String> {
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
    ];
    let poll = polls.into_iter().find_map(|poll| poll.as_option())?;
    let mut text = format!("Poll: {}", poll.name.as_deref().unwrap_or_default());
    for option in &poll.options {
        text.push_str("\n- ");
        text.push_str(option.option_name.as_deref().unwrap_or_default());
    }
    Some(text)
}

/// What somebody chose of buttons or a list, in the words that they saw.
fn chosen_of(message: &wa::Message) -> Option<String> {
    if let Some(button) = message.template_button_reply_message.as_option() {
        return button.selected_display_text.clone();
    }
    if let Some(list) = message.list_response_message.as_option() {
        return list.title.clone();
    }
    if let Some(buttons) = message.buttons_response_message.as_option() {
        use waproto::whatsapp::message::buttons_response_message::Response;
        return match &buttons.response {
            Some(Response::SelectedDisplayText(text)) => Some(text.clone()),
            _ => buttons.selected_button_id.clone(),
        };
    }
    let answer = message.interactive_response_message.as_option()?;
    answer.body.as_option().and_then(|body| body.text.clone())
}

/// The name, and the phones as the card has them.
fn card_of(contact: &wa::message::ContactMessage) -> ContactCard {
    let vcard = contact.vcard.as_deref().unwrap_or_default();
    let lines = vcard.lines().filter(|line| {
        let name = line.split([':', ';']).next().unwrap_or_default();
        name.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case("TEL"))
    });
    let phones = lines.filter_map(|line| line.split_once(':')).map(|(_, phone)| phone.trim().to_owned());
    ContactCard { name: contact.display_name.clone().unwrap_or_default(), phones: phones.collect() }
}

/// WhatsApp's id of the message that this one answers.
fn reply_of(message: &wa::Message) -> Option<String> {
    macro_rules! context {
        ($($field:ident),*) => {
            [$(message.$field.as_option().and_then(|said| said.context_info.as_option())),*]
        };
    }
    let contexts = context!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v3,
        template_button_reply_message,
        list_response_message,
        buttons_response_message,
        interactive_response_message
    );
    // A status that is answered is no message of the chat.
    let context = contexts.into_iter().flatten().next()?;
    let is_status = context.remote_jid.as_deref() == Some("status@broadcast");
    context.stanza_id.clone().filter(|id| !id.is_empty() && !is_status)
}

/// Whether nothing is left of a message but what devices tell each other.
fn is_empty(message: &wa::Message) -> bool {
    let mut rest = message.clone();
    rest.message_context_info = buffa::MessageField::none();
    rest.sender_key_distribution_message = buffa::MessageField::none();
    rest.fast_ratchet_key_sender_key_distribution_message = buffa::MessageField::none();
    // Votes, pins and keeps are about another message; they show at the phone.
    rest.poll_update_message = buffa::MessageField::none();
    rest.pin_in_chat_message = buffa::MessageField::none();
    rest.keep_in_chat_message = buffa::MessageField::none();
    rest.enc_reaction_message = buffa::MessageField::none();
    rest.secret_encrypted_message = buffa::MessageField::none();
    rest.device_sent_message = buffa::MessageField::none();
    rest.encode_to_vec().is_empty()
}

fn name_of(message: &wa::Message) -> &'static str {
    if message.group_invite_message.is_set() {
        "An invitation to a group"
    } else if message.product_message.is_set() {
        "A product"
    } else if message.order_message.is_set() {
        "An order"
    } else if message.event_message.is_set() {
        "An event"
    } else {
        "A message of a kind that this version can't show"
    }
}

#[cfg(test)]
mod tests {
    use buffa::MessageField;

    use super::*;

    fn read(message: &wa::Message) -> Said {
        said(message, &Bearer::default())
    }

    fn text(text: &str) -> wa::Message {
        wa::Message { conversation: Some(text.into()), ..Default::default() }
    }

    #[test]
    fn words_are_words_also_in_a_wrapper_and_as_an_answer() {
        let plain = Said::Body { body: IncomingBody::Text("Hello".into()), reply_to: None };
        assert_eq!(read(&text("Hello")), plain);
        let wrapped = wa::Message {
            ephemeral_message: MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(text("Hello")),
            }),
            ..Default::default()
        };
        assert_eq!(read(&wrapped), plain);
        let answer = wa::Message {
            extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
                text: Some("Yes".into()),
                context_info: MessageField::some(wa::ContextInfo {
                    stanza_id: Some("3EB0AA".into()),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        assert!(matches!(read(&answer), Said::Body { reply_to: Some(id), .. } if id == "3EB0AA"));
    }

    #[test]
    fn reactions_edits_and_revokes_name_what_they_are_about() {
        let key = wa::MessageKey { id: Some("3EB0AA".into()), from_me: Some(true), ..Default::default() };
        let reaction = wacore::proto_helpers::build_reaction_message(key.clone(), "🚲", 5);
        assert_eq!(read(&reaction), Said::Reaction { to: key.clone(), emoji: "🚲".into(), at_ms: Some(5) });
        let protocol = |kind, edited: Option<wa::Message>| wa::Message {
            protocol_message: MessageField::some(wa::message::ProtocolMessage {
                key: MessageField::some(key.clone()),
                r#type: Some(kind),
                edited_message: edited.map(MessageField::some).unwrap_or_default(),
                timestamp_ms: Some(7),
                ..Default::default()
            }),
            ..Default::default()
        };
        let edit = protocol(ProtocolType::MESSAGE_EDIT, Some(text("Ten")));
        assert_eq!(read(&edit), Said::Edit { of: key.clone(), text: "Ten".into(), at_ms: Some(7) });
        assert_eq!(read(&protocol(ProtocolType::REVOKE, None)), Said::Revoke { of: key.clone() });
        assert_eq!(read(&protocol(ProtocolType::EPHEMERAL_SETTING, None)), Said::Nothing);
    }

    #[test]
    fn places_people_and_polls_can_be_read() {
        let place = wa::message::LocationMessage {
            degrees_latitude: Some(38.7),
            degrees_longitude: Some(-9.1),
            name: Some("Shop".into()),
            ..Default::default()
        };
        let place = wa::Message { location_message: MessageField::some(place), ..Default::default() };
        assert!(matches!(read(&place), Said::Body { body: IncomingBody::Location { name, .. }, .. } if name == "Shop"));
        let card = wa::message::ContactMessage {
            display_name: Some("Rosa".into()),
            vcard: Some("BEGIN:VCARD\nFN:Rosa\nitem1.TEL;waid=12025550100:+1 202 555 0100\nTELLER:x\nEND:VCARD".into()),
            ..Default::default()
        };
        let card = wa::Message { contact_message: MessageField::some(card), ..Default::default() };
        let rosa = ContactCard { name: "Rosa".into(), phones: vec!["+1 202 555 0100".into()] };
        assert!(matches!(read(&card), Said::Body { body: IncomingBody::Contacts(cards), .. } if cards == [rosa]));
        let option = |name: &str| wa::message::poll_creation_message::Option {
            option_name: Some(name.into()),
            ..Default::default()
        };
        let poll = wa::message::PollCreationMessage {
            name: Some("Which day?".into()),
            options: vec![option("Monday"), option("Friday")],
            ..Default::default()
        };
        let poll = wa::Message { poll_creation_message_v3: MessageField::some(poll), ..Default::default() };
        let shown = IncomingBody::Text("Poll: Which day?\n- Monday\n- Friday".into());
        assert!(matches!(read(&poll), Said::Body { body, .. } if body == shown));
    }

    #[test]
    fn what_devices_tell_each_other_is_nothing_and_what_is_unknown_says_so() {
        assert_eq!(read(&wa::Message::default()), Said::Nothing);
        let keys = wa::Message {
            sender_key_distribution_message: MessageField::some(Default::default()),
            message_context_info: MessageField::some(Default::default()),
            ..Default::default()
        };
        assert_eq!(read(&keys), Said::Nothing);
        let order = wa::Message { order_message: MessageField::some(Default::default()), ..Default::default() };
        let unknown = IncomingBody::Unsupported("An order".into());
        assert_eq!(read(&order), Said::Body { body: unknown, reply_to: None });
    }
}
