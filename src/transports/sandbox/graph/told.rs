//! What happened, in the words of the Graph's callbacks.

use serde_json::{Map, Value, json};
use transport::{
    Address, Event, FileKind, Incoming, IncomingBody, IncomingFile, IncomingReaction, Receipt, ReceiptStatus, Sender,
};

use crate::transports::sandbox::World;
use crate::transports::sandbox::graph::Face;
use crate::transports::sandbox::graph::ids::{GraphFile, callback_data, file_id};

/// The country of everybody without a phone.
const COUNTRY: &str = "US";

/// The body of the callback that tells an event, as it is posted and signed; `None` for what the Graph has no words for:
/// groups, calls.
pub fn callback(world: &World, face: &Face, event: &Event) -> Option<String> {
    let told = match event {
        Event::Receipt(receipt) => status(receipt),
        Event::Message(said) if !said.chat.is_group() => message(world, face, said)?,
        Event::Reaction(reaction) if !reaction.chat.is_group() => reacted(reaction),
        Event::Edit(edit) if !edit.chat.is_group() => {
            let message = json!({"type": "text", "text": {"body": edit.text}});
            let changed = json!({"original_message_id": edit.wamid, "message": message});
            of_message(&edit.sender, ("edit", &edit.wamid, changed), edit.at_ms)
        }
        Event::Revoke(revoke) if !revoke.chat.is_group() => {
            let taken = json!({"original_message_id": revoke.wamid});
            of_message(&revoke.sender, ("revoke", &revoke.wamid, taken), revoke.at_ms)
        }
        _ => return None,
    };
    let mut value = Map::from_iter([
        ("messaging_product".to_owned(), json!("whatsapp")),
        (
            "metadata".to_owned(),
            json!({"display_phone_number": face.phone.trim_start_matches('+'), "phone_number_id": face.phone_number_id}),
        ),
    ]);
    value.extend(told);
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": face.business_id, "changes": [{"field": "messages", "value": value}]}],
    });
    Some(escaped(&body.to_string()))
}

/// As Meta writes it: nothing but ASCII, so that who reads the body before checking its signature finds out.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            text.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            std::fmt::Write::write_fmt(&mut text, format_args!("\\u{unit:04x}")).expect("a string takes any text");
        }
    }
    text
}

fn seconds(at_ms: i64) -> String {
    at_ms.div_euclid(1_000).to_string()
}

fn status(receipt: &Receipt) -> Map<String, Value> {
    let word = match &receipt.status {
        ReceiptStatus::Sent => "sent",
        ReceiptStatus::Delivered => "delivered",
        ReceiptStatus::Read => "read",
        ReceiptStatus::Failed { .. } => "failed",
    };
    let mut status = Map::from_iter([
        ("id".to_owned(), json!(receipt.wamid)),
        ("status".to_owned(), json!(word)),
        ("timestamp".to_owned(), json!(seconds(receipt.at_ms))),
    ]);
    let data = callback_data(&receipt.wamid);
    if !data.is_empty() {
        status.insert("biz_opaque_callback_data".to_owned(), json!(data));
    }
    match &receipt.status {
        ReceiptStatus::Failed { code, title, details } => {
            let error = json!({"code": code, "title": title, "message": title, "error_data": {"details": details}});
            status.insert("errors".to_owned(), json!([error]));
        }
        _ => {
            let price = json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service"});
            status.insert("pricing".to_owned(), price);
        }
    }
    Map::from_iter([("statuses".to_owned(), json!([status]))])
}

/// Who says it: the contact's part of a callback, and of a message.
fn from(address: &Address, name: &str) -> (Value, Map<String, Value>) {
    match address.phone() {
        Some(phone) => {
            let digits = phone.trim_start_matches('+').to_owned();
            let contact = json!({"profile": {"name": name}, "wa_id": digits});
            (contact, Map::from_iter([("from".to_owned(), json!(digits))]))
        }
        None => {
            let id = format!("{COUNTRY}.{}", address.jid().split('@').next().unwrap_or_default());
            let contact = json!({"profile": {"name": name}, "user_id": id});
            (contact, Map::from_iter([("from_user_id".to_owned(), json!(id))]))
        }
    }
}

