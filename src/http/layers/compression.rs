//! Compression of answers that gain from it.
//!
//! The choice is made here and only the work left to tower-http: its layer would wrap every body, and answer 406 to an
//! odd `Accept-Encoding` after the handler had done its work.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use futures_util::FutureExt;
use tower::Service;
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

/// Below this an answer fits in a packet anyway.
const BYTES_MIN: u64 = 1024;

/// Level 4: 5 to 10 times smaller for JSON at a fraction of the time of the default levels, and it is spent on a thread
/// that serves others.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// What the client can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

/// The better coding among those the client names; none if it names none or has switched them off (`q=0`).
pub(super) fn accepted(headers: &HeaderMap) -> Option<Coding> {
    let mut best = None;
    for line in headers.get_all(header::ACCEPT_ENCODING) {
        for part in line.to_str().unwrap_or_default().split(',') {
            let mut words = part.split(';').map(str::trim);
            let name = words.next().unwrap_or_default();
            let refused = words.any(|word| word.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
            if refused {
                continue;
            }
            if name.eq_ignore_ascii_case("br") {
                return Some(Coding::Brotli);
            }
            if name.eq_ignore_ascii_case("gzip") {
                best = Some(Coding::Gzip);
            }
        }
    }
    best
}

/// Compresses an answer that is large enough, of a type that gains, and not yet coded; leaves all others alone.
pub(super) fn compress(response: Response<Body>, coding: Option<Coding>) -> Response<Body> {
    if !is_worth_it(&response) {
        return response;
    }
    let Some(coding) = coding else {
        return varying(response);
    };
    let name = match coding {
        Coding::Brotli => "br",
        Coding::Gzip => "gzip",
    };
    let mut request = Request::new(());
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(name));
    let mut service = Compression::new(Given(Some(response))).quality(LEVEL);
    // The inner service has its answer, so the first look finds it.
    match service.call(request).now_or_never() {
        Some(Ok(response)) => weaken_etag(response.map(Body::new)),
        None => Response::default(),
    }
}

fn is_worth_it(response: &Response<Body>) -> bool {
    let headers = response.headers();
    response.body().size_hint().exact().is_none_or(|bytes| bytes >= BYTES_MIN)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !matches!(response.status(), StatusCode::PARTIAL_CONTENT | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        && headers.get(header::CONTENT_TYPE).is_some_and(is_compressible)
}

fn is_compressible(content_type: &HeaderValue) -> bool {
    let bytes = content_type.as_bytes();
    let end = bytes.iter().position(|&byte| byte == b';').unwrap_or(bytes.len());
    match bytes[..end].trim_ascii() {
        // Each event has to leave at once.
        b"text/event-stream" => false,
        b"application/json"
        | b"application/javascript"
        | b"application/xml"
        | b"image/svg+xml"
        | b"application/wasm"
        | b"application/manifest+json"
        | b"application/problem+json" => true,
        other => other.starts_with(b"text/"),
    }
}

/// A cache must not give this answer to clients that would have got another coding.
fn varying(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// A strong `ETag` promises the same bytes, which two codings of a thing are not.
fn weaken_etag(mut response: Response<Body>) -> Response<Body> {
    if let Some(tag) = response.headers().get(header::ETAG)
        && !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

/// A service that answers once with what it was given.
struct Given(Option<Response<Body>>);

impl Service<Request<()>> for Given {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses_and_may_refuse() {
        let accepted =
            |text| accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]));
        assert_eq!(accepted("gzip, deflate, br"), Some(Coding::Brotli));
        assert_eq!(accepted("gzip;q=0.5"), Some(Coding::Gzip));
        assert_eq!(accepted("br;q=0, gzip; q=0.0"), None);
        assert_eq!(accepted("identity, *;q=0"), None);
        assert_eq!(super::accepted(&HeaderMap::new()), None);
    }
}
