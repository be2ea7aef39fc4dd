//! The bodies of sends: their words in the document, and how they are read.

use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::http::fields::Fields;
use crate::http::public::send_template::read_whatsapp_template;
use crate::id::{ChatId, FileUid, MessageUid, TemplateId};
use crate::inbox::content::{Attachment, Content, Recipient};
use crate::inbox::schedule::parse_send_at;
use crate::inbox::send::SendMessage;
use crate::inbox::values::{ChatName, Jid, LabelName, MessageText, Phone};
use crate::message::Origin;

/// A message to a phone number: a text, an attachment, or both.
#[derive(ToSchema)]
pub struct NewMessage {
    /// In international form; spaces, dashes, dots and brackets are stripped, a missing `+` is added.
    #[schema(example = "+1 202 555 0100")]
    pub phone: String,
    /// The account to send from, by its phone; `whatsapp_account_id` with its JID does as well. Left out: the most recently
    /// linked one; a sandbox account only where no real one was ever linked.
    #[schema(required = false, nullable = false)]
    pub whatsapp_account_phone: Option<String>,
    #[schema(required = false, nullable = false, max_length = 2000, example = "Hello from Partyline")]
    pub text: Option<String>,
    /// An uploaded file to send along.
    #[schema(required = false, nullable = false)]
    pub file_uid: Option<String>,
    /// Added to the chat; made if there is no such label.
    #[schema(required = false, nullable = false, max_length = 64)]
    pub label: Option<String>,
    /// Names the chat; no other chat of the workspace may bear the name.
    #[schema(required = false, nullable = false, max_length = 256)]
    pub chat_name: Option<String>,
    /// Sends the file of this template along, instead of `file_uid`.
    #[schema(required = false, nullable = false)]
    pub attachment_template_id: Option<i64>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead. It is accepted and paid now, and can be cancelled
    /// until then.
    #[schema(required = false, nullable = false)]
    pub send_at: Option<String>,
    /// A template that WhatsApp has approved, by its name, instead of a text; only for accounts of kind cloud, and the only
    /// thing that goes once a contact hasn't written for 24 hours.
    #[schema(required = false, nullable = false, max_length = 512)]
    pub whatsapp_template: Option<String>,
    /// The template's language, as WhatsApp writes it; `en_US` where it is left out.
    #[schema(required = false, nullable = false, max_length = 16)]
    pub whatsapp_template_language: Option<String>,
    /// The words for the places of the template's body, in their order.
    #[schema(required = false, nullable = false)]
    pub whatsapp_template_variables: Option<Vec<String>>,
}

/// A message to a JID: a phone's, a group's, or that of a contact whose phone WhatsApp hides.
#[derive(ToSchema)]
pub struct NewJidMessage {
    /// `<digits>@s.whatsapp.net`, `<id>@g.us` or `<digits>@lid`.
    #[schema(example = "12025550100@s.whatsapp.net")]
    pub jid: String,
    /// The account to send from, by its phone; `whatsapp_account_id` with its JID does as well. Left out: the most recently
    /// linked one; a sandbox account only where no real one was ever linked.
    #[schema(required = false, nullable = false)]
    pub whatsapp_account_phone: Option<String>,
    /// The uid of a message of the same chat that this one answers; `reply_to_uid` does as well.
    #[schema(required = false, nullable)]
    pub reply_to: Option<String>,
    #[schema(required = false, nullable = false, max_length = 2000, example = "Hello from Partyline")]
    pub text: Option<String>,
    /// An uploaded file to send along.
    #[schema(required = false, nullable = false)]
    pub file_uid: Option<String>,
    /// Added to the chat; made if there is no such label.
    #[schema(required = false, nullable = false, max_length = 64)]
    pub label: Option<String>,
    /// Names the chat; no other chat of the workspace may bear the name.
    #[schema(required = false, nullable = false, max_length = 256)]
    pub chat_name: Option<String>,
    /// Sends the file of this template along, instead of `file_uid`.
    #[schema(required = false, nullable = false)]
    pub attachment_template_id: Option<i64>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead. It is accepted and paid now, and can be cancelled
    /// until then.
    #[schema(required = false, nullable = false)]
    pub send_at: Option<String>,
    /// A template that WhatsApp has approved, by its name, instead of a text; only for accounts of kind cloud, and the only
    /// thing that goes once a contact hasn't written for 24 hours.
    #[schema(required = false, nullable = false, max_length = 512)]
    pub whatsapp_template: Option<String>,
    /// The template's language, as WhatsApp writes it; `en_US` where it is left out.
    #[schema(required = false, nullable = false, max_length = 16)]
    pub whatsapp_template_language: Option<String>,
    /// The words for the places of the template's body, in their order.
    #[schema(required = false, nullable = false)]
    pub whatsapp_template_variables: Option<Vec<String>>,
}

