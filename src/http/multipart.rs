//! A form with a file in it, read as it comes: never more of it is in memory than what just arrived.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures_util::Stream;
use multer::{Field, Multipart};
use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::files::blob::Blobs;
use crate::files::intake::{Filename, Intake, Purpose, Said, Stored, parse_content_type};
use crate::http::call::{Fingerprint, RawBody};
use crate::http::fields::{ignored, percent_decoded, repeating};
use crate::inbox::schedule::parse_send_at;
use crate::inbox::values::MessageText;

/// JSON where a form may come as well, as everywhere else.
const JSON_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Parts of a form, files and texts together.
const PARTS_MAX: usize = 20;
/// A text part: the longest one is a caption of 2,000 characters.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// What may have arrived and belong to no part's content yet: boundaries and heads of parts, and the piece that is being
/// looked at.
const UNREAD_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// A request whose body is a form with a file.
pub struct UploadBody {
    content_type: String,
    body: Body,
}

impl<S: Send + Sync> FromRequest<S> for UploadBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<UploadBody, Infallible> {
        let given = request.headers().get(header::CONTENT_TYPE);
        let content_type = given.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(UploadBody { content_type, body: request.into_body() })
    }
}

/// A body that is JSON, or a form with a file: which of them, its content type says.
pub enum EitherBody {
    Json(RawBody),
    Form(UploadBody),
}

impl<S: Send + Sync> FromRequest<S> for EitherBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<EitherBody, Infallible> {
        let body = UploadBody::from_request(request, state).await?;
        if body.content_type.trim_start().to_ascii_lowercase().starts_with("multipart/") {
            return Ok(EitherBody::Form(body));
        }
        let bytes = to_bytes(body.body, JSON_BYTES_MAX).await.map_err(|error| {
            let is_too_long = error.into_inner().is::<http_body_util::LengthLimitError>();
            if is_too_long {
                return Error::new(Code::FileTooLarge, "The body is larger than this operation takes; send less");
            }
            Error::invalid("body", "The body ended early or could not be read; send it again")
        });
        Ok(EitherBody::Json(RawBody(bytes)))
    }
}

/// What a form brought.
pub struct Upload {
    pub stored: Stored,
    /// The other texts that were asked for, by the names of their parts.
    pub texts: BTreeMap<&'static str, String>,
    pub caption: Option<MessageText>,
    pub send_at: Option<Time>,
    /// By what a repeated form is known.
    pub fingerprint: Fingerprint,
    /// Parts that nobody asked for.
    ignored: Vec<String>,
}

impl Upload {
    /// The parts that nobody asked for.
    pub fn ignored(&mut self) -> Vec<String> {
        ignored(std::mem::take(&mut self.ignored).into_iter())
    }

    /// For an operation that has no place for a text.
    #[must_use]
    pub fn without_caption(mut self) -> Upload {
        if self.caption.take().is_some() {
            self.ignored.push("caption".to_owned());
        }
        self
    }

    /// For an operation that sends nothing.
    #[must_use]
    pub fn only_kept(self) -> Upload {
        let mut upload = self.without_caption();
        if upload.send_at.take().is_some() {
            upload.ignored.push("send_at".to_owned());
        }
        upload
    }
}

/// The parts that were read so far.
#[derive(Default)]
struct Form {
    /// Names of further parts that are read as texts.
    wanted: &'static [&'static str],
    texts: BTreeMap<&'static str, String>,
    file: Option<(Intake, Said)>,
    said: Said,
    caption: Option<MessageText>,
    send_at: Option<Time>,
    hash: Sha256,
    ignored: Vec<String>,
}

/// Reads a form to its end: the part `file` into a blob, `filename`, `content_type`, `caption` and `send_at` as texts; other
/// parts are passed over, and named.
///
/// # Errors
/// `unsupported_media_type`, `validation_error` (no file, two of them, a broken form, a bad text), `file_too_large`, or a
/// fault of the disk.
pub async fn read_upload(upload: UploadBody, blobs: &Blobs, purpose: Purpose) -> Result<Upload, Error> {
    read_upload_with(upload, blobs, purpose, &[]).await
}

