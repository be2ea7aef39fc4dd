//! PostgreSQL: plain threads, each owning its client from birth to death. Version 13 or newer, spoken to directly
//! or through a pooler in session mode.

mod compose;
mod connect;
pub(crate) mod lane;
pub(crate) mod migrate;
pub(crate) mod reader;
mod session;
mod value;

pub(crate) use connect::Server;
pub(crate) use value::column;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use postgres::error::{DbError, Severity, SqlState};

use crate::Error;
use crate::sql::summary;

/// Sorts a server's or connection's error into our kinds, saying where it happened. The server's detail line stays
/// out: it quotes values.
fn fault(error: &postgres::Error, text: &str) -> Error {
    let Some(db) = error.as_db_error() else {
        let why =
            std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        return if error.is_closed() || is_io(error) { Error::Unavailable(why) } else { Error::Other(why) };
    };
    let why = format!("{} {} (in {})", db.code().code(), db.message(), summary(text));
    match db.code() {
        code if is_conflict(code) || is_stale(db) => Error::Conflict(why),
        code if *code == SqlState::DISK_FULL => Error::Full(why),
        code if *code == SqlState::IN_FAILED_SQL_TRANSACTION => Error::Poisoned(why),
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Error::Unavailable(why),
        code if code.code().starts_with("23") => Error::Constraint(why),
        code if ["08", "53", "57"].iter().any(|class| code.code().starts_with(class)) => Error::Unavailable(why),
        _ => Error::Other(why),
    }
}

/// Lost against other writes: the same work, done again, is expected to go through.
fn is_conflict(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}

/// What a prepared statement meets when somebody changed the schema under it, or when a pooler lost it. The first
/// has the code of everything unsupported, so only the server's routine tells it apart.
fn is_stale(db: &DbError) -> bool {
    db.routine() == Some("RevalidateCachedQuery") || *db.code() == SqlState::INVALID_SQL_STATEMENT_NAME
}

/// Whether the connection died with this error, or died before it.
fn is_lost(error: &postgres::Error) -> bool {
    let fatal = |db: &DbError| matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    error.is_closed() || is_io(error) || error.as_db_error().is_some_and(fatal)
}

fn is_io(error: &postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// A pause that grows with `attempt` (from 0) and differs between threads, so that two that collided part.
fn pause(attempt: u32, first: Duration, most: Duration) -> Duration {
    let longest = first.saturating_mul(1 << attempt.min(16)).min(most);
    let thousandths = RandomState::new().build_hasher().finish() % 1000;
    longest.mul_f64(0.5 + 0.0005 * thousandths as f64)
}
