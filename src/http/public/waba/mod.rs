//! Official accounts: the operations below `/waba`. They reach what stands on numbers of Meta's Cloud API and nothing else;
//! what is the same as elsewhere (labels, reactions) is answered by the same rules.

pub mod accounts;
pub mod analytics;
pub mod chats;
pub mod form;
pub mod labels;
pub mod messages;
pub mod send_body;
pub mod sends;
pub mod templates;

use utoipa::IntoResponses;

use crate::http::error::Failure;

/// How a send from an official account may refuse besides.
#[derive(IntoResponses)]
pub enum WabaRefusals {
    /// The account's way to WhatsApp can't do this.
    #[response(status = 405)]
    NotSupported(Failure),
    /// The body came too slowly.
    #[response(status = 408)]
    Slow(Failure),
    /// The account was removed, the contact's 24 hours are over, or the template can't be sent as it is.
    #[response(status = 409)]
    Conflict(Failure),
    /// The body or the file is too large.
    #[response(status = 413)]
    TooLarge(Failure),
    /// The body is neither JSON nor a form with a file.
    #[response(status = 415)]
    NotAForm(Failure),
    /// The template takes other variables, or the `Idempotency-Key` was used with another body.
    #[response(status = 422)]
    Mismatch(Failure),
}