/// As [`read_upload`], with parts of further names read as texts.
///
/// # Errors
/// As [`read_upload`].
pub async fn read_upload_with(
    upload: UploadBody,
    blobs: &Blobs,
    purpose: Purpose,
    wanted: &'static [&'static str],
) -> Result<Upload, Error> {
    let boundary = multer::parse_boundary(&upload.content_type).map_err(|_| not_a_form(&upload.content_type))?;
    let taken = Arc::new(AtomicU64::new(0));
    let stream = Pieces { inner: upload.body.into_data_stream(), fed: 0, taken: Arc::clone(&taken), may_rest: false };
    let mut parts = Multipart::new(stream, boundary);
    let mut form = Form { wanted, ..Form::default() };
    for _ in 0..PARTS_MAX {
        let Some(field) = parts.next_field().await.map_err(broken)? else { return form.finish(blobs).await };
        let mut part = Part { field, taken: Arc::clone(&taken) };
        form.read(&mut part, blobs, purpose).await?;
    }
    Err(Error::invalid("body", format!("The form has more than {PARTS_MAX} parts; send only what is documented")))
}

/// Reads the part `file` of a form as text, for what is too small to be kept as a file.
///
/// # Errors
/// `unsupported_media_type`, `validation_error` (no file, a broken form, no UTF-8), `file_too_large`.
pub async fn read_text(upload: UploadBody, bytes_max: usize) -> Result<String, Error> {
    let boundary = multer::parse_boundary(&upload.content_type).map_err(|_| not_a_form(&upload.content_type))?;
    let mut parts = Multipart::new(upload.body.into_data_stream(), boundary);
    for _ in 0..PARTS_MAX {
        let Some(mut field) = parts.next_field().await.map_err(broken)? else { break };
        let is_file = field.name() == Some("file");
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > bytes_max {
                let rule = format!("The file has more than {bytes_max} bytes; split it");
                return Err(Error::new(Code::FileTooLarge, rule));
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_file {
            return String::from_utf8(bytes)
                .map_err(|_| Error::invalid("file", "The file is not UTF-8; save it as CSV UTF-8"));
        }
    }
    Err(Error::invalid("file", "Choose a file first"))
}

impl Form {
    async fn read(&mut self, part: &mut Part, blobs: &Blobs, purpose: Purpose) -> Result<(), Error> {
        let name = part.field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => self.read_file(part, blobs, purpose).await?,
            "filename" => {
                let text = self.text(part, "filename").await?;
                self.said.filename = told("filename", &text, Filename::parse)?;
            }
            "content_type" => {
                let text = self.text(part, "content_type").await?;
                self.said.content_type = told("content_type", &text, parse_content_type)?;
            }
            "caption" => {
                let text = self.text(part, "caption").await?;
                let caption = (!text.is_empty()).then(|| told("caption", &text, MessageText::parse));
                self.caption = caption.transpose()?;
            }
            "send_at" => {
                let text = self.text(part, "send_at").await?;
                let send_at = (!text.is_empty()).then(|| told("send_at", &text, parse_send_at));
                self.send_at = send_at.transpose()?;
            }
            "" => self.pass_over(part, "(unnamed)").await?,
            other => match self.wanted.iter().find(|name| **name == other) {
                Some(name) => {
                    let text = self.text(part, name).await?;
                    self.texts.insert(name, text);
                }
                None => self.pass_over(part, other).await?,
            },
        }
        Ok(())
    }

    async fn read_file(&mut self, part: &mut Part, blobs: &Blobs, purpose: Purpose) -> Result<(), Error> {
        if self.file.is_some() {
            return Err(Error::invalid("file", "The form has two parts named file; send one file at a time"));
        }
        // The part's own words count where the form has none; a type that is none is left out.
        let filename = Filename::parse("file", &name_of(&part.field))?;
        let content_type = part.field.content_type().map(ToString::to_string).unwrap_or_default();
        let said = Said { filename, content_type: parse_content_type("file", &content_type).unwrap_or_default() };
        let mut intake = Intake::begin(blobs, purpose).await?;
        while let Some(chunk) = part.chunk().await? {
            intake.write(&chunk).await?;
        }
        self.file = Some((intake, said));
        Ok(())
    }

    async fn text(&mut self, part: &mut Part, name: &str) -> Result<String, Error> {
        let mut bytes = Vec::new();
        while let Some(chunk) = part.chunk().await? {
            if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
                let rule = format!("{name} has more than {TEXT_BYTES_MAX} bytes; send less");
                return Err(Error::invalid(name, rule));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(bytes).map_err(|_| Error::invalid(name, format!("{name} is not UTF-8")))?;
        self.note(name, text.as_bytes());
        Ok(text)
    }

    /// A part that nobody asked for. It still makes the form another one.
    async fn pass_over(&mut self, part: &mut Part, name: &str) -> Result<(), Error> {
        let mut hash = Sha256::new();
        while let Some(chunk) = part.chunk().await? {
            hash.update(&chunk);
        }
        self.note(name, &hash.finalize());
        if !self.ignored.iter().any(|known| known == name) {
            self.ignored.push(name.to_owned());
        }
        Ok(())
    }

    /// Lets a part count towards what a repeated form is known by.
    fn note(&mut self, name: &str, value: &[u8]) {
        for text in [name.as_bytes(), value] {
            self.hash.update((text.len() as u64).to_be_bytes());
            self.hash.update(text);
        }
    }

    async fn finish(mut self, blobs: &Blobs) -> Result<Upload, Error> {
        let Some((intake, own)) = self.file.take() else {
            let rule = "The form has no part named file; send the file's bytes in a part of that name";
            return Err(Error::invalid("file", rule));
        };
        let said = Said {
            filename: self.said.filename.take().or(own.filename),
            content_type: self.said.content_type.take().or(own.content_type),
        };
        let stored = intake.finish(blobs, said).await?;
        self.note("file", &stored.file.sha256);
        self.note("name", stored.filename.as_bytes());
        self.note("type", stored.file.mimetype.as_bytes());
        let (caption, send_at, ignored) = (self.caption.take(), self.send_at, std::mem::take(&mut self.ignored));
        let fingerprint = self.hash.finalize().into();
        let texts = std::mem::take(&mut self.texts);
        Ok(Upload { stored, texts, caption, send_at, fingerprint, ignored })
    }
}

/// Parses a text part; a refusal repeats it.
fn told<T>(name: &str, text: &str, parse: impl FnOnce(&str, &str) -> Result<T, Error>) -> Result<T, Error> {
    parse(name, text).map_err(|refusal| repeating(refusal, name, text))
}

struct Part {
    field: Field<'static>,
    taken: Arc<AtomicU64>,
}

impl Part {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.field.chunk().await.map_err(broken)?;
        if let Some(chunk) = &chunk {
            self.taken.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        Ok(chunk)
    }
}

/// A body's pieces, one at a time: the parser takes all that it is given before it looks, so it is made to look after each
/// piece. It also would keep for ever what is no part's content; that ends here.
struct Pieces {
    inner: BodyDataStream,
    fed: u64,
    taken: Arc<AtomicU64>,
    may_rest: bool,
}

impl Stream for Pieces {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.may_rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.fed.saturating_sub(self.taken.load(Ordering::Relaxed)) > UNREAD_BYTES_MAX {
            return Poll::Ready(Some(Err(axum::Error::new("a form with too much outside of its parts"))));
        }
        let piece = Pin::new(&mut self.inner).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &piece {
            self.fed += bytes.len() as u64;
            self.may_rest = true;
        }
        piece
    }
}

