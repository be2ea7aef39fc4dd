//! Answers to requests that never reach, or never leave, a handler in order.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

/// Why a request is refused before, around or instead of its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    AmbiguousFraming,
    HostMissing,
    UriTooLong,
    BodyTooLarge,
    BodyTooSlow,
    BodyBroken,
    Panicked,
}

/// A refusal in words: for the client, and `reason` for logs and metrics.
#[derive(Clone, Copy, Debug)]
pub struct RefusalError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: &'static str,
    pub reason: &'static str,
}

impl Refusal {
    pub fn error(self) -> RefusalError {
        let (status, code, message, reason) = match self {
            Refusal::AmbiguousFraming => (
                StatusCode::BAD_REQUEST,
                "validation_error",
                "The request's length is ambiguous. Send either one Content-Length or Transfer-Encoding: chunked.",
                "framing",
            ),
            Refusal::HostMissing => {
                (StatusCode::BAD_REQUEST, "validation_error", "HTTP/1.1 needs exactly one Host header.", "host")
            }
            Refusal::UriTooLong => {
                (StatusCode::URI_TOO_LONG, "validation_error", "The URL is too long. Shorten its query.", "uri")
            }
            Refusal::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", "The request body is too large.", "body_large")
            }
            Refusal::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "validation_error", "The request body came too slowly.", "body_slow")
            }
            Refusal::BodyBroken => (
                StatusCode::BAD_REQUEST,
                "validation_error",
                "The request body is broken or incomplete.",
                "body_broken",
            ),
            Refusal::Panicked => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "Something went wrong on our side. The X-Request-Id header names this request.",
                "panic",
            ),
        };
        RefusalError { status, code, message, reason }
    }

    pub fn answer(self) -> Response<Body> {
        let error = self.error();
        let mut response = envelope(error.status, error.code, error.message);
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A failure in the contract's envelope. The router's 404 and 405 can use it too.
pub fn envelope(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    #[derive(serde::Serialize)]
    struct Envelope<'a> {
        status: &'a str,
        message: &'a str,
        error_code: &'a str,
    }
    // Strings always serialize.
    let body = serde_json::to_vec(&Envelope { status: "error", message, error_code: code }).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
