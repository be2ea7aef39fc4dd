//! Tokens on the page: the form, the one time that a token is shown, the table with rotate and revoke.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Beside, PATH, plain, shown, snippets};
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Line, Sent, about};
use crate::http::dashboard::frame::{Here, Page, done};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::secret::secret_field;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{ago, formatted, grouped};
use crate::http::dashboard::words::PUBLIC_API;
use crate::http::dashboard::words::public_api as w;
use crate::id::TokenId;
use crate::store::Write;
use crate::store::tokens::TokenRow;
use crate::workspace::permissions::Right;
use crate::workspace::token_care::{generate_token, retire_token, rotate_token};
use crate::workspace::token_limits::TokenLimits;
use crate::workspace::tokens::{NewToken, Scope, TokenSecret};
use crate::workspace::usage::Usage;
use crate::workspace::zone::stored_zone;

/// Ended tokens that are still listed, the newest.
const ENDED_SHOWN_MAX: usize = 20;

/// A token's form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    scope: String,
    expires: String,
    from: String,
    collapse: String,
}

/// A token that was just made, and its one appearance.
pub struct Fresh {
    pub name: String,
    pub scope: Scope,
    pub secret: TokenSecret,
}

pub async fn generate(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageTokens)?;
    let secret = TokenSecret::generate();
    let made = match parse(&given, &signed, desk.app.clock.now()) {
        Ok(token) => {
            let (asked, kept) = (token.clone(), secret.clone());
            let make = move |write: &mut Write<'_, '_>| generate_token(write, &asked, &kept);
            desk.act(&signed.who, make).await.map(|_| token)
        }
        Err(error) => Err(error),
    };
    let page = Page::new(Here::PublicApi, PUBLIC_API);
    match made {
        Ok(token) => {
            let fresh = Fresh { name: token.name.trim().to_owned(), scope: token.scope, secret };
            shown(&desk, &signed, page, &plain(&signed), &Beside { fresh: Some(fresh), ..Beside::default() }).await
        }
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { given, faults: &error.faults, is_asking: true, fresh: None };
            shown(&desk, &signed, page, &plain(&signed), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(given: &Given, signed: &Signed, now: Time) -> Result<NewToken, Error> {
    let scope = Scope::parse(&given.scope).ok_or_else(|| Error::invalid("scope", w::CHOOSE_ONE_OF_THE));
    let expires = match given.expires.trim() {
        "" => Ok(Time::NEVER),
        text => TokenLimits::parse_expiry(text, now, &signed.who.workspace.zone),
    };
    let parts = given.from.split([',', ' ', '\n']).filter(|part| !part.trim().is_empty());
    let networks: Result<Vec<_>, Error> = parts.map(TokenLimits::parse_network).collect();
    match (scope, expires, networks) {
        (Ok(scope), Ok(expires_at), Ok(networks)) => {
            let collapses = !given.collapse.is_empty();
            let limits = TokenLimits { networks, expires_at, collapses, ..TokenLimits::default() };
            let teammate = signed.who.teammate.id;
            Ok(NewToken { name: given.name.clone(), scope, sandbox_only: false, teammate, limits })
        }
        (scope, expires, networks) => {
            let errors = [scope.err(), expires.err(), networks.err()];
            let faults: Vec<FieldFault> = errors.into_iter().flatten().flat_map(|error| error.faults).collect();
            Err(Error::invalid_fields(faults))
        }
    }
}

/// How a token that ends is ended: the old one at once, or a day later.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Rotation {
    overlap: String,
}

pub async fn rotate(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(rotation): Sent<Rotation>,
) -> Shown {
    signed.ensure(Right::ManageTokens)?;
    let (caller, secret, overlap) = (signed.who.caller(), TokenSecret::generate(), !rotation.overlap.is_empty());
    let kept = secret.clone();
    let rotate = move |write: &mut Write<'_, '_>| {
        let new = rotate_token(write, &caller, TokenId(id), overlap, &kept)?;
        // The insert goes last; what it holds is known from the old one.
        let old = crate::store::tokens::token_find(write.tx, write.workspace.id, TokenId(id))?;
        Ok(old.map(|old| (new, old)))
    };
    let rotated = desk.act(&signed.who, rotate).await?;
    let fresh = rotated.and_then(|(_, old)| Some(Fresh { scope: Scope::parse(&old.scope)?, name: old.name, secret }));
    let page = Page::new(Here::PublicApi, PUBLIC_API);
    shown(&desk, &signed, page, &plain(&signed), &Beside { fresh, ..Beside::default() }).await
}

#[derive(Default, Deserialize)]
pub struct Nothing {}

pub async fn revoke(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(Nothing {}): Sent<Nothing>,
) -> Shown {
    signed.ensure(Right::ManageTokens)?;
    let revoke = move |write: &mut Write<'_, '_>| retire_token(write, TokenId(id));
    desk.act(&signed.who, revoke).await?;
    Ok(Redirect::to(&done(PATH, "revoked")).into_response())
}

const fn scope_title(scope: Scope) -> &'static str {
    match scope {
        Scope::Full => w::EVERYTHING,
        Scope::Read => w::READ_ONLY,
        Scope::Send => w::SEND_ONLY,
    }
}

