//! The failures that operations share, in the document's words.

use utoipa::IntoResponses;

use crate::http::error::Failure;

/// How any operation may refuse.
#[derive(IntoResponses)]
pub enum Refusals {
    /// Something in the request is wrong; nothing was done.
    #[response(status = 400)]
    Invalid(Failure),
    /// No valid token.
    #[response(status = 401)]
    Unauthorized(Failure),
    /// Not permitted to this token, or a quota is used up.
    #[response(status = 403)]
    Forbidden(Failure),
    /// Nothing of this id is in the workspace.
    #[response(status = 404)]
    NotFound(Failure),
    /// The address is too long.
    #[response(status = 414)]
    TooLong(Failure),
    /// Too many requests in the last minute; `Retry-After` says when to try again.
    #[response(status = 429)]
    TooFast(Failure),
    /// A fault of ours; nothing was done.
    #[response(status = 500)]
    Fault(Failure),
    /// Busy; nothing was done, try again after `Retry-After`.
    #[response(status = 503)]
    Busy(Failure),
}

/// How an operation that takes a body may refuse besides.
#[derive(IntoResponses)]
pub enum BodyRefusals {
    /// The body came too slowly.
    #[response(status = 408)]
    Slow(Failure),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(Failure),
    /// The `Idempotency-Key` was used with another body.
    #[response(status = 422)]
    Mismatch(Failure),
}

/// How an operation that takes a file may refuse besides.
#[derive(IntoResponses)]
pub enum UploadRefusals {
    /// The body came too slowly.
    #[response(status = 408)]
    Slow(Failure),
    /// A request with this `Idempotency-Key` is still running.
    #[response(status = 409)]
    InFlight(Failure),
    /// The file is larger than its kind may be.
    #[response(status = 413)]
    TooLarge(Failure),
    /// The body is no form with a file.
    #[response(status = 415)]
    NotAForm(Failure),
    /// The `Idempotency-Key` was used with another body.
    #[response(status = 422)]
    Mismatch(Failure),
}

/// How an operation that reaches WhatsApp may refuse besides.
#[derive(IntoResponses)]
pub enum SendRefusals {
    /// The account's way to WhatsApp can't do this.
    #[response(status = 405)]
    NotSupported(Failure),
}

/// How an operation that controls a sandbox may refuse besides.
#[derive(IntoResponses)]
pub enum ControlRefusals {
    /// The body came too slowly.
    #[response(status = 408)]
    Slow(Failure),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(Failure),
    /// The `Idempotency-Key` was used with another body.
    #[response(status = 422)]
    Mismatch(Failure),
}

/// How an operation that takes a cursor may refuse besides.
#[derive(IntoResponses)]
pub enum CursorRefusals {
    /// What stands behind the cursor is no longer kept.
    #[response(status = 410)]
    Expired(Failure),
}
