//! The one wrapper around every public operation: it proves the caller, passes the gate, replays an idempotent answer,
//! runs the domain function, counts and logs, so that no endpoint can forget one of them.
//!
//! A read says [`Call::read`], a write [`Call::write`], a write that must first fetch or store something outside of the
//! database [`Call::write_after`] (or [`Call::write_after_stream`], where only that step knows what was sent).

mod answer;
mod claim;
mod entering;
mod idempotency;
mod logging;
mod prepared;
mod streaming;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::response::Response;
use database::{Priority, Snapshot};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::caller::{KnownCallers, authenticate};
use crate::http::error::json;
use crate::http::fields::Fields;
use crate::http::streams::Streams;
use crate::id::MessageUid;
use crate::store::Write;
use crate::store::idempotency::IdempotencyKey;
use crate::workspace::duplicates::{RecentSends, Seat, SendMark};
use crate::workspace::limits::Pass;
use crate::workspace::tokens::Caller;
pub(in crate::http) use answer::Envelope;
use answer::{Answer, Asked, answer_in_write};
pub use idempotency::KEY_CHARS_MAX;
pub(in crate::http) use idempotency::{answered_before, key_of};
use logging::Facts;
pub use prepared::Streamed;

pub(in crate::http) const REPLAYED: &str = "idempotent-replayed";

/// What the public routes share.
#[derive(Clone)]
pub struct PublicState {
    pub app: App,
    pub known: Arc<KnownCallers>,
    pub recent: Arc<RecentSends>,
    pub streams: Streams,
}

impl PublicState {
    pub fn new(app: App) -> PublicState {
        PublicState { app, known: Arc::default(), recent: Arc::default(), streams: Streams::default() }
    }
}

/// One request of the public API by a proven caller.
pub struct Call {
    app: App,
    recent: Arc<RecentSends>,
    caller: Arc<Caller>,
    facts: Facts,
    query: Result<Fields, Error>,
    key: Result<Option<String>, Error>,
    fingerprint: Fingerprint,
    envelope: Envelope,
    /// The status of its success.
    success: StatusCode,
}

/// SHA-256 of what was sent: by it a repeated request is known to be the same one.
pub type Fingerprint = [u8; 32];
const NOTHING_SENT: Fingerprint = [0; 32];

/// What an operation answers, and the message that it made.
pub struct Done<T> {
    pub data: T,
    pub message: Option<MessageUid>,
}

impl<T> Done<T> {
    /// An answer to something that made no message.
    pub fn with(data: T) -> Done<T> {
        Done { data, message: None }
    }
}

impl FromRequestParts<PublicState> for Call {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Call, Error> {
        let app = state.app.clone();
        let facts = Facts::of(parts, &app.clock);
        let caller = match authenticate(&app, &state.known, parts).await {
            Ok(caller) => caller,
            Err(refused) => {
                facts.note_refused(&app, &refused);
                return Err(refused.error);
            }
        };
        let recent = Arc::clone(&state.recent);
        let query = Fields::from_query(parts.uri.query().unwrap_or_default());
        let key = if parts.method == Method::POST { idempotency::key_of(&parts.headers) } else { Ok(None) };
        let (fingerprint, envelope) = (NOTHING_SENT, Envelope::Data);
        let success = StatusCode::OK;
        Ok(Call { app, recent, caller, facts, query, key, fingerprint, envelope, success })
    }
}

/// A request's body, read within its limit.
pub struct RawBody(pub Result<Bytes, Error>);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<RawBody, Self::Rejection> {
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return Error::new(Code::FileTooLarge, "The body is larger than this operation takes; send less");
            }
            Error::invalid("body", "The body ended early or could not be read; send it again")
        });
        Ok(RawBody(body))
    }
}

impl Call {
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller, once its scope allows reading.
    ///
    /// # Errors
    /// `insufficient_scope`.
    pub fn may_read(&self) -> Result<(), Error> {
        if self.caller.scope.may_read() {
            return Ok(());
        }
        Err(Error::new(Code::InsufficientScope, "This token may only send; use one with scope read or full"))
    }

    /// # Errors
    /// `insufficient_scope`.
    pub fn may_send(&self) -> Result<(), Error> {
        if self.caller.scope.may_send() {
            return Ok(());
        }
        Err(Error::new(Code::InsufficientScope, "This token may only read; use one with scope send or full"))
    }

    /// For changes that are no sends: of teammates, templates, webhooks.
    ///
    /// # Errors
    /// `insufficient_scope`.
    pub fn may_manage(&self) -> Result<(), Error> {
        if self.caller.scope.may_manage() {
            return Ok(());
        }
        Err(Error::new(Code::InsufficientScope, "This token may not change settings; use one with scope full"))
    }

    /// Answers with the data alone, for the few operations whose success the contract shows without `status` and `data`.
    #[must_use]
    pub fn bare(self) -> Call {
        Call { envelope: Envelope::None, ..self }
    }

    /// Keeps `secret` out of what is kept under an `Idempotency-Key`: a secret is told once, and stored nowhere as it is.
    #[must_use]
    pub fn with_a_secret(self) -> Call {
        Call { envelope: Envelope::Secret, ..self }
    }

    /// Answers a success of a write with another status than 200.
    #[must_use]
    pub fn answering(self, success: StatusCode) -> Call {
        Call { success, ..self }
    }

    /// Reads the query with `read`; keys that it doesn't ask for are noted.
    ///
    /// # Errors
    /// `validation_error` with all that is wrong.
    pub fn query<T>(&mut self, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let fields = std::mem::replace(&mut self.query, Ok(Fields::default()))?;
        self.read_fields(fields, read)
    }

