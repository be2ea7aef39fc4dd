//! Delivering what was heard to the developer's own address, with the bodies and the signature of a webhook. Tried once:
//! whoever sits in front of it sees what came of it.

use bytes::Bytes;
use serde_json::Value;

use crate::clock::Clock;
use crate::files::link::hex;
use crate::id::{WorkspaceId, random_bytes};
use crate::outbound::{Outbound, Post, PostLimits};
use crate::webhooks::{WebhookSecret, signed_headers};

/// Bytes at the beginning of this run's delivery ids.
const ID_BYTES: usize = 4;
/// The one who asks; the room for posts is shared by nobody else in this process.
const NOBODYS: WorkspaceId = WorkspaceId(0);

/// Where it goes, and what it is signed with: a secret of this run.
pub struct Forwarder {
    outbound: Outbound,
    url: String,
    secret: WebhookSecret,
    id_prefix: String,
    clock: Clock,
}

impl Forwarder {
    pub fn new(outbound: Outbound, url: String) -> Forwarder {
        let id_prefix = hex(&random_bytes::<ID_BYTES>());
        Forwarder { outbound, url, secret: WebhookSecret::generate(), id_prefix, clock: Clock::system() }
    }

    /// `whsec_...`, for the receiver.
    pub fn secret(&self) -> String {
        self.secret.reveal()
    }

    /// Delivers the bodies of an event that are wanted, all of them where `types` is empty; a line for each.
    pub async fn forward(&self, event: &Value, types: &[String]) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, body) in event["bodies"].as_array().into_iter().flatten().enumerate() {
            let name = body["event_type"].as_str().unwrap_or_default();
            if types.is_empty() || types.iter().any(|wanted| wanted == name) {
                let id = format!("msg_{}_{}_{number}", self.id_prefix, event["seq"]);
                let came = self.deliver(&id, &body.to_string()).await;
                lines.push(format!("{:>6}  {name:<32}  {came}", event["seq"].to_string()));
            }
        }
        lines
    }

    async fn deliver(&self, id: &str, body: &str) -> String {
        let headers = signed_headers(std::slice::from_ref(&self.secret), id, self.clock.now(), body);
        let post = Post { headers, body: Bytes::copy_from_slice(body.as_bytes()) };
        let began = self.clock.monotonic();
        let answer = self.outbound.post(NOBODYS, &self.url, &post, &PostLimits::default()).await;
        let took_ms = (self.clock.monotonic() - began).as_millis();
        match answer {
            Ok(answer) => format!("{}  {took_ms} ms", answer.status),
            Err(error) => error.to_string(),
        }
    }
}
