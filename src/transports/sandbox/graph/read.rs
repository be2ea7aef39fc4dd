//! What is asked of the Graph's `messages`, from JSON. What is wrong is told with the Graph's codes.

use std::collections::BTreeMap;

use serde_json::Value;
use transport::{Address, Body, FileKind, OutgoingFile, OutgoingTemplate, Typing};

use crate::transports::sandbox::World;
use crate::transports::sandbox::files::parse_blob;
use crate::transports::sandbox::graph::ids::{GraphFile, open_file_id};
use crate::transports::sandbox::graph::{Face, Refusal};
use crate::transports::sandbox::templates;

const TEXT_CHARS_MAX: usize = 4_096;
const CAPTION_CHARS_MAX: usize = 1_024;
const CALLBACK_DATA_CHARS_MAX: usize = 512;
const EMOJI_CHARS_MAX: usize = 50;
const DIGITS: std::ops::RangeInclusive<usize> = 5..=20;

/// A request that was understood.
#[derive(Debug, PartialEq)]
pub enum Request {
    Send {
        to: Address,
        /// As it was given.
        input: String,
        body: Body,
        reply_to: Option<String>,
        callback_data: String,
    },
    /// A contact's message was read; perhaps somebody writes as well.
    Mark { wamid: String, typing: Option<Typing> },
}

pub fn read(world: &World, face: &Face, asked: &Value) -> Result<Request, Refusal> {
    if asked["messaging_product"] != "whatsapp" {
        return Err(missing("messaging_product must be \"whatsapp\""));
    }
    if asked["status"] == "read" {
        let wamid = required(asked, "message_id")?.to_owned();
        let typing = (!asked["typing_indicator"].is_null()).then_some(Typing::Typing);
        return Ok(Request::Mark { wamid, typing });
    }
    let (to, input) = recipient(asked)?;
    let word = asked["type"].as_str().unwrap_or("text");
    let said = &asked[word];
    if !said.is_object() && word != "contacts" {
        return Err(missing(format!("{word} is missing; it says what to send")));
    }
    let body = match word {
        "text" => Body::Text(bounded(said, "body", TEXT_CHARS_MAX)?),
        "template" => Body::Template(template(said)?),
        "reaction" => Body::Reaction {
            to_wamid: required(said, "message_id")?.to_owned(),
            to_sender: None,
            emoji: short(said, "emoji", EMOJI_CHARS_MAX)?,
        },
        "image" => file(world, face, FileKind::Image, said)?,
        "video" => file(world, face, FileKind::Video, said)?,
        "audio" if said["voice"] == true => file(world, face, FileKind::Voice, said)?,
        "audio" => file(world, face, FileKind::Audio, said)?,
        "document" => file(world, face, FileKind::Document, said)?,
        "sticker" => file(world, face, FileKind::Sticker, said)?,
        // The sandbox's phones show these as the text that stands in them.
        "interactive" => Body::Text(bounded(&said["body"], "text", TEXT_CHARS_MAX)?),
        "location" => Body::Text(place(said)?),
        "contacts" => Body::Text(cards(said)?),
        other => return Err(Refusal::new(131_051, "Unsupported message type", format!("type is \"{}\"", cut(other)))),
    };
    let reply_to = asked["context"]["message_id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let callback_data = short(asked, "biz_opaque_callback_data", CALLBACK_DATA_CHARS_MAX)?;
    Ok(Request::Send { to, input, body, reply_to, callback_data })
}

fn recipient(asked: &Value) -> Result<(Address, String), Refusal> {
    if asked["recipient_type"] == "group" {
        return Err(Refusal::new(131_051, "Unsupported message type", "The sandbox's Graph has no groups."));
    }
    if let Some(id) = asked["recipient"].as_str() {
        // Who has no phone has a number of WhatsApp's own behind the country.
        let digits = id.split_once('.').map_or("", |(_, digits)| digits);
        if !is_digits(digits) {
            return Err(Refusal::new(131_026, "Message undeliverable", "The recipient is nobody here."));
        }
        return Ok((Address::from_jid(format!("{digits}@lid")), id.to_owned()));
    }
    let input = required(asked, "to")?;
    let digits: String = input.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')')).collect();
    if !is_digits(&digits) {
        return Err(wrong("to must be a phone number with its country's code"));
    }
    Ok((Address::from_phone(&digits), input.to_owned()))
}

