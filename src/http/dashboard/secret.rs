//! A secret that is shown once: one click copies it where a script may, and selects it where none does.

use maud::{Markup, html};

use super::page::icon;
use super::words::shared as w;

/// The field of a secret. Without script it is a field whose text can be selected; `screens.js` adds the copying.
pub fn secret_field(id: &str, name: &str, secret: &str) -> Markup {
    html! {
        div.secret data-copy=(id) {
            input id=(id) type="text" value=(secret) readonly autocomplete="off" spellcheck="false" aria-label=(name);
            button.btn.btn-small type="button" hidden { (icon("copy")) (w::COPY) }
            span.badge data-tone="success" role="status" hidden { (icon("check")) (w::COPIED) }
        }
    }
}
