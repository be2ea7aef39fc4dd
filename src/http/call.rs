//! The one wrapper around every public operation: it proves the caller, passes the gate, replays an idempotent answer,
//! runs the domain function, counts and logs, so that no endpoint can forget one of them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use database::{Priority, Snapshot};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::clock::Time;
use crate::error::{Code, Error};
use crate::http::caller::{KnownCallers, authenticate};
use crate::http::error::{failure_body, json, status_of};
use crate::http::fields::Fields;
use crate::http::layers::RequestId;
use crate::id::MessageUid;
use crate::store::Write;
use crate::store::api_calls::{ApiCallRow, api_call_insert};
use crate::store::idempotency::{IdempotencyKey, idempotency_find, idempotency_insert};
use crate::workspace::api_log::Outcome;
use crate::workspace::limits::{Entry, Introduction, Limits, Pass, enter_shared};
use crate::workspace::quota::count_calls;
use crate::workspace::tokens::Caller;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
const IGNORED: &str = "partyline-ignored";
const REPLAYED: &str = "idempotent-replayed";
/// A path is logged up to this length.
const PATH_CHARS_MAX: usize = 256;

/// What the public routes share.
#[derive(Clone)]
pub struct PublicState {
    pub app: App,
    pub known: Arc<KnownCallers>,
}

/// One request of the public API by a proven caller.
pub struct Call {
    app: App,
    caller: Arc<Caller>,
    facts: Facts,
    query: Result<Fields, Error>,
    key: Result<Option<String>, Error>,
    fingerprint: [u8; 32],
    is_bare: bool,
}

/// What the log says of a request.
#[derive(Clone)]
struct Facts {
    request: String,
    at: Time,
    started: Duration,
    method: Method,
    path: String,
    ignored: Vec<String>,
}

/// What an operation answers, and the message that it made.
pub struct Done<T> {
    pub data: T,
    pub message: Option<MessageUid>,
}

/// The envelope of a success.
#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    data: T,
}

/// An answer that left its write.
struct Answer {
    status: StatusCode,
    body: String,
    counted: bool,
    replayed: bool,
    refusal: Option<Error>,
}

impl FromRequestParts<PublicState> for Call {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Call, Error> {
        let app = state.app.clone();
        let (at, started) = (app.clock.now(), app.clock.monotonic());
        let caller = authenticate(&app, &state.known, &parts.headers).await?;
        let request = parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let path: String = parts.uri.path().chars().take(PATH_CHARS_MAX).collect();
        let facts = Facts { request, at, started, method: parts.method.clone(), path, ignored: Vec::new() };
        let query = Fields::from_query(parts.uri.query().unwrap_or_default());
        let key = idempotency_key(&parts.headers);
        Ok(Call { app, caller, facts, query, key, fingerprint: [0; 32], is_bare: false })
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

    /// # Errors
    /// `insufficient_scope`.
    pub fn may_manage(&self) -> Result<(), Error> {
        if self.caller.scope.may_manage() {
            return Ok(());
        }
        Err(Error::new(Code::InsufficientScope, "This token may not change settings; use one with scope full"))
    }

