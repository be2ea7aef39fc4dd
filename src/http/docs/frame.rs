//! The frame of the documentation: contents on one side, the page on the other. On a phone the contents are a drawer.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::reference::Reference;
use super::{DOCS, guides};
use crate::http::dashboard::{document_of, icon};
use crate::http::openapi::BASE_PATH;

/// Which page is shown.
#[derive(Clone, Copy, PartialEq)]
pub enum Here<'d> {
    Start,
    Guide(&'d str),
    Section(&'d str),
}

pub fn framed(reference: &Reference, here: Here<'_>, title: &str, content: &Markup) -> Response {
    let body = html! {
        a.skip.hidden-text href="#main" { "Skip to content" }
        div.docs {
            header.docs-head.line-up {
                a.brand href={ (BASE_PATH) (DOCS) } { span.brand-mark { (icon("mark")) } "Partyline" }
                button.btn.docs-open.push type="button" popovertarget="contents" { (icon("menu")) "Contents" }
            }
            nav.docs-nav #contents popover aria-label="Contents" { (contents(reference, here)) }
            main.docs-main.stack #main { (content) }
        }
    };
    document_of(StatusCode::OK, title, &["docs.css"], &body)
}

fn contents(reference: &Reference, here: Here<'_>) -> Markup {
    let current = |is_here: bool| is_here.then_some("page");
    html! {
        section {
            a href={ (BASE_PATH) (DOCS) } aria-current=[current(here == Here::Start)] { "Start" }
            a href={ (BASE_PATH) "/swagger/" } { "Playground" }
        }
        section {
            h2 { "Guides" }
            @for guide in guides::all() {
                a href=(guide.href()) aria-current=[current(here == Here::Guide(guide.name))] { (guide.title()) }
            }
        }
        section {
            h2 { "Reference" }
            @for section in &reference.sections {
                @let is_here = here == Here::Section(&section.slug);
                a href=(section.href()) aria-current=[current(is_here)] { (section.name) }
                @if is_here {
                    ul { @for operation in &section.operations {
                        li { a href={ "#" (operation.id) } { (operation.summary) } }
                    } }
                }
            }
        }
    }
}
