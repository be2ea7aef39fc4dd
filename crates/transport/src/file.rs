//! Files on messages: what is said of them, and how their bytes come. A transport moves bytes; it never holds a whole file.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::{Pending, SendError};

/// A file's bytes in order, in pieces of any size. An error ends them: what came so far is worth nothing.
pub type FileBytes = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// How WhatsApp shows a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Image,
    Video,
    Audio,
    /// Recorded with the phone's microphone: OGG/Opus.
    Voice,
    /// Anything else; the only kind whose file name people see.
    Document,
    Sticker,
}

impl FileKind {
    pub const ALL: [FileKind; 6] =
        [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Voice, FileKind::Document, FileKind::Sticker];

    pub const fn as_str(self) -> &'static str {
        match self {
            FileKind::Image => "image",
            FileKind::Video => "video",
            FileKind::Audio => "audio",
            FileKind::Voice => "voice",
            FileKind::Document => "document",
            FileKind::Sticker => "sticker",
        }
    }

    pub fn parse(text: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A file on its way out. Its bytes are opened by their hash, through the [`FileSource`] that the transport was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    pub kind: FileKind,
    /// Without parameters, as `image/jpeg`.
    pub mimetype: String,
    /// For people to see; never a path.
    pub filename: String,
    pub size_bytes: u64,
    /// The message's text; may be empty.
    pub caption: String,
    pub sha256: [u8; 32],
}

/// A file that arrived: its bytes are still on WhatsApp's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingFile {
    pub kind: FileKind,
    /// As the sender said; what the bytes are is seen when they come.
    pub mimetype: String,
    /// As the sender said; empty where the kind has none.
    pub filename: String,
    /// As the sender said; 0 if it didn't.
    pub size_bytes: u64,
    /// May be empty.
    pub caption: String,
    /// What [`crate::Transport::fetch_file`] needs to find it, in the transport's own words.
    pub source: String,
}

/// Where a transport gets the bytes of the files that it sends.
pub trait FileSource: Send + Sync {
    /// # Errors
    /// The bytes are gone or can't be read now.
    fn open(&self, sha256: [u8; 32]) -> Pending<'_, Result<FileBytes, SendError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in FileKind::ALL {
            assert_eq!(FileKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(FileKind::parse("script"), None);
    }
}