fn message(world: &World, face: &Face, said: &Incoming) -> Option<Map<String, Value>> {
    let (contact, mut message) = from(&said.sender.address, &said.sender.name);
    message.insert("id".to_owned(), json!(said.wamid));
    message.insert("timestamp".to_owned(), json!(seconds(said.at_ms)));
    if let Some(wamid) = &said.reply_to {
        message.insert("context".to_owned(), json!({"from": face.phone.trim_start_matches('+'), "id": wamid}));
    }
    let (word, body) = match &said.body {
        IncomingBody::Text(text) => ("text", json!({"body": text})),
        IncomingBody::File(file) => told_file(world, face, file)?,
        IncomingBody::Location { latitude, longitude, name, address } => {
            ("location", json!({"latitude": latitude, "longitude": longitude, "name": name, "address": address}))
        }
        IncomingBody::Contacts(cards) => {
            let cards = cards.iter().map(|card| {
                let phones: Vec<Value> = card.phones.iter().map(|phone| json!({"phone": phone})).collect();
                json!({"name": {"formatted_name": card.name, "first_name": card.name}, "phones": phones})
            });
            ("contacts", json!(cards.collect::<Vec<_>>()))
        }
        IncomingBody::Unsupported(_) => {
            let error = json!({"code": 131_051, "title": "Message type unknown", "message": "Message type unknown"});
            ("errors", json!([error]))
        }
    };
    let sort = if word == "errors" { "unsupported" } else { word };
    message.insert("type".to_owned(), json!(sort));
    message.insert(word.to_owned(), body);
    Some(Map::from_iter([("contacts".to_owned(), json!([contact])), ("messages".to_owned(), json!([message]))]))
}

/// `None` where the file can't be given an id.
fn told_file(world: &World, face: &Face, file: &IncomingFile) -> Option<(&'static str, Value)> {
    let IncomingFile { kind, mimetype, filename, size_bytes, caption, source } = file;
    let (mime, name) = (mimetype.clone(), filename.clone());
    let held = GraphFile { source: source.clone(), mimetype: mime, filename: name, size_bytes: *size_bytes };
    let id = file_id(world.net.sealing.as_ref()?, face.of, &held)?;
    let mut told = Map::from_iter([("id".to_owned(), json!(id)), ("mime_type".to_owned(), json!(mimetype))]);
    if !caption.is_empty() {
        told.insert("caption".to_owned(), json!(caption));
    }
    let word = match kind {
        FileKind::Image => "image",
        FileKind::Video => "video",
        FileKind::Audio | FileKind::Voice => {
            told.insert("voice".to_owned(), json!(*kind == FileKind::Voice));
            "audio"
        }
        FileKind::Document => {
            told.insert("filename".to_owned(), json!(filename));
            "document"
        }
        FileKind::Sticker => "sticker",
    };
    Some((word, Value::Object(told)))
}

fn reacted(reaction: &IncomingReaction) -> Map<String, Value> {
    let told = json!({"message_id": reaction.wamid, "emoji": reaction.emoji});
    of_message(&reaction.sender, ("reaction", &reaction.wamid, told), reaction.at_ms)
}

/// Something that befell a message: its word, the message's id, and what there is to tell.
fn of_message(sender: &Sender, (word, wamid, told): (&str, &str, Value), at_ms: i64) -> Map<String, Value> {
    let (contact, mut message) = from(&sender.address, &sender.name);
    message.insert("id".to_owned(), json!(format!("{wamid}.{word}")));
    message.insert("timestamp".to_owned(), json!(seconds(at_ms)));
    message.insert("type".to_owned(), json!(word));
    message.insert(word.to_owned(), told);
    Map::from_iter([("contacts".to_owned(), json!([contact])), ("messages".to_owned(), json!([message]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_ascii_and_says_the_same() {
        let said = json!({"body": "Olá 👍"}).to_string();
        let told = escaped(&said);
        assert!(told.is_ascii() && told.contains("\\u00e1"), "{told}");
        let (one, other): (Value, Value) =
            (serde_json::from_str(&said).expect("JSON"), serde_json::from_str(&told).expect("JSON"));
        assert_eq!(one, other);
    }
}
