//! Playing a contact of a sandbox: what somebody writes, sends, reacts, corrects and deletes at their phone.

use axum::response::Response;
use serde::Serialize;
use transport::{Address, ContactCard, IncomingBody};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::sandbox::{Inbound, Player, SAMPLES, play, sample, sandbox_of};
use crate::error::Error;
use crate::http::call::RawBody;
use crate::http::fields::Fields;
use crate::http::public::refusals::{ControlRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::http::sandbox_call::SandboxCall;
use crate::id::{FileUid, MessageUid};
use crate::inbox::values::{ChatName, MessageText, Phone};

const JID_CHARS_MAX: usize = 128;
const EMOJI_CHARS_MAX: usize = 50;
/// What a phone's, a group's and a hidden contact's JID end with.
const SERVERS: [&str; 3] = ["s.whatsapp.net", "g.us", "lid"];

/// What somebody does at their phone. Exactly one of `text`, `sample`, `file_uid`, `latitude`, `contact_phone`,
/// `unsupported`, `react_to`, `edits` and `deletes` says what; `text` stands beside a file as its caption and beside
/// `edits` as the new text.
#[derive(ToSchema)]
pub struct NewInbound {
    /// Who: a phone, or a JID (`<digits>@lid` for somebody without a phone).
    #[schema(example = "+1 202 555 0177")]
    pub from: String,
    /// The sandbox account that it comes to; left out, the one that was linked last.
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
    /// The name they chose.
    #[schema(required = false, nullable, max_length = 256)]
    pub name: Option<String>,
    /// The JID of a group (`<id>@g.us`) in which they do it.
    #[schema(required = false, nullable)]
    pub chat: Option<String>,
    /// That group's name.
    #[schema(required = false, nullable, max_length = 256)]
    pub chat_name: Option<String>,
    #[schema(required = false, nullable, max_length = 2000)]
    pub text: Option<String>,
    /// A file of the sandbox's own: voice, photo or pdf.
    #[schema(required = false, nullable, example = "photo")]
    pub sample: Option<String>,
    /// One of your uploaded files, as if they had sent it.
    #[schema(required = false, nullable)]
    pub file_uid: Option<String>,
    /// A place, with `longitude`; `text` is its name.
    #[schema(required = false, nullable, minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(required = false, nullable, minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// Somebody's card; `text` is the name on it.
    #[schema(required = false, nullable)]
    pub contact_phone: Option<String>,
    /// Something that Partyline can't show, as `poll`.
    #[schema(required = false, nullable, max_length = 256)]
    pub unsupported: Option<String>,
    /// The `uid` of the message that it answers.
    #[schema(required = false, nullable)]
    pub reply_to: Option<String>,
    /// The `uid` of the message that they react to, with `emoji`.
    #[schema(required = false, nullable)]
    pub react_to: Option<String>,
    /// Empty or left out takes their reaction back.
    #[schema(required = false, nullable, max_length = 50)]
    pub emoji: Option<String>,
    /// The `uid` of a message of theirs whose text becomes `text`.
    #[schema(required = false, nullable)]
    pub edits: Option<String>,
    /// The `uid` of a message of theirs that they take back.
    #[schema(required = false, nullable)]
    pub deletes: Option<String>,
}

/// What somebody did.
#[derive(Serialize, ToSchema)]
pub struct Played {
    /// WhatsApp's id of what they said; a reaction, an edit and a deletion have none that stays.
    pub wamid: String,
}

/// Play a contact
///
/// They write, send a file, react, correct or delete, and your account hears of it as of any message: within a moment, in
/// its chat, with its events and webhooks. Not counted.
#[utoipa::path(
    post, path = "/sandbox/inbound", tag = "Sandbox", operation_id = "sandbox_inbound", request_body = NewInbound,
    responses((status = 200, description = "It is told within a moment", body = OkBody<Played>), Refusals, ControlRefusals),
)]
pub async fn inbound(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| {
        let (wished, player) = (account(fields), player(fields));
        let what = what(fields);
        Some((wished, player?, what?))
    });
    let id = call.app().ids.message_uid(call.app().clock.now()).0;
    call.write(request, move |write, (wished, player, what)| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, Played { wamid: play(write, of, player, what, id)? }))
    })
    .await
}

fn player(fields: &mut Fields) -> Option<Player> {
    let name = fields.parsed("name", |given| ChatName::parse("name", given));
    let chat_name = fields.parsed("chat_name", |given| ChatName::parse("chat_name", given));
    let chat = fields.parsed("chat", |given| parse_address("chat", given));
    let sender = address(fields, "from");
    if chat.as_ref().is_some_and(|chat| !chat.is_group()) {
        fields.fault("chat", "chat must be the JID of a group, <id>@g.us; leave it out for their own chat".to_owned());
    }
    if sender.as_ref().is_some_and(Address::is_group) {
        fields.fault("from", "from must be a person; name the group in chat".to_owned());
    }
    let text = |name: Option<ChatName>| name.map_or_else(String::new, |name| name.as_str().to_owned());
    let sender = sender?;
    Some(Player { chat: chat.unwrap_or_else(|| sender.clone()), chat_name: text(chat_name), sender, name: text(name) })
}

/// What may be played; with none of them it is plain text.
const PLAYS: [&str; 8] =
    ["sample", "file_uid", "latitude", "contact_phone", "unsupported", "react_to", "edits", "deletes"];