/// The name that a part gives its file. Some clients write names beyond ASCII only as `filename*` (RFC 5987), which forms
/// don't know by their own rules.
fn name_of(field: &Field<'_>) -> String {
    if let Some(name) = field.file_name() {
        return name.to_owned();
    }
    let disposition = field.headers().get(header::CONTENT_DISPOSITION).and_then(|value| value.to_str().ok());
    let extended = disposition.into_iter().flat_map(|text| text.split(';')).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        let (charset, rest) = value.trim_matches('"').split_once('\'')?;
        let is_it = name.trim().eq_ignore_ascii_case("filename*") && charset.eq_ignore_ascii_case("utf-8");
        let (_, encoded) = rest.split_once('\'').filter(|_| is_it)?;
        // Here a plus is a plus.
        percent_decoded(&encoded.replace('+', "%2B"))
    });
    extended.unwrap_or_default()
}

fn not_a_form(content_type: &str) -> Error {
    let given: String = content_type.chars().take(100).collect();
    let rule = "Send the file as multipart/form-data with a boundary: use a part named file";
    let shown = if given.is_empty() { "no Content-Type".to_owned() } else { format!("Content-Type \"{given}\"") };
    Error::new(Code::UnsupportedMediaType, format!("{rule}; this request has {shown}"))
}

fn broken(error: multer::Error) -> Error {
    let what = match error {
        multer::Error::StreamReadFailed(_) => "could not be read to its end",
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => "is cut off: its closing boundary is missing",
        _ => "is malformed",
    };
    Error::invalid("body", format!("The form {what}; send it whole, as multipart/form-data"))
}
