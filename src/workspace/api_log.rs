//! The words of the API log.

use crate::error::{Code, Error};

macro_rules! outcomes {
    ($($variant:ident = $number:literal, $text:literal;)+) => {
        /// How a logged request ended. The numbers are stored and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Outcome {
            $($variant = $number,)+
        }

        impl Outcome {
            /// As the log writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Outcome::$variant => $text,)+
                }
            }

            pub const fn from_number(number: i64) -> Option<Outcome> {
                match number {
                    $($number => Some(Outcome::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

outcomes! {
    Success = 1, "Success";
    InvalidParameters = 2, "Invalid Parameters";
    NotFound = 3, "Not Found";
    Unauthorized = 4, "Unauthorized";
    NotPermitted = 5, "Not Permitted";
    RateLimited = 6, "Rate Limited";
    QuotaExceeded = 7, "Quota Exceeded";
    Error = 8, "Error";
}

impl Outcome {
    /// Whether the log keeps what was sent: of what the sender can mend by looking at it.
    pub const fn shows_body(self) -> bool {
        matches!(self, Outcome::InvalidParameters | Outcome::NotFound | Outcome::NotPermitted | Outcome::Error)
    }

    /// Of an answer of which only the status is known.
    pub fn of_status(status: u16) -> Outcome {
        match status {
            200..=299 => Outcome::Success,
            401 => Outcome::Unauthorized,
            403 => Outcome::NotPermitted,
            404 => Outcome::NotFound,
            429 => Outcome::RateLimited,
            500.. => Outcome::Error,
            _ => Outcome::InvalidParameters,
        }
    }

    pub fn of(error: &Error) -> Outcome {
        match error.code {
            Code::MissingCredentials | Code::InvalidToken => Outcome::Unauthorized,
            Code::MemberNotFound | Code::PermissionDenied | Code::InsufficientScope | Code::PlanFeatureUnavailable => {
                Outcome::NotPermitted
            }
            Code::QuotaExceeded => Outcome::QuotaExceeded,
            Code::RateLimitExceeded => Outcome::RateLimited,
            Code::NotFound => Outcome::NotFound,
            Code::InternalError => Outcome::Error,
            Code::ValidationError
            | Code::CursorExpired
            | Code::AccountInactive
            | Code::TemplateNotApproved
            | Code::TemplateWrongWaba
            | Code::ServiceWindowClosed
            | Code::TemplateVariablesMismatch
            | Code::NotSupported
            | Code::IdempotencyInFlight
            | Code::IdempotencyMismatch
            | Code::FileTooLarge
            | Code::UnsupportedMediaType => Outcome::InvalidParameters,
        }
    }
}
