//! Callbacks of Meta's Cloud API: verifying the address, and hearing what happened. The signature is checked over the bytes
//! as they came, before anything of them is read; without a good one nothing is stored and nothing is told.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::accounts::cloud::{account_told_at, hear_callback, is_signed, knows_verify_token};
use crate::app::App;
use crate::error::{Code, Error};
use crate::http::error::json;
use crate::http::fields::Fields;
use crate::http::layers::AllowBody;

/// Meta's largest callback.
const BODY_BYTES_MAX: u64 = 3 * 1024 * 1024;
const BODY_TIME_MAX: Duration = Duration::from_secs(30);
const CHALLENGE_CHARS_MAX: usize = 200;
const SIGNATURE: &str = "x-hub-signature-256";

pub fn routes(app: App) -> Router {
    Router::new()
        .route("/provider/cloud/{account}", get(verify).post(hear))
        .layer(AllowBody { bytes_max: BODY_BYTES_MAX, timeout: BODY_TIME_MAX })
        .with_state(app)
}

async fn verify(State(app): State<App>, Path(account): Path<String>, RawQuery(query): RawQuery) -> Response {
    match verified(&app, &account, query.as_deref().unwrap_or_default()).await {
        Ok(challenge) => {
            let inert = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (StatusCode::OK, inert, challenge).into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn verified(app: &App, account: &str, query: &str) -> Result<String, Error> {
    let row = account_told_at(app, account).await?;
    let mut fields = Fields::from_query(query)?;
    let mut text = |name| fields.text(name).unwrap_or_default();
    let (mode, token, challenge) = (text("hub.mode"), text("hub.verify_token"), text("hub.challenge"));
    if mode != "subscribe" || !knows_verify_token(app, &row, &token)? {
        return Err(Error::new(Code::PermissionDenied, "The verify token is not this account's; copy it again"));
    }
    // Whoever knows the token may have an answer repeated, but no page made of it.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if challenge.is_empty() || challenge.len() > CHALLENGE_CHARS_MAX || !challenge.chars().all(is_plain) {
        let rule = format!("hub.challenge is missing, or has more than {CHALLENGE_CHARS_MAX} letters and digits");
        return Err(Error::invalid("hub.challenge", rule));
    }
    Ok(challenge)
}

async fn hear(State(app): State<App>, Path(account): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    match heard(&app, &account, &headers, &body).await {
        Ok(()) => json(StatusCode::OK, "{}".to_owned()),
        Err(error) => error.into_response(),
    }
}

async fn heard(app: &App, account: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    let row = account_told_at(app, account).await?;
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(app, &row, signature, body)? {
        tracing::warn!(account = %row.account, workspace = %row.workspace, "a callback with a bad signature was refused");
        let rule = "The signature is not good; check the app secret that the account was added with";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    let told: Value = serde_json::from_slice(body)
        .map_err(|_| Error::invalid("body", "The body is not JSON; send it as it was signed"))?;
    hear_callback(app, &row, &told).await
}
