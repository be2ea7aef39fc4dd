//! Who is asking: the bearer token of a request, proven.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header, request::Parts};
use database::Priority;

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::bad_tokens::BadTokens;
use crate::http::client_address::ClientAddress;
use crate::store::tokens::{TokenRow, token_by_hash, token_used};
use crate::workspace::token_limits::{Ended, TokenLimits};
use crate::workspace::tokens::{Caller, Scope, TokenSecret};

/// How long a token that was seen is trusted without a look, so revoking takes effect within a second everywhere.
const TRUSTED: Duration = Duration::from_millis(500);
const KNOWN_MAX: usize = 10_000;
/// When a token was last used is known to the minute.
const USE_NOTED_EVERY: Duration = Duration::from_secs(60);

/// Tokens seen lately, and who brought bad ones.
#[derive(Default)]
pub struct KnownCallers {
    seen: Mutex<HashMap<[u8; 32], Seen>>,
    bad: BadTokens,
}

/// When a token was looked up, and whose it is.
type Seen = (Duration, Arc<Caller>);

impl KnownCallers {
    fn find(&self, hash: &[u8; 32], now: Duration) -> Option<Arc<Caller>> {
        let known = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, caller) = known.get(hash)?;
        (now.saturating_sub(*seen) < TRUSTED).then(|| Arc::clone(caller))
    }

    fn keep(&self, hash: [u8; 32], now: Duration, caller: &Arc<Caller>) {
        let mut known = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(hash, (now, Arc::clone(caller)));
    }
}

/// A request that brought no good token.
pub struct Refused {
    pub error: Error,
    /// Whose token it was, if it was one, and why it opens nothing. For the log; the answer doesn't tell.
    pub ended: Option<(Arc<Caller>, Ended)>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused { error, ended: None }
    }
}

/// The caller behind a request's `Authorization` header, which must stand there exactly once.
///
/// # Errors
/// `missing_credentials` without one; `invalid_token` for everything else, whatever was wrong with it.
pub async fn authenticate(app: &App, known: &KnownCallers, parts: &Parts) -> Result<Arc<Caller>, Refused> {
    let client = parts.extensions.get::<ClientAddress>().map(|client| client.0);
    let proven = prove(app, known, &parts.headers, client).await;
    if let Err(refused) = &proven
        && refused.error.code == Code::InvalidToken
    {
        let why = refused.ended.as_ref().map_or("unknown", |(_, ended)| ended.as_str());
        metrics::counter!("partyline_api_bad_tokens_total", "reason" => why).increment(1);
        known.bad.note(client, app.clock.monotonic()).await;
    }
    proven
}

/// Whether the token of a request that was let in opens nothing any more. A database that can't be asked ends nothing.
pub async fn is_ended(app: &App, known: &KnownCallers, parts: &Parts) -> bool {
    let client = parts.extensions.get::<ClientAddress>().map(|client| client.0);
    let proven = prove(app, known, &parts.headers, client).await;
    proven.is_err_and(|refused| refused.error.code == Code::InvalidToken)
}

async fn prove(
    app: &App,
    known: &KnownCallers,
    headers: &HeaderMap,
    client: Option<IpAddr>,
) -> Result<Arc<Caller>, Refused> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = given.next() else {
        let rule = "Send your token in the header Authorization: Bearer <token>";
        return Err(Error::new(Code::MissingCredentials, rule).into());
    };
    let text = first.to_str().ok().filter(|_| given.next().is_none());
    let secret = text.and_then(bearer).and_then(TokenSecret::parse).ok_or_else(invalid_token)?;
    let (hash, seen_at) = (secret.hash(), app.clock.monotonic());
    let caller = match known.find(&hash, seen_at) {
        Some(caller) => caller,
        None => {
            let caller = look_up(app, hash).await?;
            known.keep(hash, seen_at, &caller);
            caller
        }
    };
    match caller.limits.ended(app.clock.now(), client) {
        None => Ok(caller),
        Some(ended) => Err(Refused { error: invalid_token(), ended: Some((caller, ended)) }),
    }
}

/// Looks for the token in the database and notes that it was used.
async fn look_up(app: &App, hash: [u8; 32]) -> Result<Arc<Caller>, Refused> {
    let row = app.read(move |tx| Ok(token_by_hash(tx, &hash)?)).await?.ok_or_else(invalid_token)?;
    let (revoked_at, last_used_at) = (row.revoked_at, row.last_used_at);
    let caller = Arc::new(caller_of(row).ok_or_else(invalid_token)?);
    if !revoked_at.is_never() {
        return Err(Refused { error: invalid_token(), ended: Some((caller, Ended::Revoked)) });
    }
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

fn caller_of(row: TokenRow) -> Option<Caller> {
    Some(Caller {
        limits: TokenLimits::of(&row),
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
