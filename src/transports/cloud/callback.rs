//! What the Graph tells us, from JSON: plain functions of the body. A part that isn't understood is left out and spoils
//! nothing beside it; nothing here trusts a length, a type or an order.

use std::time::Duration;

use serde_json::Value;
use transport::{
    Address, ContactCard, Event, FileKind, Incoming, IncomingBody, IncomingEdit, IncomingFile, IncomingReaction,
    IncomingRevoke, Price, Receipt, ReceiptStatus, SameContact, Sender,
};

use crate::clock::Time;
use crate::transports::cloud::wire::uid_of;

/// Events of one callback; the largest body that is taken holds fewer.
const EVENTS_MAX: usize = 20_000;
/// A time is not believed that is further ahead of ours.
const AHEAD_MAX: Duration = Duration::from_secs(10 * 60);

/// What one number is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Meta's id of the number.
    pub phone_number_id: String,
    pub events: Vec<Event>,
}

/// All that a callback tells, by number, in its order.
pub fn read(body: &Value, now: Time) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    let mut left = EVENTS_MAX;
    for change in items(body, "entry").flat_map(|entry| items(entry, "changes")) {
        let (field, value) = (text(&change["field"]), &change["value"]);
        if field != "messages" {
            tracing::debug!(field, "a callback about something else was passed over");
            continue;
        }
        let phone_number_id = text(&value["metadata"]["phone_number_id"]);
        let mut events = statuses(value, now);
        events.extend(items(value, "messages").flat_map(|message| said(value, message, now)));
        events.truncate(left);
        left -= events.len();
        match all.iter_mut().find(|told| told.phone_number_id == phone_number_id) {
            Some(told) => told.events.extend(events),
            None => all.push(Told { phone_number_id: phone_number_id.to_owned(), events }),
        }
    }
    all
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Seconds as text; a time that isn't there or can't be is now.
fn time(value: &Value, now: Time) -> i64 {
    let seconds = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let ms = seconds.filter(|seconds| *seconds > 0).and_then(|seconds: i64| seconds.checked_mul(1_000));
    ms.filter(|ms| *ms <= (now + AHEAD_MAX).ms()).unwrap_or(now.ms())
}

fn statuses(value: &Value, now: Time) -> Vec<Event> {
    let receipts = items(value, "statuses").filter_map(|told| {
        let wamid = text(&told["id"]);
        let status = match text(&told["status"]) {
            "sent" => ReceiptStatus::Sent,
            "delivered" => ReceiptStatus::Delivered,
            "read" | "played" => ReceiptStatus::Read,
            "failed" => failed(&told["errors"][0]),
            other => {
                tracing::debug!(status = other, "a status that nobody knows was passed over");
                return None;
            }
        };
        let (uid, price) = (uid_of(&told["biz_opaque_callback_data"]), price(&told["pricing"]));
        let at_ms = time(&told["timestamp"], now);
        let receipt = Receipt { wamid: wamid.to_owned(), participant: None, uid, price, status, at_ms };
        (!wamid.is_empty()).then_some(Event::Receipt(receipt))
    });
    receipts.collect()
}

fn failed(error: &Value) -> ReceiptStatus {
    let title = [&error["title"], &error["message"]].map(text).into_iter().find(|title| !title.is_empty());
    let details = text(&error["error_data"]["details"]);
    let title = title.unwrap_or("Failed").to_owned();
    let details = if details.is_empty() { title.clone() } else { details.to_owned() };
    ReceiptStatus::Failed { code: error["code"].as_i64(), title, details }
}

fn price(pricing: &Value) -> Option<Price> {
    let category = text(&pricing["category"]);
    (!category.is_empty()).then(|| Price {
        category: category.to_owned(),
        model: text(&pricing["pricing_model"]).to_owned(),
        is_billable: pricing["billable"].as_bool().unwrap_or(false),
    })
}