/// A message to a chat that is there, from that chat's account.
#[derive(ToSchema)]
pub struct NewChatMessage {
    /// The uid of a message of the same chat that this one answers; `reply_to_uid` does as well.
    #[schema(required = false, nullable)]
    pub reply_to: Option<String>,
    #[schema(required = false, nullable = false, max_length = 2000, example = "Hello from Partyline")]
    pub text: Option<String>,
    /// An uploaded file to send along.
    #[schema(required = false, nullable = false)]
    pub file_uid: Option<String>,
    /// Added to the chat; made if there is no such label.
    #[schema(required = false, nullable = false, max_length = 64)]
    pub label: Option<String>,
    /// Renames the chat; no other chat of the workspace may bear the name.
    #[schema(required = false, nullable = false, max_length = 256)]
    pub chat_name: Option<String>,
    /// Sends the file of this template along, instead of `file_uid`.
    #[schema(required = false, nullable = false)]
    pub attachment_template_id: Option<i64>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead. It is accepted and paid now, and can be cancelled
    /// until then.
    #[schema(required = false, nullable = false)]
    pub send_at: Option<String>,
    /// A template that WhatsApp has approved, by its name, instead of a text; only for accounts of kind cloud, and the only
    /// thing that goes once a contact hasn't written for 24 hours.
    #[schema(required = false, nullable = false, max_length = 512)]
    pub whatsapp_template: Option<String>,
    /// The template's language, as WhatsApp writes it; `en_US` where it is left out.
    #[schema(required = false, nullable = false, max_length = 16)]
    pub whatsapp_template_language: Option<String>,
    /// The words for the places of the template's body, in their order.
    #[schema(required = false, nullable = false)]
    pub whatsapp_template_variables: Option<Vec<String>>,
}

/// A message to the chat of a name, from that chat's account.
#[derive(ToSchema)]
pub struct NewNamedMessage {
    /// The chat's name as it bears it; another case does where only one chat bears it so.
    #[schema(max_length = 256, example = "Maria")]
    pub chat_name: String,
    /// The chat's account, if you want to be sure of it; another one is refused.
    #[schema(required = false, nullable = false)]
    pub whatsapp_account_phone: Option<String>,
    /// The uid of a message of the same chat that this one answers; `reply_to_uid` does as well.
    #[schema(required = false, nullable)]
    pub reply_to: Option<String>,
    #[schema(required = false, nullable = false, max_length = 2000, example = "Hello from Partyline")]
    pub text: Option<String>,
    /// An uploaded file to send along.
    #[schema(required = false, nullable = false)]
    pub file_uid: Option<String>,
    /// Added to the chat; made if there is no such label.
    #[schema(required = false, nullable = false, max_length = 64)]
    pub label: Option<String>,
    /// Sends the file of this template along, instead of `file_uid`.
    #[schema(required = false, nullable = false)]
    pub attachment_template_id: Option<i64>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead. It is accepted and paid now, and can be cancelled
    /// until then.
    #[schema(required = false, nullable = false)]
    pub send_at: Option<String>,
    /// A template that WhatsApp has approved, by its name, instead of a text; only for accounts of kind cloud, and the only
    /// thing that goes once a contact hasn't written for 24 hours.
    #[schema(required = false, nullable = false, max_length = 512)]
    pub whatsapp_template: Option<String>,
    /// The template's language, as WhatsApp writes it; `en_US` where it is left out.
    #[schema(required = false, nullable = false, max_length = 16)]
    pub whatsapp_template_language: Option<String>,
    /// The words for the places of the template's body, in their order.
    #[schema(required = false, nullable = false)]
    pub whatsapp_template_variables: Option<Vec<String>>,
}

