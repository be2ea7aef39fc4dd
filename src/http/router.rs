//! The routes of the server.

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::call::PublicState;
use crate::http::dashboard;
use crate::http::docs;
use crate::http::downloads;
use crate::http::error::json;
use crate::http::fields::percent_decoded;
use crate::http::graph;
use crate::http::openapi::{BASE_PATH, document, operations};
use crate::http::provider;
use crate::http::swagger;

/// All routes: the public API, its documentation, the pages.
pub fn router(app: App) -> Router {
    let (pages, downloads) = (dashboard::routes(app.clone()), downloads::routes(app.clone()));
    let state = PublicState::new(app.clone());
    let (operations, _) = operations();
    let public = operations.with_state(state).method_not_allowed_fallback(wrong_method).layer(from_fn(only_text));
    let openapi = document(Some(&app.settings.public_url)).to_json().unwrap_or_default();
    Router::new()
        .route(
            &format!("{BASE_PATH}/openapi.json"),
            get(move || std::future::ready(json(StatusCode::OK, openapi.clone()))),
        )
        .merge(swagger::routes())
        .merge(docs::routes(&app))
        .merge(pages)
        .merge(downloads)
        .merge(provider::routes(app.clone()))
        .merge(graph::routes(app))
        .merge(public)
        .method_not_allowed_fallback(wrong_method)
        .fallback(fallback)
}

async fn fallback(uri: Uri) -> Response {
    unknown_path(uri.path())
}

/// The answer for a path that isn't there, or isn't for this client.
pub fn unknown_path(path: &str) -> Response {
    let path: String = path.chars().take(128).collect();
    Error::not_found(format!("There is no {path} here; the API begins with {BASE_PATH}")).into_response()
}

/// A path whose escapes hide no text names nothing. Past this, axum would say so outside of the envelope.
async fn only_text(request: Request, next: Next) -> Response {
    match percent_decoded(request.uri().path()) {
        Some(_) => next.run(request).await,
        None => unknown_path(request.uri().path()),
    }
}

/// axum adds the header Allow.
async fn wrong_method(method: Method) -> Response {
    Error::new(Code::NotSupported, format!("{method} is not possible here; the header Allow names what is"))
        .into_response()
}
