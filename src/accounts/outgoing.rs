//! What a waiting message becomes for its transport.

use transport::{Address, Body, Outgoing, OutgoingFile, OutgoingTemplate, Quoted};

use crate::store::message_changes::ChangeKind;
use crate::store::message_files::MessageFile;
use crate::store::outbox::{OutboxBody, OutboxChange, OutboxMessage, OutboxReaction};

/// Of a text that is answered, as much goes along: phones show less of it.
const QUOTED_CHARS_MAX: usize = 1_024;

/// The message as its transport takes it; the same at every try.
pub fn outgoing(message: &OutboxMessage) -> Outgoing {
    Outgoing {
        uid: message.row.message.0,
        wamid: message.wamid.clone(),
        to: Address::from_jid(message.chat_jid.clone()),
        body: body(&message.body),
        reply_to: message.reply_to_wamid.clone(),
        quoted: message.quoted.as_ref().map(|(sender_jid, text)| quoted(sender_jid, text)),
    }
}

fn quoted(sender_jid: &str, text: &str) -> Quoted {
    let sender = (!sender_jid.is_empty()).then(|| Address::from_jid(sender_jid.to_owned()));
    Quoted { sender, text: text.chars().take(QUOTED_CHARS_MAX).collect() }
}

fn body(body: &OutboxBody) -> Body {
    match body {
        OutboxBody::Message { template: Some(template), .. } => Body::Template(OutgoingTemplate {
            name: template.name.clone(),
            language: template.language.clone(),
            variables: serde_json::from_str(&template.variables).unwrap_or_default(),
        }),
        OutboxBody::Message { text, attachment, template: None } => {
            let file = attachment.as_ref().and_then(|file| outgoing_file(file, text));
            file.map_or_else(|| Body::Text(text.clone()), Body::File)
        }
        OutboxBody::Reaction(OutboxReaction { send, to_wamid, to_sender_jid }) => Body::Reaction {
            to_wamid: to_wamid.clone(),
            to_sender: (!to_sender_jid.is_empty()).then(|| Address::from_jid(to_sender_jid.clone())),
            emoji: send.emoji.clone(),
        },
        OutboxBody::Change(OutboxChange { change, to_wamid, .. }) => match change.kind {
            ChangeKind::Edit => Body::Edit { to_wamid: to_wamid.clone(), text: change.text.clone() },
            ChangeKind::Delete => Body::Revoke { to_wamid: to_wamid.clone() },
        },
    }
}

/// `None` where the attachment has no bytes, which those of accepted messages have.
fn outgoing_file(file: &MessageFile, caption: &str) -> Option<OutgoingFile> {
    Some(OutgoingFile {
        kind: file.kind,
        mimetype: file.mimetype.clone(),
        filename: file.filename.clone(),
        size_bytes: u64::try_from(file.size_bytes).unwrap_or(0),
        caption: caption.to_owned(),
        sha256: file.sha256?,
    })
}