fn is_digits(text: &str) -> bool {
    DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn file(world: &World, face: &Face, kind: FileKind, said: &Value) -> Result<Body, Refusal> {
    let Some(id) = said["id"].as_str() else {
        let details = "Give the id of a file that was uploaded; the sandbox's Graph fetches no links.";
        return Err(Refusal::new(131_053, "Media upload error", details));
    };
    let key = world.net.sealing.as_ref();
    let held = key.and_then(|key| open_file_id(key, face.of, id)).ok_or_else(|| Refusal::no_such(id))?;
    let GraphFile { source, mimetype, filename, size_bytes } = held;
    let sha256 = parse_blob(&source).ok_or_else(|| Refusal::no_such(id))?;
    let named = said["filename"].as_str().filter(|name| !name.is_empty());
    let filename = cut(named.unwrap_or(&filename));
    let caption = short(said, "caption", CAPTION_CHARS_MAX)?;
    Ok(Body::File(OutgoingFile { kind, mimetype, filename, size_bytes, caption, sha256 }))
}

fn template(said: &Value) -> Result<OutgoingTemplate, Refusal> {
    let language = required(&said["language"], "code")?.to_owned();
    let components = said["components"].as_array().into_iter().flatten();
    let parameters = components
        .filter(|component| component["type"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("body")))
        .filter_map(|component| component["parameters"].as_array())
        .flatten();
    let mut variables = BTreeMap::new();
    for (at, parameter) in parameters.enumerate() {
        let name = parameter["parameter_name"].as_str().map_or_else(|| (at + 1).to_string(), str::to_owned);
        variables.insert(name, bounded(parameter, "text", CAPTION_CHARS_MAX)?);
    }
    let template = OutgoingTemplate { name: required(said, "name")?.to_owned(), language, variables };
    match templates::find(&template) {
        Ok(_) => Ok(template),
        Err((code, title, details)) => Err(Refusal::new(code, title, details)),
    }
}

fn place(said: &Value) -> Result<String, Refusal> {
    let number = |name: &str| said[name].as_f64().or_else(|| said[name].as_str().and_then(|text| text.parse().ok()));
    let (Some(latitude), Some(longitude)) = (number("latitude"), number("longitude")) else {
        return Err(missing("latitude and longitude are missing"));
    };
    Ok(format!("{} {latitude},{longitude}", short(said, "name", CAPTION_CHARS_MAX)?).trim().to_owned())
}

fn cards(said: &Value) -> Result<String, Refusal> {
    let names = said.as_array().into_iter().flatten().filter_map(|card| card["name"]["formatted_name"].as_str());
    let names = names.take(20).map(cut).collect::<Vec<_>>().join(", ");
    if names.is_empty() { Err(missing("contacts is missing")) } else { Ok(names) }
}

fn required<'v>(value: &'v Value, name: &str) -> Result<&'v str, Refusal> {
    let text = value[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| missing(format!("{name} is missing; give it as text")))
}

fn bounded(value: &Value, name: &str, chars_max: usize) -> Result<String, Refusal> {
    required(value, name)?;
    short(value, name, chars_max)
}

/// A text that may be left out.
fn short(value: &Value, name: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = value[name].as_str().unwrap_or_default();
    if text.chars().count() > chars_max {
        return Err(Refusal::new(100, "Invalid parameter", format!("{name} has more than {chars_max} characters")));
    }
    if text.contains('\0') {
        return Err(Refusal::new(100, "Invalid parameter", format!("{name} holds a NUL")));
    }
    Ok(text.to_owned())
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(256).collect()
}

fn missing(details: impl Into<String>) -> Refusal {
    Refusal::new(131_008, "Required parameter is missing", details)
}

fn wrong(details: impl Into<String>) -> Refusal {
    Refusal::new(131_009, "Parameter value is not valid", details)
}
