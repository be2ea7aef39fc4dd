//! The playground: Swagger UI, carried in the binary, for the public document. What is executed there is real.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, serve};

use crate::error::Error;
use crate::http::openapi::BASE_PATH;

/// Swagger UI writes styles inline and draws from data addresses; scripts come from here only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub fn routes() -> Router {
    let config = Config::new([format!("{BASE_PATH}/openapi.json")])
        .try_it_out_enabled(false)
        .persist_authorization(false)
        .display_request_duration(true)
        .deep_linking(true)
        .validator_url("none");
    let page = format!("{BASE_PATH}/swagger/");
    Router::new()
        .route(&format!("{BASE_PATH}/swagger"), get(move || std::future::ready(Redirect::permanent(&page))))
        .route(&format!("{BASE_PATH}/swagger/"), get(index))
        .route(&format!("{BASE_PATH}/swagger/{{*file}}"), get(file))
        .with_state(Arc::new(config))
}

async fn index(State(config): State<Arc<Config<'static>>>) -> Response {
    answer("", config)
}

async fn file(State(config): State<Arc<Config<'static>>>, Path(file): Path<String>) -> Response {
    answer(&file, config)
}

fn answer(file: &str, config: Arc<Config<'static>>) -> Response {
    match serve(file, config) {
        Ok(Some(found)) => {
            let kind = HeaderValue::from_str(&found.content_type);
            let headers: [(HeaderName, HeaderValue); 3] = [
                (header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
                (header::CONTENT_SECURITY_POLICY, POLICY),
                (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ];
            (StatusCode::OK, headers, found.bytes.into_owned()).into_response()
        }
        Ok(None) => Error::not_found("The playground has no such file").into_response(),
        Err(cause) => Error::internal(cause.to_string()).into_response(),
    }
}