/// The ids of a message, chosen before its write begins.
pub struct NewIds {
    pub uid: MessageUid,
    pub wamid: String,
}

impl NewIds {
    pub fn draw(app: &App) -> NewIds {
        NewIds { uid: app.ids.message_uid(app.clock.now()), wamid: app.ids.wamid() }
    }
}

pub fn read_to_phone(fields: &mut Fields, ids: NewIds) -> Option<SendMessage> {
    let to = fields.parsed("phone", |given| Phone::parse("phone", given));
    require(fields, "phone", to.is_some(), "give the recipient's number in international form");
    let (account, chat_name) = (read_account(fields), read_chat_name(fields));
    let to = to.as_ref().map(Recipient::phone);
    read_message(fields, ids, to, SendMessageExtras { account, chat_name, reply_to: None })
}

pub fn read_to_jid(fields: &mut Fields, ids: NewIds) -> Option<SendMessage> {
    let to = fields.parsed("jid", |given| Jid::parse("jid", given));
    require(fields, "jid", to.is_some(), "give <digits>@s.whatsapp.net, <id>@g.us or <digits>@lid");
    let (account, chat_name, reply_to) = (read_account(fields), read_chat_name(fields), read_reply_to(fields));
    let to = to.map(|jid| Recipient::Address(jid.into_address()));
    read_message(fields, ids, to, SendMessageExtras { account, chat_name, reply_to })
}

pub fn read_to_chat(fields: &mut Fields, ids: NewIds, to: Recipient) -> Option<SendMessage> {
    let (chat_name, reply_to) = (read_chat_name(fields), read_reply_to(fields));
    read_message(fields, ids, Some(to), SendMessageExtras { account: None, chat_name, reply_to })
}

pub fn read_to_chat_name(fields: &mut Fields, ids: NewIds) -> Option<SendMessage> {
    let name = read_chat_name(fields);
    require(fields, "chat_name", name.is_some(), "give the name of a chat of this workspace");
    let (account, reply_to) = (read_account(fields), read_reply_to(fields));
    let to = name.map(Recipient::ChatNamed);
    read_message(fields, ids, to, SendMessageExtras { account, chat_name: None, reply_to })
}

/// Reads a body to any recipient, of whom it names one: `phone`, `jid`, `chat_id`, or `chat_name` alone.
pub fn read_to_anybody(fields: &mut Fields, ids: NewIds) -> Option<SendMessage> {
    let phone = fields.parsed("phone", |given| Phone::parse("phone", given)).as_ref().map(Recipient::phone);
    let jid = fields.parsed("jid", |given| Jid::parse("jid", given));
    let jid = jid.map(|jid| Recipient::Address(jid.into_address()));
    let chat = fields.integer("chat_id").map(|id| Recipient::Chat(ChatId(id)));
    let (account, name, reply_to) = (read_account(fields), read_chat_name(fields), read_reply_to(fields));
    let mut named: Vec<Recipient> = [phone, jid, chat].into_iter().flatten().collect();
    let is_readable = !["phone", "jid", "chat_id", "chat_name"].iter().any(|field| fields.has_fault(field));
    if named.len() > 1 {
        fields.fault("phone", "A message has one recipient; give phone, jid or chat_id".into());
    }
    let (to, chat_name) = match (named.pop(), name) {
        (None, Some(name)) => (Some(Recipient::ChatNamed(name)), None),
        (to, chat_name) => (to, chat_name),
    };
    if to.is_none() && is_readable {
        fields.fault("phone", "The recipient is missing; give phone, jid, chat_id or chat_name".into());
    }
    read_message(fields, ids, to, SendMessageExtras { account, chat_name, reply_to })
}