/// Reads what they do; with nothing named, and with more than one thing, it is a fault.
fn what(fields: &mut Fields) -> Option<Inbound> {
    let named: Vec<&str> = PLAYS.into_iter().filter(|name| fields.is_given(name)).collect();
    if let [first, second, ..] = named.as_slice() {
        fields.fault(second, format!("{first} and {second} are two things; play them one after the other"));
    }
    let text = fields.parsed("text", |given| MessageText::parse("text", given));
    let text = text.map(|text| text.as_str().to_owned());
    let [reply_to, react_to, edits, deletes] =
        ["reply_to", "react_to", "edits", "deletes"].map(|name| uid(fields, name));
    let emoji = fields.parsed("emoji", parse_emoji);
    let file = fields.parsed("file_uid", |given| parse_uid("file_uid", given).map(FileUid));
    let body = body(fields, text.clone().unwrap_or_default());
    if let Some(to) = react_to {
        return Some(Inbound::React { to: MessageUid(to), emoji: emoji.unwrap_or_default() });
    }
    if let Some(message) = deletes {
        return Some(Inbound::Delete { message: MessageUid(message) });
    }
    let reply_to = reply_to.map(MessageUid);
    match (edits, file, body, text) {
        (Some(message), _, _, Some(text)) => Some(Inbound::Edit { message: MessageUid(message), text }),
        (None, Some(file), _, caption) => Some(Inbound::File { file, caption: caption.unwrap_or_default(), reply_to }),
        (None, None, Some(body), _) => Some(Inbound::Body { body, reply_to }),
        (None, None, None, Some(text)) => Some(Inbound::Text { text, reply_to }),
        // Something was named, and what is wrong with it is said already.
        _ if ["text", "latitude", "longitude"].iter().chain(&named).any(|name| fields.has_fault(name)) => None,
        _ => {
            let rule = "Say what they do: text, sample, file_uid, latitude, contact_phone, unsupported, react_to, edits \
                        (with text) or deletes";
            fields.fault("text", rule.to_owned());
            None
        }
    }
}

/// Anything short: what WhatsApp may tell is not ours to judge. Empty takes a reaction back.
fn parse_emoji(given: &str) -> Result<String, Error> {
    if given.is_empty() {
        return Ok(String::new());
    }
    if given.chars().count() > EMOJI_CHARS_MAX || given.contains('\0') {
        return Err(Error::invalid(
            "emoji",
            format!("emoji must have at most {EMOJI_CHARS_MAX} characters and no NUL"),
        ));
    }
    Ok(given.to_owned())
}

fn body(fields: &mut Fields, text: String) -> Option<IncomingBody> {
    let place = (fields.number("latitude"), fields.number("longitude"));
    let card = fields.parsed("contact_phone", |given| Phone::parse("contact_phone", given));
    let unsupported = fields.parsed("unsupported", |given| ChatName::parse("unsupported", given));
    if let Some(name) = fields.text("sample") {
        let body = sample(&name, &text);
        if body.is_none() {
            let names = SAMPLES.map(|sample| sample.name).join(", ");
            fields.fault("sample", format!("There is no sample \"{name}\"; choose one of {names}"));
        }
        return body;
    }
    match place {
        (Some(latitude), Some(longitude)) if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
            return Some(IncomingBody::Location { latitude, longitude, name: text, address: String::new() });
        }
        (None, None) => {}
        _ => fields.fault("latitude", "latitude (-90 to 90) and longitude (-180 to 180) come together".to_owned()),
    }
    if let Some(phone) = card {
        let card = ContactCard { name: text, phones: vec![phone.as_str().to_owned()] };
        return Some(IncomingBody::Contacts(vec![card]));
    }
    unsupported.map(|what| IncomingBody::Unsupported(what.as_str().to_owned()))
}

/// The sandbox account that a request names.
pub fn account(fields: &mut Fields) -> Option<String> {
    let parse = |given: &str| parse_address("whatsapp_account_id", given).map(|account| account.jid().to_owned());
    fields.parsed("whatsapp_account_id", parse)
}

/// A phone or JID that must be there.
pub fn address(fields: &mut Fields, name: &'static str) -> Option<Address> {
    let found = fields.parsed(name, |given| parse_address(name, given));
    if found.is_none() && !fields.has_fault(name) {
        fields.fault(name, format!("{name} is missing; give a phone or a JID"));
    }
    found
}

/// # Errors
/// `validation_error` for what is neither a phone nor a JID.
pub fn parse_address(field: &str, given: &str) -> Result<Address, Error> {
    let Some((id, server)) = given.split_once('@') else {
        return Phone::parse(field, given).map(|phone| Address::from_phone(phone.as_str()));
    };
    let good = given.len() <= JID_CHARS_MAX && SERVERS.contains(&server) && !id.is_empty();
    if good && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Ok(Address::from_jid(given));
    }
    let forms = "<digits>@s.whatsapp.net, <digits>@lid or <id>@g.us";
    let shown: String = given.chars().take(JID_CHARS_MAX).collect();
    Err(Error::invalid(field, format!("{field} \"{shown}\" is no JID; its forms are {forms}")))
}

fn uid(fields: &mut Fields, name: &'static str) -> Option<Uuid> {
    fields.parsed(name, |given| parse_uid(name, given))
}

fn parse_uid(field: &str, given: &str) -> Result<Uuid, Error> {
    let shown: String = given.chars().take(64).collect();
    Uuid::try_parse(given)
        .map_err(|_| Error::invalid(field, format!("{field} \"{shown}\" is no UUID; use the uid that the API gave")))
}