    /// Reads a JSON body with `read`; keys that it doesn't ask for are noted.
    ///
    /// # Errors
    /// `validation_error` with all that is wrong, `unsupported_media_type`, `file_too_large`.
    pub fn body<T>(&mut self, body: RawBody, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let bytes = self.bytes(body)?;
        let fields = Fields::from_json(&bytes)?;
        self.read_fields(fields, read)
    }

    /// As [`Call::body`], for the few bodies in which a key that nobody asked for is refused.
    ///
    /// # Errors
    /// As [`Call::body`], and `validation_error` naming the first such key.
    pub fn strict_body<T>(&mut self, body: RawBody, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let before = self.facts.ignored.len();
        let value = self.body(body, read)?;
        match self.facts.ignored.get(before) {
            None => Ok(value),
            Some(key) => {
                let rule = format!("{key} is no key of this body, which takes no others than documented; leave it out");
                Err(Error::invalid(key, rule))
            }
        }
    }

    /// A body that isn't JSON, as it came.
    ///
    /// # Errors
    /// `validation_error` or `file_too_large` where it could not be read.
    pub fn bytes(&mut self, body: RawBody) -> Result<Bytes, Error> {
        let bytes = body.0?;
        self.fingerprint = Sha256::digest(&bytes).into();
        self.facts.sent = bytes.clone();
        Ok(bytes)
    }

    fn read_fields<T>(&mut self, mut fields: Fields, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let value = read(&mut fields);
        self.facts.ignored.extend(fields.finish()?);
        value.ok_or_else(|| Error::internal("a request was read in part and no fault was noted"))
    }

    /// Answers from a snapshot. The call is counted and logged within 200 ms.
    pub async fn read<R, T, F>(self, request: Result<R, Error>, look: F) -> Response
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Snapshot<'_>, &Caller, &R) -> Result<T, Error> + Send + 'static,
    {
        let pass = match self.enter_alone().await {
            Ok(pass) => pass,
            Err(error) => return self.refuse_uncounted(error),
        };
        let answer = match request {
            Ok(request) => {
                let (caller, envelope) = (Arc::clone(&self.caller), self.envelope);
                self.app.read(move |tx| look(tx, &caller, &request).and_then(|data| envelope.around(data))).await
            }
            Err(error) => Err(error),
        };
        self.count(pass, answer)
    }

    /// Answers after one durable write, which counts and logs the call as well.
    pub async fn write<R, T, F>(mut self, request: Result<R, Error>, work: F) -> Response
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Write<'_, '_>, &Caller, &R) -> Result<Done<T>, Error> + Send + 'static,
    {
        let request = self.take_key().and_then(|key| Ok((request?, key)));
        let entered = if request.is_ok() { self.enter().await } else { self.enter_alone().await };
        let pass = match entered {
            Ok(pass) => pass,
            Err(error) => return self.refuse_uncounted(error),
        };
        let (request, key) = match request {
            Ok(both) => both,
            Err(error) => return self.count(pass, Err(error)),
        };
        let written = self.write_once(&pass, self.asked(key, None), request, work).await;
        self.written(pass, written)
    }

    /// The one write of a call that has passed the gate.
    async fn write_once<R, T, F>(&self, pass: &Pass, asked: Asked, request: R, work: F) -> Result<Answer, Error>
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Write<'_, '_>, &Caller, &R) -> Result<Done<T>, Error> + Send + 'static,
    {
        let seat = self.seat(&asked);
        let asked = Asked { gate: asked.gate_after(pass), seat: seat.clone(), ..asked };
        let held = pass.held();
        let run = move |write: &mut Write<'_, '_>| {
            let answer = answer_in_write(write, &asked, |write| work(write, &asked.caller, &request))?;
            if let Some(held) = held.clone().filter(|_| answer.counted) {
                // Also where nobody waits for the answer any more: the write counts the call all the same.
                write.tx.after_commit(move || held.use_up());
            }
            Ok(answer)
        };
        let written = self.app.write(self.caller.workspace, Priority::Foreground, run).await;
        if let Some(seat) = seat.filter(|_| written.as_ref().map_or(true, |answer| answer.refusal.is_some())) {
            seat.leave();
        }
        written
    }

    /// A send's place among those like it; of requests that have no key to tell them apart.
    fn seat(&self, asked: &Asked) -> Option<Seat> {
        let is_plain = asked.key.is_none() && self.facts.method == Method::POST && asked.fingerprint != NOTHING_SENT;
        is_plain.then(|| {
            let (workspace, token) = (self.caller.workspace, self.caller.token);
            let mark = SendMark { workspace, token, path: self.facts.path.clone(), fingerprint: asked.fingerprint };
            self.recent.sit(mark, self.app.clock.monotonic())
        })
    }

    fn written(self, pass: Pass, written: Result<Answer, Error>) -> Response {
        match written {
            Ok(answer) => {
                if let Some(refusal) = answer.refusal {
                    return self.refuse_uncounted(refusal);
                }
                let mut response = json(answer.status, answer.body);
                if answer.replayed {
                    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                }
                self.tell_ignored(response)
            }
            Err(error) => self.count(pass, Err(error)),
        }
    }

    fn take_key(&mut self) -> Result<Option<IdempotencyKey>, Error> {
        let key = std::mem::replace(&mut self.key, Ok(None))?;
        Ok(key.map(|key| IdempotencyKey {
            key,
            method: self.facts.method.to_string(),
            path: self.facts.path.clone(),
            fingerprint: self.fingerprint,
        }))
    }
}
