//! What a send says, and to whom: parsed once, at the edge.

use std::collections::BTreeMap;

use transport::Address;

use crate::error::Error;
use crate::id::{ChatId, FileUid, TemplateId};
use crate::inbox::values::{ChatName, MessageText, Phone, TEXT_CHARS_MAX};
use crate::store::files::FileRow;
use crate::store::template_sends::TemplateSend;

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    Address(Address),
    Chat(ChatId),
    /// The chat that bears this name, or else the only one whose name differs in nothing but case.
    ChatNamed(ChatName),
}

impl Recipient {
    pub fn phone(phone: &Phone) -> Recipient {
        Recipient::Address(Address::from_phone(phone.as_str()))
    }
}

/// What a message says: a text, an attachment, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    text: Option<MessageText>,
    attachment: Option<Attachment>,
    template: Option<WhatsAppTemplate>,
}

/// A template that WhatsApp has approved, with the words for its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatsAppTemplate {
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// By the place's number or name.
    pub variables: BTreeMap<String, String>,
}

impl WhatsAppTemplate {
    /// As it is kept beside its message.
    pub fn stored(&self) -> TemplateSend {
        let variables = serde_json::to_string(&self.variables).unwrap_or_default();
        TemplateSend { name: self.name.clone(), language: self.language.clone(), variables }
    }

    /// What the chat shows of it: whoever approved it knows its words, we don't.
    fn shown(&self) -> String {
        let words: Vec<&str> = self.variables.values().map(String::as_str).collect();
        let shown = format!("[{} {}] {}", self.name, self.language, words.join(" | "));
        shown.trim().chars().take(TEXT_CHARS_MAX).collect()
    }
}

/// A file that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// One that was uploaded before.
    File(FileUid),
    /// The file of a template.
    Template(TemplateId),
    /// One whose row is only being written.
    Fresh(Box<FileRow>),
}

impl Content {
    /// An empty text counts as none.
    ///
    /// # Errors
    /// `validation_error` where there is neither.
    pub fn new(text: Option<MessageText>, attachment: Option<Attachment>) -> Result<Content, Error> {
        let text = text.filter(|text| !text.as_str().is_empty());
        if text.is_none() && attachment.is_none() {
            let rule =
                format!("There is nothing to send; give text of 1 to {TEXT_CHARS_MAX} characters, a file_uid, or both");
            return Err(Error::invalid("text", rule));
        }
        Ok(Content { text, attachment, template: None })
    }

    /// A template of WhatsApp's, which is all that the message says.
    ///
    /// # Errors
    /// Never for a template whose parts were read.
    pub fn of_template(template: WhatsAppTemplate) -> Result<Content, Error> {
        let text = Some(MessageText::parse("whatsapp_template", &template.shown())?);
        Ok(Content { text, attachment: None, template: Some(template) })
    }

    /// The same template, shown with the words that its contact sees; as much of them as a message holds.
    #[must_use]
    pub fn shown_as(self, words: &str) -> Content {
        let words: String = words.chars().filter(|c| *c != '\0').take(TEXT_CHARS_MAX).collect();
        let text = MessageText::parse("text", &words).ok().filter(|_| !words.is_empty());
        Content { text: text.or(self.text), ..self }
    }

    pub fn template(&self) -> Option<&WhatsAppTemplate> {
        self.template.as_ref()
    }

    pub fn text(&self) -> &str {
        self.text.as_ref().map_or("", MessageText::as_str)
    }

    pub fn attachment(&self) -> Option<&Attachment> {
        self.attachment.as_ref()
    }
}
