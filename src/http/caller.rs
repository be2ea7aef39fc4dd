//! Who is asking: the bearer token of a request, proven.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use database::Priority;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Code, Error};
use crate::store::tokens::{TokenRow, token_by_hash, token_used};
use crate::workspace::tokens::{Caller, Scope, TokenSecret};

/// How long a token that was seen is trusted without a look, so revoking takes effect within a second everywhere.
const TRUSTED: Duration = Duration::from_millis(500);
const KNOWN_MAX: usize = 10_000;
/// When a token was last used is known to the minute.
const USE_NOTED_EVERY: Duration = Duration::from_secs(60);

/// Tokens seen lately.
#[derive(Default)]
pub struct KnownCallers(Mutex<HashMap<[u8; 32], Seen>>);

/// When a token was looked up, and whose it is.
type Seen = (Duration, Arc<Caller>);

impl KnownCallers {
    fn find(&self, hash: &[u8; 32], now: Duration) -> Option<Arc<Caller>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, caller) = known.get(hash)?;
        (now.saturating_sub(*seen) < TRUSTED).then(|| Arc::clone(caller))
    }

    fn keep(&self, hash: [u8; 32], now: Duration, caller: &Arc<Caller>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(hash, (now, Arc::clone(caller)));
    }
}

/// The caller behind a request's `Authorization` header, which must stand there exactly once.
///
/// # Errors
/// `missing_credentials` without one; `invalid_token` for everything else, whatever was wrong with it.
pub async fn authenticate(app: &App, known: &KnownCallers, headers: &HeaderMap) -> Result<Arc<Caller>, Error> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = given.next() else {
        let rule = "Send your token in the header Authorization: Bearer <token>";
        return Err(Error::new(Code::MissingCredentials, rule));
    };
    let text = first.to_str().ok().filter(|_| given.next().is_none());
    let secret = text.and_then(bearer).and_then(TokenSecret::parse).ok_or_else(invalid_token)?;
    let (hash, now) = (secret.hash(), app.clock.monotonic());
    if let Some(caller) = known.find(&hash, now) {
        return Ok(caller);
    }
    let row = app.read(move |tx| Ok(token_by_hash(tx, &hash)?)).await?;
    let last_used_at = row.as_ref().map_or(Time::NEVER, |row| row.last_used_at);
    let caller = Arc::new(row.and_then(living).ok_or_else(invalid_token)?);
    known.keep(hash, now, &caller);
    if app.clock.now().since(last_used_at) >= USE_NOTED_EVERY {
        note_use(app, &caller);
    }
    Ok(caller)
}

/// Notes that the token was used, beside the request: nobody waits for it, and a lost one comes again.
fn note_use(app: &App, caller: &Caller) {
    let (app, workspace, token, at) = (app.clone(), caller.workspace, caller.token, app.clock.now());
    tokio::spawn(async move {
        let noted = app.write(workspace, Priority::Background, move |write| Ok(token_used(write, token, at)?)).await;
        if let Err(error) = noted {
            tracing::debug!(%error, %token, "the use of a token was not noted");
        }
    });
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn living(row: TokenRow) -> Option<Caller> {
    if !row.revoked_at.is_never() {
        return None;
    }
    Some(Caller {
        workspace: row.workspace,
        token: row.id,
        token_name: row.name,
        scope: Scope::parse(&row.scope)?,
        sandbox_only: row.sandbox_only,
        teammate: row.teammate,
    })
}

fn invalid_token() -> Error {
    let rule = "This token is not valid. Make a new one with `partyline token create` and send it as Bearer token.";
    Error::new(Code::InvalidToken, rule)
}