/// What somebody said; nothing where it isn't known who.
fn said(value: &Value, message: &Value, now: Time) -> Vec<Event> {
    let (wamid, Some(sender)) = (text(&message["id"]), sender(value, message)) else { return Vec::new() };
    if wamid.is_empty() {
        return Vec::new();
    }
    let at_ms = time(&message["timestamp"], now);
    let chat = sender.address.clone();
    let mut events: Vec<Event> = both_addresses(message).map(Event::SameContact).into_iter().collect();
    match text(&message["type"]) {
        "reaction" => events.extend(reactions(&message["reaction"], &chat, &sender, at_ms)),
        "edit" => events.extend(edited(&message["edit"], chat, sender, at_ms)),
        "revoke" => {
            let wamid = text(&message["revoke"]["original_message_id"]).to_owned();
            events.extend((!wamid.is_empty()).then_some(Event::Revoke(IncomingRevoke { chat, sender, wamid, at_ms })));
        }
        _ => events.push(Event::Message(arrived(message, chat, sender, wamid, at_ms))),
    }
    events
}

fn arrived(message: &Value, chat: Address, sender: Sender, wamid: &str, at_ms: i64) -> Incoming {
    let reply_to = Some(text(&message["context"]["id"])).filter(|id| !id.is_empty()).map(str::to_owned);
    let (chat_name, wamid, body) = (String::new(), wamid.to_owned(), body(message));
    Incoming { chat, chat_name, sender, wamid, at_ms, body, reply_to }
}

/// Another text for a message, or other words beside its file.
fn edited(edit: &Value, chat: Address, sender: Sender, at_ms: i64) -> Option<Event> {
    let (wamid, message) = (text(&edit["original_message_id"]).to_owned(), &edit["message"]);
    let said = &message[text(&message["type"])];
    let words = [&said["body"], &said["caption"]].into_iter().find_map(Value::as_str)?.to_owned();
    (!wamid.is_empty()).then_some(Event::Edit(IncomingEdit { chat, sender, wamid, text: words, at_ms }))
}

/// The contact's phone, and Meta's id of them for this business; `None` for what isn't told, or is none.
fn addresses(message: &Value) -> (Option<Address>, Option<Address>) {
    let (phone, id) = (text(&message["from"]), text(&message["from_user_id"]));
    let is_phone = !phone.is_empty() && phone.len() <= 20 && phone.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = !id.is_empty()
        && id.len() <= 150
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    (is_phone.then(|| Address::from_phone(phone)), is_id.then(|| Address::from_business_id(id)))
}

/// Both, where both are told: one day Meta may tell the id alone, and it is the same person.
fn both_addresses(message: &Value) -> Option<SameContact> {
    let (phone, id) = addresses(message);
    phone.zip(id).map(|(phone, lid)| SameContact { phone, lid })
}

/// The contact who wrote: by phone, or by Meta's id where there is none.
fn sender(value: &Value, message: &Value) -> Option<Sender> {
    let (by_phone, by_id) = addresses(message);
    let address = by_phone.or(by_id)?;
    let (phone, id) = (text(&message["from"]), text(&message["from_user_id"]));
    let is_theirs = |contact: &&Value| {
        let known = |name: &str, own: &str| !own.is_empty() && text(&contact[name]) == own;
        known("wa_id", phone) || known("user_id", id)
    };
    let name = items(value, "contacts").find(is_theirs).map_or("", |contact| text(&contact["profile"]["name"]));
    Some(Sender { address, name: name.to_owned() })
}

/// A reaction names its message and not whose that is. Ids are unique here, so it is told of both, and one of them is known.
fn reactions(reaction: &Value, chat: &Address, sender: &Sender, at_ms: i64) -> Vec<Event> {
    let wamid = text(&reaction["message_id"]);
    if wamid.is_empty() {
        return Vec::new();
    }
    let told = |to_sender: Option<Address>| {
        Event::Reaction(IncomingReaction {
            chat: chat.clone(),
            sender: sender.clone(),
            wamid: wamid.to_owned(),
            to_sender,
            emoji: text(&reaction["emoji"]).to_owned(),
            at_ms,
        })
    };
    vec![told(None), told(Some(sender.address.clone()))]
}

