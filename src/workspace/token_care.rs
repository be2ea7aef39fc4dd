//! Tokens as teammates care for them on the screens: made, rotated, revoked, each with its event.

use std::time::Duration;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::TokenId;
use crate::store::Write;
use crate::store::tokens::{token_expire, token_find, token_list, token_revoke};
use crate::workspace::audit::{Action, record};
use crate::workspace::entry::note;
use crate::workspace::token_limits::TokenLimits;
use crate::workspace::tokens::{Caller, NewToken, Scope, TokenSecret, create_limited_token};

/// How long a rotated token is still good where that is wished.
pub const OLD_TOKEN_LIVES: Duration = Duration::from_secs(24 * 3600);
/// Living tokens of a workspace, as far as the screens make them.
pub const TOKENS_MAX: usize = 200;

/// Makes a token; its secret was made before the write began.
///
/// # Errors
/// `validation_error` for a bad name or limit, and where the workspace has no room.
pub fn generate_token(write: &mut Write<'_, '_>, token: &NewToken, secret: &TokenSecret) -> Result<TokenId, Error> {
    let now = write.now;
    let is_living = |row: &crate::store::tokens::TokenRow| {
        row.revoked_at.is_never() && (row.expires_at.is_never() || row.expires_at > now)
    };
    if token_list(write.tx, write.workspace.id)?.iter().filter(|row| is_living(row)).count() >= TOKENS_MAX {
        let rule = format!("A workspace has at most {TOKENS_MAX} living tokens; revoke one that nobody uses first");
        return Err(Error::invalid("name", rule));
    }
    let id = create_limited_token(write, token, secret)?;
    note(write, Kind::TokenMade, id.to_string())?;
    record(write, Action::TokenMade, token.name.trim(), "", token.scope.as_str())?;
    Ok(id)
}

/// Replaces a token by a new one of the same name, scope and limits; the old one ends at once or, with `overlap`, after
/// [`OLD_TOKEN_LIVES`]. Returns the new one's id.
///
/// # Errors
/// `not_found` if the workspace has no such living token.
pub fn rotate_token(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: TokenId,
    overlap: bool,
    secret: &TokenSecret,
) -> Result<TokenId, Error> {
    let found = token_find(write.tx, write.workspace.id, id)?;
    let is_living = |at: crate::clock::Time| at.is_never() || at > write.now;
    let living = found.filter(|old| old.revoked_at.is_never() && is_living(old.expires_at));
    let old = living.ok_or_else(unknown_token)?;
    let scope = Scope::parse(&old.scope).ok_or_else(unknown_token)?;
    let limits = TokenLimits::of(&old);
    let token =
        NewToken { name: old.name.clone(), scope, sandbox_only: old.sandbox_only, teammate: caller.teammate, limits };
    let new = create_limited_token(write, &token, secret)?;
    let ends_at = write.now + OLD_TOKEN_LIVES;
    if overlap && (old.expires_at.is_never() || old.expires_at > ends_at) {
        token_expire(write, id, ends_at)?;
    } else if !overlap {
        token_revoke(write, id)?;
    }
    note(write, Kind::TokenRotated, format!("{id} {new}"))?;
    let ends = if overlap { "good for 24 hours more" } else { "ended at once" };
    record(write, Action::TokenRotated, &old.name, &format!("token {id}, {ends}"), &format!("token {new}"))?;
    Ok(new)
}

/// Ends a token at once.
///
/// # Errors
/// `not_found` if the workspace has no such living token.
pub fn retire_token(write: &mut Write<'_, '_>, id: TokenId) -> Result<(), Error> {
    let old = token_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_token)?;
    if !token_revoke(write, id)? {
        return Err(unknown_token());
    }
    note(write, Kind::TokenRevoked, id.to_string())?;
    record(write, Action::TokenRevoked, &old.name, &old.scope, "")
}

fn unknown_token() -> Error {
    Error::not_found(
        "There is no such living token in this workspace; the page Public API and `partyline token list` show those there are",
    )
}
