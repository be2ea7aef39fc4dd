//! What is sent becomes a message of WhatsApp's. The same message is composed alike at every try, whatever happened in
//! between: nothing here is random or takes the time.

use buffa::MessageField;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use transport::{Address, Body, FileKind, Outgoing, Quoted};
use wacore::proto_helpers::MessageExt as _;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use whatsapp_rust::{Jid, Server};

use crate::known::jid_of;

/// What the names of a message's parts need beside the message.
pub struct From<'a> {
    /// The account, as the chat knows it: by its phone, or by its hidden id in groups that use those.
    pub own: &'a Jid,
    /// Who sent the message that is reacted to or answered, as the chat knows them; `None` where that isn't known better
    /// than the message says.
    pub author: Option<&'a Jid>,
    /// Secret to this account; see [`derived`].
    pub secret: &'a [u8],
}

/// A message, where it has no file.
pub fn message(message: &Outgoing, to: &Jid, from: &From<'_>) -> Option<wa::Message> {
    Some(match &message.body {
        Body::Text(text) => with_secret(text_message(text, quote(message, to, from)), message, from),
        Body::Reaction { to_wamid, to_sender, emoji } => {
            let key = key(to, to_wamid, to_sender.as_ref(), from);
            wacore::proto_helpers::build_reaction_message(key, emoji, at_ms(message))
        }
        Body::Edit { to_wamid, text } => protocol(wa::message::ProtocolMessage {
            key: MessageField::some(key(to, to_wamid, None, from)),
            r#type: Some(ProtocolType::MESSAGE_EDIT),
            edited_message: MessageField::some(wa::Message { conversation: Some(text.clone()), ..Default::default() }),
            timestamp_ms: Some(at_ms(message)),
            ..Default::default()
        }),
        Body::Revoke { to_wamid } => protocol(wa::message::ProtocolMessage {
            // Of ours: that it is from us names it, a participant is an admin's.
            key: MessageField::some(wa::MessageKey { participant: None, ..key(to, to_wamid, None, from) }),
            r#type: Some(ProtocolType::REVOKE),
            ..Default::default()
        }),
        Body::File(_) | Body::Template(_) => return None,
    })
}

/// Where WhatsApp has a file, and what opens it.
#[derive(Clone, Debug, Default)]
pub struct Uploaded {
    pub url: String,
    pub path: String,
    pub key: [u8; 32],
    pub sha256: [u8; 32],
    pub sealed_sha256: [u8; 32],
    pub length: u64,
    /// By which a player skips about in a sound or a video.
    pub sidecar: Option<Vec<u8>>,
}

/// The fields that every kind of file has under the same names. A file's key is as old as its message.
macro_rules! media {
    ($kind:ident, $uploaded:expr, $mimetype:expr, $at_s:expr, { $($field:ident: $value:expr),* }) => {
        MessageField::some(wa::message::$kind {
            url: Some($uploaded.url),
            direct_path: Some($uploaded.path),
            media_key: Some($uploaded.key.to_vec()),
            file_sha256: Some($uploaded.sha256.to_vec()),
            file_enc_sha256: Some($uploaded.sealed_sha256.to_vec()),
            file_length: Some($uploaded.length),
            media_key_timestamp: Some($at_s),
            mimetype: Some($mimetype),
            $($field: $value,)*
            ..Default::default()
        })
    };
}

/// A message with its file, which was uploaded.
pub fn file_message(message: &Outgoing, up: Uploaded, to: &Jid, from: &From<'_>) -> Option<wa::Message> {
    let Body::File(file) = &message.body else { return None };
    let (caption, at_s) = ((!file.caption.is_empty()).then(|| file.caption.clone()), at_ms(message) / 1_000);
    let mimetype = |usual: &str| match file.mimetype.is_empty() {
        true => usual.to_owned(),
        false => file.mimetype.clone(),
    };
    let sidecar = up.sidecar.clone();
    let mut composed = wa::Message::default();
    match file.kind {
        FileKind::Image => {
            composed.image_message = media!(ImageMessage, up, mimetype("image/jpeg"), at_s, { caption: caption });
        }
        FileKind::Video => {
            composed.video_message =
                media!(VideoMessage, up, mimetype("video/mp4"), at_s, { caption: caption, streaming_sidecar: sidecar });
        }
        FileKind::Audio => {
            composed.audio_message =
                media!(AudioMessage, up, mimetype("audio/mpeg"), at_s, { streaming_sidecar: sidecar });
        }
        // Its type names the codec, without which phones show a file.
        FileKind::Voice => {
            let mimetype = "audio/ogg; codecs=opus".to_owned();
            composed.audio_message =
                media!(AudioMessage, up, mimetype, at_s, { ptt: Some(true), streaming_sidecar: sidecar });
        }
        FileKind::Document => {
            let (name, mimetype) = (Some(file.filename.clone()), mimetype("application/octet-stream"));
            composed.document_message =
                media!(DocumentMessage, up, mimetype, at_s, { caption: caption, title: name.clone(), file_name: name });
        }
        FileKind::Sticker => composed.sticker_message = media!(StickerMessage, up, mimetype("image/webp"), at_s, {}),
    }
    if let Some(context) = quote(message, to, from) {
        composed.set_context_info(context);
    }
    Some(with_secret(composed, message, from))
}

