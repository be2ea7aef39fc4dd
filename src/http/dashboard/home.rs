//! The front door: where somebody who has logged in goes on, and what this server is for everybody else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::doors::Desk;
use super::frame::landing;
use super::page::{icon, page};
use super::session::Signed;
use super::words::LOG_IN;
use crate::http::openapi::BASE_PATH;

pub async fn show(State(desk): State<Desk>, signed: Option<Signed>) -> Response {
    if let Some(signed) = signed {
        return Redirect::to(landing(|right| signed.may(right))).into_response();
    }
    let base = format!("{}{BASE_PATH}", desk.app.settings.public_url);
    let content = html! {
        section.card {
            div.card-body.stack {
                div.stack.tight {
                    h1 { "This is a Partyline server" }
                    p.muted { "It sends and receives WhatsApp messages for a team and its other systems." }
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
                    a.btn data-kind="primary" href="/login" { (LOG_IN) }
                    a.btn href={ (BASE_PATH) "/swagger/" } { (icon("code")) "Open the playground" }
                }
            }
        }
    };
    page(StatusCode::OK, "Server", &content)
}