/// The form of a new token: over the page, or on it where something is wrong with it.
pub fn form(given: &Given, faults: Faults<'_>, is_open: bool) -> Markup {
    let fields = html! {
        (Line { name: "name", label: w::NAME, kind: "text", value: &given.name, autocomplete: "off",
            purpose: w::WHICH_SYSTEM_WILL_USE,
            is_focused: true }.show(faults))
        div.field {
            label for="scope" { (w::SCOPE) }
            select #scope name="scope" aria-describedby="scope-about" {
                @for scope in [Scope::Full, Scope::Read, Scope::Send] {
                    option value=(scope.as_str()) selected[scope.as_str() == given.scope] { (scope_title(scope)) }
                }
            }
            (about("scope-about", faults.of("scope"), w::WHAT_IT_MAY_DO))
        }
        details.limits open[faults.of("expires").is_some() || faults.of("from").is_some()] {
            summary { (w::LIMITS) }
            div.stack {
                (optional("expires", w::ENDS, &given.expires, faults, w::HOW_AN_END_IS_GIVEN))
                (optional("from", w::ONLY_FROM_THESE_NETWORKS, &given.from, faults, w::AS_203_0_113))
                label.choice {
                    input type="checkbox" name="collapse" value="on" checked[!given.collapse.is_empty()];
                    (w::ANSWER_A_SEND_THAT)
                }
            }
        }
    };
    let body = html! {
        form.card-body.stack method="post" action={ (PATH) "/tokens" } {
            (fields)
            div.line-up {
                @if is_open { a.btn.push href=(PATH) { (w::CANCEL) } }
                @else { button.btn.push type="button" popovertarget="new-token" popovertargetaction="hide" { (w::CANCEL) } }
                button.btn data-kind="primary" { (w::GENERATE) }
            }
        }
    };
    html! {
        @if is_open {
            section.card #new-token aria-labelledby="new-token-head" { header { h2 #new-token-head { (w::A_NEW_TOKEN) } } (body) }
        } @else {
            div.card.over #new-token popover role="dialog" aria-labelledby="new-token-head" { header { h2 #new-token-head { (w::A_NEW_TOKEN) } } (body) }
        }
    }
}

fn optional(name: &str, label: &str, value: &str, faults: Faults<'_>, purpose: &str) -> Markup {
    let about_id = format!("{name}-about");
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" value=(value) autocomplete="off" aria-describedby=(about_id)
                aria-invalid=[faults.of(name).map(|_| "true")];
            (about(&about_id, faults.of(name), purpose))
        }
    }
}

/// The first card: the fresh token, or examples, or how to begin.
pub fn start_card(fresh: Option<&Fresh>, tokens: &[TokenRow], base: &str, zone: &str, now: Time) -> Markup {
    let Some(fresh) = fresh else { return snippets::card(tokens.is_empty().then_some(()), base) };
    let made = formatted(now, &stored_zone(zone), "%H:%M");
    html! {
        section.card aria-labelledby="fresh" data-settle=(PATH) {
            header {
                span.badge data-tone="accent" { (w::NEW) }
                h2 #fresh { bdi { (fresh.name) } }
                span.meta.push { (w::made(&scope_title(fresh.scope), &made)) }
            }
            div.card-body.stack {
                div.stack.tight {
                    (secret_field("token", w::THE_TOKEN, fresh.secret.reveal()))
                    p.small {
                        strong { (w::THIS_IS_THE_ONLY) } " "
                        span.muted { (w::CLICK_IT_TO_COPY) }
                    }
                }
                (snippets::tabs(base, Some(fresh.secret.reveal())))
            }
            footer {
                span.small.muted { (w::RUN_IT_THEN_LOOK) }
                a.btn.push href=(PATH) { (w::DONE_HIDE_THE_TOKEN) }
            }
        }
    }
}

