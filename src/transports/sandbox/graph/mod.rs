//! The sandbox as Meta's Graph: one of its accounts is spoken to in the words of the Cloud API, and tells what happens by
//! signed callbacks. The contacts are the same, and so are their rows; only the wire is another.
//!
//! It is for the tests of whoever writes for the Cloud API, us included. What it doesn't do is said in `docs/transports.md`.

pub mod callbacks;
mod ids;
mod read;
pub mod told;

use std::time::Duration;

use database::{Error, Read};
use serde_json::{Value, json};
use transport::{Address, FileBytes, Mark, Outgoing, ReadMessage, SendError, Transport, Verdict};
use uuid::Uuid;

use crate::id::random_bytes;
use crate::store::accounts::{AccountRow, account_find};
use crate::store::sandbox::{SandboxOf, sandbox_message_find};
use crate::store::sandbox_graphs::{sandbox_graph_by_token, sandbox_graph_find};
use crate::transports::sandbox::graph::read::Request;
use crate::transports::sandbox::templates::TEMPLATES;
use crate::transports::sandbox::{Sandbox, World, files};

pub use ids::{GraphFile, file_id, is_of_linked_device, open_file_id};

/// How an account shows itself at the Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    pub of: SandboxOf,
    /// The Graph's id of the number: the digits of the sandbox account.
    pub phone_number_id: String,
    /// The Graph's id of the business account.
    pub business_id: String,
    /// The number that contacts see, with `+`. It isn't the sandbox account's own: the two may stand in one workspace.
    pub phone: String,
    pub name: String,
}

impl Face {
    /// Of a sandbox account.
    pub fn of(account: &AccountRow) -> Face {
        let digits = account.phone.trim_start_matches('+');
        // An account's number ends with 198, which is no contact's; no contact has 197 either.
        let phone = account.phone.strip_suffix('8').map_or_else(|| account.phone.clone(), |start| format!("{start}7"));
        Face {
            of: SandboxOf { workspace: account.workspace, account: account.id },
            phone_number_id: digits.to_owned(),
            business_id: format!("9{digits}"),
            phone,
            name: account.name.clone(),
        }
    }
}

/// A refusal in the Graph's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: i64,
    pub subcode: Option<i64>,
    pub title: String,
    pub details: String,
    pub retry_after: Option<Duration>,
    /// No refusal: what became of the request nobody hears.
    pub is_lost: bool,
}

impl Refusal {
    pub fn new(code: i64, title: &str, details: impl Into<String>) -> Refusal {
        Refusal {
            code,
            subcode: None,
            title: title.to_owned(),
            details: details.into(),
            retry_after: None,
            is_lost: false,
        }
    }

    /// For an id that is nothing here.
    pub fn no_such(id: &str) -> Refusal {
        let id: String = id.chars().take(64).collect();
        let details = format!("Object with ID '{id}' does not exist, or this token may not see it.");
        Refusal { subcode: Some(33), ..Refusal::new(100, "Unsupported request", details) }
    }
}

impl From<SendError> for Refusal {
    fn from(error: SendError) -> Refusal {
        let retry_after = match error.verdict {
            Verdict::Retry { after } | Verdict::ChatThrottled { after } | Verdict::AccountHeld { for_: after } => {
                Some(after)
            }
            _ => None,
        };
        let code = error.code.unwrap_or(131_000);
        Refusal { retry_after, is_lost: error.maybe_accepted, ..Refusal::new(code, &error.title, error.details) }
    }
}

/// The account that a token speaks to; `None` for one that nobody gave.
pub fn face_by_token(tx: &mut impl Read, token_hash: &[u8; 32]) -> Result<Option<Face>, Error> {
    let Some(graph) = sandbox_graph_by_token(tx, token_hash)? else { return Ok(None) };
    face(tx, graph.of)
}

/// How an account shows itself, where somebody listens to it.
pub fn listening_face(tx: &mut impl Read, of: SandboxOf) -> Result<Option<Face>, Error> {
    match sandbox_graph_find(tx, of)?.filter(|graph| !graph.callback_url.is_empty()) {
        Some(_) => face(tx, of),
        None => Ok(None),
    }
}