/// What only some sends can name.
struct SendMessageExtras {
    account: Option<Phone>,
    chat_name: Option<ChatName>,
    reply_to: Option<MessageUid>,
}

/// What every send can name.
fn read_message(
    fields: &mut Fields,
    ids: NewIds,
    to: Option<Recipient>,
    extras: SendMessageExtras,
) -> Option<SendMessage> {
    let text = fields.parsed("text", |given| MessageText::parse("text", given));
    let attachment = read_attachment(fields);
    let template = read_whatsapp_template(fields);
    if template.is_some() && (text.is_some() || attachment.is_some()) {
        let rule = "whatsapp_template stands alone; leave out text, file_uid and attachment_template_id";
        fields.fault("whatsapp_template", rule.into());
    }
    let content_is_readable = !CONTENT_FIELDS.iter().any(|field| fields.has_fault(field));
    let content = match template.map_or_else(|| Content::new(text, attachment), Content::of_template) {
        Ok(content) => Some(content),
        Err(error) if content_is_readable => {
            fields.fault("text", error.message);
            None
        }
        Err(_) => None,
    };
    let label = fields.parsed("label", |given| LabelName::parse("label", given));
    let send_at = fields.parsed("send_at", |given| parse_send_at("send_at", given));
    let SendMessageExtras { account, chat_name, reply_to } = extras;
    let (content, to) = (content?, to?);
    let NewIds { uid, wamid } = ids;
    let origin = Origin::PublicApi;
    Some(SendMessage { uid, wamid, to, account, content, reply_to, label, chat_name, origin, send_at })
}

const CONTENT_FIELDS: [&str; 6] = [
    "text",
    "file_uid",
    "attachment_template_id",
    "whatsapp_template",
    "whatsapp_template_language",
    "whatsapp_template_variables",
];

fn read_attachment(fields: &mut Fields) -> Option<Attachment> {
    let file = fields.parsed("file_uid", |given| {
        let rule = || format!("file_uid \"{}\" is no UUID; give the uid that the upload answered", shown(given));
        Uuid::try_parse(given).map(FileUid).map_err(|_| Error::invalid("file_uid", rule()))
    });
    let template = fields.integer("attachment_template_id");
    if file.is_some() && template.is_some() {
        fields.fault(
            "file_uid",
            "file_uid and attachment_template_id are both given; a message has one attachment".into(),
        );
    }
    file.map(Attachment::File).or(template.map(|id| Attachment::Template(TemplateId(id))))
}

pub(super) fn read_account(fields: &mut Fields) -> Option<Phone> {
    either(fields, "whatsapp_account_phone", "whatsapp_account_id", Phone::parse_account)
}

fn read_chat_name(fields: &mut Fields) -> Option<ChatName> {
    fields.parsed("chat_name", |given| ChatName::parse("chat_name", given))
}

fn read_reply_to(fields: &mut Fields) -> Option<MessageUid> {
    either(fields, "reply_to", "reply_to_uid", |field, given| {
        let rule = || format!("{field} \"{}\" is no UUID; give the uid of a message of the same chat", shown(given));
        Uuid::try_parse(given).map(MessageUid).map_err(|_| Error::invalid(field, rule()))
    })
}

/// A value that two keys may give; where both do, they must mean the same.
fn either<T: PartialEq>(
    fields: &mut Fields,
    name: &'static str,
    alias: &'static str,
    parse: impl Fn(&str, &str) -> Result<T, Error>,
) -> Option<T> {
    let first = fields.parsed(name, |given| parse(name, given));
    let second = fields.parsed(alias, |given| parse(alias, given));
    if first.is_some() && second.is_some() && first != second {
        fields.fault(alias, format!("{name} and {alias} are both given and differ; give one of them"));
    }
    first.or(second)
}

fn require(fields: &mut Fields, name: &'static str, is_given: bool, what: &str) {
    if !is_given && !fields.has_fault(name) {
        fields.fault(name, format!("{name} is missing; {what}"));
    }
}

/// A value as it may stand in a message.
fn shown(given: &str) -> String {
    given.chars().take(64).collect()
}
