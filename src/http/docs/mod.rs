//! The documentation that the server carries: guides from `docs/`, and a reference made from the OpenAPI document. Read
//! without a token and without script. Everything here is the same for everybody; nothing reads the database.

mod examples;
mod fields;
mod frame;
mod guides;
mod llms;
mod markdown;
mod reference;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};

use self::frame::{Here, framed};
use self::reference::Reference;
use crate::app::App;
use crate::http::dashboard::code;
use crate::http::openapi::{BASE_PATH, document};

/// Below [`BASE_PATH`].
const DOCS: &str = "/docs";

/// What the pages are made from.
struct Docs {
    reference: Reference,
    public_url: String,
}

impl Docs {
    /// Where the API begins, as clients write it.
    fn base(&self) -> String {
        format!("{}{BASE_PATH}", self.public_url)
    }
}

pub fn routes(app: &App) -> Router {
    let document = serde_json::to_value(document(None)).unwrap_or_default();
    let docs = Docs { reference: Reference::of(&document), public_url: app.settings.public_url.clone() };
    let start = format!("{BASE_PATH}{DOCS}");
    Router::new()
        .route(&start, get(show_start))
        .route(&format!("{start}/"), get(move || std::future::ready(Redirect::permanent(&start))))
        .route(&format!("{BASE_PATH}{DOCS}/guides/{{name}}"), get(show_guide))
        .route(&format!("{BASE_PATH}{DOCS}/reference/{{name}}"), get(show_section))
        .route("/llms.txt", get(llms_text))
        .route(&format!("{BASE_PATH}/llms.txt"), get(llms_text))
        .with_state(Arc::new(docs))
}

async fn show_start(State(docs): State<Arc<Docs>>) -> Response {
    let content = html! {
        div.stack.tight {
            h1 { "Partyline's public API" }
            p {
                "Send and read WhatsApp messages from your own systems. Clients written for the TimelinesAI Public API work \
                 here when their base URL and token change."
            }
        }
        dl.facts {
            dt { "Base URL" } dd { code { (docs.base()) } }
            dt { "Authorization" } dd { code { "Authorization: Bearer $TOKEN" } }
            dt { "Document" } dd { a href={ (BASE_PATH) "/openapi.json" } { "openapi.json" } ", OpenAPI 3.1" }
            dt { "For language models" } dd { a href={ (BASE_PATH) "/llms.txt" } { "llms.txt" } }
        }
        (code("In a terminal", &format!("curl {}/workspace -H \"Authorization: Bearer $TOKEN\"", docs.base())))
        section.stack.tight {
            h2 #guides { "Guides" }
            ul.docs-list {
                @for guide in guides::all() { li { a href=(guide.href()) { (guide.title()) } p.muted { (guide.summary()) } } }
            }
        }
        (docs.reference.overview())
        (changed_on(reference::DATED))
    };
    framed(&docs.reference, Here::Start, "API documentation", &content)
}

async fn show_guide(State(docs): State<Arc<Docs>>, Path(name): Path<String>) -> Response {
    if let Some(name) = name.strip_suffix(".md")
        && let Some(guide) = guides::find(name)
    {
        let kind = (header::CONTENT_TYPE, "text/markdown; charset=utf-8");
        return (StatusCode::OK, [kind], guide.text).into_response();
    }
    let Some(guide) = guides::find(&name) else { return missing(&docs.reference) };
    let content = html! {
        article.prose.stack { (guide.rendered()) }
        (changed_on(guide.dated))
    };
    framed(&docs.reference, Here::Guide(guide.name), &guide.title(), &content)
}

async fn show_section(State(docs): State<Arc<Docs>>, Path(name): Path<String>) -> Response {
    let Some(section) = docs.reference.section(&name) else { return missing(&docs.reference) };
    let content = html! { (section.rendered(&docs.base())) (changed_on(reference::DATED)) };
    framed(&docs.reference, Here::Section(&section.slug), &section.name, &content)
}

fn changed_on(day: &str) -> Markup {
    html! { p.meta { "Last changed on " time datetime=(day) { (day) } "." } }
}

fn missing(reference: &Reference) -> Response {
    let content = html! {
        h1 { "There is no such page" }
        p { "The list of pages stands beside this text; " a href={ (BASE_PATH) (DOCS) } { "begin here" } "." }
    };
    let mut response = framed(reference, Here::Start, "No such page", &content);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn llms_text(State(docs): State<Arc<Docs>>) -> Response {
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    (StatusCode::OK, [kind], llms::text(&docs.reference, &docs.public_url)).into_response()
}
