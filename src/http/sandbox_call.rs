//! The wrapper around the operations that control a sandbox. They are for tests: they need a token that may do everything,
//! reach sandbox accounts only, and are neither counted nor limited nor logged as api calls.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::{HeaderValue, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use database::{Priority, Snapshot};
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::call::{PublicState, RawBody};
use crate::http::caller::authenticate;
use crate::http::error::json as answer;
use crate::http::fields::Fields;
use crate::http::path_names::name_in_path;
use crate::id::WorkspaceId;
use crate::store::Write;
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
    path: String,
    ignored: Vec<String>,
}

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
        Ok(SandboxCall { app, caller, query, route, path, ignored: Vec::new() })
    }
}

impl SandboxCall {
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.caller.workspace
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
        self.answer(data)
    }

    /// Answers after one write, and lets the account's sandbox look. What is refused leaves nothing behind.
    pub async fn write<R, T, F>(self, request: Result<R, Error>, work: F) -> Response
    where
        R: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Write<'_, '_>, &R) -> Result<(SandboxOf, T), Error> + Send + 'static,
    {
        let request = match request {
            Ok(request) => request,
            Err(error) => return self.refuse(error),
        };
        let cause = self.caller.cause();
        let work = move |write: &mut Write<'_, '_>| {
            write.cause = cause;
            work(write, &request)
        };
        let done = self.app.write(self.caller.workspace, Priority::Foreground, work).await;
        let data = done.map(|(of, data)| {
            self.app.sandbox_bells.of(of).notify_one();
            data
        });
        self.answer(data)
    }

    /// As [`SandboxCall::write`], in as many writes as it takes until `work` says that there is no more to do.
    pub async fn write_in_pieces<R, F>(self, request: Result<R, Error>, work: F) -> Response
    where
        R: Send + Sync + 'static,
        F: Fn(&mut Write<'_, '_>, &R) -> Result<(SandboxOf, bool), Error> + Clone + Send + 'static,
    {
        let request = match request {
            Ok(request) => Arc::new(request),
            Err(error) => return self.refuse(error),
        };
        for _ in 0..PIECES_MAX {
            let (request, work) = (Arc::clone(&request), work.clone());
            let cause = self.caller.cause();
            let piece = move |write: &mut Write<'_, '_>| {
                write.cause = cause;
                work(write, &request)
            };
            match self.app.write(self.caller.workspace, Priority::Foreground, piece).await {
                Ok((of, more)) => {
                    self.app.sandbox_bells.of(of).notify_one();
                    if !more {
                        break;
                    }
                }
                Err(error) => return self.refuse(error),
            }
        }
        self.answer(Ok(json!({})))
    }

    fn refuse(&self, error: Error) -> Response {
        name_in_path(self.route.as_ref(), &self.path, error).into_response()
    }

    /// Answers with what was done already.
    pub fn answer<T: Serialize>(&self, data: Result<T, Error>) -> Response {
        let data = match data {
            Ok(data) => data,
            Err(error) => return self.refuse(error),
        };
        let mut response = answer(StatusCode::OK, json!({"status": "ok", "data": data}).to_string());
        if !self.ignored.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.ignored.join(", "))
        {
            response.headers_mut().insert(IGNORED, value);
        }
        response
    }
}
