//! Taking a file in: streamed into a blob, cut off at the limit of what its bytes are, then named, typed and measured.

use std::fs::File;

use transport::FileKind;

use super::blob::{Blob, Blobs, HEAD_BYTES, NewBlob};
use super::picture::measure;
use super::sniff::{DOCUMENT_BYTES_MAX, Sniffed, plain_type, sniff};
use super::voice::voice_note;
use crate::clock::Time;
use crate::error::{Code, Error};
use crate::id::{FileUid, TokenId};
use crate::store::files::FileRow;
use crate::store::message_files::FetchedFile;

/// What is made a voice note.
const MP3: &str = "audio/mpeg";
pub const FILENAME_CHARS_MAX: usize = 1_024;
pub const CONTENT_TYPE_CHARS_MAX: usize = 140;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Any,
    /// A voice message: sound only. OGG/Opus becomes a voice note, MP3 is made one, other sound an ordinary audio file.
    Voice,
}

/// A file that is coming in.
pub struct Intake {
    blob: NewBlob,
    purpose: Purpose,
    /// Known once enough bytes are there.
    sniffed: Option<Sniffed>,
}

/// What is said of a file beside its bytes; every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub filename: Option<Filename>,
    pub content_type: Option<String>,
}

/// A file name for people: 1 to [`FILENAME_CHARS_MAX`] characters, kept as it came. Never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filename(String);

/// A file whose bytes are in their blob; no row names it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub filename: String,
    pub file: FetchedFile,
}

