//! One error for the whole application: a stable code, a public text that says what to change, and a private cause.
//! It knows no HTTP; `http/error.rs` alone knows the status codes.

use std::fmt;
use std::time::Duration;

/// The stable codes of the public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    MissingCredentials,
    InvalidToken,
    MemberNotFound,
    PermissionDenied,
    InsufficientScope,
    PlanFeatureUnavailable,
    QuotaExceeded,
    RateLimitExceeded,
    ValidationError,
    NotFound,
    CursorExpired,
    AccountInactive,
    TemplateNotApproved,
    TemplateWrongWaba,
    ServiceWindowClosed,
    TemplateVariablesMismatch,
    NotSupported,
    IdempotencyInFlight,
    IdempotencyMismatch,
    FileTooLarge,
    UnsupportedMediaType,
    InternalError,
}

impl Code {
    /// As it stands in `error_code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::MissingCredentials => "missing_credentials",
            Code::InvalidToken => "invalid_token",
            Code::MemberNotFound => "member_not_found",
            Code::PermissionDenied => "permission_denied",
            Code::InsufficientScope => "insufficient_scope",
            Code::PlanFeatureUnavailable => "plan_feature_unavailable",
            Code::QuotaExceeded => "quota_exceeded",
            Code::RateLimitExceeded => "rate_limit_exceeded",
            Code::ValidationError => "validation_error",
            Code::NotFound => "not_found",
            Code::CursorExpired => "cursor_expired",
            Code::AccountInactive => "account_inactive",
            Code::TemplateNotApproved => "template_not_approved",
            Code::TemplateWrongWaba => "template_wrong_waba",
            Code::ServiceWindowClosed => "service_window_closed",
            Code::TemplateVariablesMismatch => "template_variables_mismatch",
            Code::NotSupported => "not_supported",
            Code::IdempotencyInFlight => "idempotency_in_flight",
            Code::IdempotencyMismatch => "idempotency_mismatch",
            Code::FileTooLarge => "file_too_large",
            Code::UnsupportedMediaType => "unsupported_media_type",
            Code::InternalError => "internal_error",
        }
    }
}

/// One fault of the input: which fields, and what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    pub fields: Vec<String>,
    pub message: String,
}

/// What went wrong. A refusal (any code but `internal_error`) is a decision; a fault is not.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    /// For the caller: what was wrong and what to change.
    pub message: String,
    /// Schema failures only.
    pub faults: Vec<FieldFault>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        let message = without_controls(message.into(), |letter| letter != '\n');
        Error { code, message, faults: Vec::new(), retry_after: None, cause: None }
    }

    /// Input that breaks the schema: names the field in `errors` as well.
    pub fn invalid(field: &str, message: impl Into<String>) -> Error {
        let message = without_controls(message.into(), |_| true);
        let fault = FieldFault { fields: vec![field.to_owned()], message: message.clone() };
        Error { faults: vec![fault], ..Error::new(Code::ValidationError, message) }
    }

    /// Several faults of one input, each with its field.
    pub fn invalid_fields(mut faults: Vec<FieldFault>) -> Error {
        for fault in &mut faults {
            fault.message = without_controls(std::mem::take(&mut fault.message), |_| true);
        }
        let message = match faults.as_slice() {
            [fault] => fault.message.clone(),
            _ => faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; "),
        };
        Error { faults, ..Error::new(Code::ValidationError, message) }
    }

    pub fn not_found(what: impl Into<String>) -> Error {
        Error::new(Code::NotFound, what)
    }

    /// A fault of ours; the caller learns nothing but that it happened.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error {
            cause: Some(cause.into()),
            ..Error::new(Code::InternalError, "Something went wrong on our side. Try again; nothing was done.")
        }
    }

    /// The server has no room just now.
    pub fn busy(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error {
            retry_after: Some(Duration::from_secs(1)),
            cause: Some(cause.into()),
            ..Error::new(Code::InternalError, "The server is busy. Nothing was done; try again in a second.")
        }
    }

    /// Says of what it speaks, behind its sentence.
    #[must_use]
    pub fn about(self, what: &str) -> Error {
        Error { message: format!("{} ({what})", self.message), ..self }
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Error {
        Error { retry_after: Some(wait), ..self }
    }

    /// Whether this is a decision about the request, not a fault of ours.
    pub fn is_refusal(&self) -> bool {
        self.code != Code::InternalError
    }

    /// The private cause, for the logs.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

/// A message as it may stand in a line: what was given is repeated in many, and may hold anything.
fn without_controls(message: String, is_bad: impl Fn(char) -> bool) -> String {
    let is_bad = |letter: char| letter.is_control() && is_bad(letter);
    if !message.contains(is_bad) {
        return message;
    }
    let told = |letter: char| if is_bad(letter) { letter.escape_debug().to_string() } else { letter.to_string() };
    message.chars().map(told).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(out, "{}: {cause}", self.code.as_str()),
            None => write!(out, "{}: {}", self.code.as_str(), self.message),
        }
    }
}

impl std::error::Error for Error {}

impl From<database::Error> for Error {
    fn from(cause: database::Error) -> Error {
        if cause.is_retryable() { Error::busy(cause) } else { Error::internal(cause) }
    }
}
