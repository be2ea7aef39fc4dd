//! Linking: the codes that a new device shows, and what the phone makes of them.

pub mod code;
pub mod passkey;

use std::collections::HashMap;

use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD, Engine};
use buffa::Message;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::whatsapp as wa;

use crate::nodes::{answer, bytes, find, has, refusal, request};
use crate::numbers::Device;
use crate::server::{Server, now_s};
use crate::stanzas::{Session, door};
use crate::world::{Seat, Wire, World};

/// QR codes in one linking; after the last the client gives up.
const CODES: usize = 6;

/// Written before a device's identity when the phone signs it.
const SIGNED_IDENTITY: [u8; 2] = [6, 0];

/// Codes that are shown somewhere, and devices that were told that they are linked but haven't answered.
#[derive(Default)]
pub struct Codes {
    shown: HashMap<String, Wire>,
    told: HashMap<u64, Device>,
    typing: code::Typing,
    pub passkeys: passkey::Steps,
}

impl Codes {
    pub fn forget(&mut self, wire: &Wire) {
        self.shown.retain(|_, holder| holder.id != wire.id);
        self.told.remove(&wire.id);
        self.typing.forget(wire);
        self.passkeys.forget(wire);
    }

    fn link(&mut self, code: &str, device: &Device) -> Result<Wire> {
        let wire = self.shown.get(code).cloned().context("nobody shows this code any more")?;
        self.told.insert(wire.id, device.clone());
        Ok(wire)
    }
}

/// A client that nobody has linked gets references to make QR codes of.
pub fn offer(session: &Session) {
    let mut world = session.server.world();
    let references = (0..CODES).map(|_| {
        let reference = format!("2@peer{}", world.next());
        world.codes.shown.insert(reference.clone(), session.wire.clone());
        NodeBuilder::new("ref").bytes(reference.into_bytes()).build()
    });
    let references: Vec<Node> = references.collect();
    drop(world);
    session.wire.send(request("pair-device", NodeBuilder::new("pair-device").children(references).build()));
}

/// What a QR code says.
pub struct Scanned {
    reference: String,
    identity: Vec<u8>,
    secret: Vec<u8>,
}

impl Scanned {
    /// # Errors
    /// Says what is missing from the code.
    pub fn parse(code: &str) -> Result<Scanned> {
        let code = code.rsplit('#').next().unwrap_or_default();
        let parts: Vec<&str> = code.split(',').collect();
        let [reference, _noise, identity, secret, ..] = parts[..] else {
            anyhow::bail!("a QR code has at least four parts: {code}")
        };
        Ok(Scanned {
            reference: reference.to_owned(),
            identity: BASE64_STANDARD.decode(identity).context("the identity in the QR code")?,
            secret: BASE64_STANDARD.decode(secret).context("the secret in the QR code")?,
        })
    }
}

/// The phone of `digits` has scanned a code: it vouches for the device, and the server tells the device.
///
/// # Errors
/// When nobody shows the code, or no such phone exists.
pub fn link(server: &Server, digits: &str, scanned: &Scanned) -> Result<Device> {
    let mut world = server.world();
    let account = world.accounts.get(digits).context("no such phone")?;
    let number = account.devices.keys().max().map_or(1, |last| last + 1);
    let device = Device { digits: digits.to_owned(), number };
    let sealed = vouch(&world, &device, scanned)?;
    let wire = world.codes.link(&scanned.reference, &device)?;
    seat(&mut world, &device);
    drop(world);
    wire.send(linked(&device, sealed));
    Ok(device)
}

fn seat(world: &mut World, device: &Device) {
    if let Some(account) = world.accounts.get_mut(&device.digits) {
        account.devices.insert(device.number, Seat::linked(u32::from(device.number)));
    }
}

/// The device's identity as the phone signs it, under a seal that only who saw the code can make.
fn vouch(world: &World, device: &Device, scanned: &Scanned) -> Result<Vec<u8>> {
    let account = world.accounts.get(&device.digits).context("no such phone")?;
    let details = wa::ADVDeviceIdentity {
        raw_id: Some(1),
        timestamp: Some(now_s().cast_unsigned()),
        key_index: Some(u32::from(device.number)),
        ..Default::default()
    }
    .encode_to_vec();
    let signed = [&SIGNED_IDENTITY[..], &details, &scanned.identity].concat();
    let signature = account
        .key
        .calculate_signature(&signed, &mut rand::rng())
        .map_err(|error| anyhow::anyhow!("signing: {error}"))?;
    let identity = wa::ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(crate::noise::public(&account.key).to_vec()),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec();
    let mut seal = <Hmac<Sha256> as KeyInit>::new_from_slice(&scanned.secret)?;
    seal.update(&identity);
    let sealed = wa::ADVSignedDeviceIdentityHMAC {
        details: Some(identity),
        hmac: Some(seal.finalize().into_bytes().to_vec()),
        ..Default::default()
    };
    Ok(sealed.encode_to_vec())
}

/// A word of the server's own about linking.
fn notice(id: &str, kind: &'static str, inside: Vec<Node>) -> Node {
    NodeBuilder::new("notification")
        .attr("from", Jid::new("", wacore_binary::Server::Pn))
        .attr("id", id.to_owned())
        .attr("type", kind)
        .attr("t", now_s().to_string())
        .children(inside)
        .build()
}

fn linked(device: &Device, sealed: Vec<u8>) -> Node {
    let inside = NodeBuilder::new("pair-success").children([
        NodeBuilder::new("device-identity").bytes(sealed).build(),
        NodeBuilder::new("device").attr("jid", device.by_number()).attr("lid", device.by_hidden_id()).build(),
        NodeBuilder::new("platform").attr("name", "android").build(),
        NodeBuilder::new("biz").attr("name", "").build(),
    ]);
    request("pair-success", inside.build())
}

/// A client has answered something of ours. Once it has signed its identity itself, it has to connect anew.
pub fn answered(session: &Session, node: &Node) {
    let Some(signed) = find(node, &["pair-device-sign", "device-identity"]).and_then(bytes) else { return };
    let mut world = session.server.world();
    let Some(device) = world.codes.told.remove(&session.wire.id) else { return };
    if let Some(seat) = world.seat_mut(&device) {
        seat.signed_identity = signed.to_vec();
    }
    drop(world);
    session.wire.send(door::stream_error(515));
    session.wire.end();
}

/// Requests about linking.
pub fn asked(session: &Session, node: &Node) -> Node {
    if has(node, "link_code_companion_reg") {
        return code::asked(session, node);
    }
    if passkey::is_asked(node) {
        return passkey::asked(session, node);
    }
    if has(node, "remove-companion-device") {
        if let Some(device) = &session.device {
            remove(&mut session.server.world(), device);
        }
        return answer(node, Vec::new());
    }
    refusal(node, 501, "feature-not-implemented")
}

/// Takes a linked device off its account, and says so to its connection.
pub fn remove(world: &mut World, device: &Device) {
    let Some(account) = world.accounts.get_mut(&device.digits).filter(|_| device.number > 0) else { return };
    account.devices.remove(&device.number);
}
