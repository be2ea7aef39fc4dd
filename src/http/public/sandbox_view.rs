//! What a sandbox's phone shows, as the control API writes it. Fields that may be null are null, never left out.

use jiff::tz::TimeZone;
use serde::Serialize;
use transport::{Address, IncomingBody};
use utoipa::ToSchema;

use crate::accounts::sandbox::{Shown, ShownReaction};
use crate::workspace::zone::api_time;

/// A message on a phone of the sandbox.
#[derive(Serialize, ToSchema)]
pub struct ShownMessage {
    /// WhatsApp's id of it.
    pub wamid: String,
    /// Who said it, a phone or a JID; null: your account.
    pub from: Option<String>,
    /// text, image, video, audio, voice, document, sticker, location, contacts or unsupported.
    pub r#type: String,
    /// Its text, or its file's caption.
    pub text: String,
    /// A document's.
    pub filename: Option<String>,
    pub mimetype: Option<String>,
    pub size_bytes: Option<u64>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// WhatsApp's id of the message that it answers.
    pub reply_to: Option<String>,
    pub reactions: Vec<PhoneReaction>,
    pub timestamp: String,
    pub edited: bool,
    /// Taken back: the text is gone.
    pub deleted: bool,
    /// The phone's owner sees that you have read it; always false for what you sent.
    pub read: bool,
}

/// A reaction as a phone shows it.
#[derive(Serialize, ToSchema)]
pub struct PhoneReaction {
    /// A phone or a JID; null: your account.
    pub from: Option<String>,
    pub emoji: String,
}

impl ShownMessage {
    pub fn of(shown: Shown, zone: &TimeZone) -> ShownMessage {
        let mut message = ShownMessage {
            wamid: shown.wamid,
            from: shown.sender.map(|sender| number_of(&sender)),
            r#type: "text".to_owned(),
            text: String::new(),
            filename: None,
            mimetype: None,
            size_bytes: None,
            latitude: None,
            longitude: None,
            reply_to: shown.reply_to,
            reactions: shown.reactions.into_iter().map(PhoneReaction::from).collect(),
            timestamp: api_time(shown.at, zone),
            edited: shown.is_edited,
            deleted: shown.is_deleted,
            read: shown.is_read,
        };
        message.fill(shown.body);
        message
    }

    fn fill(&mut self, body: IncomingBody) {
        let kind = match body {
            IncomingBody::Text(text) => {
                self.text = text;
                "text"
            }
            IncomingBody::File(file) => {
                self.text = file.caption;
                self.filename = (!file.filename.is_empty()).then_some(file.filename);
                (self.mimetype, self.size_bytes) = (Some(file.mimetype), Some(file.size_bytes));
                file.kind.as_str()
            }
            IncomingBody::Location { latitude, longitude, name, .. } => {
                (self.latitude, self.longitude, self.text) = (Some(latitude), Some(longitude), name);
                "location"
            }
            IncomingBody::Contacts(cards) => {
                self.text = cards.into_iter().map(|card| card.name).collect::<Vec<_>>().join(", ");
                "contacts"
            }
            IncomingBody::Unsupported(what) => {
                self.text = what;
                "unsupported"
            }
        };
        self.r#type = kind.to_owned();
    }
}

impl From<ShownReaction> for PhoneReaction {
    fn from(reaction: ShownReaction) -> PhoneReaction {
        let from = (!reaction.by.is_empty()).then(|| number_of(&Address::from_jid(reaction.by)));
        PhoneReaction { from, emoji: reaction.emoji }
    }
}

fn number_of(address: &Address) -> String {
    address.phone().unwrap_or_else(|| address.jid().to_owned())
}