fn face(tx: &mut impl Read, of: SandboxOf) -> Result<Option<Face>, Error> {
    let account = account_find(tx, of.workspace, of.account)?.filter(|row| row.unlinked_at.is_never());
    Ok(account.as_ref().map(Face::of))
}

/// Carries out a request of `/{phone_number_id}/messages` and answers as the Graph does.
///
/// # Errors
/// A refusal with the Graph's code.
pub async fn messages(world: &World, face: &Face, body: &Value) -> Result<Value, Refusal> {
    match read::read(world, face, body)? {
        Request::Send { to, input, body, reply_to, callback_data } => {
            let (uid, wamid) = (Uuid::from_bytes(random_bytes()), ids::wamid(&callback_data));
            let message = Outgoing { uid, wamid, to, body, reply_to, quoted: None };
            let sandbox = Sandbox::new(world.clone(), face.of);
            let accepted = sandbox.send(&message).await?;
            Ok(json!({
                "messaging_product": "whatsapp",
                "contacts": [{"input": input, "wa_id": input.trim_start_matches('+')}],
                "messages": [{"id": accepted.wamid, "message_status": "accepted"}],
            }))
        }
        Request::Mark { wamid, typing } => {
            let (of, wanted) = (face.of, wamid.clone());
            let found = world.database.read(move |tx| sandbox_message_find(tx, of, &wanted)).await;
            let found = found.map_err(|error: Error| unreachable(&error))?;
            let found = found.filter(|message| !message.sender_jid.is_empty());
            let message = found.ok_or_else(|| Refusal::no_such(&wamid))?;
            let (chat, sandbox) = (Address::from_jid(message.jid), Sandbox::new(world.clone(), face.of));
            let sender = Address::from_jid(message.sender_jid);
            sandbox.mark(&chat, &Mark::Read(vec![ReadMessage { wamid, sender }])).await?;
            if let Some(typing) = typing {
                sandbox.mark(&chat, &Mark::Typing(typing)).await?;
            }
            Ok(json!({"success": true}))
        }
    }
}

/// What the Graph says of the number.
pub fn number(face: &Face) -> Value {
    json!({
        "id": face.phone_number_id,
        "display_phone_number": face.phone,
        "verified_name": face.name,
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
        "status": "CONNECTED",
    })
}

/// What the Graph says of the business account. Nothing is charged here, so its figures have no points.
pub fn business(face: &Face, query: &str) -> Value {
    let mut told = json!({"id": face.business_id, "name": face.name, "currency": "USD"});
    if query.contains("pricing_analytics") {
        told["pricing_analytics"] = json!({"data": [{"data_points": []}]});
    }
    told
}

/// The templates of the business account.
pub fn templates(face: &Face) -> Value {
    let rows = TEMPLATES.iter().enumerate().map(|(at, template)| {
        json!({
            "id": format!("{}{at}", face.business_id),
            "name": template.name,
            "language": template.language,
            "status": "APPROVED",
            "category": template.category,
            "parameter_format": "POSITIONAL",
            "components": [{"type": "BODY", "text": template.body}],
        })
    });
    json!({"data": rows.collect::<Vec<_>>(), "paging": {"cursors": {"before": "0", "after": "0"}}})
}

/// The bytes behind a file's id.
///
/// # Errors
/// A refusal with the Graph's code; 131052 for the first try of a shy contact's file.
pub async fn bytes(world: &World, face: &Face, held: &GraphFile) -> Result<FileBytes, Refusal> {
    let sandbox = Sandbox::new(world.clone(), face.of);
    Ok(sandbox.fetch_file(&held.source).await?)
}

/// What a file that was uploaded is known by.
pub fn file_of_upload(sha256: &[u8; 32], mimetype: &str, filename: &str, size_bytes: u64) -> GraphFile {
    let (mimetype, filename) = (mimetype.to_owned(), filename.to_owned());
    GraphFile { source: files::source_of_blob(sha256), mimetype, filename, size_bytes }
}

fn unreachable(error: &Error) -> Refusal {
    tracing::warn!(%error, "the sandbox's Graph could not read its rows");
    Refusal::new(131_016, "Service unavailable", "The sandbox could not be read just now.")
}
