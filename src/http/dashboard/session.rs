//! Who is in front of a page, proven: whoever holds a [`Signed`] came with the cookie of a living session.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use database::Priority;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::cookies::{Footing, footing, values};
use super::doors::Desk;
use super::page::{Theme, failed};
use crate::app::App;
use crate::error::Error;
use crate::http::client_address::ClientAddress;
use crate::store::Write;
use crate::store::teammates::TeammateRow;
use crate::workspace::permissions::Right;
use crate::workspace::secret::Secret;
use crate::workspace::sessions::{Presence, SEEN_EVERY, begin_session, keep_session, presence_of};

/// A page that says no, instead of the one that was asked for.
pub struct Refusal(Box<Response>);

impl Refusal {
    pub fn page(response: Response) -> Refusal {
        Refusal(Box::new(response))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::page(failed(&error))
    }
}

/// The answer of a page.
pub type Shown = Result<Response, Refusal>;

/// A teammate in front of a page.
pub struct Signed {
    pub who: Presence,
    pub theme: Theme,
    pub footing: Footing,
}

impl Signed {
    /// Refuses what the teammate's role may not do.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn ensure(&self, right: Right) -> Result<(), Error> {
        self.who.role.ensure(right)
    }

    pub fn may(&self, right: Right) -> bool {
        self.who.role.may(right)
    }
}

impl FromRequestParts<Desk> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Signed, Refusal> {
        let app = &desk.app;
        let footing = footing(&parts.headers, &parts.uri, &app.settings.public_url);
        let secret = footing.read(&parts.headers).ok_or_else(|| to_login(parts))?;
        let now = app.clock.now();
        let found = app.read(move |tx| presence_of(tx, &secret, now)).await?;
        let who = found.ok_or_else(|| to_login(parts))?;
        if now.since(who.session.seen_at) >= SEEN_EVERY {
            note_use(app, &who);
        }
        Ok(Signed { who, theme: theme_of(&parts.headers), footing })
    }
}

impl OptionalFromRequestParts<Desk> for Signed {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Option<Signed>, Infallible> {
        Ok(<Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await.ok())
    }
}

/// The page to come back to is told in the address; only paths of ours are gone to later.
fn to_login(parts: &Parts) -> Refusal {
    let place = parts.uri.path_and_query().map_or("/", |place| place.as_str());
    let next = match parts.method {
        Method::GET if place != "/" => format!("?next={}", utf8_percent_encode(place, NON_ALPHANUMERIC)),
        _ => String::new(),
    };
    Refusal::page(Redirect::to(&format!("/login{next}")).into_response())
}

/// A place of ours that somebody may be sent on to: a path, and nothing that a browser takes for another host.
pub fn is_place_of_ours(place: &str) -> bool {
    let bytes = place.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && place.len() <= 2_000
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
}

fn theme_of(headers: &HeaderMap) -> Theme {
    values(headers, super::account::THEME_COOKIE).next().and_then(Theme::parse).unwrap_or_default()
}

/// Noted beside the request: nobody waits for it, and a lost one comes again.
fn note_use(app: &App, who: &Presence) {
    let (app, session) = (app.clone(), who.session.clone());
    tokio::spawn(async move {
        let workspace = session.workspace;
        let keep = move |write: &mut Write<'_, '_>| keep_session(write, &session);
        if let Err(error) = app.write(workspace, Priority::Background, keep).await {
            tracing::debug!(%error, "the use of a session was not noted");
        }
    });
}

/// What is kept of whoever begins a session.
#[derive(Clone)]
pub struct Visitor {
    pub address: IpAddr,
    pub browser: String,
    pub footing: Footing,
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Visitor, Infallible> {
        let known = parts.extensions.get::<ClientAddress>().map(|client| client.0);
        let browser = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Visitor {
            address: known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            browser: browser.to_owned(),
            footing: footing(&parts.headers, &parts.uri, &desk.app.settings.public_url),
        })
    }
}

impl Visitor {
    /// Begins a session in the same write as what let the visitor in.
    pub fn enter(&self, write: &mut Write<'_, '_>, teammate: &TeammateRow, secret: &Secret) -> Result<(), Error> {
        begin_session(write, teammate, secret, &self.address.to_string(), &self.browser)
    }

    /// Sends somebody on who has come in.
    pub fn welcome(&self, secret: &Secret, place: &str) -> Response {
        ([(header::SET_COOKIE, self.footing.begin(secret))], Redirect::to(place)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert!(is_place_of_ours("/team?done=invited") && is_place_of_ours("/"));
        let foreign =
            ["", "team", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil", "/a b", "/é"];
        assert!(foreign.into_iter().all(|place| !is_place_of_ours(place)));
    }
}
