//! Answers to requests that never reach, or never leave, a handler in order.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use crate::error::{Code, Error};
use crate::http::error::{failure_body, json};

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
    pub code: Code,
    pub message: &'static str,
    pub reason: &'static str,
}

impl Refusal {
    pub fn error(self) -> RefusalError {
        let (status, code, message, reason) = match self {
            Refusal::AmbiguousFraming => (
                StatusCode::BAD_REQUEST,
                Code::ValidationError,
                "The request's length is ambiguous. Send either one Content-Length or Transfer-Encoding: chunked.",
                "framing",
            ),
            Refusal::HostMissing => {
                (StatusCode::BAD_REQUEST, Code::ValidationError, "HTTP/1.1 needs exactly one Host header.", "host")
            }
            Refusal::UriTooLong => {
                (StatusCode::URI_TOO_LONG, Code::ValidationError, "The URL is too long. Shorten its query.", "uri")
            }
            Refusal::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Code::FileTooLarge,
                "The request body is too large; all but uploads have at most 1 MB.",
                "body_large",
            ),
            Refusal::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, Code::ValidationError, "The request body came too slowly.", "body_slow")
            }
            Refusal::BodyBroken => (
                StatusCode::BAD_REQUEST,
                Code::ValidationError,
                "The request body is broken or incomplete.",
                "body_broken",
            ),
            Refusal::Panicked => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::InternalError,
                "Something went wrong on our side. The X-Request-Id header names this request.",
                "panic",
            ),
        };
        RefusalError { status, code, message, reason }
    }

    pub fn answer(self) -> Response<Body> {
        let error = self.error();
        let mut response = json(error.status, failure_body(&Error::new(error.code, error.message)));
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
