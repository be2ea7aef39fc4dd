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
    let scope =
        Scope::parse(&given.scope).ok_or_else(|| Error::invalid("scope", "Choose one of the scopes in the list"));
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
        Scope::Full => "Everything",
        Scope::Read => "Read only",
        Scope::Send => "Send only",
    }
}

/// The form of a new token: over the page, or on it where something is wrong with it.
pub fn form(given: &Given, faults: Faults<'_>, is_open: bool) -> Markup {
    let fields = html! {
        (Line { name: "name", label: "Name", kind: "text", value: &given.name, autocomplete: "off",
            purpose: "Which system will use it? Shown in the log beside every call.",
            is_focused: true }.show(faults))
        div.field {
            label for="scope" { "Scope" }
            select #scope name="scope" aria-describedby="scope-about" {
                @for scope in [Scope::Full, Scope::Read, Scope::Send] {
                    option value=(scope.as_str()) selected[scope.as_str() == given.scope] { (scope_title(scope)) }
                }
            }
            (about("scope-about", faults.of("scope"), "What it may do. Less is safer where less is enough."))
        }
        details.limits open[faults.of("expires").is_some() || faults.of("from").is_some()] {
            summary { "Limits" }
            div.stack {
                (optional("expires", "Ends", &given.expires, faults, "30d, 12h, or the last day on which it is good, as 2027-01-31. Empty: never."))
                (optional("from", "Only from these networks", &given.from, faults, "As 203.0.113.0/24, with commas between several. Empty: from anywhere."))
                label.choice {
                    input type="checkbox" name="collapse" value="on" checked[!given.collapse.is_empty()];
                    "Answer a send that repeats another within a minute as that one was"
                }
            }
        }
    };
    let body = html! {
        form.card-body.stack method="post" action={ (PATH) "/tokens" } {
            (fields)
            div.line-up {
                @if is_open { a.btn.push href=(PATH) { "Cancel" } }
                @else { button.btn.push type="button" popovertarget="new-token" popovertargetaction="hide" { "Cancel" } }
                button.btn data-kind="primary" { "Generate" }
            }
        }
    };
    html! {
        @if is_open {
            section.card #new-token aria-labelledby="new-token-head" { header { h2 #new-token-head { "A new token" } } (body) }
        } @else {
            div.card.over #new-token popover role="dialog" aria-labelledby="new-token-head" { header { h2 #new-token-head { "A new token" } } (body) }
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
                span.badge data-tone="accent" { "New" }
                h2 #fresh { bdi { (fresh.name) } }
                span.meta.push { (scope_title(fresh.scope)) " · made " (made) }
            }
            div.card-body.stack {
                div.stack.tight {
                    (secret_field("token", "The token", fresh.secret.reveal()))
                    p.small {
                        strong { "This is the only time it is shown." } " "
                        span.muted { "Click it to copy. After you leave this page only its first letters stay." }
                    }
                }
                (snippets::tabs(base, Some(fresh.secret.reveal())))
            }
            footer {
                span.small.muted { "Run it, then look at the log below." }
                a.btn.push href=(PATH) { "Done, hide the token" }
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
    let columns = ["Name", "Token", "Scope", "Made", "Last used"];
    html! {
        section.card aria-labelledby="tokens" {
            header { h2 #tokens { "Tokens" } span.meta { (living.len()) " active" } }
            @if living.is_empty() {
                div.empty { strong { "No token yet" } p { "Your own systems call the API with one. Generate it above; it is shown once." } }
            } @else {
                table.table role="table" aria-labelledby="tokens" {
                    thead role="rowgroup" { tr role="row" {
                        @for name in columns { th scope="col" role="columnheader" { (name) } }
                        th.end scope="col" role="columnheader" { "Calls this cycle" }
                        th scope="col" role="columnheader" { span.hidden-text { "Actions" } }
                    } }
                    tbody role="rowgroup" { @for token in &living { (row(token, usage, signed, now)) } }
                }
            }
            @if !ended.is_empty() {
                details.ended {
                    summary { "Ended tokens" }
                    ul.stack.tight { @for token in ended.iter().rev().take(ENDED_SHOWN_MAX) {
                        li.line-up.small {
                            bdi { (token.name) } code.muted { (token.hint) "…" }
                            span.meta { @if token.revoked_at.is_never() { "expired " (ago(token.expires_at, now)) } @else { "revoked " (ago(token.revoked_at, now)) } }
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
            td role="cell" data-label="Name" { span.line-up { strong { bdi { (token.name) } } (limits(token, signed)) } }
            td role="cell" data-label="Token" { code { (token.hint) "…" } }
            td role="cell" data-label="Scope" { (Scope::parse(&token.scope).map_or("", scope_title)) }
            td role="cell" data-label="Made" { (ago(token.created_at, now)) }
            td role="cell" data-label="Last used" { (ago(token.last_used_at, now)) }
            td.end role="cell" data-label="Calls" { (grouped(calls)) }
            td.end role="cell" data-label="" {
                details.more {
                    summary.btn.btn-small { "Change" span.hidden-text { " " (token.name) } }
                    div.more-body.stack.tight {
                        a.btn.btn-small href={ (PATH) "?token=" (id) "#log" } { "Show its calls" }
                        form.stack.tight method="post" action={ (PATH) "/tokens/" (id) "/rotate" } {
                            label.choice { input type="checkbox" name="overlap" value="on" checked; "The old one stays good for 24 hours" }
                            button.btn.btn-small { (icon("again")) "Rotate" }
                        }
                        form method="post" action={ (PATH) "/tokens/" (id) "/revoke" } { button.btn.btn-small.danger { (icon("close")) "Revoke" } }
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
        @if token.sandbox_only { span.badge data-tone="info" { "Sandbox only" } }
        @if !token.expires_at.is_never() {
            span.badge data-tone="warning" { "Good until " (formatted(token.expires_at, &zone, "%-d %b %Y %H:%M")) }
        }
        @if !token.accounts.is_empty() { span.badge data-tone="info" { "Only " (token.accounts.replace(',', ", ")) } }
        @if !token.networks.is_empty() { span.badge data-tone="info" { "From " (token.networks.replace(',', ", ")) } }
        @if token.collapses { span.badge data-tone="info" { "Repeats collapse" } }
    }
}
