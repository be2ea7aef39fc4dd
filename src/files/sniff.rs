//! What a file is, by its first bytes. What the client says counts only where the bytes say nothing against it: a script
//! that claims to be a JPEG is a document.

use transport::FileKind;

const MIB: u64 = 1024 * 1024;
/// Images, audio and video.
pub const SHOWN_BYTES_MAX: u64 = 16 * MIB;
/// Everything else.
pub const DOCUMENT_BYTES_MAX: u64 = 100 * MIB;

/// A type that says nothing.
const ANY: &str = "application/octet-stream";

/// Kinds that WhatsApp shows, by their type: a file is of such a kind only where its bytes are.
const SHOWN: [(&str, FileKind, &str); 9] = [
    ("image/jpeg", FileKind::Image, "jpg"),
    ("image/png", FileKind::Image, "png"),
    ("image/gif", FileKind::Image, "gif"),
    ("image/webp", FileKind::Image, "webp"),
    ("audio/mpeg", FileKind::Audio, "mp3"),
    ("audio/ogg", FileKind::Audio, "ogg"),
    ("audio/aac", FileKind::Audio, "aac"),
    ("video/mp4", FileKind::Video, "mp4"),
    ("video/3gpp", FileKind::Video, "3gp"),
];

/// Types of texts, which bytes can't tell apart, by the ends of their names.
const TEXTS: [(&str, &str); 9] = [
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
];

/// Types that hold others: what lies in them, the client knows better.
const CONTAINERS: [&str; 6] =
    ["application/zip", "application/x-ole-storage", "application/gzip", "text/xml", "text/html", "text/x-shellscript"];

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sniffed {
    pub kind: FileKind,
    /// `None` where the bytes could be anything.
    pub mimetype: Option<&'static str>,
    pub extension: Option<&'static str>,
    /// Sound as WhatsApp's own voice notes have it.
    pub is_opus: bool,
}

impl Sniffed {
    pub fn bytes_max(self) -> u64 {
        if self.kind == FileKind::Document { DOCUMENT_BYTES_MAX } else { SHOWN_BYTES_MAX }
    }

    /// The type that is kept, given what the client said of it (as [`plain_type`] made it).
    pub fn mimetype_with(self, declared: Option<&str>, filename: &str) -> String {
        let is_shown = |mimetype: &str| SHOWN.iter().any(|(shown, ..)| *shown == mimetype);
        let believed = declared.filter(|declared| *declared != ANY && !is_shown(declared));
        let chosen = match self.mimetype {
            Some(known) if self.kind != FileKind::Document || !CONTAINERS.contains(&known) => known,
            Some(known) => believed.filter(|declared| !declared.starts_with("text/")).unwrap_or(known),
            None => believed.or_else(|| text_type(filename)).unwrap_or(ANY),
        };
        chosen.to_owned()
    }
}

/// Looks at the first bytes of a file.
pub fn sniff(head: &[u8]) -> Sniffed {
    let (mimetype, extension, is_opus) = match head {
        [b'O', b'g', b'g', b'S', ..] => ogg(head),
        // MPEG audio without layer bits: AAC in its own frames.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => (Some("audio/aac"), Some("aac"), false),
        [_, _, _, _, b'f', b't', b'y', b'p', b'3', b'g', ..] => (Some("video/3gpp"), Some("3gp"), false),
        _ => infer::get(head)
            .map_or((None, None, false), |found| (Some(found.mime_type()), Some(found.extension()), false)),
    };
    let shown = SHOWN.iter().find(|(shown, ..)| Some(*shown) == mimetype);
    match shown {
        Some((mimetype, kind, extension)) => {
            Sniffed { kind: *kind, mimetype: Some(mimetype), extension: Some(extension), is_opus }
        }
        None => Sniffed { kind: FileKind::Document, mimetype, extension, is_opus },
    }
}

/// OGG holds sound or pictures; the first packet, 28 bytes in, says which.
fn ogg(head: &[u8]) -> (Option<&'static str>, Option<&'static str>, bool) {
    match head.get(28..).unwrap_or_default() {
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => (Some("audio/ogg"), Some("ogg"), true),
        [0x80, b't', b'h', b'e', b'o', b'r', b'a', ..] => (Some("video/ogg"), Some("ogv"), false),
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => (Some("audio/ogg"), Some("ogg"), false),
        _ => (Some("application/ogg"), Some("ogx"), false),
    }
}

