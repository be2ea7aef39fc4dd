//! What a webhook signs with, and how: Standard Webhooks, so that any of its libraries can verify.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::clock::Time;
use crate::error::Error;
use crate::id::{WorkspaceId, random_bytes};
use crate::sealing::SealingKey;
use crate::store::webhooks::WebhookRow;

/// How long the secret before a rotation is good beside the new one.
pub const SECRET_OVERLAP: Duration = Duration::from_secs(24 * 3600);

const SECRET_BYTES: usize = 32;
const PREFIX: &str = "whsec_";
/// Bytes at the beginning of a webhook's delivery ids.
const ID_BYTES: usize = 8;

/// A webhook's secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; SECRET_BYTES]);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("WebhookSecret(..)")
    }
}

/// A secret made for a webhook that is about to be made or rotated, before the write begins.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub secret: WebhookSecret,
    pub(super) sealed: Vec<u8>,
    pub(super) id_prefix: String,
}

impl NewSecret {
    /// Draws randomness.
    ///
    /// # Errors
    /// Never for secrets of this size.
    pub fn generate(key: &SealingKey, workspace: WorkspaceId) -> Result<NewSecret, Error> {
        let secret = WebhookSecret(random_bytes());
        let sealed = key.seal(&place(workspace), &secret.0)?;
        let id_prefix = crate::files::link::hex(&random_bytes::<ID_BYTES>());
        Ok(NewSecret { secret, sealed, id_prefix })
    }
}

impl WebhookSecret {
    /// A new one, for somebody who keeps it nowhere.
    pub fn generate() -> WebhookSecret {
        WebhookSecret(random_bytes())
    }

    /// `whsec_` and Base64, as Standard Webhooks write it; shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    fn sign(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC takes a key of any length");
        for part in [id, ".", &timestamp_s.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The secrets that a webhook signs with now: its own, and for a day after a rotation the one before; an empty list where it
/// is older than secrets. `None` where one doesn't open: nothing may go out without the signature that it should bear.
pub fn secrets_of(
    key: &SealingKey,
    workspace: WorkspaceId,
    webhook: &WebhookRow,
    now: Time,
) -> Option<Vec<WebhookSecret>> {
    let before = (now < webhook.secret_before_until).then_some(&webhook.secret_before);
    let sealed = [Some(&webhook.secret), before].into_iter().flatten().filter(|sealed| !sealed.is_empty());
    let opened = sealed.map(|sealed| {
        let opened = key.open(&place(workspace), sealed).and_then(|bytes| bytes.try_into().ok()).map(WebhookSecret);
        if opened.is_none() {
            tracing::error!(%workspace, webhook = %webhook.id, "a webhook's secret doesn't open: is this the right key file?");
        }
        opened
    });
    opened.collect()
}

/// The headers of an attempt, beside those that every request has.
pub fn signed_headers(secrets: &[WebhookSecret], id: &str, at: Time, body: &str) -> Vec<(String, String)> {
    let timestamp_s = at.ms().div_euclid(1000);
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp_s.to_string()),
    ];
    if !secrets.is_empty() {
        let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(id, timestamp_s, body)).collect();
        headers.push(("webhook-signature".to_owned(), signatures.join(" ")));
    }
    headers
}

/// The id of a delivery, the same for each of its attempts.
pub fn delivery_id(webhook: &WebhookRow, seq: i64) -> String {
    match seq {
        ..0 => format!("msg_{}_example{}", webhook.id_prefix, -seq),
        _ => format!("msg_{}_{seq}", webhook.id_prefix),
    }
}

/// The event that a delivery's id names, if it is one of this webhook's.
pub fn seq_of(webhook: &WebhookRow, id: &str) -> Option<i64> {
    let rest = id.strip_prefix("msg_")?.strip_prefix(&webhook.id_prefix)?.strip_prefix('_')?;
    let (digits, sign) = rest.strip_prefix("example").map_or((rest, 1), |digits| (digits, -1));
    let seq: i64 = digits.parse().ok().filter(|seq| *seq > 0)?;
    let seq = seq * sign;
    (delivery_id(webhook, seq) == id).then_some(seq)
}

fn place(workspace: WorkspaceId) -> String {
    format!("webhook of workspace {workspace}")
}
