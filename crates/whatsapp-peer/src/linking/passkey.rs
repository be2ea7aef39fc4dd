//! The passkey step: some accounts link a device only after it showed a passkey, and after both showed the same code.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use buffa::{Enumeration, Message};
use sha2::{Digest, Sha256};
use wacore::libsignal::crypto::aes_256_gcm_decrypt;
use wacore::libsignal::protocol::{KeyPair, PublicKey};
use wacore::shortcake::ShortcakeUtils;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::whatsapp as wa;

use super::code::derived;
use super::{Scanned, notice};
use crate::nodes::{answer, bytes, find, has, refusal};
use crate::noise::public;
use crate::server::Server;
use crate::stanzas::Session;
use crate::world::Wire;

/// The passkey that every account of the fake has.
pub const CREDENTIAL: &[u8] = b"the passkey of a fake account";

/// The phone answers later than the server; a device that has no answer of the server's yet takes none of the phone's.
const PHONE_TAKES: Duration = Duration::from_millis(200);

/// Linkings in the passkey step, by connection.
#[derive(Default)]
pub struct Steps(HashMap<u64, Step>);

struct Step {
    digits: String,
    challenge: [u8; 32],
    reference: String,
    ephemeral: KeyPair,
    nonce: [u8; 32],
    /// What the device committed to.
    prologue: Option<wa::ProloguePayload>,
    /// The code that the phone shows.
    code: Option<String>,
}

impl Steps {
    pub fn forget(&mut self, wire: &Wire) {
        self.0.remove(&wire.id);
    }

    /// The code that the phone of a number shows, as the device must show it.
    pub fn code(&self, digits: &str) -> Option<String> {
        self.0.values().find(|step| step.digits == digits).and_then(|step| step.code.clone())
    }
}

/// The scanned code isn't enough: the device is asked for the account's passkey.
pub fn begin(server: &Server, digits: &str, scanned: &Scanned) -> Result<()> {
    let mut world = server.world();
    let wire = world.codes.shown.get(&scanned.reference).cloned().context("nobody shows this code any more")?;
    let step = Step {
        digits: digits.to_owned(),
        challenge: rand::random(),
        reference: scanned.reference.clone(),
        ephemeral: KeyPair::generate(&mut rand::rng()),
        nonce: rand::random(),
        prologue: None,
        code: None,
    };
    let options = serde_json::json!({
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(step.challenge),
        "rpId": "whatsapp.com",
        "timeout": 60_000,
        "userVerification": "required",
        "allowCredentials": [{ "type": "public-key", "id": BASE64_URL_SAFE_NO_PAD.encode(CREDENTIAL) }],
    });
    let id = format!("passkey{}", world.next());
    world.codes.passkeys.0.insert(wire.id, step);
    let options = NodeBuilder::new("passkey_request_options").bytes(options.to_string().into_bytes()).build();
    wire.send(notice(&id, "passkey_prologue_request", vec![options]));
    Ok(())
}

/// Whether a request belongs to this step.
pub fn is_asked(node: &Node) -> bool {
    ["ref", "passkey_prologue", "companion_nonce", "encrypted_pairing_request"].iter().any(|tag| has(node, tag))
}

pub fn asked(session: &Session, node: &Node) -> Node {
    match went_on(session, node) {
        Ok(inside) => answer(node, inside),
        Err(error) => {
            tracing::debug!("the passkey step: {error:#}");
            refusal(node, 400, "bad-request")
        }
    }
}

fn went_on(session: &Session, node: &Node) -> Result<Vec<Node>> {
    let mut world = session.server.world();
    let id = format!("passkey{}", world.next());
    let step = world.codes.passkeys.0.get_mut(&session.wire.id).context("nobody asked for a passkey")?;
    if has(node, "ref") {
        return Ok(vec![NodeBuilder::new("ref").bytes(step.reference.clone().into_bytes()).build()]);
    }
    if let Some(prologue) = node.get_optional_child("passkey_prologue") {
        step.take(prologue)?;
        let primary = wa::PrimaryEphemeralIdentity {
            public_key: Some(public(&step.ephemeral).to_vec()),
            nonce: Some(step.nonce.to_vec()),
        };
        let inside = NodeBuilder::new("primary_ephemeral_identity").bytes(primary.encode_to_vec()).build();
        let (wire, after) = (session.wire.clone(), notice(&id, "crsc_continuation", vec![inside]));
        tokio::spawn(async move {
            tokio::time::sleep(PHONE_TAKES).await;
            wire.send(after);
        });
        return Ok(Vec::new());
    }
    if let Some(nonce) = find(node, &["companion_nonce"]).and_then(bytes) {
        step.reveal(nonce)?;
        return Ok(Vec::new());
    }
    let sealed = find(node, &["encrypted_pairing_request"]).and_then(bytes).context("no request of this step")?;
    let scanned = step.open(sealed)?;
    let digits = step.digits.clone();
    let server = session.server.clone();
    tokio::spawn(async move {
        tokio::time::sleep(PHONE_TAKES).await;
        if let Err(error) = super::link(&server, &digits, &scanned) {
            tracing::warn!("linking with a passkey: {error:#}");
        }
    });
    Ok(Vec::new())
}

