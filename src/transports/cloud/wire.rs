//! What we say to the Graph, as JSON: plain functions of the message.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use transport::{Address, FileKind, Outgoing, OutgoingFile, OutgoingTemplate};
use uuid::Uuid;

const MIB: u64 = 1024 * 1024;
/// What WhatsApp takes as more than a document: its types, and the largest size.
const PICTURES: (&[&str], u64) = (&["image/jpeg", "image/png"], 5 * MIB);
const VIDEOS: (&[&str], u64) = (&["video/mp4", "video/3gpp"], 16 * MIB);
const SOUNDS: (&[&str], u64) = (&["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"], 16 * MIB);
const STICKERS: (&[&str], u64) = (&["image/webp"], MIB / 2);

/// How the Graph is to show a file. What it wouldn't take as what it is goes as a document, and so do sounds with words,
/// which have no place for them: all that was accepted arrives.
pub fn shown_as(file: &OutgoingFile) -> &'static str {
    let (word, (types, bytes_max), has_caption) = match file.kind {
        FileKind::Image => ("image", PICTURES, true),
        FileKind::Video => ("video", VIDEOS, true),
        FileKind::Audio | FileKind::Voice => ("audio", SOUNDS, false),
        FileKind::Sticker => ("sticker", STICKERS, false),
        FileKind::Document => return "document",
    };
    let fits = types.contains(&file.mimetype.as_str()) && file.size_bytes <= bytes_max;
    if fits && (has_caption || file.caption.is_empty()) { word } else { "document" }
}

pub fn text(text: &str) -> (&'static str, Value) {
    // Without a link there is nothing to show a preview of.
    let has_link = text.contains("http://") || text.contains("https://");
    ("text", json!({"body": text, "preview_url": has_link}))
}

/// A file that was uploaded under `id`.
pub fn file(file: &OutgoingFile, id: &str) -> (&'static str, Value) {
    let word = shown_as(file);
    let mut shown = Map::from_iter([("id".to_owned(), json!(id))]);
    if !file.caption.is_empty() {
        shown.insert("caption".to_owned(), json!(file.caption));
    }
    if word == "document" {
        shown.insert("filename".to_owned(), json!(file.filename));
    }
    if word == "audio" && file.kind == FileKind::Voice {
        shown.insert("voice".to_owned(), json!(true));
    }
    (word, Value::Object(shown))
}

pub fn reaction(to_wamid: &str, emoji: &str) -> (&'static str, Value) {
    ("reaction", json!({"message_id": to_wamid, "emoji": emoji}))
}

/// The words of a template's places. What belongs to the header is named `header.1`, or `header.image` (video, document) for
/// a file by its address; the end of a button's address `button.0`; the others are the body's.
pub fn template(template: &OutgoingTemplate) -> (&'static str, Value) {
    let OutgoingTemplate { name, language, variables } = template;
    let mut shown =
        Map::from_iter([("name".to_owned(), json!(name)), ("language".to_owned(), json!({"code": language}))]);
    let (mut header, mut body, mut buttons) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (key, text) in variables {
        match key.split_once('.') {
            Some(("header", name)) => drop(header.insert(name.to_owned(), text.clone())),
            Some(("button", at)) => buttons.push(button(at, text)),
            _ => drop(body.insert(key.clone(), text.clone())),
        }
    }
    let part = |kind: &str, places: &BTreeMap<String, String>| {
        (!places.is_empty()).then(|| json!({"type": kind, "parameters": parameters(places)}))
    };
    let parts = [part("header", &header), part("body", &body)].into_iter().flatten();
    let components: Vec<Value> = parts.chain(buttons).collect();
    if !components.is_empty() {
        shown.insert("components".to_owned(), Value::Array(components));
    }
    ("template", Value::Object(shown))
}

fn button(at: &str, text: &str) -> Value {
    json!({"type": "button", "sub_type": "url", "index": at, "parameters": [{"type": "text", "text": text}]})
}

/// By their numbers, in that order, or by their names.
fn parameters(variables: &BTreeMap<String, String>) -> Vec<Value> {
    let number = |name: &str| name.parse::<u32>().ok();
    let mut all: Vec<(&String, &String)> = variables.iter().collect();
    all.sort_by_key(|(name, _)| (number(name), *name));
    let parameter = |(name, text): (&String, &String)| match number(name) {
        Some(_) => json!({"type": "text", "text": text}),
        None if matches!(name.as_str(), "image" | "video" | "document") => {
            Value::Object(Map::from_iter([("type".to_owned(), json!(name)), (name.clone(), json!({"link": text}))]))
        }
        None => json!({"type": "text", "parameter_name": name, "text": text}),
    };
    all.into_iter().map(parameter).collect()
}