/// A type as a client gave it, without parameters and in lower case; `None` if it is none.
pub fn plain_type(given: &str) -> Option<String> {
    let plain = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = plain.split_once('/')?;
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    (is_token(kind) && is_token(subtype)).then_some(plain)
}

fn text_type(filename: &str) -> Option<&'static str> {
    let (_, end) = filename.rsplit_once('.')?;
    TEXTS.iter().find(|(text, _)| end.eq_ignore_ascii_case(text)).map(|(_, mimetype)| *mimetype)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ogg_of(packet: &[u8]) -> Vec<u8> {
        [b"OggS".as_slice(), &[0; 24], packet].concat()
    }

    #[test]
    fn kinds_that_are_shown_are_known_by_their_bytes() {
        for (head, mimetype, kind) in [
            (b"\xff\xd8\xff\xe0..JFIF".to_vec(), "image/jpeg", FileKind::Image),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "image/png", FileKind::Image),
            (b"GIF89a".to_vec(), "image/gif", FileKind::Image),
            (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "image/webp", FileKind::Image),
            (b"ID3\x04\0\0\0\0\0\0".to_vec(), "audio/mpeg", FileKind::Audio),
            (b"\xff\xfb\x90\x64\0\0".to_vec(), "audio/mpeg", FileKind::Audio),
            (b"\xff\xf1\x50\x80\0\0".to_vec(), "audio/aac", FileKind::Audio),
            (ogg_of(b"OpusHead\x01"), "audio/ogg", FileKind::Audio),
            (ogg_of(b"\x01vorbis"), "audio/ogg", FileKind::Audio),
            (b"\0\0\0\x18ftypmp42\0\0\0\0".to_vec(), "video/mp4", FileKind::Video),
            (b"\0\0\0\x18ftypisom\0\0\0\0".to_vec(), "video/mp4", FileKind::Video),
            (b"\0\0\0\x18ftyp3gp4\0\0\0\0".to_vec(), "video/3gpp", FileKind::Video),
        ] {
            let sniffed = sniff(&head);
            assert_eq!((sniffed.mimetype, sniffed.kind), (Some(mimetype), kind));
            assert_eq!(sniffed.mimetype_with(Some("text/plain"), "a.txt"), mimetype, "the bytes win");
            assert_eq!(sniffed.bytes_max(), SHOWN_BYTES_MAX);
        }
        assert!(sniff(&ogg_of(b"OpusHead\x01")).is_opus && !sniff(&ogg_of(b"\x01vorbis")).is_opus);
    }

    #[test]
    fn what_is_no_picture_or_sound_is_a_document_whatever_it_claims() {
        for (head, declared, filename, kept) in [
            (b"alert(1)".to_vec(), Some("image/jpeg"), "a.jpg", "application/octet-stream"),
            (b"alert(1)".to_vec(), Some("video/mp4"), "a.csv", "text/csv"),
            (b"a,b\n1,2".to_vec(), Some("text/csv"), "a.bin", "text/csv"),
            (b"a,b\n1,2".to_vec(), None, "A.CSV", "text/csv"),
            (b"".to_vec(), None, "", "application/octet-stream"),
            (b"%PDF-1.7\n".to_vec(), Some("image/png"), "a.png", "application/pdf"),
            (b"PK\x03\x04aaaaaaaa".to_vec(), Some("application/x-pages"), "a.pages", "application/x-pages"),
            (b"PK\x03\x04aaaaaaaa".to_vec(), Some("image/png"), "a.png", "application/zip"),
            (b"<!DOCTYPE html><p>".to_vec(), Some("image/gif"), "a.gif", "text/html"),
            (ogg_of(b"\x80theora"), Some("audio/ogg"), "a.oga", "video/ogg"),
            (b"\0\0\0\x18ftypqt  \0\0\0\0".to_vec(), Some("video/mp4"), "a.mp4", "video/quicktime"),
        ] {
            let sniffed = sniff(&head);
            let told = sniffed.mimetype_with(declared, filename);
            assert_eq!((sniffed.kind, told.as_str()), (FileKind::Document, kept), "{declared:?} {filename}");
        }
    }

    #[test]
    fn a_declared_type_is_made_plain() {
        assert_eq!(plain_type(" Text/CSV; charset=utf-8").as_deref(), Some("text/csv"));
        for given in ["", "text", "/", "text/", "a b/c", "text/html\r\nx: y", "é/x", "a/b/c"] {
            assert_eq!(plain_type(given), None, "{given}");
        }
    }
}
