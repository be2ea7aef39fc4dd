//! The sandbox as Meta's Graph: the Cloud API's paths, answers and errors, for the tests of whoever writes for it. A request
//! reaches the one sandbox account whose token it bears.

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::accounts::graph::{self, Face, GraphFile, Refusal};
use crate::app::App;
use crate::error::{Code, Error};
use crate::files::intake::Purpose;
use crate::http::error::json as answer;
use crate::http::layers::AllowBody;
use crate::http::multipart::{UploadBody, read_upload};

const PATH: &str = "/sandbox/graph";
const UPLOADS: AllowBody = AllowBody { bytes_max: 101 * 1024 * 1024, timeout: std::time::Duration::from_secs(10 * 60) };
const JSON_BYTES_MAX: usize = 256 * 1024;

pub fn routes(app: App) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{version}}/{{id}}"), get(read).delete(forget))
        .route(
            &format!("{PATH}/{{version}}/{{id}}/messages"),
            post(messages).layer(DefaultBodyLimit::max(JSON_BYTES_MAX)),
        )
        .route(&format!("{PATH}/{{version}}/{{id}}/media"), post(upload).layer(UPLOADS))
        .route(&format!("{PATH}/{{version}}/{{id}}/message_templates"), get(templates))
        .route(&format!("{PATH}/{{version}}/{{id}}/subscribed_apps"), post(subscribed))
        .route(&format!("{PATH}/files/{{version}}/{{id}}"), get(bytes))
        .with_state(app)
}

/// A refusal as the Graph writes it.
struct GraphRefusal(Refusal);

impl From<Refusal> for GraphRefusal {
    fn from(refusal: Refusal) -> GraphRefusal {
        GraphRefusal(refusal)
    }
}

impl IntoResponse for GraphRefusal {
    fn into_response(self) -> Response {
        let Refusal { code, subcode, title, details, retry_after, is_lost } = self.0;
        if is_lost {
            // As from a proxy before Meta's servers.
            return StatusCode::GATEWAY_TIMEOUT.into_response();
        }
        let mut error = json!({
            "message": format!("(#{code}) {title}"),
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": details},
            "fbtrace_id": "sandbox",
        });
        if let Some(subcode) = subcode {
            error["error_subcode"] = json!(subcode);
        }
        let mut response = answer(status_of(code), json!({"error": error}).to_string());
        if let Some(wait) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

/// As Meta's table of errors has it.
fn status_of(code: i64) -> StatusCode {
    match code {
        0 | 190 => StatusCode::UNAUTHORIZED,
        3 | 131_000 => StatusCode::INTERNAL_SERVER_ERROR,
        2 | 131_016 => StatusCode::SERVICE_UNAVAILABLE,
        10 | 200..=299 | 368 | 131_031 => StatusCode::FORBIDDEN,
        4 | 80_007 | 130_429 => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Who asks: a proven account.
struct Asking(Face);

impl FromRequestParts<App> for Asking {
    type Rejection = GraphRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asking, GraphRefusal> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        Ok(Asking(graph::caller(app, token).await?))
    }
}

impl Asking {
    /// The account, if the path names its number.
    fn of_number(&self, id: &str) -> Result<&Face, GraphRefusal> {
        if self.0.phone_number_id == id { Ok(&self.0) } else { Err(Refusal::no_such(id).into()) }
    }

    /// The account, if the path names its business account.
    fn of_business(&self, id: &str) -> Result<&Face, GraphRefusal> {
        if self.0.business_id == id { Ok(&self.0) } else { Err(Refusal::no_such(id).into()) }
    }
}

type Answer = Result<Response, GraphRefusal>;

fn told(body: &Value) -> Answer {
    Ok(answer(StatusCode::OK, body.to_string()))
}

async fn messages(
    State(app): State<App>,
    asking: Asking,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let face = asking.of_number(&id)?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|_| Refusal::new(100, "Invalid parameter", "The body is not JSON; check its quotes and commas."))?;
    told(&graph::messages(&app, face, &body).await?)
}

async fn upload(
    State(app): State<App>,
    asking: Asking,
    Path((_, id)): Path<(String, String)>,
    body: UploadBody,
) -> Answer {
    let face = asking.of_number(&id)?;
    let upload = read_upload(body, &app.blobs, Purpose::Any).await.map_err(|error| upload_refused(&error))?;
    told(&graph::uploaded(&app, face, &upload.stored)?)
}

fn upload_refused(error: &Error) -> Refusal {
    match error.code {
        Code::InternalError => Refusal::new(131_016, "Service unavailable", "The file could not be stored just now."),
        _ => Refusal::new(131_053, "Media upload error", error.message.clone()),
    }
}

async fn read(State(app): State<App>, asking: Asking, Path((version, id)): Path<(String, String)>, uri: Uri) -> Answer {
    if asking.0.phone_number_id == id {
        return told(&graph::number(&asking.0));
    }
    if asking.0.business_id == id {
        return told(&graph::business(&asking.0, uri.query().unwrap_or_default()));
    }
    let GraphFile { mimetype, size_bytes, .. } = graph::file(&app, &asking.0, &id)?;
    let url = format!("{}{PATH}/files/{version}/{id}", app.settings.public_url);
    told(&json!({
        "messaging_product": "whatsapp", "url": url, "mime_type": mimetype, "file_size": size_bytes, "id": id,
    }))
}

async fn forget(State(app): State<App>, asking: Asking, Path((_, id)): Path<(String, String)>) -> Answer {
    graph::file(&app, &asking.0, &id)?;
    told(&json!({"success": true}))
}

async fn templates(asking: Asking, Path((_, id)): Path<(String, String)>) -> Answer {
    told(&graph::templates(asking.of_business(&id)?))
}

async fn subscribed(asking: Asking, Path((_, id)): Path<(String, String)>) -> Answer {
    asking.of_business(&id)?;
    told(&json!({"success": true}))
}

async fn bytes(State(app): State<App>, asking: Asking, Path((_, id)): Path<(String, String)>) -> Answer {
    let held = graph::file(&app, &asking.0, &id)?;
    let bytes = graph::bytes(&app, &asking.0, &held).await?;
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&held.mimetype);
    headers.insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    // Nothing in it can run or be shown as a page of this server.
    for (name, value) in [
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::CACHE_CONTROL, "private"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
