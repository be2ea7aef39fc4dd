//! Secrets at rest: sealed with the key file, so that the database alone gives none of them away.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::error::Error;
use crate::id::random_bytes;

const NONCE_BYTES: usize = 24;

/// The key of the key file.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    pub const fn new(key: [u8; 32]) -> SealingKey {
        SealingKey(key)
    }

    /// Seals a secret for `place`, as in `webhook of 7`: nothing that is sealed can be moved to another place. Draws
    /// randomness, so call it before a write begins.
    ///
    /// # Errors
    /// Only for secrets of many gigabytes.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for `place`; `None` where it was sealed for another one, with another key, or was changed.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SealingKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_with_its_key_and_unchanged() {
        let key = SealingKey::new([7; 32]);
        let sealed = key.seal("here", b"a secret").expect("sealed");
        assert_eq!(key.open("here", &sealed).as_deref(), Some(b"a secret".as_slice()));
        assert!(!sealed.windows(8).any(|some| some == b"a secret"));
        assert_ne!(key.seal("here", b"a secret").expect("sealed"), sealed, "each time another");
        assert_eq!(key.open("there", &sealed), None);
        assert_eq!(SealingKey::new([8; 32]).open("here", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("here", &changed), None);
            assert_eq!(key.open("here", &sealed[..at]), None);
        }
        assert_eq!(format!("{key:?}"), "SealingKey(..)");
    }
}
