//! Linking by code: the device shows eight letters, the person types them on the phone.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use wacore::libsignal::crypto::aes_256_gcm_decrypt;
use wacore::libsignal::protocol::{KeyPair, PublicKey};
use wacore::pair_code::PairCodeUtils;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Scanned, notice};
use crate::nodes::{address, answer, attr, bytes, find, refusal};
use crate::noise::public;
use crate::server::Server;
use crate::stanzas::Session;
use crate::world::Wire;

const TAG: &str = "link_code_companion_reg";

/// A device that waits for its code to be typed, by the number it asked for.
#[derive(Default)]
pub struct Typing(HashMap<String, Waiting>);

struct Waiting {
    wire: Wire,
    reference: String,
    /// The device's key under the code.
    wrapped: Vec<u8>,
    /// The phone's key, once the code was typed.
    ephemeral: Option<KeyPair>,
}

impl Typing {
    pub fn forget(&mut self, wire: &Wire) {
        self.0.retain(|_, waiting| waiting.wire.id != wire.id);
    }
}

/// The two requests of the device.
pub fn asked(session: &Session, node: &Node) -> Node {
    let Some(inside) = node.get_optional_child(TAG) else { return refusal(node, 400, "bad-request") };
    let Some(jid) = address(inside, "jid") else { return refusal(node, 400, "bad-request") };
    let digits = jid.user.to_string();
    match attr(inside, "stage").as_str() {
        "companion_hello" => {
            let wrapped = find(inside, &["link_code_pairing_wrapped_companion_ephemeral_pub"])
                .and_then(bytes)
                .unwrap_or_default();
            let mut world = session.server.world();
            let reference = format!("code{}", world.next());
            let waiting = Waiting {
                wire: session.wire.clone(),
                reference: reference.clone(),
                wrapped: wrapped.to_vec(),
                ephemeral: None,
            };
            world.codes.typing.0.insert(digits, waiting);
            world.codes.shown.insert(reference.clone(), session.wire.clone());
            let reference = NodeBuilder::new("link_code_pairing_ref").bytes(reference.into_bytes()).build();
            answer(node, vec![NodeBuilder::new(TAG).attr("stage", "companion_hello").children([reference]).build()])
        }
        "companion_finish" => match opened(&session.server, &digits, inside) {
            Ok(scanned) => match super::link(&session.server, &digits, &scanned) {
                Ok(_) => answer(node, Vec::new()),
                Err(_) => refusal(node, 500, "internal-server-error"),
            },
            // A phone that can't open what it got says nothing to the device.
            Err(error) => {
                tracing::debug!("a wrong code: {error:#}");
                answer(node, Vec::new())
            }
        },
        _ => refusal(node, 400, "bad-request"),
    }
}

/// The person types the code on the phone.
///
/// # Errors
/// When no device waits for a code of this number.
pub fn typed(server: &Server, digits: &str, code: &str) -> Result<()> {
    let code: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    let ephemeral = KeyPair::generate(&mut rand::rng());
    let wrapped = PairCodeUtils::encrypt_ephemeral_pub(&public(&ephemeral), &code);
    let mut world = server.world();
    let identity = public(&world.accounts.get(digits).context("no such phone")?.key);
    let id = format!("code{}", world.next());
    let waiting = world.codes.typing.0.get_mut(digits).context("no device waits for a code of this number")?;
    // The code is also what the device's own key is under; it is opened when the device answers.
    let theirs = PairCodeUtils::decrypt_primary_ephemeral_pub(&waiting.wrapped, &code)?;
    waiting.wrapped = theirs.to_vec();
    waiting.ephemeral = Some(ephemeral);
    let inside = NodeBuilder::new(TAG).attr("stage", "primary_hello").children([
        NodeBuilder::new("link_code_pairing_wrapped_primary_ephemeral_pub").bytes(wrapped.to_vec()).build(),
        NodeBuilder::new("primary_identity_pub").bytes(identity.to_vec()).build(),
        NodeBuilder::new("link_code_pairing_ref").bytes(waiting.reference.clone().into_bytes()).build(),
    ]);
    waiting.wire.send(notice(&id, TAG, vec![inside.build()]));
    Ok(())
}

/// What the device sealed for the phone: its identity, and what their shared secret is made of.
fn opened(server: &Server, digits: &str, inside: &Node) -> Result<Scanned> {
    let sealed = find(inside, &["link_code_pairing_wrapped_key_bundle"]).and_then(bytes).context("no bundle")?;
    let mut world = server.world();
    let phone = world.accounts.get(digits).context("no such phone")?.key.clone();
    let waiting = world.codes.typing.0.remove(digits).context("no code was typed")?;
    let ephemeral = waiting.ephemeral.context("no code was typed")?;
    let theirs = PublicKey::from_djb_public_key_bytes(&waiting.wrapped)?;
    let shared = ephemeral.private_key.calculate_agreement(&theirs)?;

    let (salt, rest) = sealed.split_first_chunk::<32>().context("a short bundle")?;
    let (iv, ciphertext) = rest.split_first_chunk::<12>().context("a short bundle")?;
    let key = derived(&shared, Some(salt), b"link_code_pairing_key_bundle_encryption_key")?;
    let mut bundle = Vec::new();
    aes_256_gcm_decrypt(&key, iv, b"", ciphertext, &mut bundle)
        .map_err(|_| anyhow!("the bundle is under another key"))?;
    let (identity, rest) = bundle.split_first_chunk::<32>().context("a short bundle")?;
    let random = rest.get(32..64).context("a short bundle")?;
    let agreed = phone.private_key.calculate_agreement(&PublicKey::from_djb_public_key_bytes(identity)?)?;
    let secret = derived(&[&shared[..], &agreed[..], random].concat(), None, b"adv_secret")?;
    Ok(Scanned { reference: waiting.reference, identity: identity.to_vec(), secret: secret.to_vec() })
}

pub fn derived(material: &[u8], salt: Option<&[u8]>, purpose: &[u8]) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    wacore::crypto::hkdf_sha256_into(material, salt, purpose, &mut key).map_err(|error| anyhow!("{error:?}"))?;
    Ok(key)
}
