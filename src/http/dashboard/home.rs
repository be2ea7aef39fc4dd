//! The front door: what this server is, and where its API begins.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::page::{icon, page};
use crate::app::App;
use crate::http::openapi::BASE_PATH;

pub async fn show(State(app): State<App>) -> Response {
    let base = format!("{}{BASE_PATH}", app.settings.public_url);
    let content = html! {
        section.card {
            div.card-body.stack {
                div.stack.tight {
                    h1 { "This is a Partyline server" }
                    p.muted { "It sends and receives WhatsApp messages for other systems, through an API." }
                }
                dl.facts {
                    dt { "The API begins at" }
                    dd { code { (base) } }
                    dt { "Its description" }
                    dd {
                        a href={ (BASE_PATH) "/docs" } { "API documentation" } ", "
                        a href={ (BASE_PATH) "/openapi.json" } { "openapi.json" }
                    }
                }
                div.line-up {
                    a.btn data-kind="primary" href={ (BASE_PATH) "/swagger/" } { (icon("code")) "Open the playground" }
                    span.meta { "Swagger UI. What is sent there is really sent." }
                }
            }
        }
    };
    page(StatusCode::OK, "Server", &content)
}
