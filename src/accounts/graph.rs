//! Sandbox accounts that are spoken to as Meta's Graph: opening one, and what a request to it reaches.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::Snapshot;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use transport::FileBytes;

use crate::accounts::world;
use crate::app::App;
use crate::error::Error;
use crate::files::intake::Stored;
use crate::id::random_bytes;
use crate::outbound::check_url;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::sandbox::SandboxOf;
use crate::store::sandbox_graphs::{SandboxGraph, sandbox_graph_set};
use crate::transports::net::SANDBOX_GRAPH_PATH;
use crate::transports::sandbox::graph;

pub use crate::transports::sandbox::graph::callbacks::signature;
pub use crate::transports::sandbox::graph::{Face, GraphFile, Refusal, business, number, templates};

const SECRET_BYTES: usize = 24;

/// How a sandbox account is to be spoken to.
pub struct NewGraph {
    /// Where it tells what happens; empty for nowhere.
    pub callback_url: String,
    /// What callers bear.
    pub access_token: String,
    /// What it signs with.
    pub app_secret: String,
}

impl NewGraph {
    /// With secrets of its own.
    pub fn telling(callback_url: String) -> NewGraph {
        let secret = || URL_SAFE_NO_PAD.encode(random_bytes::<SECRET_BYTES>());
        NewGraph { callback_url, access_token: secret(), app_secret: secret() }
    }
}

/// Judges an address that is to be told what happens; empty for none.
///
/// # Errors
/// `validation_error` for one that may not be told anything.
pub fn parse_callback_url(app: &App, given: &str) -> Result<String, Error> {
    if !given.is_empty() && world(app).net.as_own(given).is_none() {
        check_url(given, app.outbound.policy()).map_err(|error| error.in_field("callback_url"))?;
    }
    Ok(given.to_owned())
}

/// What somebody needs to speak to it.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedGraph {
    /// With the version; ids and paths follow.
    pub base_url: String,
    pub phone_number_id: String,
    pub business_id: String,
    pub access_token: String,
    pub app_secret: String,
}

/// What it takes to open one, drawn and sealed before a write begins.
pub struct PreparedGraph {
    stored: SandboxGraph,
    opened: OpenedGraph,
}

impl PreparedGraph {
    pub fn of(&self) -> SandboxOf {
        self.stored.of
    }
}

/// Prepares a sandbox account to be spoken to as the Graph.
///
/// # Errors
/// `not_found` without such an account, or a fault.
pub async fn prepare_graph(app: &App, of: SandboxOf, new: NewGraph) -> Result<PreparedGraph, Error> {
    let row = app.read(move |tx| Ok::<_, Error>(account_find(tx, of.workspace, of.account)?)).await?;
    let face = Face::of(&row.ok_or_else(|| Error::not_found("There is no such account in this workspace"))?);
    let stored = sealed_graph(app, of, &new)?;
    let NewGraph { access_token, app_secret, .. } = new;
    let base_url = format!("{}{SANDBOX_GRAPH_PATH}/{}", app.settings.public_url, app.graph().version);
    let Face { phone_number_id, business_id, .. } = face;
    let opened = OpenedGraph { base_url, phone_number_id, business_id, access_token, app_secret };
    Ok(PreparedGraph { stored, opened })
}

/// Lets it be spoken to; tokens from before end.
///
/// # Errors
/// A fault.
pub fn open_graph(write: &mut Write<'_, '_>, graph: &PreparedGraph) -> Result<OpenedGraph, Error> {
    sandbox_graph_set(write.tx, &graph.stored)?;
    Ok(graph.opened.clone())
}

/// How a sandbox account is to be spoken to, as it is stored. Draws randomness, so call it before a write begins.
///
/// # Errors
/// A fault where the server has no key file.
pub fn sealed_graph(app: &App, of: SandboxOf, new: &NewGraph) -> Result<SandboxGraph, Error> {
    let app_secret = graph::callbacks::seal_app_secret(app.sealing_key()?, of, &new.app_secret)?;
    let (token_hash, callback_url) = (hash_of(&new.access_token), new.callback_url.clone());
    Ok(SandboxGraph { of, token_hash, callback_url, app_secret })
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The account that a token speaks to.
///
/// # Errors
/// The Graph's 190 for a token that nobody gave; its 131016 for a fault.
pub async fn caller(app: &App, token: &str) -> Result<Face, Refusal> {
    let hash = hash_of(token);
    let look = move |tx: &mut Snapshot<'_>| Ok::<_, Error>(graph::face_by_token(tx, &hash)?);
    let found = app.read(look).await.map_err(|error| fault(&error))?;
    found.ok_or_else(|| Refusal::new(190, "Invalid OAuth access token", "Cannot parse access token, or it has ended."))
}

/// Carries out a request of `/{phone_number_id}/messages`.
///
/// # Errors
/// As the Graph refuses.
pub async fn messages(app: &App, face: &Face, body: &Value) -> Result<Value, Refusal> {
    let answer = graph::messages(&world(app), face, body).await;
    app.sandbox_bells.of(face.of).notify_one();
    answer
}

/// Gives a file that was stored an id.
///
/// # Errors
/// The Graph's 131016 without a key file.
pub fn uploaded(app: &App, face: &Face, stored: &Stored) -> Result<Value, Refusal> {
    let key = app.sealing_key().map_err(|error| fault(&error))?;
    let file = &stored.file;
    let size_bytes = u64::try_from(file.size_bytes).unwrap_or(0);
    let held = graph::file_of_upload(&file.sha256, &file.mimetype, &stored.filename, size_bytes);
    let id = graph::file_id(key, face.of, &held);
    id.map(|id| json!({"id": id})).ok_or_else(|| Refusal::new(131_053, "Media upload error", "It got no id."))
}

/// What stands behind a file's id.
///
/// # Errors
/// The Graph's 100 for an id that is none of this account's.
pub fn file(app: &App, face: &Face, id: &str) -> Result<GraphFile, Refusal> {
    let key = app.sealing_key().map_err(|error| fault(&error))?;
    graph::open_file_id(key, face.of, id).ok_or_else(|| Refusal::no_such(id))
}

/// The bytes of a file.
///
/// # Errors
/// As the Graph refuses.
pub async fn bytes(app: &App, face: &Face, held: &GraphFile) -> Result<FileBytes, Refusal> {
    graph::bytes(&world(app), face, held).await
}

fn fault(error: &Error) -> Refusal {
    tracing::warn!(%error, "the sandbox's Graph could not answer");
    Refusal::new(131_016, "Service unavailable", "The sandbox could not answer just now; try again.")
}