impl Step {
    /// Judges the assertion and keeps what the device committed to.
    fn take(&mut self, prologue: &Node) -> Result<()> {
        let credential = find(prologue, &["credential_id"]).and_then(bytes).context("no passkey")?;
        anyhow::ensure!(credential == CREDENTIAL, "another passkey");
        let assertion = find(prologue, &["webauthn_assertion"]).and_then(bytes).context("no assertion")?;
        let assertion: serde_json::Value = serde_json::from_slice(assertion).context("an assertion is JSON")?;
        let said = assertion["response"]["clientDataJSON"].as_str().context("an assertion without its client data")?;
        let said: serde_json::Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(said.trim_end_matches('='))?)?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(self.challenge);
        anyhow::ensure!(said["challenge"] == challenge.as_str(), "an assertion of another challenge");
        let payload = find(prologue, &["prologue_payload"]).and_then(bytes).context("no payload")?;
        self.prologue = Some(wa::ProloguePayload::decode_from_slice(payload)?);
        Ok(())
    }

    fn reveal(&mut self, nonce: &[u8]) -> Result<()> {
        let nonce: [u8; 32] = nonce.try_into().map_err(|_| anyhow!("a nonce has 32 bytes"))?;
        let prologue = self.prologue.as_ref().context("a nonce before the passkey")?;
        let identity = prologue.companion_ephemeral_identity.as_deref().unwrap_or_default();
        let committed =
            prologue.commitment.as_option().and_then(|commitment| commitment.hash.as_deref()).unwrap_or_default();
        let hash: [u8; 32] = Sha256::new().chain_update(identity).chain_update(nonce).finalize().into();
        anyhow::ensure!(committed == hash, "the device committed to another nonce");
        let code = ShortcakeUtils::derive_verification_code(&nonce, &public(&self.ephemeral), &self.nonce);
        self.code = Some(format!("{}-{}", &code[..4], &code[4..]));
        Ok(())
    }

    fn open(&self, sealed: &[u8]) -> Result<Scanned> {
        let prologue = self.prologue.as_ref().context("a request before the passkey")?;
        let identity = prologue.companion_ephemeral_identity.as_deref().unwrap_or_default();
        let identity = wa::CompanionEphemeralIdentity::decode_from_slice(identity)?;
        let theirs = PublicKey::from_djb_public_key_bytes(identity.public_key.as_deref().unwrap_or_default())?;
        let shared = self.ephemeral.private_key.calculate_agreement(&theirs)?;
        let device_type = identity.device_type.map_or(0, |kind| kind.to_i32());
        let salt = format!("Companion Pairing {device_type} with ref {}", self.reference);
        let key = derived(&shared, Some(salt.as_bytes()), b"Pairing Information Encryption Key")?;
        let sealed = wa::EncryptedPairingRequest::decode_from_slice(sealed)?;
        let iv: [u8; 12] =
            sealed.iv.as_deref().unwrap_or_default().try_into().map_err(|_| anyhow!("an IV has 12 bytes"))?;
        let mut opened = Vec::new();
        aes_256_gcm_decrypt(&key, &iv, b"", sealed.encrypted_payload.as_deref().unwrap_or_default(), &mut opened)
            .map_err(|_| anyhow!("the request is under another key"))?;
        let request = wa::PairingRequest::decode_from_slice(&opened)?;
        Ok(Scanned {
            reference: self.reference.clone(),
            identity: request.companion_identity_key.unwrap_or_default(),
            secret: request.adv_secret.unwrap_or_default(),
        })
    }
}