    /// Answers with what the operation gives as the whole body, where the contract has no envelope.
    #[must_use]
    pub fn bare(self) -> Call {
        Call { is_bare: true, ..self }
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
        let bytes = body.0?;
        self.fingerprint = Sha256::digest(&bytes).into();
        let fields = Fields::from_json(&bytes)?;
        self.read_fields(fields, read)
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
                let (caller, is_bare) = (Arc::clone(&self.caller), self.is_bare);
                let look = move |tx: &mut Snapshot<'_>| answer_body(look(tx, &caller, &request)?, is_bare);
                self.app.read(look).await
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
        let key = std::mem::replace(&mut self.key, Ok(None));
        let request = request.and_then(|request| Ok((request, key?)));
        let entered = if request.is_ok() { self.enter().await } else { self.enter_alone().await };
        let pass = match entered {
            Ok(pass) => pass,
            Err(error) => return self.refuse_uncounted(error),
        };
        let (request, key) = match request {
            Ok(both) => both,
            Err(error) => return self.count(pass, Err(error)),
        };
        let key = key.map(|key| IdempotencyKey {
            key,
            method: self.facts.method.to_string(),
            path: self.facts.path.clone(),
            fingerprint: self.fingerprint,
        });
        let (facts, caller, shared) = (self.facts.clone(), Arc::clone(&self.caller), self.app.limits.is_shared());
        let (clock, held, is_bare) = (self.app.clock.clone(), pass.held(), self.is_bare);
        let written = self
            .app
            .write(self.caller.workspace, Priority::Foreground, move |write| {
                let took = clock.monotonic().saturating_sub(facts.started);
                let answer = answer_in_write(write, &caller, &facts, took, key.as_ref(), shared, |write| {
                    let done = work(write, &caller, &request)?;
                    Ok((answer_body(done.data, is_bare)?, done.message))
                })?;
                if let Some(held) = held.clone().filter(|_| answer.counted) {
                    // Also where nobody waits for the answer any more: the write counts the call all the same.
                    write.tx.after_commit(move || held.use_up());
                }
                Ok(answer)
            })
            .await;
        self.written(pass, written)
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

    /// Passes the gate where it stands in memory; a workspace that it doesn't know is read first.
    async fn enter(&self) -> Result<Pass, Error> {
        let workspace = self.caller.workspace;
        loop {
            match self.app.limits.enter(workspace, &self.app.clock)? {
                Entry::Judged(pass) => return Ok(pass),
                Entry::Unknown => {
                    let now = self.app.clock.now();
                    let introduction = self.app.read(move |tx| Introduction::read(tx, workspace, now)).await?;
                    let introduction = introduction.ok_or_else(|| Error::internal("a token of no workspace"))?;
                    if let Limits::Local(local) = &self.app.limits {
                        local.introduce(introduction, &self.app.clock);
                    }
                }
            }
        }
    }

    /// As [`Call::enter`], for a call that has no write of its own in which a shared gate could judge and count it.
    async fn enter_alone(&self) -> Result<Pass, Error> {
        if !self.app.limits.is_shared() {
            return self.enter().await;
        }
        let enter = |write: &mut Write<'_, '_>| match enter_shared(write) {
            Ok(()) => count_calls(write, 1).map(|()| Ok(Pass::Counted)),
            Err(refusal) if refusal.is_refusal() => Ok(Err(refusal)),
            Err(fault) => Err(fault),
        };
        self.app.write(self.caller.workspace, Priority::Foreground, enter).await?
    }

    /// Counts and logs a call that wrote nothing, and answers it. A fault that stored nothing counts as well: the caller
    /// was served an answer.
    fn count(self, pass: Pass, answer: Result<String, Error>) -> Response {
        let (status, outcome, reason) = match &answer {
            Ok(_) => (StatusCode::OK, Outcome::Success, String::new()),
            Err(error) => (status_of(error), Outcome::of(error), error.message.clone()),
        };
        let row = self.facts.row(&self.caller, status, outcome, reason, self.took(), None);
        self.app.ledger.note(self.caller.workspace, row, pass.counted());
        let response = match answer {
            Ok(body) => json(StatusCode::OK, body),
            Err(error) => error.into_response(),
        };
        self.tell_ignored(response)
    }

    fn refuse_uncounted(self, error: Error) -> Response {
        if error.is_refusal() {
            let (status, outcome) = (status_of(&error), Outcome::of(&error));
            let row = self.facts.row(&self.caller, status, outcome, error.message.clone(), self.took(), None);
            self.app.ledger.note_refusal(self.caller.workspace, row);
        }
        error.into_response()
    }

    fn took(&self) -> Duration {
        self.app.clock.monotonic().saturating_sub(self.facts.started)
    }

    fn tell_ignored(&self, mut response: Response) -> Response {
        if !self.facts.ignored.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.facts.ignored.join(", "))
        {
            response.headers_mut().insert(IGNORED, value);
        }
        response
    }
}

impl Facts {
    fn row(
        &self,
        caller: &Caller,
        status: StatusCode,
        outcome: Outcome,
        reason: String,
        took: Duration,
        message: Option<MessageUid>,
    ) -> ApiCallRow {
        ApiCallRow {
            seq: 0,
            at: self.at,
            request: self.request.clone(),
            token: caller.token,
            method: self.method.to_string(),
            path: self.path.clone(),
            status: i64::from(status.as_u16()),
            outcome: outcome as i64,
            reason,
            ignored: self.ignored.join(","),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            repeats: 1,
            message,
        }
    }
}

/// Runs an operation inside its write: the shared gate, an earlier answer under the same key, the domain, the count and
/// the log, in this order. A refusal is an answer like any other, decided before anything was written.
fn answer_in_write(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    facts: &Facts,
    took: Duration,
    key: Option<&IdempotencyKey>,
    shared: bool,
    work: impl FnOnce(&mut Write<'_, '_>) -> Result<(String, Option<MessageUid>), Error>,
) -> Result<Answer, Error> {
    if shared && let Err(refusal) = enter_shared(write) {
        return uncounted(refusal);
    }
    if let Some(key) = key
        && let Some(kept) = idempotency_find(write.tx, write.workspace.id, key, write.now)?
    {
        return replay(write, caller, facts, took, key, kept);
    }
    let (writes, counters) = (write.tx.writes(), write.counters.clone());
    let done = work(write);
    if let Err(error) = &done
        && error.is_refusal()
        && (write.tx.writes() != writes || write.counters != counters)
    {
        // Committed, half of what it wanted would be kept.
        return Err(Error::internal(format!("an operation refused after it had begun to write: {error}")));
    }
    let (status, body, outcome, reason, message) = match done {
        Ok((body, message)) => (StatusCode::OK, body, Outcome::Success, String::new(), message),
        Err(error) if error.code == Code::QuotaExceeded && error.is_refusal() => return uncounted(error),
        Err(error) if error.is_refusal() => {
            (status_of(&error), failure_body(&error), Outcome::of(&error), error.message, None)
        }
        Err(error) => return Err(error),
    };
    count_calls(write, 1)?;
    api_call_insert(write, &facts.row(caller, status, outcome, reason, took, message))?;
    if let Some(key) = key {
        idempotency_insert(write, key, status.as_u16(), &body)?;
    }
    Ok(Answer { status, body, counted: true, replayed: false, refusal: None })
}

/// A replay costs a call and no credit.
fn replay(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    facts: &Facts,
    took: Duration,
    key: &IdempotencyKey,
    kept: crate::store::idempotency::KeptAnswer,
) -> Result<Answer, Error> {
    let answer = if kept.fingerprint == key.fingerprint {
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.ok_or_else(|| Error::internal("a kept answer has no valid status"))?;
        Answer { status, body: kept.body, counted: true, replayed: true, refusal: None }
    } else {
        let rule = "This Idempotency-Key was used with another body; use a new key for a new request";
        let error = Error::new(Code::IdempotencyMismatch, rule);
        let (status, body) = (status_of(&error), failure_body(&error));
        Answer { status, body, counted: true, replayed: false, refusal: None }
    };
    let (outcome, reason) = if answer.replayed {
        (Outcome::Success, "replayed: this Idempotency-Key was answered before")
    } else {
        (Outcome::InvalidParameters, "this Idempotency-Key was used with another body")
    };
    count_calls(write, 1)?;
    api_call_insert(write, &facts.row(caller, answer.status, outcome, reason.to_owned(), took, None))?;
    Ok(answer)
}

fn uncounted(refusal: Error) -> Result<Answer, Error> {
    if !refusal.is_refusal() {
        return Err(refusal);
    }
    let (status, body) = (status_of(&refusal), String::new());
    Ok(Answer { status, body, counted: false, replayed: false, refusal: Some(refusal) })
}

/// The body of a success: `data` in its envelope, or as it is.
fn answer_body<T: Serialize>(data: T, is_bare: bool) -> Result<String, Error> {
    let text =
        if is_bare { serde_json::to_string(&data) } else { serde_json::to_string(&Success { status: "ok", data }) };
    text.map_err(Error::internal)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|text| given.next().is_none() && !text.is_empty() && text.len() <= IDEMPOTENCY_KEY_CHARS_MAX);
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => {
            let rule =
                format!("Idempotency-Key must stand once and have 1 to {IDEMPOTENCY_KEY_CHARS_MAX} ASCII characters");
            Err(Error::invalid("Idempotency-Key", rule))
        }
    }
}
