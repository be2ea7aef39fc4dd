//! `Idempotency-Key`: one key, one deed, the same answer.

use axum::http::{HeaderMap, StatusCode};

use super::answer::{Answer, Asked};
use super::logging::Ending;
use crate::error::{Code, Error};
use crate::http::error::{failure_body, status_of};
use crate::id::MessageUid;
use crate::store::Write;
use crate::store::idempotency::{CLAIM_LIVES, ClaimId, IdempotencyKey, KeptAnswer, idempotency_find};
use crate::workspace::api_log::Outcome;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
pub const KEY_CHARS_MAX: usize = 255;

/// The key that a request brought, if any.
pub(in crate::http) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.to_str().ok().map(str::trim).filter(|text| {
        let is_visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        given.next().is_none() && is_visible && (1..=KEY_CHARS_MAX).contains(&text.len())
    });
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => {
            let rule =
                format!("Idempotency-Key must stand once and have 1 to {KEY_CHARS_MAX} visible ASCII characters");
            Err(Error::invalid("Idempotency-Key", rule))
        }
    }
}

/// The answer that was kept under a key, for operations that are no [`super::Call`]; they claim nothing.
///
/// # Errors
/// `idempotency_mismatch` where it was used with another body.
pub(in crate::http) fn answered_before(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
) -> Result<Option<KeptAnswer>, Error> {
    match earlier_answer(write, key, None)? {
        Earlier::Answer(kept) if kept.fingerprint == key.fingerprint => Ok(Some(kept)),
        Earlier::Answer(_) => Err(mismatch()),
        Earlier::Nothing => Ok(None),
    }
}

fn mismatch() -> Error {
    let rule = "This Idempotency-Key was used with another body; use a new key for a new request";
    Error::new(Code::IdempotencyMismatch, rule)
}

/// What stands under a key.
pub(super) enum Earlier {
    /// Nothing, the call's own claim, or one whose request died.
    Nothing,
    Answer(KeptAnswer),
}

/// Looks under a key.
///
/// # Errors
/// `idempotency_in_flight` while another request lives that has claimed it.
pub(super) fn earlier_answer(
    write: &mut Write<'_, '_>,
    key: &IdempotencyKey,
    own: Option<&ClaimId>,
) -> Result<Earlier, Error> {
    let Some(kept) = idempotency_find(write.tx, write.workspace.id, key, write.now)? else {
        return Ok(Earlier::Nothing);
    };
    let Some(claim) = kept.claim() else { return Ok(Earlier::Answer(kept)) };
    let age = write.now.since(kept.at);
    if own.is_some_and(|own| own.as_str() == claim) || age >= CLAIM_LIVES {
        return Ok(Earlier::Nothing);
    }
    let rule = "A request with this Idempotency-Key is being worked on; wait for its answer, or repeat this in a while";
    Err(Error::new(Code::IdempotencyInFlight, rule).retry_after(RETRY_AFTER))
}

/// What a request that is being worked on may still need.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(5);

/// Answers as before; a replay costs a call and no credit. Another body under the same key is a mistake.
pub(super) fn replay(
    write: &mut Write<'_, '_>,
    asked: &Asked,
    key: &IdempotencyKey,
    kept: KeptAnswer,
) -> Result<Answer, Error> {
    if kept.fingerprint != key.fingerprint {
        let error = mismatch();
        asked.record(write, Ending::of(&error))?;
        let (status, body) = (status_of(&error), failure_body(&error));
        return Ok(Answer { status, body, counted: true, replayed: false, refusal: None });
    }
    again(write, asked, kept, "replayed: this Idempotency-Key was answered before".to_owned())
}

/// Answers a send that repeats another as that one was, for a token that wants it so.
pub(super) fn collapse(write: &mut Write<'_, '_>, asked: &Asked, kept: KeptAnswer) -> Result<Answer, Error> {
    let first = message_in(&kept.body).map_or(String::new(), |uid| format!(" of {uid}"));
    again(write, asked, kept, format!("collapsed: possible duplicate{first}"))
}

fn again(write: &mut Write<'_, '_>, asked: &Asked, kept: KeptAnswer, reason: String) -> Result<Answer, Error> {
    let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| Error::internal("a kept answer has no valid status"))?;
    let message = message_in(&kept.body);
    let outcome = Outcome::of_status(status.as_u16());
    asked.record(write, Ending { status, outcome, reason, message })?;
    Ok(Answer { status, body: kept.body, counted: true, replayed: true, refusal: None })
}

/// The message that an answer told of; those below `/waba` tell it whole, with its chat.
fn message_in(body: &str) -> Option<MessageUid> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let data = &body["data"];
    let whole = data["uid"].as_str().filter(|_| data["chat_id"].is_number());
    data["message_uid"].as_str().or(whole)?.parse().ok().map(MessageUid)
}
