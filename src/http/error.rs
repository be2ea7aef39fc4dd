//! The one place that knows status codes, and the envelope of a failure.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Code, Error};

/// A failure as the public API says it. No other key ever stands at its top level.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    #[schema(example = "error")]
    pub status: &'static str,
    /// What was wrong and what to change.
    pub message: String,
    /// A stable word for programs.
    #[schema(example = "validation_error")]
    pub error_code: &'static str,
    /// For input that breaks the schema only: which fields, and what is wrong with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FailureField>,
}

/// One fault of the input.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureField {
    pub fields: Vec<String>,
    pub msg: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        let field = |fault: &crate::error::FieldFault| FailureField {
            fields: fault.fields.clone(),
            msg: fault.message.clone(),
        };
        Failure {
            status: "error",
            message: error.message.clone(),
            error_code: error.code.as_str(),
            errors: error.faults.iter().map(field).collect(),
        }
    }
}

/// The HTTP status of an error.
pub fn status_of(error: &Error) -> StatusCode {
    match error.code {
        Code::MissingCredentials | Code::InvalidToken => StatusCode::UNAUTHORIZED,
        Code::MemberNotFound
        | Code::PermissionDenied
        | Code::InsufficientScope
        | Code::PlanFeatureUnavailable
        | Code::QuotaExceeded => StatusCode::FORBIDDEN,
        Code::RateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::ValidationError => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::CursorExpired => StatusCode::GONE,
        Code::AccountInactive
        | Code::TemplateNotApproved
        | Code::TemplateWrongWaba
        | Code::ServiceWindowClosed
        | Code::IdempotencyInFlight => StatusCode::CONFLICT,
        Code::NotSupported => StatusCode::METHOD_NOT_ALLOWED,
        Code::IdempotencyMismatch | Code::TemplateVariablesMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        Code::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::InternalError if error.retry_after.is_some() => StatusCode::SERVICE_UNAVAILABLE,
        Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The body of a failure.
pub fn failure_body(error: &Error) -> String {
    serde_json::to_string(&Failure::from(error)).unwrap_or_default()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(cause) = self.cause() {
            tracing::error!(code = self.code.as_str(), cause, "a request failed");
        }
        let mut response = json(status_of(&self), failure_body(&self));
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        if matches!(self.code, Code::MissingCredentials | Code::InvalidToken) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// An answer whose body is JSON text.
pub fn json(status: StatusCode, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}
