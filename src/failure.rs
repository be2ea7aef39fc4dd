//! What an operator is told when something can't be done: what is wrong, and what to change. Never holds a secret.

use std::fmt;

use crate::error::{Code, Error};

/// Exit code of a command that was asked wrongly.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a command that couldn't do its work.
pub const EXIT_FAILURE: u8 = 1;

/// Why a command ends without having done its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    pub exit: u8,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), exit: EXIT_FAILURE }
    }

    /// The command line or the environment says something that can't be.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), exit: EXIT_USAGE }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

// The operator owns the machine, so a fault is told with its cause, which API callers never see.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match (error.code, error.cause()) {
            (Code::InternalError, Some(cause)) => Failure::new(format!("It didn't work: {cause}")),
            _ => Failure::new(error.message),
        }
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Failure {
        Failure::new(format!("It didn't work: {error}"))
    }
}