fn has_ended(token: &TokenRow, now: Time) -> bool {
    !token.revoked_at.is_never() || (!token.expires_at.is_never() && token.expires_at <= now)
}

/// Living tokens with what one does with them, and the last of those that ended.
pub fn table(tokens: &[TokenRow], usage: &Usage, signed: &Signed, now: Time) -> Markup {
    let (ended, living): (Vec<&TokenRow>, Vec<&TokenRow>) = tokens.iter().partition(|token| has_ended(token, now));
    let columns = [w::NAME, w::TOKEN, w::SCOPE, w::MADE, w::LAST_USED];
    html! {
        section.card aria-labelledby="tokens" {
            header { h2 #tokens { (w::TOKENS) } span.meta { (w::active(&living.len())) } }
            @if living.is_empty() {
                div.empty { strong { (w::NO_TOKEN_YET) } p { (w::YOUR_OWN_SYSTEMS_CALL) } }
            } @else {
                table.table role="table" aria-labelledby="tokens" {
                    thead role="rowgroup" { tr role="row" {
                        @for name in columns { th scope="col" role="columnheader" { (name) } }
                        th.end scope="col" role="columnheader" { (w::CALLS_THIS_CYCLE) }
                        th scope="col" role="columnheader" { span.hidden-text { (w::ACTIONS) } }
                    } }
                    tbody role="rowgroup" { @for token in &living { (row(token, usage, signed, now)) } }
                }
            }
            @if !ended.is_empty() {
                details.ended {
                    summary { (w::ENDED_TOKENS) }
                    ul.stack.tight { @for token in ended.iter().rev().take(ENDED_SHOWN_MAX) {
                        li.line-up.small {
                            bdi { (token.name) } code.muted { (token.hint) "…" }
                            span.meta { @if token.revoked_at.is_never() { (w::expired(&ago(token.expires_at, now))) } @else { (w::revoked(&ago(token.revoked_at, now))) } }
                        }
                    } }
                }
            }
        }
    }
}

fn row(token: &TokenRow, usage: &Usage, signed: &Signed, now: Time) -> Markup {
    let calls = usage.of_tokens.get(&token.id).copied().unwrap_or_default();
    let id = token.id;
    html! {
        tr role="row" {
            td role="cell" data-label=(w::NAME) { span.line-up { strong { bdi { (token.name) } } (limits(token, signed)) } }
            td role="cell" data-label=(w::TOKEN) { code { (token.hint) "…" } }
            td role="cell" data-label=(w::SCOPE) { (Scope::parse(&token.scope).map_or("", scope_title)) }
            td role="cell" data-label=(w::MADE) { (ago(token.created_at, now)) }
            td role="cell" data-label=(w::LAST_USED) { (ago(token.last_used_at, now)) }
            td.end role="cell" data-label=(w::CALLS) { (grouped(calls)) }
            td.end role="cell" data-label="" {
                details.more {
                    summary.btn.btn-small { (w::CHANGE) span.hidden-text { " " (token.name) } }
                    div.more-body.stack.tight {
                        a.btn.btn-small href={ (PATH) "?token=" (id) "#log" } { (w::SHOW_ITS_CALLS) }
                        form.stack.tight method="post" action={ (PATH) "/tokens/" (id) "/rotate" } {
                            label.choice { input type="checkbox" name="overlap" value="on" checked; (w::THE_OLD_ONE_STAYS) }
                            button.btn.btn-small { (icon("again")) (w::ROTATE) }
                        }
                        form method="post" action={ (PATH) "/tokens/" (id) "/revoke" } { button.btn.btn-small.danger { (icon("close")) (w::REVOKE) } }
                    }
                }
            }
        }
    }
}

/// What a token is limited to, in words.
fn limits(token: &TokenRow, signed: &Signed) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    html! {
        @if token.sandbox_only { span.badge data-tone="info" { (w::SANDBOX_ONLY) } }
        @if !token.expires_at.is_never() {
            span.badge data-tone="warning" { (w::good_until(&formatted(token.expires_at, &zone, "%-d %b %Y %H:%M"))) }
        }
        @if !token.accounts.is_empty() { (listed(&w::only(&token.accounts.replace(',', ", ")))) }
        @if !token.networks.is_empty() { (listed(&w::from(&token.networks.replace(',', ", ")))) }
        @if token.collapses { span.badge data-tone="info" { (w::REPEATS_COLLAPSE) } }
    }
}

/// A list of any length: its beginning, and all of it to whoever points at it.
fn listed(words: &str) -> Markup {
    html! { span.badge data-tone="info" title=(words) { span.clip { (words) } } }
}
