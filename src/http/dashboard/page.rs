//! The frame of a page, and the headers that every page bears.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::address;
use super::words::{scripts, shared as w};
use crate::error::Error;
use crate::http::error::status_of;

/// No script at all, styles and drawings of ours only, in nobody's frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// The same for a page that our own script makes handier.
const POLICY_WITH_SCRIPT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// No address leaves with a `Referer`, for some hold a secret; only the origin does. `no-referrer` would go too far:
/// browsers then send `Origin: null` with our own forms, which can't be told from a stranger's.
const REFERRER: HeaderValue = HeaderValue::from_static("strict-origin");

/// A page that stands by itself: one column under our name, no navigation.
pub fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    let body = html! {
        div.page.stack data-alone {
            header.brand { span.brand-mark { (icon("mark")) } (w::PARTYLINE) }
            main { (content) }
        }
    };
    document_of(status, title, &[], &body)
}

/// Light, dark, or as the reader's system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [(Theme, &'static str, &'static str); 3] = [
        (Theme::System, "system", w::AS_THE_SYSTEM),
        (Theme::Light, "light", w::LIGHT),
        (Theme::Dark, "dark", w::DARK),
    ];

    pub fn parse(text: &str) -> Option<Theme> {
        Theme::ALL.iter().find(|row| row.1 == text).map(|row| row.0)
    }

    pub fn as_str(self) -> &'static str {
        Theme::ALL.iter().find(|row| row.0 == self).map_or("system", |row| row.1)
    }

    fn attribute(self) -> Option<&'static str> {
        (self != Theme::System).then(|| self.as_str())
    }
}

/// A document around a page's body.
#[derive(Default)]
pub struct Document<'d> {
    pub title: &'d str,
    /// Sheets beside those of every page.
    pub sheets: &'d [&'d str],
    /// Modules that make the page handier; it works without them.
    pub scripts: &'d [&'d str],
    /// Modules that these load once somebody needs them; the page says where they are.
    pub later: &'d [&'d str],
    pub theme: Theme,
    /// Asks for the page again after so many seconds.
    pub refresh_s: Option<u32>,
}

/// A whole document around a page's body, with sheets beside those of every page.
pub fn document_of(status: StatusCode, title: &str, sheets: &[&str], body: &Markup) -> Response {
    Document { title, sheets, ..Document::default() }.around(status, body)
}

impl Document<'_> {
    pub fn around(&self, status: StatusCode, body: &Markup) -> Response {
        let words = scripts::of(&[self.scripts, self.later].concat());
        let page = html! {
            (DOCTYPE)
            html lang="en" data-theme=[self.theme.attribute()] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(seconds) = self.refresh_s {
                        // A script does it otherwise, and only once the reader's hands are off the page.
                        noscript { meta http-equiv="refresh" content=(seconds); }
                        @if !self.scripts.contains(&"live.js") { meta name="again" content=(seconds); }
                    }
                    title { (w::partyline(&self.title)) }
                    link rel="icon" type="image/svg+xml" href=(address("mark.svg"));
                    @for sheet in ["tokens.css", "base.css", "components.css"].iter().chain(self.sheets) {
                        link rel="stylesheet" href=(address(sheet));
                    }
                    @for script in self.later { meta name={ "module:" (script.trim_end_matches(".js")) } content=(address(script)); }
                    @for script in self.scripts { script type="module" src=(address(script)) {} }
                }
                body data-words=[(!self.scripts.is_empty()).then_some(words)] { (body) }
            }
        };
        let headers: [(HeaderName, HeaderValue); 5] = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::CONTENT_SECURITY_POLICY, if self.scripts.is_empty() { POLICY } else { POLICY_WITH_SCRIPT }),
            (header::REFERRER_POLICY, REFERRER),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (status, headers, page.into_string()).into_response()
    }
}

/// A page for what went wrong, in the words of the error.
pub fn failed(error: &Error) -> Response {
    if let Some(cause) = error.cause() {
        tracing::error!(code = error.code.as_str(), cause, "a page failed");
    }
    told(status_of(error), w::THAT_DIDNT_WORK, &html! { p { (error.message) } })
}

/// A page that only says something.
pub fn told(status: StatusCode, title: &str, words: &Markup) -> Response {
    let content = html! {
        section.card {
            div.card-body.stack { h1 { (title) } (words) }
        }
    };
    page(status, title, &content)
}

/// A drawing of `icons.svg`; the words beside it say what it means.
pub fn icon(name: &str) -> Markup {
    html! { svg.icon aria-hidden="true" { use href={ (address("icons.svg")) "#i-" (name) } {} } }
}

/// What one copies, under a caption.
pub fn code(caption: &str, text: &str) -> Markup {
    html! {
        figure.code {
            figcaption { (caption) }
            pre role="group" tabindex="0" aria-label=(caption) {
                // A line breaks between words only: an option cut after its dashes would be typed so.
                @for (n, line) in text.lines().enumerate() {
                    @if n > 0 { "\n" }
                    @for (n, word) in line.split(' ').enumerate() { @if n > 0 { " " } span { (word) } }
                }
            }
        }
    }
}