/// A request of `POST /{phone_number_id}/messages`. Our id of the message comes back with its statuses.
pub fn request(message: &Outgoing, (word, said): (&'static str, Value)) -> Value {
    let mut request = to(&message.to);
    request.insert("type".to_owned(), json!(word));
    request.insert(word.to_owned(), said);
    if let Some(wamid) = message.reply_to.as_ref().filter(|_| word != "reaction") {
        request.insert("context".to_owned(), json!({"message_id": wamid}));
    }
    if word != "reaction" {
        request.insert("biz_opaque_callback_data".to_owned(), json!(message.uid.to_string()));
    }
    Value::Object(request)
}

/// Our id of a message, as it came back.
pub fn uid_of(told: &Value) -> Option<Uuid> {
    told.as_str().and_then(|text| Uuid::try_parse(text).ok())
}

fn to(address: &Address) -> Map<String, Value> {
    let mut request = Map::from_iter([
        ("messaging_product".to_owned(), json!("whatsapp")),
        ("recipient_type".to_owned(), json!("individual")),
    ]);
    match (address.business_id(), address.phone()) {
        (Some(id), _) => request.insert("recipient".to_owned(), json!(id)),
        (None, Some(phone)) => request.insert("to".to_owned(), json!(phone.trim_start_matches('+'))),
        (None, None) => request.insert("to".to_owned(), json!(address.jid())),
    };
    request
}

/// That a message was read, and with it those before it; where `is_typing`, also that somebody writes.
pub fn mark(wamid: &str, is_typing: bool) -> Value {
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    if !is_typing {
        return read;
    }
    let Value::Object(mut read) = read else { return Value::Null };
    read.insert("typing_indicator".to_owned(), json!({"type": "text"}));
    Value::Object(read)
}

#[cfg(test)]
mod tests {
    use transport::Body;

    use super::*;

    fn a_file(kind: FileKind, mimetype: &str, size_bytes: u64, caption: &str) -> OutgoingFile {
        let (mimetype, filename, caption) = (mimetype.to_owned(), "a.bin".to_owned(), caption.to_owned());
        OutgoingFile { kind, mimetype, filename, size_bytes, caption, sha256: [0; 32] }
    }

    #[test]
    fn what_whatsapp_would_not_take_goes_as_a_document() {
        for (kind, mimetype, size, caption, word) in [
            (FileKind::Image, "image/png", 9, "x", "image"),
            (FileKind::Image, "image/gif", 9, "x", "document"),
            (FileKind::Image, "image/jpeg", 5 * MIB + 1, "", "document"),
            (FileKind::Video, "video/mp4", 16 * MIB, "", "video"),
            (FileKind::Video, "video/quicktime", 9, "", "document"),
            (FileKind::Voice, "audio/ogg", 9, "", "audio"),
            (FileKind::Voice, "audio/ogg", 9, "listen", "document"),
            (FileKind::Audio, "audio/wav", 9, "", "document"),
            (FileKind::Sticker, "image/webp", 9, "", "sticker"),
            (FileKind::Document, "image/png", 9, "", "document"),
        ] {
            assert_eq!(shown_as(&a_file(kind, mimetype, size, caption)), word, "{mimetype} {size} {caption}");
        }
    }

    #[test]
    fn a_request_names_our_id_and_what_it_answers() {
        let uid = Uuid::from_bytes([7; 16]);
        let message = Outgoing {
            uid,
            wamid: "3EB0".into(),
            to: Address::from_phone("+12025550100"),
            body: Body::Text("hi".into()),
            reply_to: Some("wamid.A".into()),
            quoted: None,
        };
        let told = request(&message, text("hi"));
        assert_eq!(told["to"], "12025550100");
        assert_eq!(told["context"]["message_id"], "wamid.A");
        assert_eq!(uid_of(&told["biz_opaque_callback_data"]), Some(uid));
        let nobody = Outgoing { to: Address::from_business_id("PT.ABC"), ..message.clone() };
        let told = request(&nobody, reaction("wamid.B", ""));
        assert_eq!((told["recipient"].as_str(), told.get("to")), (Some("PT.ABC"), None));
        assert!(told.get("context").is_none() && told.get("biz_opaque_callback_data").is_none());
    }

    #[test]
    fn numbered_variables_keep_their_order_beyond_nine() {
        let variables = (1..=11).map(|number| (number.to_string(), format!("v{number}"))).collect();
        let (_, told) = template(&OutgoingTemplate { name: "n".into(), language: "en_US".into(), variables });
        let told = told["components"][0]["parameters"].as_array().expect("parameters").clone();
        assert_eq!(told[1]["text"], "v2");
        assert_eq!(told[10]["text"], "v11");
        let places = [("1", "b"), ("header.1", "h"), ("button.0", "x")];
        let variables = places.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        let (_, told) = template(&OutgoingTemplate { name: "n".into(), language: "en_US".into(), variables });
        let button =
            json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x"}]});
        let text = |kind: &str, text: &str| json!({"type": kind, "parameters": [{"type": "text", "text": text}]});
        assert_eq!(told["components"], json!([text("header", "h"), text("body", "b"), button]));
        let picture = BTreeMap::from([("header.image".to_owned(), "https://a.example/b.png".to_owned())]);
        let (_, told) = template(&OutgoingTemplate { name: "n".into(), language: "en_US".into(), variables: picture });
        let link = json!({"type": "image", "image": {"link": "https://a.example/b.png"}});
        assert_eq!(told["components"][0]["parameters"][0], link);
        let named = BTreeMap::from([("bike".to_owned(), "Tandem".to_owned())]);
        assert_eq!(parameters(&named)[0]["parameter_name"], "bike");
    }
}
