//! The files of the sandbox's contacts: a few of its own, and whatever was sent to them and is sent on.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use transport::{FileBytes, FileKind, FileSource, IncomingBody, IncomingFile, SendError};

use crate::transports::sandbox::refusals::failed;

const ASSET: &str = "asset:";
const BLOB: &str = "sha256:";
/// Before one of the others: its first download fails. What stands up to the next colon tells it from others like it.
pub const SHY: &str = "shy:";

/// A file of the sandbox's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// As a test asks for it.
    pub name: &'static str,
    pub kind: FileKind,
    pub mimetype: &'static str,
    pub filename: &'static str,
    bytes: &'static [u8],
}

pub const VOICE: Sample = Sample {
    name: "voice",
    kind: FileKind::Voice,
    mimetype: "audio/ogg",
    filename: "voice.ogg",
    bytes: include_bytes!("assets/voice.ogg"),
};

pub const PHOTO: Sample = Sample {
    name: "photo",
    kind: FileKind::Image,
    mimetype: "image/jpeg",
    filename: "photo.jpg",
    bytes: include_bytes!("assets/photo.jpg"),
};

pub const PDF: Sample = Sample {
    name: "pdf",
    kind: FileKind::Document,
    mimetype: "application/pdf",
    filename: "prices.pdf",
    bytes: include_bytes!("assets/prices.pdf"),
};

pub const SAMPLES: [Sample; 3] = [VOICE, PHOTO, PDF];

impl Sample {
    pub fn find(name: &str) -> Option<Sample> {
        SAMPLES.into_iter().find(|sample| sample.name == name)
    }

    /// A message with it. `shy` names the message where the first download is to fail.
    pub fn body(&self, caption: &str, shy: Option<&str>) -> IncomingBody {
        let source = format!("{ASSET}{}", self.filename);
        IncomingBody::File(IncomingFile {
            kind: self.kind,
            mimetype: self.mimetype.to_owned(),
            filename: if self.kind == FileKind::Document { self.filename.to_owned() } else { String::new() },
            size_bytes: self.bytes.len() as u64,
            caption: caption.to_owned(),
            source: shy.map_or(source.clone(), |wamid| format!("{SHY}{wamid}:{source}")),
        })
    }
}

/// Names the bytes of a file that our side has.
pub fn source_of_blob(sha256: &[u8; 32]) -> String {
    let mut source = String::from(BLOB);
    for byte in sha256 {
        std::fmt::Write::write_fmt(&mut source, format_args!("{byte:02x}")).expect("a string takes any text");
    }
    source
}

/// The bytes that a body's file has on our side.
pub fn blob_of(body: &IncomingBody) -> Option<[u8; 32]> {
    match body {
        IncomingBody::File(file) => parse_blob(&file.source),
        _ => None,
    }
}

/// The bytes that a source names on our side.
pub fn parse_blob(source: &str) -> Option<[u8; 32]> {
    source.strip_prefix(BLOB).and_then(parse_hash)
}

/// The source behind a shy one, or itself.
pub fn plain(source: &str) -> &str {
    source.strip_prefix(SHY).and_then(|rest| rest.split_once(':')).map_or(source, |(_, plain)| plain)
}

/// Opens the bytes behind a source that isn't shy.
pub async fn open(files: &Arc<dyn FileSource>, source: &str) -> Result<FileBytes, SendError> {
    if let Some(sha256) = parse_blob(source) {
        return files.open(sha256).await;
    }
    let sample = SAMPLES.iter().find(|sample| source.strip_prefix(ASSET) == Some(sample.filename));
    let sample = sample.ok_or_else(gone)?;
    Ok(Box::pin(stream::iter([Ok(Bytes::from_static(sample.bytes))])))
}

fn gone() -> SendError {
    SendError {
        verdict: transport::Verdict::Permanent,
        details: "The sandbox has no such file.".to_owned(),
        ..failed(131_052)
    }
}

fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 2 * hash.len() || !text.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_its_bytes_and_nothing_else() {
        let hash = [7; 32];
        assert_eq!(source_of_blob(&hash).strip_prefix(BLOB).and_then(parse_hash), Some(hash));
        for broken in ["", "ab", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(parse_hash(broken), None);
        }
        assert_eq!(plain("shy:3A00:asset:photo.jpg"), "asset:photo.jpg");
        assert_eq!(plain("asset:photo.jpg"), "asset:photo.jpg");
    }

    #[test]
    fn samples_are_what_they_say() {
        assert!(VOICE.bytes.starts_with(b"OggS") && VOICE.bytes[28..].starts_with(b"OpusHead"));
        let photo = image::load_from_memory(PHOTO.bytes).expect("it can be decoded");
        assert!(photo.width() >= 64 && photo.height() >= 48, "{}x{}", photo.width(), photo.height());
        assert!(PDF.bytes.starts_with(b"%PDF-"));
    }
}
