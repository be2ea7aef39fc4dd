//! Opening a sandbox account to code that was written for Meta's Cloud API. Partyline's own.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::graph::{NewGraph, OpenedGraph, PreparedGraph, open_graph, parse_callback_url, prepare_graph};
use crate::accounts::sandbox::sandbox_of;
use crate::error::Error;
use crate::http::call::RawBody;
use crate::http::public::refusals::{ControlRefusals, Refusals};
use crate::http::public::sandbox_inbound::account;
use crate::http::public::view::Ok as OkBody;
use crate::http::sandbox_call::SandboxCall;
use crate::store::Write;

/// How a sandbox account is to be spoken to.
#[derive(ToSchema)]
pub struct NewSandboxGraph {
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
    /// Where it tells what happens, signed as Meta signs; left out, it tells nobody.
    #[schema(required = false, nullable, example = "https://bikes.example/meta")]
    pub callback_url: Option<String>,
}

/// What your code needs in place of Meta's.
#[derive(Serialize, ToSchema)]
pub struct SandboxGraphOpened {
    /// In place of `https://graph.facebook.com/<version>`.
    pub base_url: String,
    pub phone_number_id: String,
    pub business_id: String,
    /// To bear as `Authorization: Bearer`. Told once: an answer repeated under its `Idempotency-Key` leaves it out.
    #[schema(required = false)]
    pub access_token: String,
    /// Signs the callbacks, in `X-Hub-Signature-256`. Told once, as the token is.
    #[schema(required = false)]
    pub app_secret: String,
}

/// Speak to a sandbox as to Meta
///
/// Partyline's own. Opens a sandbox account to code that was written for Meta's Cloud API: messages, files, templates and marks at the
/// `base_url`, news by signed callbacks. Each call gives new secrets, and the ones before end. Not counted.
#[utoipa::path(
    post, path = "/sandbox/graph", tag = "Sandbox", operation_id = "sandbox_open_graph",
    request_body = Option<NewSandboxGraph>,
    responses(
        (status = 200, description = "How to speak to it", body = OkBody<SandboxGraphOpened>), Refusals, ControlRefusals,
    ),
)]
pub async fn open(mut call: SandboxCall, body: RawBody) -> Response {
    let app = call.app().clone();
    let request = call.body(body, |fields| {
        let callback_url = fields.parsed("callback_url", |given| parse_callback_url(&app, given));
        Some((account(fields), callback_url.unwrap_or_default()))
    });
    let prepared = match request {
        Ok((wished, callback_url)) => prepared(&call, wished, callback_url).await,
        Err(error) => Err(error),
    };
    let open = |write: &mut Write<'_, '_>, graph: &PreparedGraph| {
        Ok((graph.of(), SandboxGraphOpened::from(open_graph(write, graph)?)))
    };
    call.with_a_secret().write(prepared, open).await
}

async fn prepared(call: &SandboxCall, wished: Option<String>, callback_url: String) -> Result<PreparedGraph, Error> {
    let (app, workspace) = (call.app(), call.workspace());
    let of = app.read(move |tx| sandbox_of(tx, workspace, wished.as_deref())).await?;
    prepare_graph(app, of, NewGraph::telling(callback_url)).await
}

impl From<OpenedGraph> for SandboxGraphOpened {
    fn from(opened: OpenedGraph) -> SandboxGraphOpened {
        let OpenedGraph { base_url, phone_number_id, business_id, access_token, app_secret } = opened;
        SandboxGraphOpened { base_url, phone_number_id, business_id, access_token, app_secret }
    }
}