fn body(message: &Value) -> IncomingBody {
    let word = text(&message["type"]);
    let said = &message[word];
    match word {
        "text" => IncomingBody::Text(text(&said["body"]).to_owned()),
        "button" => IncomingBody::Text(text(&said["text"]).to_owned()),
        "interactive" => interactive(said),
        "image" => file(FileKind::Image, said),
        "video" => file(FileKind::Video, said),
        "audio" if said["voice"] == true => file(FileKind::Voice, said),
        "audio" => file(FileKind::Audio, said),
        "document" => file(FileKind::Document, said),
        "sticker" => file(FileKind::Sticker, said),
        "location" => location(said),
        "contacts" => IncomingBody::Contacts(items(message, "contacts").map(card).collect()),
        "system" => IncomingBody::Text(text(&said["body"]).to_owned()),
        "order" => order(said),
        "" | "unsupported" | "unknown" => IncomingBody::Unsupported("a message".to_owned()),
        other => IncomingBody::Unsupported(other.chars().take(64).collect()),
    }
}

fn interactive(said: &Value) -> IncomingBody {
    let title = match text(&said["type"]) {
        "button_reply" => text(&said["button_reply"]["title"]),
        "list_reply" => text(&said["list_reply"]["title"]),
        "nfm_reply" => match text(&said["nfm_reply"]["body"]) {
            "" | "Sent" => text(&said["nfm_reply"]["response_json"]),
            words => words,
        },
        _ => "",
    };
    if title.is_empty() {
        IncomingBody::Unsupported("an answer".to_owned())
    } else {
        IncomingBody::Text(title.to_owned())
    }
}

/// What somebody ordered from the catalogue, a line each, below the words that go with it.
fn order(said: &Value) -> IncomingBody {
    let items = items(said, "product_items").filter_map(|item| {
        let (name, currency) = (text(&item["product_retailer_id"]), text(&item["currency"]));
        let number = |value: &Value| value.as_f64().map(|number| number.to_string()).unwrap_or_default();
        let line = format!("{} x {name}, {} {currency}", number(&item["quantity"]), number(&item["item_price"]));
        (!name.is_empty()).then(|| line.trim().to_owned())
    });
    let words = Some(text(&said["text"]).to_owned()).filter(|words| !words.is_empty());
    let lines: Vec<String> = words.into_iter().chain(items).collect();
    if lines.is_empty() {
        IncomingBody::Unsupported("an order".to_owned())
    } else {
        IncomingBody::Text(lines.join("\n"))
    }
}

fn file(kind: FileKind, said: &Value) -> IncomingBody {
    let source = text(&said["id"]);
    if source.is_empty() {
        return IncomingBody::Unsupported(kind.as_str().to_owned());
    }
    IncomingBody::File(IncomingFile {
        kind,
        mimetype: text(&said["mime_type"]).to_owned(),
        filename: text(&said["filename"]).to_owned(),
        size_bytes: said["file_size"].as_u64().unwrap_or(0),
        caption: text(&said["caption"]).to_owned(),
        source: source.to_owned(),
    })
}

fn location(said: &Value) -> IncomingBody {
    let (Some(latitude), Some(longitude)) = (said["latitude"].as_f64(), said["longitude"].as_f64()) else {
        return IncomingBody::Unsupported("a location".to_owned());
    };
    let (name, address) = (text(&said["name"]).to_owned(), text(&said["address"]).to_owned());
    IncomingBody::Location { latitude, longitude, name, address }
}

