//! The body of a send from an official account: its words in the document, and how it is read from JSON.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::http::fields::{Fields, quoted, repeating};
use crate::http::public::send_body::NewIds;
use crate::id::{AccountId, FileUid};
use crate::inbox::content::{Attachment, Content, Recipient, WhatsAppTemplate};
use crate::inbox::send::SendMessage;
use crate::inbox::values::{MessageText, Phone};
use crate::inbox::waba::WabaSend;
use crate::message::Origin;

/// Variables of one template.
const VARIABLES_MAX: usize = 50;
const TEMPLATE_NAME_CHARS_MAX: usize = 512;
const LANGUAGE_CHARS_MAX: usize = 16;
const KEY_CHARS_MAX: usize = 64;

/// A message from an official account: a text, a file, both, or a template.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewOfficialMessage {
    /// At most 2000 characters.
    #[schema(nullable = false, example = "Your bike is ready")]
    text: Option<String>,
    /// An uploaded file to send along.
    #[schema(nullable = false)]
    file_uid: Option<String>,
    /// A template that Meta has approved; it stands alone, and is all that goes once a contact hasn't written for 24 hours.
    #[schema(nullable = false)]
    template: Option<OfficialTemplateToSend>,
    /// The official account to send from. Left out: the chat's own, or the one that was added last.
    #[schema(nullable = false)]
    waba_account_id: Option<i64>,
    /// The recipient in international form; beside a chat it may be left out.
    #[schema(nullable = false)]
    phone: Option<String>,
}

/// A template and the words for its places.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct OfficialTemplateToSend {
    name: String,
    /// As `en_US`.
    language: String,
    /// By the place's number or name; those of the header as `header.1`, its file as `header.image`, `header.video` or
    /// `header.document` with an address, the end of a button's address as `button.0`.
    #[schema(required = false, nullable = false, value_type = Object)]
    variables: BTreeMap<String, String>,
}

/// Reads a send to the phone that the body names.
pub fn read_to_phone(fields: &mut Fields, ids: NewIds) -> Option<WabaSend> {
    let phone = fields.parsed("phone", |given| Phone::parse("phone", given));
    if phone.is_none() && !fields.has_fault("phone") {
        fields.fault("phone", "phone is missing; give the recipient's number in international form".into());
    }
    let to = phone.as_ref().map(Recipient::phone);
    read(fields, ids, to, None)
}

/// Reads a send to a chat.
pub fn read_to_chat(fields: &mut Fields, ids: NewIds, to: Recipient) -> Option<WabaSend> {
    let phone = fields.parsed("phone", |given| Phone::parse("phone", given));
    read(fields, ids, Some(to), phone)
}

fn read(fields: &mut Fields, ids: NewIds, to: Option<Recipient>, phone: Option<Phone>) -> Option<WabaSend> {
    let text = fields.parsed("text", |given| MessageText::parse("text", given));
    let file = fields.parsed("file_uid", |given| {
        let rule = || format!("file_uid {} is no UUID; give the uid that the upload answered", quoted(given));
        Uuid::try_parse(given).map(FileUid).map_err(|_| Error::invalid("file_uid", rule()))
    });
    let template = read_template(fields);
    let account = fields.integer("waba_account_id").map(AccountId);
    if template.is_some() && (text.is_some() || file.is_some()) {
        fields.fault("template", "template stands alone; leave out text and file_uid".into());
    }
    let is_readable = !["text", "file_uid", "template"].iter().any(|field| fields.has_fault(field));
    let content = template.map_or_else(|| Content::new(text, file.map(Attachment::File)), Content::of_template);
    let content = match content {
        Ok(content) => Some(content),
        Err(error) => {
            if is_readable {
                fields.fault("text", error.message);
            }
            None
        }
    };
    Some(WabaSend { message: message(ids, to?, content?), account, phone })
}

/// A message from an official account, which is chosen later.
pub fn message(ids: NewIds, to: Recipient, content: Content) -> SendMessage {
    let NewIds { uid, wamid } = ids;
    SendMessage {
        uid,
        wamid,
        to,
        account: None,
        content,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    }
}

fn read_template(fields: &mut Fields) -> Option<WhatsAppTemplate> {
    let mut inner = fields.object("template")?;
    let name = read_word(&mut inner, "name", TEMPLATE_NAME_CHARS_MAX);
    let language = read_word(&mut inner, "language", LANGUAGE_CHARS_MAX);
    let variables = inner.named_texts("variables").unwrap_or_default();
    if variables.len() > VARIABLES_MAX {
        let rule = format!("variables has {} entries; at most {VARIABLES_MAX} are allowed", variables.len());
        inner.fault("variables", rule);
    }
    for (key, text) in &variables {
        if key.is_empty() || key.chars().count() > KEY_CHARS_MAX || key.contains('\0') {
            let rule = format!("variables must be named by 1 to {KEY_CHARS_MAX} characters, not {}", quoted(key));
            inner.fault("variables", rule);
        } else if let Err(error) = MessageText::parse("variables", text) {
            inner.fault("variables", repeating(error, "variables", text).message);
        } else if text.trim().is_empty() {
            inner.fault("variables", format!("variables.{key} is empty, which WhatsApp takes for none; give a text"));
        }
    }
    fields.end_inner("template", inner);
    Some(WhatsAppTemplate { name: name?, language: language?, variables })
}

/// WhatsApp's names of templates are letters, digits and underscores; its languages as `pt_BR`.
fn read_word(fields: &mut Fields, name: &'static str, chars_max: usize) -> Option<String> {
    let word = fields.parsed(name, |given| {
        let is_word = (1..=chars_max).contains(&given.len())
            && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let rule = || format!("{name} has 1 to {chars_max} letters, digits and underscores, as WhatsApp shows it");
        if is_word { Ok(given.to_owned()) } else { Err(Error::invalid(name, rule())) }
    });
    if word.is_none() && !fields.has_fault(name) {
        fields.fault(name, format!("{name} is missing; give it as GET /waba/templates lists it"));
    }
    word
}
