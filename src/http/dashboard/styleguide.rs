//! Every piece that pages are made of, on one page, for whoever draws them. In development builds only.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::form::{Faults, Line};
use super::page::{Document, code, icon};
use super::secret::secret_field;
use crate::error::FieldFault;

const COLOURS: [&str; 12] =
    ["bg", "surface", "sunken", "raised", "line", "edge", "text", "muted", "accent", "success", "warning", "danger"];
const TONES: [(&str, &str, &str); 6] = [
    ("none", "Paused", "clock"),
    ("accent", "New", "plus"),
    ("info", "Waiting", "clock"),
    ("success", "Delivered", "check"),
    ("warning", "Retrying", "again"),
    ("danger", "Given up", "close"),
];
const ICONS: [&str; 12] =
    ["inbox", "hook", "code", "server", "shield", "people", "tune", "send", "note", "file", "download", "search"];

pub async fn show() -> Response {
    let body = html! {
        main.page.stack #main {
            div.page-head { div { h1 { "Style guide" } p { "What pages are made of. Sizes, colours and words come from here." } } }
            (colours()) (controls()) (states()) (data())
        }
    };
    let document =
        Document { title: "Style guide", sheets: &["screens.css"], scripts: &["screens.js"], ..Document::default() };
    document.around(StatusCode::OK, &body)
}

fn card(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section.card aria-labelledby=(id) { header { h2 id=(id) { (title) } } div.card-body.stack { (content) } }
    }
}

fn colours() -> Markup {
    let content = html! {
        ul.line-up { @for name in COLOURS {
            li.line-up.small { svg.icon viewBox="0 0 20 20" aria-hidden="true" { rect.swatch data-colour=(name) width="20" height="20" rx="4" {} } code { "--" (name) } }
        } }
        ul.line-up { @for name in ICONS { li.line-up.small { (icon(name)) (name) } } }
        p { "Reading text, " span.muted { "muted text, " } strong { "strong text, " } code { "code" } ", " a href="#main" { "a link" } "." }
        p.meta { "Meta text, the smallest there is." }
    };
    card("colours", "Colours, drawings, text", &content)
}

fn controls() -> Markup {
    let faults = [FieldFault { fields: vec!["broken".to_owned()], message: "Say what to change".to_owned() }];
    let line = |name, label, value| Line {
        name,
        label,
        kind: "text",
        value,
        autocomplete: "off",
        purpose: "What it is for.",
        is_focused: false,
    };
    let content = html! {
        div.line-up {
            button.btn data-kind="primary" type="button" { "The next step" }
            button.btn type="button" { (icon("again")) "Another" }
            button.btn data-kind="plain" type="button" { "Plain" }
            button.btn.danger type="button" { "Delete" }
            button.btn.btn-small type="button" { "Small" }
            button.btn type="button" disabled { "Not now" }
        }
        div.fields { (line("fine", "A field", "Harbour Bikes").show(Faults::default())) (line("broken", "A field at fault", "").show(Faults(&faults))) }
        div.line-up {
            label.choice { input type="radio" name="one" checked; "One" }
            label.choice { input type="radio" name="one"; "Other" }
            label.choice { input type="checkbox" checked; "And this" }
        }
        nav.picks aria-label="Picks" { a href="#main" aria-current="true" { "All" } a href="#main" { "Waiting" } }
        (secret_field("secret", "A secret", "pl_live_shown_once"))
    };
    card("controls", "Controls", &content)
}

fn states() -> Markup {
    let content = html! {
        div.line-up { @for (tone, word, drawing) in TONES { span.badge data-tone=(tone) { (icon(drawing)) (word) } } }
        @for (tone, word, drawing) in TONES { p.banner data-tone=(tone) { (icon(drawing)) span { strong { (word) ". " } "What happened, what it means, what to do." } } }
        div.empty { (icon("inbox")) strong { "Nothing here yet" } p { "Why that is, and the shortest way to change it." } }
    };
    card("states", "States", &content)
}

fn data() -> Markup {
    let content = html! {
        table.table role="table" aria-label="A table" {
            thead role="rowgroup" { tr role="row" { th scope="col" role="columnheader" { "Name" } th.end scope="col" role="columnheader" { "Count" } } }
            tbody role="rowgroup" { tr role="row" { td role="cell" data-label="Name" { "Harbour Bikes" } td.end role="cell" data-label="Count" { "1,234" } } }
        }
        dl.facts { dt { "Version" } dd { "1" } dt { "Schema" } dd { "17" } }
        ol.rail {
            li data-done data-tone="danger" { strong { "1st try: 503" } span.muted { "after 2 ms" } }
            li data-tone="info" { strong { "2nd try at 09:00" } }
        }
        div.meter role="meter" aria-label="Used" aria-valuemin="0" aria-valuemax="100" aria-valuenow="40" {
            svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" { rect.soon width="70" height="1" {} rect width="40" height="1" {} }
        }
        (code("In a terminal", "partyline doctor"))
    };
    card("data", "Data", &content)
}
