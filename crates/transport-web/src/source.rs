//! What is needed to fetch a file again, also after a restart: kept with its message, in the transport's own words.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use transport::{FileKind, IncomingFile};
use wacore::download::MediaType;
use waproto::whatsapp as wa;
use whatsapp_rust::download::DownloadParams;

/// A file at WhatsApp's, as it is kept. Bytes are in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub kind: FileKind,
    pub url: String,
    pub path: String,
    pub key: String,
    pub sha256: String,
    pub sealed_sha256: String,
    pub length: u64,
    pub chat: String,
    pub sender: String,
    pub wamid: String,
    pub from_me: bool,
}

/// The message that a file came with, as WhatsApp names it.
#[derive(Clone, Debug, Default)]
pub struct Bearer {
    pub chat: String,
    /// With its device left out.
    pub sender: String,
    pub wamid: String,
    pub from_me: bool,
}

impl Source {
    /// As it is stored.
    pub fn stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what was stored; `None` if it isn't of ours.
    pub fn parse(stored: &str) -> Option<Source> {
        serde_json::from_str(stored).ok()
    }

    /// What the download needs; `None` if something of it is broken.
    pub fn params(&self) -> Option<DownloadParams> {
        let bytes = |text: &str| BASE64.decode(text).ok();
        let (key, sha256, sealed) = (bytes(&self.key)?, bytes(&self.sha256)?, bytes(&self.sealed_sha256)?);
        let media = media_type(self.kind);
        Some(DownloadParams::encrypted(self.path.clone(), &key, &sha256, &sealed, self.length, media))
    }

    pub fn key_bytes(&self) -> Option<Vec<u8>> {
        BASE64.decode(&self.key).ok()
    }
}

pub const fn media_type(kind: FileKind) -> MediaType {
    match kind {
        FileKind::Image => MediaType::Image,
        FileKind::Video => MediaType::Video,
        FileKind::Audio | FileKind::Voice => MediaType::Audio,
        FileKind::Document => MediaType::Document,
        FileKind::Sticker => MediaType::Sticker,
    }
}

/// The fields that every kind of file has under the same names.
macro_rules! file_of {
    ($media:expr, $kind:expr, $bearer:expr) => {{
        let media = $media;
        let bytes = |field: &Option<Vec<u8>>| BASE64.encode(field.as_deref().unwrap_or_default());
        let source = Source {
            kind: $kind,
            url: media.url.clone().unwrap_or_default(),
            path: media.direct_path.clone().unwrap_or_default(),
            key: bytes(&media.media_key),
            sha256: bytes(&media.file_sha256),
            sealed_sha256: bytes(&media.file_enc_sha256),
            length: media.file_length.unwrap_or(0),
            chat: $bearer.chat.clone(),
            sender: $bearer.sender.clone(),
            wamid: $bearer.wamid.clone(),
            from_me: $bearer.from_me,
        };
        IncomingFile {
            kind: $kind,
            mimetype: plain(media.mimetype.as_deref().unwrap_or_default()),
            filename: String::new(),
            size_bytes: source.length,
            caption: String::new(),
            source: source.stored(),
        }
    }};
}

/// The file in a message, where it is one.
pub fn file_of(message: &wa::Message, bearer: &Bearer) -> Option<IncomingFile> {
    if let Some(media) = message.image_message.as_option() {
        let caption = media.caption.clone().unwrap_or_default();
        return Some(IncomingFile { caption, ..file_of!(media, FileKind::Image, bearer) });
    }
    if let Some(media) = message.video_message.as_option().or(message.ptv_message.as_option()) {
        let caption = media.caption.clone().unwrap_or_default();
        return Some(IncomingFile { caption, ..file_of!(media, FileKind::Video, bearer) });
    }
    if let Some(media) = message.audio_message.as_option() {
        let kind = if media.ptt == Some(true) { FileKind::Voice } else { FileKind::Audio };
        return Some(file_of!(media, kind, bearer));
    }
    if let Some(media) = message.document_message.as_option() {
        let caption = media.caption.clone().unwrap_or_default();
        let filename = media.file_name.clone().or_else(|| media.title.clone()).unwrap_or_default();
        return Some(IncomingFile { caption, filename, ..file_of!(media, FileKind::Document, bearer) });
    }
    let media = message.sticker_message.as_option()?;
    Some(file_of!(media, FileKind::Sticker, bearer))
}

/// A type without its parameters: `audio/ogg; codecs=opus` is `audio/ogg`.
fn plain(mimetype: &str) -> String {
    mimetype.split(';').next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_note_keeps_all_that_fetches_it_again() {
        let media = wa::message::AudioMessage {
            url: Some("https://media.example/v".into()),
            direct_path: Some("/v/1".into()),
            mimetype: Some("audio/ogg; codecs=opus".into()),
            media_key: Some(vec![1; 32]),
            file_sha256: Some(vec![2; 32]),
            file_enc_sha256: Some(vec![3; 32]),
            file_length: Some(77),
            ptt: Some(true),
            ..Default::default()
        };
        let message = wa::Message { audio_message: buffa::MessageField::some(media), ..Default::default() };
        let bearer = Bearer { chat: "1@s.whatsapp.net".into(), wamid: "AA".into(), ..Bearer::default() };
        let file = file_of(&message, &bearer).expect("a file");
        assert_eq!((file.kind, file.mimetype.as_str(), file.size_bytes), (FileKind::Voice, "audio/ogg", 77));
        let source = Source::parse(&file.source).expect("ours");
        assert_eq!((source.wamid.as_str(), source.key_bytes()), ("AA", Some(vec![1; 32])));
        let params = source.params().expect("whole");
        assert_eq!((params.direct_path.as_str(), params.file_length), ("/v/1", 77));
        assert_eq!(params.file_enc_sha256, Some(vec![3; 32]));
        assert!(Source::parse("photo.jpg").is_none());
    }

    #[test]
    fn a_document_has_its_name_and_a_picture_its_caption() {
        let media = wa::message::DocumentMessage {
            file_name: Some("prices.pdf".into()),
            caption: Some("All of them".into()),
            ..Default::default()
        };
        let message = wa::Message { document_message: buffa::MessageField::some(media), ..Default::default() };
        let file = file_of(&message, &Bearer::default()).expect("a file");
        assert_eq!((file.filename.as_str(), file.caption.as_str()), ("prices.pdf", "All of them"));
        assert!(file_of(&wa::Message::default(), &Bearer::default()).is_none());
    }
}
