//! Secrets of links and sessions: shown once, never stored. What is stored of them is their SHA-256.

use sha2::{Digest, Sha256};

use crate::id::random_bytes;

/// 192 bits, as hex.
const BYTES: usize = 24;

/// A secret that opens something to whoever holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one from the operating system's randomness.
    pub fn generate() -> Secret {
        let bytes: [u8; BYTES] = random_bytes();
        Secret(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A secret as it came in, if its form is right.
    pub fn parse(text: &str) -> Option<Secret> {
        let well_formed =
            text.len() == BYTES * 2 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        well_formed.then(|| Secret(text.to_owned()))
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_form_and_hidden_in_print() {
        let secret = Secret::generate();
        assert_eq!(Secret::parse(secret.reveal()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        let long = "0".repeat(49);
        for wrong in ["", "0", &long, &"G".repeat(48), &"é".repeat(24)] {
            assert_eq!(Secret::parse(wrong), None);
        }
    }
}
