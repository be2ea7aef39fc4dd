//! The wrapper around the operations that control a sandbox. They are for tests: they need a token that may do everything,
//! reach sandbox accounts only, and are neither counted nor limited nor logged as api calls. A POST with an `Idempotency-Key` is
//! done once, like any other; one that was refused did nothing and may be sent again.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use database::{Priority, Snapshot};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::call::{Envelope, Fingerprint, PublicState, REPLAYED, RawBody, answered_before, key_of};
use crate::http::caller::authenticate;
use crate::http::error::json;
use crate::http::fields::Fields;
use crate::http::path_names::name_in_path;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::idempotency::{IdempotencyKey, idempotency_insert};
use crate::store::sandbox::SandboxOf;
use crate::workspace::tokens::Caller;

const IGNORED: &str = "partyline-ignored";
/// Writes of one request that goes in pieces.
const PIECES_MAX: usize = 10_000;

/// One request to control a sandbox, by a proven caller.
pub struct SandboxCall {
    app: App,
    caller: Arc<Caller>,
    query: Result<Fields, Error>,
    route: Option<MatchedPath>,
    method: Method,
    path: String,
    key: Result<Option<String>, Error>,
    fingerprint: Fingerprint,
    envelope: Envelope,
    ignored: Vec<String>,
}

/// A success that left its write.
struct Answered {
    body: String,
    replayed: bool,
}

/// Nothing more to say.
#[derive(Serialize)]
struct Nothing {}

impl FromRequestParts<PublicState> for SandboxCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<SandboxCall, Error> {
        let app = state.app.clone();
        let caller = authenticate(&app, &state.known, parts).await.map_err(|refused| refused.error)?;
        if !caller.scope.may_manage() {
            let rule = "This token may not control the sandbox; use one with scope full";
            return Err(Error::new(Code::InsufficientScope, rule));
        }
        if caller.is_limited_to_accounts() {
            let rule = "This token is limited to accounts; control the sandbox with one that isn't";
            return Err(Error::new(Code::PermissionDenied, format!("{rule}, from `partyline token create`")));
        }
        let query = Fields::from_query(parts.uri.query().unwrap_or_default());
        let (route, path) = (parts.extensions.get::<MatchedPath>().cloned(), parts.uri.path().to_owned());
        let method = parts.method.clone();
        let key = if method == Method::POST { key_of(&parts.headers) } else { Ok(None) };
        let (fingerprint, envelope, ignored) = (Fingerprint::default(), Envelope::Data, Vec::new());
        Ok(SandboxCall { app, caller, query, route, method, path, key, fingerprint, envelope, ignored })
    }
}