fn card(said: &Value) -> ContactCard {
    let name = &said["name"];
    let formatted = text(&name["formatted_name"]);
    let name = if formatted.is_empty() { text(&name["first_name"]) } else { formatted };
    let phones = items(said, "phones").map(|phone| text(&phone["phone"])).filter(|phone| !phone.is_empty());
    ContactCard { name: name.to_owned(), phones: phones.map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: Time = Time::from_ms(1_790_000_000_000);

    fn told(value: Value) -> Vec<Event> {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "account_update", "value": {"event": "X"}}, {"field": "messages", "value": value}]}]});
        read(&body, NOW).into_iter().flat_map(|told| told.events).collect()
    }

    fn message(rest: Value) -> Value {
        let mut message = json!({"from": "12025550177", "id": "wamid.A", "timestamp": "1789999000"});
        message.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        json!({"metadata": {"phone_number_id": "7"}, "contacts": [{"wa_id": "12025550177", "profile": {"name": "Ines"}}],
            "messages": [message]})
    }

    fn body_of(rest: Value) -> IncomingBody {
        let Event::Message(said) = told(message(rest)).remove(0) else { panic!("a message") };
        assert_eq!((said.sender.name.as_str(), said.at_ms), ("Ines", 1_789_999_000_000));
        said.body
    }

    #[test]
    fn every_type_becomes_what_it_says() {
        let text = |words: &str| IncomingBody::Text(words.into());
        assert_eq!(body_of(json!({"type": "text", "text": {"body": "hi"}})), text("hi"));
        assert_eq!(body_of(json!({"type": "button", "button": {"text": "Yes", "payload": "y"}})), text("Yes"));
        let list = json!({"type": "list_reply", "list_reply": {"id": "1", "title": "Tandem", "description": "d"}});
        assert_eq!(body_of(json!({"type": "interactive", "interactive": list})), text("Tandem"));
        let flow = json!({"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{\"a\":1}"}});
        assert_eq!(body_of(json!({"type": "interactive", "interactive": flow})), text("{\"a\":1}"));
        let change = json!({"body": "Ines changed her number", "type": "user_changed_number"});
        assert_eq!(body_of(json!({"type": "system", "system": change})), text("Ines changed her number"));
        for (kind, said) in [
            (
                FileKind::Image,
                json!({"type": "image", "image": {"id": "9", "mime_type": "image/jpeg", "caption": "c"}}),
            ),
            (FileKind::Voice, json!({"type": "audio", "audio": {"id": "9", "mime_type": "audio/ogg", "voice": true}})),
            (FileKind::Audio, json!({"type": "audio", "audio": {"id": "9", "voice": false}})),
            (FileKind::Document, json!({"type": "document", "document": {"id": "9", "filename": "a.pdf"}})),
            (FileKind::Sticker, json!({"type": "sticker", "sticker": {"id": "9", "animated": true}})),
        ] {
            let IncomingBody::File(file) = body_of(said) else { panic!("a file") };
            assert_eq!((file.kind, file.source.as_str()), (kind, "9"));
        }
        let ordered = json!({"catalog_id": "1", "text": "For Saturday", "product_items": [
            {"product_retailer_id": "tandem", "quantity": 2, "item_price": 18.5, "currency": "EUR"}, {}]});
        assert_eq!(body_of(json!({"type": "order", "order": ordered})), text("For Saturday\n2 x tandem, 18.5 EUR"));
        let place =
            body_of(json!({"type": "location", "location": {"latitude": 38.7, "longitude": -9.1, "name": "H"}}));
        assert!(matches!(place, IncomingBody::Location { name, .. } if name == "H"));
        let cards = json!([{"name": {"formatted_name": "Rui"}, "phones": [{"phone": "+1 202"}, {}]}, {}]);
        let IncomingBody::Contacts(cards) = body_of(json!({"type": "contacts", "contacts": cards})) else { panic!() };
        assert_eq!((cards[0].name.as_str(), cards[0].phones.len()), ("Rui", 1));
        for strange in [
            json!({}),
            json!({"type": 7}),
            json!({"type": "order"}),
            json!({"type": "unsupported"}),
            json!({"type": "image"}),
            json!({"type": "location", "location": {"latitude": "x"}}),
        ] {
            assert!(matches!(body_of(strange.clone()), IncomingBody::Unsupported(_)), "{strange}");
        }
    }

    #[test]
    fn a_contact_without_a_phone_has_metas_id() {
        let value = json!({"contacts": [{"user_id": "PT.9x", "profile": {"name": "Rui"}}],
            "messages": [{"from_user_id": "PT.9x", "id": "W", "timestamp": "x", "type": "text", "text": {"body": "hi"}},
                {"from": "@s.whatsapp.net", "id": "V", "type": "text"}]});
        let events = told(value);
        let [Event::Message(said)] = events.as_slice() else { panic!("one message, {events:?}") };
        assert_eq!((said.chat.jid(), said.sender.name.as_str()), ("PT.9x@bsuid", "Rui"));
        assert_eq!(said.at_ms, NOW.ms());
    }

    #[test]
    fn a_contact_whom_meta_names_twice_is_one_person() {
        let value = message(json!({"from_user_id": "US.9x", "type": "text", "text": {"body": "hi"}}));
        let events = told(value);
        let [Event::SameContact(same), Event::Message(said)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((same.phone.jid(), same.lid.jid()), ("12025550177@s.whatsapp.net", "US.9x@bsuid"));
        assert_eq!(said.chat, same.phone);
    }

    #[test]
    fn what_was_changed_or_taken_back_names_its_message() {
        let changed =
            |message: Value| json!({"type": "edit", "edit": {"original_message_id": "W", "message": message}});
        for (said, words) in [
            (json!({"type": "text", "text": {"body": "Friday"}}), "Friday"),
            (json!({"type": "image", "image": {"id": "9", "caption": "The harbour"}}), "The harbour"),
        ] {
            let events = told(message(changed(said)));
            let [Event::Edit(edit)] = events.as_slice() else { panic!("{events:?}") };
            assert_eq!((edit.wamid.as_str(), edit.text.as_str(), edit.at_ms), ("W", words, 1_789_999_000_000));
        }
        let events = told(message(json!({"type": "revoke", "revoke": {"original_message_id": "W"}})));
        assert!(matches!(&events[..], [Event::Revoke(revoke)] if revoke.wamid == "W"), "{events:?}");
        for strange in [json!({"type": "edit"}), changed(json!({"type": 7})), json!({"type": "revoke", "revoke": 7})] {
            assert_eq!(told(message(strange.clone())), [], "{strange}");
        }
    }

    #[test]
    fn statuses_bear_our_id_and_their_price() {
        let uid = uuid::Uuid::from_bytes([7; 16]);
        let events = told(json!({"statuses": [
            {"id": "W", "status": "delivered", "timestamp": "1789999000", "biz_opaque_callback_data": uid.to_string(),
                "pricing": {"billable": true, "pricing_model": "PMP", "category": "utility"}},
            {"id": "W", "status": "failed", "timestamp": 9_999_999_999_i64, "errors": [{"code": 131049, "title": "T"}]},
            {"id": "W", "status": "warming"}, {"status": "read"}, 7]}));
        let [Event::Receipt(delivered), Event::Receipt(failed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(delivered.uid, Some(uid));
        assert_eq!(delivered.price.as_ref().map(|price| price.category.as_str()), Some("utility"));
        assert!(matches!(&failed.status, ReceiptStatus::Failed { code: Some(131_049), .. }));
        assert_eq!(failed.at_ms, NOW.ms(), "a time far ahead isn't believed");
    }

    #[test]
    fn a_reaction_is_told_of_ours_and_of_theirs() {
        let reaction = json!({"type": "reaction", "reaction": {"message_id": "W", "emoji": "x"}});
        let events = told(message(reaction));
        let senders: Vec<bool> = events
            .iter()
            .map(|event| matches!(event, Event::Reaction(told) if told.to_sender.is_none() && told.wamid == "W"))
            .collect();
        assert_eq!(senders, [true, false]);
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(words in proptest::collection::vec("[a-z_]{0,8}", 0..12), pick in 0..6_u8) {
            let leaf = |word: &String| match pick {
                0 => json!(word),
                1 => json!([word, 7]),
                2 => json!({"type": word, "id": word, "from": "1"}),
                3 => Value::Null,
                4 => json!(1e300),
                _ => json!({"messages": [{"type": "image", "image": [word]}], "statuses": {"id": word}}),
            };
            let value = words.iter().fold(json!({}), |mut value, word| { value[word] = leaf(word); value });
            told(value.clone());
            read(&value, NOW);
            read(&json!({"entry": [{"changes": [{"field": "messages", "value": leaf(&"x".to_owned())}]}, value]}), NOW);
        }
    }
}
