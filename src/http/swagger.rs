//! The playground: Swagger UI, carried in the binary, for the public document. What is executed there is real.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use utoipa_swagger_ui::{Config, serve};

use crate::error::Error;
use crate::http::dashboard::words::{playground as w, scripts};
use crate::http::dashboard::{address, cached};
use crate::http::error::json;
use crate::http::openapi::{BASE_PATH, document};

/// Swagger UI writes styles inline and draws from data addresses; scripts come from here only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Its files are large and change with the program only, so a browser asks whether it has them.
const KEEP: &str = "no-cache";

struct Playground {
    config: Arc<Config<'static>>,
    document: String,
}

pub fn routes() -> Router {
    // Without the bar on top, in which any document of the world could be opened under our name.
    let config = Config::new([format!("{BASE_PATH}/swagger/openapi.json")])
        .use_base_layout()
        .try_it_out_enabled(false)
        .persist_authorization(false)
        .display_request_duration(true)
        .deep_linking(true)
        .validator_url("none");
    // Its server is where the page came from, whatever the public address is: a request elsewhere would be refused by
    // the policy above, and opened through another name the page would send to a place that its reader doesn't see.
    let document = document(None).to_json().unwrap_or_default();
    let page = format!("{BASE_PATH}/swagger/");
    Router::new()
        .route(&format!("{BASE_PATH}/swagger"), get(move || std::future::ready(Redirect::permanent(&page))))
        .route(&format!("{BASE_PATH}/swagger/"), get(index))
        .route(&format!("{BASE_PATH}/swagger/openapi.json"), get(relative_document))
        .route(&format!("{BASE_PATH}/swagger/{{*file}}"), get(file))
        .with_state(Arc::new(Playground { config: Arc::new(config), document }))
}

async fn index() -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (w::API_PLAYGROUND) }
                link rel="icon" type="image/svg+xml" href="/assets/mark.svg";
                @for sheet in ["swagger-ui.css", "index.css"] { link rel="stylesheet" href=(sheet); }
                link rel="stylesheet" href=(address("playground.css"));
            }
            body data-words=(scripts::of(&["playground.js"])) {
                (notice())
                main #swagger-ui { noscript { (w::needs_javascript("openapi.json")) } }
                // First, so that what Swagger UI asks goes through it.
                script src=(address("playground.js")) {}
                @for script in ["swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-initializer.js"] {
                    script src=(script) {}
                }
            }
        }
    };
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    guarded((StatusCode::OK, [kind], page.into_string()).into_response())
}

/// What is true of all that is done on this page, and what is left to do it with.
fn notice() -> Markup {
    html! {
        header.real {
            p {
                strong { (w::EVERYTHING_HERE_IS_REAL) } " "
                (w::WHAT_IS_USED)
            }
            dl {
                div { dt { (w::CALLS_LEFT) } dd #balance-calls { "–" } }
                div { dt { (w::CREDITS_LEFT) } dd #balance-credits { "–" } }
            }
            button #balance-again type="button" hidden { (w::LOOK_AGAIN) }
            small #balance-state role="status" { (w::AUTHORIZE_WITH_A_TOKEN) }
        }
    }
}

async fn relative_document(State(playground): State<Arc<Playground>>) -> Response {
    json(StatusCode::OK, playground.document.clone())
}

async fn file(State(playground): State<Arc<Playground>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match serve(&file, Arc::clone(&playground.config)) {
        Ok(Some(found)) => guarded(cached(&headers, &found.content_type, KEEP, found.bytes.into_owned().into())),
        Ok(None) => Error::not_found(w::NO_SUCH_FILE).into_response(),
        Err(cause) => Error::internal(cause.to_string()).into_response(),
    }
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
