//! What can go wrong, in kinds a caller can act on. Never holds parameter values: those are people's data.

use std::fmt;
use std::path::PathBuf;

/// A fault of the database or of how it was used. "Refused by a rule" is no fault and has no place here.
#[derive(Clone, Debug)]
pub enum Error {
    /// The queue is full; nothing was done. Try again shortly.
    Busy,
    /// The database was closed, or is being closed; nothing was done.
    Closed,
    /// The disk or the database is full. The whole batch the write was part of was left out.
    Full(String),
    /// A unique, foreign key, not null or check constraint said no.
    Constraint(String),
    /// A statement failed, the closure went on as if it hadn't, and so nothing of the write was kept.
    Poisoned(String),
    /// The closure panicked; nothing of it was kept.
    Panicked(String),
    /// The database can't be reached or is locked by somebody else; nothing was done.
    Unavailable(String),
    /// The connection was lost in COMMIT and the server could not be asked what became of it. The write may or
    /// may not be there.
    Unknown(String),
    /// Deadlocks or serialization failures, more often than the write is rerun; nothing was done.
    Conflict(String),
    /// The stored schema is newer than this program.
    NewerSchema {
        /// The newest version applied to the database.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A column's value doesn't fit the type asked for.
    Decode(String),
    /// Somebody else holds the folder.
    Locked(PathBuf),
    /// The call itself was wrong: an unfit parameter, an unfit statement for [`crate::Tx::later`], a bad address.
    Misuse(String),
    /// Anything else the engine said.
    Other(String),
}

impl Error {
    /// Whether a queue was full.
    pub fn is_busy(&self) -> bool {
        matches!(self, Error::Busy)
    }

    /// Whether the same call may succeed a little later. Never true where the write may already have happened.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Busy | Error::Full(_) | Error::Unavailable(_) | Error::Conflict(_))
    }

    /// Whether a constraint said no.
    pub fn is_constraint(&self) -> bool {
        matches!(self, Error::Constraint(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Busy => f.write_str("the database's queue is full"),
            Error::Closed => f.write_str("the database is closed"),
            Error::Full(why) => write!(f, "no space left for the database: {why}"),
            Error::Constraint(why) => write!(f, "constraint: {why}"),
            Error::Poisoned(why) => write!(f, "a failed statement was ignored, so the write can't commit: {why}"),
            Error::Panicked(why) => write!(f, "the write panicked: {why}"),
            Error::Unavailable(why) => write!(f, "the database can't be reached: {why}"),
            Error::Unknown(why) => write!(f, "the write may or may not have happened: {why}"),
            Error::Conflict(why) => write!(f, "too many conflicts with other writes: {why}"),
            Error::NewerSchema { found, known } => write!(
                f,
                "the database's schema is version {found}, this program knows versions up to {known}: \
                 start the newer program, or restore the backup made before the migration"
            ),
            Error::Decode(why) => write!(f, "unexpected value: {why}"),
            Error::Locked(path) => write!(f, "{} is held by another running server", path.display()),
            Error::Misuse(why) => write!(f, "wrong use of the database: {why}"),
            Error::Other(why) => write!(f, "database: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// What a panic said, where it said it in words.
pub(crate) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