/// Whether a file's caption would be lost, since its kind shows none: then it goes in a message of its own kind.
pub fn shows_caption(kind: FileKind) -> bool {
    matches!(kind, FileKind::Image | FileKind::Video | FileKind::Document)
}

/// 32 bytes that only this account can know and that are the same at every try: of its secret, a purpose and a wamid.
pub fn derived(secret: &[u8], purpose: &str, wamid: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(wamid.as_bytes());
    mac.finalize().into_bytes().into()
}

/// When a message was accepted, in ms since 1970 UTC: our id of it begins with that.
fn at_ms(message: &Outgoing) -> i64 {
    let (seconds, nanos) = message.uid.get_timestamp().map_or((0, 0), |at| at.to_unix());
    i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000) + i64::from(nanos / 1_000_000)
}

fn text_message(text: &str, context: Option<wa::ContextInfo>) -> wa::Message {
    let Some(context) = context else {
        return wa::Message { conversation: Some(text.to_owned()), ..Default::default() };
    };
    wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some(text.to_owned()),
            context_info: MessageField::some(context),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn protocol(protocol: wa::message::ProtocolMessage) -> wa::Message {
    wa::Message { protocol_message: MessageField::some(protocol), ..Default::default() }
}

/// Names a message of a chat; `sender` is `None` for one of ours.
fn key(chat: &Jid, wamid: &str, sender: Option<&Address>, from: &From<'_>) -> wa::MessageKey {
    let participant = match sender {
        _ if chat.server != Server::Group => None,
        Some(sender) => from.author.cloned().or_else(|| jid_of(sender)).map(|jid| jid.to_non_ad_string()),
        None => Some(from.own.to_non_ad_string()),
    };
    wa::MessageKey {
        remote_jid: Some(chat.to_string()),
        from_me: Some(sender.is_none()),
        id: Some(wamid.to_owned()),
        participant,
    }
}

/// What is shown above an answer.
fn quote(message: &Outgoing, to: &Jid, from: &From<'_>) -> Option<wa::ContextInfo> {
    let wamid = message.reply_to.clone()?;
    let Quoted { sender, text } = message.quoted.clone().unwrap_or(Quoted { sender: None, text: String::new() });
    let author = match &sender {
        Some(sender) => from.author.cloned().or_else(|| jid_of(sender)),
        None if message.quoted.is_some() => Some(from.own.clone()),
        None => Some(to.clone()),
    };
    Some(wa::ContextInfo {
        stanza_id: Some(wamid),
        participant: author.map(|jid| jid.to_non_ad_string()),
        quoted_message: MessageField::some(wa::Message { conversation: Some(text), ..Default::default() }),
        ..Default::default()
    })
}

/// With the secret by which reactions and edits of it may be sealed: else the library would make up another at every try.
fn with_secret(mut composed: wa::Message, message: &Outgoing, from: &From<'_>) -> wa::Message {
    composed.message_context_info = MessageField::some(wa::MessageContextInfo {
        message_secret: Some(derived(from.secret, "message secret", &message.wamid).to_vec()),
        ..Default::default()
    });
    composed
}

#[cfg(test)]
mod tests {
    use transport::OutgoingFile;
    use uuid::Uuid;

    use super::*;
    use crate::said::{Said, said};
    use crate::source::Bearer;

    fn outgoing(body: Body) -> Outgoing {
        let at = uuid::Timestamp::from_unix(uuid::NoContext, 1_790_000_000, 5_000_000);
        Outgoing {
            uid: Uuid::new_v7(at),
            wamid: "3EB0AA".into(),
            to: Address::from_phone("+12025550100"),
            body,
            reply_to: None,
            quoted: None,
        }
    }

    fn jid(text: &str) -> Jid {
        text.parse().expect("a JID")
    }

    fn own() -> Jid {
        jid("12025550198@s.whatsapp.net")
    }

    fn upload() -> Uploaded {
        Uploaded { url: "https://media.example/1".into(), path: "/1".into(), length: 9, ..Uploaded::default() }
    }

    #[test]
    fn what_is_composed_twice_is_the_same_and_says_what_was_meant() {
        let (own, to) = (own(), jid("12025550100@s.whatsapp.net"));
        let from = From { own: &own, author: None, secret: b"secret" };
        let mut answer = outgoing(Body::Text("Ten".into()));
        answer.reply_to = Some("3A01".into());
        answer.quoted = Some(Quoted { sender: Some(answer.to.clone()), text: "How many?".into() });
        let composed = message(&answer, &to, &from).expect("a message");
        assert_eq!(message(&answer, &to, &from), Some(composed.clone()));
        let context =
            composed.extended_text_message.as_option().and_then(|text| text.context_info.as_option().cloned());
        let context = context.expect("a quote");
        assert_eq!(context.participant.as_deref(), Some("12025550100@s.whatsapp.net"));
        assert_eq!(context.quoted_message.as_option().and_then(|said| said.conversation.as_deref()), Some("How many?"));
        assert!(matches!(said(&composed, &Bearer::default()), Said::Body { reply_to: Some(id), .. } if id == "3A01"));
        let reaction = Body::Reaction { to_wamid: "3A01".into(), to_sender: None, emoji: "🚲".into() };
        let reaction = message(&outgoing(reaction), &to, &from).expect("a message");
        let Said::Reaction { to: key, emoji, at_ms } = said(&reaction, &Bearer::default()) else { panic!() };
        assert_eq!((key.from_me, key.participant, emoji.as_str()), (Some(true), None, "🚲"));
        assert_eq!(at_ms, Some(1_790_000_000_005));
    }

    #[test]
    fn in_a_group_a_message_is_named_with_its_author() {
        let (own, group) = (own(), jid("120363@g.us"));
        let from = From { own: &own, author: None, secret: b"secret" };
        let theirs = Some(Address::from_phone("+12025550100"));
        let reaction = Body::Reaction { to_wamid: "3A01".into(), to_sender: theirs, emoji: "🚲".into() };
        let reaction = message(&outgoing(reaction), &group, &from).expect("a message");
        let Said::Reaction { to, .. } = said(&reaction, &Bearer::default()) else { panic!() };
        assert_eq!(to.participant.as_deref(), Some("12025550100@s.whatsapp.net"));
        assert_eq!(to.from_me, Some(false));
        let revoke = message(&outgoing(Body::Revoke { to_wamid: "3EB0".into() }), &group, &from).expect("a message");
        let Said::Revoke { of } = said(&revoke, &Bearer::default()) else { panic!() };
        assert_eq!((of.id.as_deref(), of.from_me, of.participant), (Some("3EB0"), Some(true), None));
        let edit = Body::Edit { to_wamid: "3EB0".into(), text: "Nine".into() };
        let edit = message(&outgoing(edit), &group, &from).expect("a message");
        let Said::Edit { of, text, .. } = said(&edit, &Bearer::default()) else { panic!() };
        assert_eq!((of.participant.as_deref(), text.as_str()), (Some("12025550198@s.whatsapp.net"), "Nine"));
    }

    #[test]
    fn files_go_as_what_they_are() {
        let (own, to) = (own(), jid("12025550100@s.whatsapp.net"));
        let from = From { own: &own, author: None, secret: b"secret" };
        let compose = |kind, caption: &str| {
            let file = OutgoingFile {
                kind,
                mimetype: "audio/ogg".into(),
                filename: "a.ogg".into(),
                size_bytes: 9,
                caption: caption.into(),
                sha256: [3; 32],
            };
            let message = outgoing(Body::File(file));
            file_message(&message, upload(), &to, &from).expect("a message")
        };
        let voice = compose(FileKind::Voice, "");
        let audio = voice.audio_message.as_option().expect("a voice note");
        assert_eq!((audio.ptt, audio.mimetype.as_deref()), (Some(true), Some("audio/ogg; codecs=opus")));
        assert_eq!(audio.media_key_timestamp, Some(1_790_000_000));
        let document = compose(FileKind::Document, "All");
        let document = document.document_message.as_option().expect("a document");
        assert_eq!((document.file_name.as_deref(), document.caption.as_deref()), (Some("a.ogg"), Some("All")));
        assert!(compose(FileKind::Sticker, "").sticker_message.is_set());
        assert!(
            compose(FileKind::Image, "x").image_message.is_set() && compose(FileKind::Video, "").video_message.is_set()
        );
        assert!(compose(FileKind::Audio, "").audio_message.as_option().is_some_and(|audio| audio.ptt.is_none()));
        assert_ne!(derived(b"secret", "a", "b"), derived(b"secret", "ab", ""));
    }
}
