//! Downloads by temporary link. Whoever holds a link needs no token; what it opens is always handed over as a download that
//! no browser runs or shows, whatever its type claims.

use std::io::SeekFrom;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use database::Read;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::files::blob::BlobId;
use crate::files::link::{LINK_PATH, LinkFault, LinkKey, Opened, Target, hex, open_link};
use crate::http::error::{failure_body, json};
use crate::message::FileState;
use crate::store::files::file_find;
use crate::store::message_files::message_file_find;

/// What is read and handed on at once.
const READ_BYTES: usize = 64 * 1024;
/// The longest name that a download is given.
const NAME_CHARS_MAX: usize = 200;

pub fn routes(app: App) -> Router {
    Router::new().route(&format!("{LINK_PATH}/{{link}}"), get(download)).with_state(app)
}

/// A file that a link opens.
struct Found {
    blob: BlobId,
    mimetype: String,
    filename: String,
}

async fn download(State(app): State<App>, Path(link): Path<String>, headers: HeaderMap) -> Response {
    match answer(&app, link, &headers).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn answer(app: &App, link: String, headers: &HeaderMap) -> Result<Response, Error> {
    let (reader, now) = (app.clone(), app.clock.now());
    let look = move |tx: &mut database::Snapshot<'_>| {
        let key = reader.link_key(tx)?;
        look_up(tx, &key, &link, now)
    };
    let found = match app.read(look).await? {
        Ok(found) => found,
        Err(LinkFault::Expired) => {
            let gone = Error::not_found("This link's time is over; ask the API for a new one");
            return Ok(json(StatusCode::GONE, failure_body(&gone)));
        }
        Err(LinkFault::Unknown) => return Err(Error::not_found("There is no such file, or it was deleted")),
    };
    let (mut file, size) = app.blobs.open(&found.blob).await?.ok_or_else(|| Error::internal("a blob is missing"))?;
    let tag = format!("\"{}\"", hex(&found.blob));
    let range = wanted(headers, &tag, size);
    let (status, from, length) = match range {
        Wanted::All => (StatusCode::OK, 0, size),
        Wanted::Part { from, length } => (StatusCode::PARTIAL_CONTENT, from, length),
        Wanted::Nothing => return Ok(no_such_part(size)),
    };
    file.seek(SeekFrom::Start(from)).await.map_err(Error::internal)?;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), READ_BYTES));
    let mut response = (status, body).into_response();
    let given = response.headers_mut();
    inert(given, &found);
    given.insert(header::ETAG, value(&tag));
    given.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if status == StatusCode::PARTIAL_CONTENT {
        given.insert(header::CONTENT_RANGE, value(&format!("bytes {from}-{}/{size}", from + length - 1)));
    }
    Ok(response)
}

fn look_up(tx: &mut impl Read, key: &LinkKey, link: &str, now: Time) -> Result<Result<Found, LinkFault>, Error> {
    let Opened { workspace, target, .. } = match open_link(key, link, now) {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let found = match target {
        Target::File(uid) => file_find(tx, workspace, uid)?.map(|file| Found {
            blob: file.sha256,
            mimetype: file.mimetype,
            filename: file.filename,
        }),
        Target::Attachment(message) => message_file_find(tx, workspace, message)?
            .filter(|file| file.state == FileState::Ready)
            .and_then(|file| Some(Found { blob: file.sha256?, mimetype: file.mimetype, filename: file.filename })),
    };
    Ok(found.ok_or(LinkFault::Unknown))
}

/// Headers under which nothing in the file can run or be shown as a page of this server.
fn inert(headers: &mut HeaderMap, found: &Found) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::CACHE_CONTROL, "private"),
        (header::ACCEPT_RANGES, "bytes"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, text) in fixed {
        headers.insert(name, HeaderValue::from_static(text));
    }
    headers.insert(header::CONTENT_TYPE, value(&found.mimetype));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&found.filename)));
}

/// A header's value; what can't stand in one, which nothing stored is, becomes the type that says nothing.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// An attachment under a name that is no path and hides nothing, by RFC 6266: for old clients in ASCII, for others whole.
fn disposition(filename: &str) -> String {
    let base = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let plain: Vec<char> = base.chars().filter(|letter| !hides(*letter)).collect();
    // The end of a name says what it is, so a long one loses its beginning.
    let plain: String = plain[plain.len().saturating_sub(NAME_CHARS_MAX)..].iter().collect();
    let plain = plain.trim().trim_start_matches('.');
    let name = if plain.is_empty() { "file" } else { plain };
    let safe = |letter: char| letter.is_ascii_alphanumeric() || " !#$&+-.^_`{}~()[],=@".contains(letter);
    let ascii: String = name.chars().map(|letter| if safe(letter) { letter } else { '_' }).collect();
    let encoded = name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    });
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part {
        from: u64,
        length: u64,
    },
    /// A part that lies behind the end.
    Nothing,
}

