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
use super::words::shared as w;
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
                    h1 { (w::THIS_IS_A_PARTYLINE) }
                    p.muted { (w::IT_SENDS_AND_RECEIVES) }
                }
                dl.facts {
                    dt { (w::THE_API_BEGINS_AT) }
                    dd { code { (base) } }
                    dt { (w::ITS_DESCRIPTION) }
                    dd {
                        a href={ (BASE_PATH) "/docs" } { (w::API_DOCUMENTATION) } ", "
                        a href={ (BASE_PATH) "/openapi.json" } { (w::OPENAPI_JSON) }
                    }
                }
                div.line-up {
                    a.btn data-kind="primary" href="/login" { (LOG_IN) }
                    a.btn href={ (BASE_PATH) "/swagger/" } { (icon("code")) (w::OPEN_THE_PLAYGROUND) }
                }
            }
        }
    };
    page(StatusCode::OK, w::SERVER, &content)
}
