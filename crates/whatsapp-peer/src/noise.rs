//! The server's half of the Noise handshake: XX for a first connection, IK for a client that remembers the server's key.

use anyhow::{Context, Result, anyhow};
use buffa::Message;
use wacore::libsignal::protocol::KeyPair;
use wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, WA_CONN_HEADER};
use wacore_noise::{NoiseCipher, NoiseHandshake};
use waproto::whatsapp as wa;
use waproto::whatsapp::cert_chain::NoiseCertificate;
use waproto::whatsapp::cert_chain::noise_certificate::Details;
use waproto::whatsapp::handshake_message::{ClientHello, ServerHello};

/// The server's long-lived key and its certificate, signed by an authority that only it knows.
pub struct Identity {
    pub key: KeyPair,
    pub certificate: Vec<u8>,
    /// The authority's public key, for a client that can be told whom to believe.
    pub root: [u8; 32],
}

/// When the certificates begin and end: 2023 and 2030, in seconds.
const VALID_S: (u64, u64) = (1_700_000_000, 1_900_000_000);

impl Identity {
    pub fn generate() -> Identity {
        let (root, between, key) = (key_pair(), key_pair(), key_pair());
        let chain = wa::CertChain {
            leaf: buffa::MessageField::some(certificate(2, 1, &key, &between)),
            intermediate: buffa::MessageField::some(certificate(1, 0, &between, &root)),
        };
        Identity { key, certificate: chain.encode_to_vec(), root: public(&root) }
    }
}

fn key_pair() -> KeyPair {
    KeyPair::generate(&mut rand::rng())
}

fn certificate(serial: u32, issuer: u32, of: &KeyPair, by: &KeyPair) -> NoiseCertificate {
    let details = Details {
        serial: Some(serial),
        issuer_serial: Some(issuer),
        key: Some(public(of).to_vec()),
        not_before: Some(VALID_S.0),
        not_after: Some(VALID_S.1),
    }
    .encode_to_vec();
    let signature = by.calculate_signature(&details, &mut rand::rng()).expect("a key can sign");
    NoiseCertificate { details: Some(details), signature: Some(signature.to_vec()) }
}

/// The 32 bytes of a public key.
pub fn public(key: &KeyPair) -> [u8; 32] {
    key.public_key.public_key_bytes().try_into().expect("public keys have 32 bytes")
}

/// A handshake that has answered the client's hello and may wait for its last word.
pub enum Answered {
    /// Everything is known: the keys and who it is.
    Whole(Box<Agreed>),
    /// The client still has to say who it is.
    Waiting(Box<Waiting>),
}

pub struct Agreed {
    pub from_client: NoiseCipher,
    pub to_client: NoiseCipher,
    pub payload: wa::ClientPayload,
}

pub struct Waiting {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
}

/// Answers a hello: the frame to send, and what follows.
pub fn answer(identity: &Identity, hello: &[u8]) -> Result<(Vec<u8>, Answered)> {
    let hello = wa::HandshakeMessage::decode_from_slice(hello)?;
    let hello = hello.client_hello.into_option().context("the first frame is no hello")?;
    match (&hello.r#static, &hello.payload) {
        (Some(_), Some(_)) => resumed(identity, &hello),
        _ => first(identity, &hello),
    }
}

fn first(identity: &Identity, hello: &ClientHello) -> Result<(Vec<u8>, Answered)> {
    let theirs = ephemeral_of(hello)?;
    let ephemeral = KeyPair::generate(&mut rand::rng());
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_XX, &WA_CONN_HEADER)?;
    noise.authenticate(&theirs);
    noise.authenticate(&public(&ephemeral));
    noise.mix_shared_secret(ephemeral.private_key.serialize(), &theirs)?;
    let sealed_key = noise.encrypt(&public(&identity.key))?;
    noise.mix_shared_secret(identity.key.private_key.serialize(), &theirs)?;
    let sealed_certificate = noise.encrypt(&identity.certificate)?;
    let frame = hello_frame(&ephemeral, Some(sealed_key), sealed_certificate);
    Ok((frame, Answered::Waiting(Box::new(Waiting { noise, ephemeral }))))
}

fn resumed(identity: &Identity, hello: &ClientHello) -> Result<(Vec<u8>, Answered)> {
    let theirs = ephemeral_of(hello)?;
    let ephemeral = KeyPair::generate(&mut rand::rng());
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER)?;
    noise.authenticate(&public(&identity.key));
    noise.authenticate(&theirs);
    noise.mix_shared_secret(identity.key.private_key.serialize(), &theirs)?;
    let their_key = noise.decrypt(hello.r#static.as_deref().unwrap_or_default())?;
    noise.mix_shared_secret(identity.key.private_key.serialize(), &their_key)?;
    let payload = noise.decrypt(hello.payload.as_deref().unwrap_or_default())?;
    noise.authenticate(&public(&ephemeral));
    noise.mix_shared_secret(ephemeral.private_key.serialize(), &theirs)?;
    noise.mix_shared_secret(ephemeral.private_key.serialize(), &their_key)?;
    let sealed_certificate = noise.encrypt(&identity.certificate)?;
    let frame = hello_frame(&ephemeral, None, sealed_certificate);
    Ok((frame, Answered::Whole(Box::new(agreed(noise, &payload)?))))
}

impl Waiting {
    /// The client's last frame of the handshake.
    pub fn finish(mut self, frame: &[u8]) -> Result<Agreed> {
        let message = wa::HandshakeMessage::decode_from_slice(frame)?;
        let finish = message.client_finish.into_option().context("the second frame doesn't finish the handshake")?;
        let their_key = self.noise.decrypt(finish.r#static.as_deref().unwrap_or_default())?;
        self.noise.mix_shared_secret(self.ephemeral.private_key.serialize(), &their_key)?;
        let payload = self.noise.decrypt(finish.payload.as_deref().unwrap_or_default())?;
        agreed(self.noise, &payload)
    }
}

fn agreed(noise: NoiseHandshake, payload: &[u8]) -> Result<Agreed> {
    let payload = wa::ClientPayload::decode_from_slice(payload)?;
    let (from_client, to_client) = noise.finish()?;
    Ok(Agreed { from_client, to_client, payload })
}

fn ephemeral_of(hello: &ClientHello) -> Result<[u8; 32]> {
    let bytes = hello.ephemeral.as_deref().context("a hello without a key")?;
    bytes.try_into().map_err(|_| anyhow!("a hello's key has {} bytes", bytes.len()))
}

fn hello_frame(ephemeral: &KeyPair, key: Option<Vec<u8>>, certificate: Vec<u8>) -> Vec<u8> {
    let hello = ServerHello {
        ephemeral: Some(public(ephemeral).to_vec()),
        r#static: key,
        payload: Some(certificate),
        ..Default::default()
    };
    wa::HandshakeMessage { server_hello: buffa::MessageField::some(hello), ..Default::default() }.encode_to_vec()
}
