//! The server's half of the Noise handshake: XX for a first connection, IK for a client that remembers the server's key.

use anyhow::{Context, Result, anyhow};
use buffa::Message;
use wacore::libsignal::protocol::KeyPair;
use wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, WA_CONN_HEADER};
use wacore_noise::{NoiseCipher, NoiseHandshake};
use waproto::whatsapp as wa;
use waproto::whatsapp::handshake_message::{ClientHello, ServerHello};

/// The server's long-lived key and the certificate for it, which nobody signed: only a client that doesn't look believes it.
pub struct Identity {
    pub key: KeyPair,
    pub certificate: Vec<u8>,
}

impl Identity {
    pub fn generate() -> Identity {
        let key = KeyPair::generate(&mut rand::rng());
        let certificate = wacore_noise::test_util::build_cert_chain_bytes(&public(&key));
        Identity { key, certificate }
    }
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