impl Filename {
    /// A blank one counts as none.
    ///
    /// # Errors
    /// `validation_error` for one that is too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<Option<Filename>, Error> {
        let length = given.chars().count();
        if length > FILENAME_CHARS_MAX {
            let rule = format!("{field} has {length} characters; at most {FILENAME_CHARS_MAX} are allowed");
            return Err(Error::invalid(field, rule));
        }
        if given.contains('\0') {
            return Err(Error::invalid(field, format!("{field} holds a NUL character (U+0000); remove it")));
        }
        Ok((!given.trim().is_empty()).then(|| Filename(given.to_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A content type that a client named; an empty one counts as none.
///
/// # Errors
/// `validation_error` for one that is too long or no content type.
pub fn parse_content_type(field: &str, given: &str) -> Result<Option<String>, Error> {
    if given.trim().is_empty() {
        return Ok(None);
    }
    let plain = (given.chars().count() <= CONTENT_TYPE_CHARS_MAX).then(|| plain_type(given)).flatten();
    let shown: String = given.chars().take(CONTENT_TYPE_CHARS_MAX).collect();
    plain.map(Some).ok_or_else(|| {
        let rule = format!("{field} \"{shown}\" is no content type of at most {CONTENT_TYPE_CHARS_MAX} characters");
        Error::invalid(field, format!("{rule}; write it as application/pdf, or leave it out"))
    })
}

impl Intake {
    /// Begins; dropped before its end it leaves nothing behind.
    ///
    /// # Errors
    /// Busy (503) where the disk is full, else a fault.
    pub async fn begin(blobs: &Blobs, purpose: Purpose) -> Result<Intake, Error> {
        Ok(Intake { blob: blobs.begin().await?, purpose, sniffed: None })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `file_too_large` past the limit of its kind, `validation_error` where it can't serve its purpose, or as
    /// [`Intake::begin`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // In pieces, so that the type is known before much is written, however large the first one is.
        for piece in bytes.chunks(HEAD_BYTES * 8) {
            self.blob.write(piece).await?;
            if self.sniffed.is_none() && self.blob.head().len() == HEAD_BYTES {
                self.look()?;
            }
            let bytes_max = self.sniffed.map_or(DOCUMENT_BYTES_MAX, Sniffed::bytes_max);
            if self.blob.size_bytes() > bytes_max {
                return Err(too_large(self.sniffed, bytes_max));
            }
        }
        Ok(())
    }

    fn look(&mut self) -> Result<Sniffed, Error> {
        let sniffed = sniff(self.blob.head());
        if self.purpose == Purpose::Voice && sniffed.kind != FileKind::Audio {
            let rule = "A voice message must be OGG with Opus sound (.ogg, .oga) or MP3, and this file is neither";
            return Err(Error::invalid("file", format!("{rule}; record or convert it, or send it with file_message")));
        }
        self.sniffed = Some(sniffed);
        Ok(sniffed)
    }

    /// Ends: makes the bytes a durable blob, and says what they are. An image that can't be shown (broken, or with more
    /// pixels than the limit) is a document.
    ///
    /// # Errors
    /// `validation_error` for an empty file, else as [`Intake::write`].
    pub async fn finish(mut self, blobs: &Blobs, said: Said) -> Result<Stored, Error> {
        if self.blob.size_bytes() == 0 {
            return Err(Error::invalid("file", "The file is empty; send one with at least one byte"));
        }
        let sniffed = match self.sniffed {
            Some(sniffed) => sniffed,
            None => self.look()?,
        };
        let purpose = self.purpose;
        let mut blob = self.blob.finish().await?;
        let mut filename = said.filename.map_or_else(|| usual_name(sniffed), |name| name.0);
        let mut sniffed = sniffed;
        if purpose == Purpose::Voice && sniffed.mimetype == Some(MP3) {
            blob = spoken(blobs, &blob).await?;
            (sniffed, filename) = (sniff(&blob.head), renamed(&filename));
        }
        let mimetype = sniffed.mimetype_with(said.content_type.as_deref(), &filename);
        let mut file = FetchedFile {
            sha256: blob.id,
            kind: sniffed.kind,
            mimetype,
            size_bytes: i64::try_from(blob.size_bytes).unwrap_or(i64::MAX),
            width: 0,
            height: 0,
            thumbnail: None,
        };
        match sniffed.kind {
            FileKind::Image => show(blobs, &blob, &mut file).await?,
            FileKind::Audio if purpose == Purpose::Voice && sniffed.is_opus => file.kind = FileKind::Voice,
            _ => {}
        }
        Ok(Stored { filename, file })
    }
}

/// The voice note that an MP3 is made; the MP3 itself nobody needs any more.
async fn spoken(blobs: &Blobs, mp3: &Blob) -> Result<Blob, Error> {
    let note = voice_note(reopened(blobs, mp3).await?).await?;
    blobs.put(&note).await
}

fn renamed(filename: &str) -> String {
    let end = filename.len().saturating_sub(4);
    let is_mp3 = filename.get(end..).is_some_and(|end| end.eq_ignore_ascii_case(".mp3"));
    let stem = if is_mp3 { &filename[..end] } else { filename };
    stem.chars().take(FILENAME_CHARS_MAX - 4).chain(".ogg".chars()).collect()
}

async fn reopened(blobs: &Blobs, blob: &Blob) -> Result<File, Error> {
    let gone = || Error::internal("a blob that was just stored is gone");
    let (bytes, _) = blobs.open(&blob.id).await?.ok_or_else(gone)?;
    Ok(bytes.into_std().await)
}

/// What a file is that came with a message: shown as its sender meant it where its bytes are of that kind, else a document.
/// Its type is seen by its bytes, and an image is measured, as an uploaded one is.
///
/// # Errors
/// As [`Intake::begin`].
pub async fn describe(
    blobs: &Blobs,
    blob: &Blob,
    said: FileKind,
    mimetype: &str,
    filename: &str,
) -> Result<FetchedFile, Error> {
    let sniffed = sniff(&blob.head);
    let mut file = FetchedFile {
        sha256: blob.id,
        kind: if is_of_kind(sniffed, said) { said } else { FileKind::Document },
        mimetype: sniffed.mimetype_with(plain_type(mimetype).as_deref(), filename),
        size_bytes: i64::try_from(blob.size_bytes).unwrap_or(i64::MAX),
        width: 0,
        height: 0,
        thumbnail: None,
    };
    if matches!(file.kind, FileKind::Image | FileKind::Sticker) {
        show(blobs, blob, &mut file).await?;
    }
    Ok(file)
}

/// Whether the bytes are of a kind. WhatsApp shows more types than are taken from clients, so their family decides.
fn is_of_kind(sniffed: Sniffed, kind: FileKind) -> bool {
    let family = match kind {
        FileKind::Document => return true,
        FileKind::Image | FileKind::Sticker => "image/",
        FileKind::Audio | FileKind::Voice => "audio/",
        FileKind::Video => "video/",
    };
    sniffed.mimetype.is_some_and(|mimetype| mimetype.starts_with(family))
}

async fn show(blobs: &Blobs, blob: &Blob, file: &mut FetchedFile) -> Result<(), Error> {
    let Some(picture) = measure(reopened(blobs, blob).await?, &file.mimetype).await? else {
        file.kind = FileKind::Document;
        return Ok(());
    };
    (file.width, file.height) = (i64::from(picture.width), i64::from(picture.height));
    file.thumbnail = Some(blobs.put(&picture.thumbnail).await?.id);
    Ok(())
}

fn too_large(sniffed: Option<Sniffed>, bytes_max: u64) -> Error {
    let what = match sniffed.map(|sniffed| sniffed.kind) {
        Some(FileKind::Image) => "An image",
        Some(FileKind::Audio) => "Sound",
        Some(FileKind::Video) => "A video",
        _ => "A document",
    };
    let mebibytes = bytes_max / (1024 * 1024);
    Error::new(Code::FileTooLarge, format!("The file is too large. {what} may have {mebibytes} MB; send a smaller one"))
}

/// What a file without a name is called.
fn usual_name(sniffed: Sniffed) -> String {
    sniffed.extension.map_or_else(|| "file".to_owned(), |end| format!("file.{end}"))
}

impl Stored {
    /// The row of an uploaded file.
    pub fn row(self, uid: FileUid, token: TokenId, now: Time) -> FileRow {
        let FetchedFile { sha256, kind, mimetype, size_bytes, width, height, thumbnail } = self.file;
        FileRow {
            uid,
            sha256,
            filename: self.filename,
            mimetype,
            size_bytes,
            kind,
            width,
            height,
            thumbnail,
            token,
            uploaded_by_email: String::new(),
            uploaded_at: now,
        }
    }
}