impl SandboxCall {
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.caller.workspace
    }

    /// As `Call::with_a_secret`.
    #[must_use]
    pub fn with_a_secret(self) -> SandboxCall {
        SandboxCall { envelope: Envelope::Secret, ..self }
    }

    /// Reads the query with `read`.
    ///
    /// # Errors
    /// `validation_error` with all that is wrong.
    pub fn query<T>(&mut self, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let fields = std::mem::replace(&mut self.query, Ok(Fields::default()))?;
        self.fields(fields, read)
    }

    /// Reads a JSON body with `read`; none at all is an empty one.
    ///
    /// # Errors
    /// `validation_error` with all that is wrong.
    pub fn body<T>(&mut self, body: RawBody, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let bytes = body.0?;
        self.fingerprint = Sha256::digest(&bytes).into();
        let fields = Fields::from_json(if bytes.is_empty() { b"{}" } else { &bytes })?;
        self.fields(fields, read)
    }

    fn fields<T>(&mut self, mut fields: Fields, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
        let value = read(&mut fields);
        self.ignored.extend(fields.finish()?);
        value.ok_or_else(|| Error::internal("a request was read in part and no fault was noted"))
    }

    /// Answers from a snapshot.
    pub async fn read<R, T, F>(self, request: Result<R, Error>, look: F) -> Response
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Snapshot<'_>, WorkspaceId, &R) -> Result<T, Error> + Send + 'static,
    {
        let request = match request {
            Ok(request) => request,
            Err(error) => return self.refuse(error),
        };
        let workspace = self.caller.workspace;
        let data = self.app.read(move |snapshot| look(snapshot, workspace, &request)).await;
        let body = data.and_then(|data| self.envelope.around(data));
        self.answer(body.map(|body| Answered { body, replayed: false }))
    }

    /// Answers after one write, and lets the account's sandbox look. What is refused leaves nothing behind.
    pub async fn write<R, T, F>(mut self, request: Result<R, Error>, work: F) -> Response
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Write<'_, '_>, &R) -> Result<(SandboxOf, T), Error> + Send + 'static,
    {
        let (request, key) = match self.keyed(request) {
            Ok(both) => both,
            Err(error) => return self.refuse(error),
        };
        let (cause, envelope) = (self.caller.cause(), self.envelope);
        let work = move |write: &mut Write<'_, '_>| {
            write.cause = cause;
            if let Some(earlier) = earlier(write, key.as_ref())? {
                return Ok((None, earlier));
            }
            let (of, data) = work(write, &request)?;
            Ok((Some(of), keep(write, key.as_ref(), envelope, data)?))
        };
        let done = self.app.write(self.caller.workspace, Priority::Foreground, work).await;
        let answered = done.map(|(of, answered)| {
            self.ring(of);
            answered
        });
        self.answer(answered)
    }

    /// As [`SandboxCall::write`], in as many writes as it takes until `work` says that there is no more to do.
    pub async fn write_in_pieces<R, F>(mut self, request: Result<R, Error>, work: F) -> Response
    where
        R: Send + Sync + 'static,
        F: Fn(&mut Write<'_, '_>, &R) -> Result<(SandboxOf, bool), Error> + Clone + Send + 'static,
    {
        let (request, key) = match self.keyed(request) {
            Ok((request, key)) => (Arc::new(request), key),
            Err(error) => return self.refuse(error),
        };
        for _ in 0..PIECES_MAX {
            let (request, work, key) = (Arc::clone(&request), work.clone(), key.clone());
            let (cause, envelope) = (self.caller.cause(), self.envelope);
            let piece = move |write: &mut Write<'_, '_>| {
                write.cause = cause;
                // Nothing is kept before the last piece, so this is another request's.
                if let Some(earlier) = earlier(write, key.as_ref())? {
                    return Ok((None, Some(earlier)));
                }
                let (of, more) = work(write, &request)?;
                let done = if more { None } else { Some(keep(write, key.as_ref(), envelope, Nothing {})?) };
                Ok((Some(of), done))
            };
            match self.app.write(self.caller.workspace, Priority::Foreground, piece).await {
                Ok((of, done)) => {
                    self.ring(of);
                    if let Some(answered) = done {
                        return self.answer(Ok(answered));
                    }
                }
                Err(error) => return self.refuse(error),
            }
        }
        self.refuse(Error::internal("a sandbox's request didn't come to an end"))
    }

    /// The request with the key that it brought, if any.
    fn keyed<R>(&mut self, request: Result<R, Error>) -> Result<(R, Option<IdempotencyKey>), Error> {
        let key = std::mem::replace(&mut self.key, Ok(None))?;
        let key = key.map(|key| IdempotencyKey {
            key,
            method: self.method.to_string(),
            path: self.path.clone(),
            fingerprint: self.fingerprint,
        });
        Ok((request?, key))
    }

    fn ring(&self, of: Option<SandboxOf>) {
        if let Some(of) = of {
            self.app.sandbox_bells.of(of).notify_one();
        }
    }

    fn refuse(&self, error: Error) -> Response {
        name_in_path(self.route.as_ref(), &self.path, error).into_response()
    }

    fn answer(&self, answered: Result<Answered, Error>) -> Response {
        let Answered { body, replayed } = match answered {
            Ok(answered) => answered,
            Err(error) => return self.refuse(error),
        };
        let mut response = json(StatusCode::OK, body);
        if replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        if !self.ignored.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.ignored.join(", "))
        {
            response.headers_mut().insert(IGNORED, value);
        }
        response
    }
}

/// What was answered under this key before.
fn earlier(write: &mut Write<'_, '_>, key: Option<&IdempotencyKey>) -> Result<Option<Answered>, Error> {
    let Some(key) = key else { return Ok(None) };
    Ok(answered_before(write, key)?.map(|kept| Answered { body: kept.body, replayed: true }))
}

/// The answer, kept under the request's key.
fn keep<T: Serialize>(
    write: &mut Write<'_, '_>,
    key: Option<&IdempotencyKey>,
    envelope: Envelope,
    data: T,
) -> Result<Answered, Error> {
    let body = envelope.around(data)?;
    if let Some(key) = key {
        idempotency_insert(write, key, StatusCode::OK.as_u16(), &envelope.kept(&body)?)?;
    }
    Ok(Answered { body, replayed: false })
}