/// The one part of a file that a request wants; several at once, and what isn't understood, count as all of it.
fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Wanted::All;
    }
    let spec = text(header::RANGE).and_then(|range| range.trim().strip_prefix("bytes="));
    let Some((first, last)) = spec.filter(|spec| !spec.contains(',')).and_then(|spec| spec.split_once('-')) else {
        return Wanted::All;
    };
    let digits =
        |text: &str| Some(text.trim()).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let (first, last): (Option<u64>, Option<u64>) = match (first.trim().is_empty(), last.trim().is_empty()) {
        (true, true) => return Wanted::All,
        (true, false) => match digits(last) {
            Some(count) => (Some(size.saturating_sub(count)).filter(|_| count > 0), Some(u64::MAX)),
            None => return Wanted::All,
        },
        (false, true) => (digits(first), Some(u64::MAX)),
        (false, false) => (digits(first), digits(last)),
    };
    match (first, last) {
        (Some(first), Some(last)) if first > last => Wanted::All,
        (Some(first), Some(last)) if first < size => {
            Wanted::Part { from: first, length: last.min(size - 1) - first + 1 }
        }
        (None, _) if !spec.is_some_and(|spec| spec.starts_with('-')) => Wanted::All,
        (_, None) => Wanted::All,
        _ => Wanted::Nothing,
    }
}

fn no_such_part(size: u64) -> Response {
    let error = Error::invalid("Range", format!("The file has {size} bytes; ask for a part within it"));
    let mut response = json(StatusCode::RANGE_NOT_SATISFIABLE, failure_body(&error));
    response.headers_mut().insert(header::CONTENT_RANGE, value(&format!("bytes */{size}")));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_no_path_no_header_and_no_disguise() {
        for (given, ascii, encoded) in [
            ("report.pdf", "report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd", "passwd"),
            ("C:\\Windows\\a.txt", "a.txt", "a.txt"),
            ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt", "aSet-Cookie%3A%20x%3D1.txt"),
            ("a\"; filename=\"b.exe", "a__ filename=_b.exe", "a%22%3B%20filename%3D%22b.exe"),
            ("отчёт.pdf", "_____.pdf", "%D0%BE%D1%82%D1%87%D1%91%D1%82.pdf"),
            ("photo\u{202e}gpj.exe", "photogpj.exe", "photogpj.exe"),
            ("..", "file", "file"),
            ("", "file", "file"),
            (".bashrc", "bashrc", "bashrc"),
        ] {
            let wanted = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
            assert_eq!(disposition(given), wanted, "{given:?}");
            assert!(HeaderValue::from_str(&disposition(given)).is_ok());
        }
        assert!(disposition(&"é".repeat(1024)).len() < 2000);
        assert!(disposition(&format!("{}.pdf", "a".repeat(1020))).ends_with("a.pdf"));
    }

    #[test]
    fn one_part_of_a_file_may_be_wanted() {
        let asked = |range: &str| {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(range).expect("a value"))]);
            wanted(&headers, "\"t\"", 100)
        };
        let part = |from, length| Wanted::Part { from, length };
        assert_eq!(asked("bytes=0-0"), part(0, 1));
        assert_eq!(asked("bytes=10-19"), part(10, 10));
        assert_eq!(asked("bytes=90-"), part(90, 10));
        assert_eq!(asked("bytes=90-1000"), part(90, 10));
        assert_eq!(asked("bytes=-5"), part(95, 5));
        assert_eq!(asked("bytes=-500"), part(0, 100));
        for nothing in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(asked(nothing), Wanted::Nothing, "{nothing}");
        }
        for all in
            ["bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-1", "bytes=+1-2", "bytes=--1"]
        {
            assert_eq!(asked(all), Wanted::All, "{all}");
        }
    }

    #[test]
    fn a_part_is_given_only_of_the_file_that_the_client_knows() {
        let asked = |tag: &'static str| {
            let range = (header::RANGE, HeaderValue::from_static("bytes=1-2"));
            wanted(&HeaderMap::from_iter([range, (header::IF_RANGE, HeaderValue::from_static(tag))]), "\"t\"", 100)
        };
        assert_eq!(asked("\"t\""), Wanted::Part { from: 1, length: 2 });
        assert_eq!((asked("\"other\""), asked("W/\"t\"")), (Wanted::All, Wanted::All));
    }
}
