//! What a record lies under: the parts of its name, so that no two names meet and a first part is found as a prefix.
//! Parts come from whoever writes to us, so they may hold anything and be of any length.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// A part beyond this is kept as its hash.
const PART_BYTES_MAX: usize = 200;
/// Bytes of the longest key: three parts full of NULs.
pub const KEY_BYTES_MAX: usize = 3 * (2 * PART_BYTES_MAX + 1);
/// Begins a hashed part; no UTF-8 begins so.
const HASHED: u8 = 0xFF;
const INNER: u8 = 0xFE;

/// The key of a record with these parts.
pub fn key<const N: usize>(parts: [&str; N]) -> Vec<u8> {
    let mut key = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        push(&mut key, part.as_bytes());
    }
    key
}

/// Bytes as a part.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The key of a number; numbers are in their order.
pub fn key_of_id(id: u32) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

/// The number that a key was made of.
pub fn id_of(key: &[u8]) -> Option<u32> {
    key.try_into().ok().map(u32::from_be_bytes)
}

/// What keys begin with whose only part begins with `text`; `None` where it is so long that such a part may be hashed.
pub fn beginning(text: &str) -> Option<Vec<u8>> {
    let mut prefix = key([text]);
    prefix.pop();
    (text.len() < PART_BYTES_MAX / 2).then_some(prefix)
}

// A part ends with one NUL. One inside it is followed by a byte that no UTF-8 has, so no other part can look so.
fn push(key: &mut Vec<u8>, part: &[u8]) {
    if part.len() > PART_BYTES_MAX {
        key.push(HASHED);
        return push(key, hex(&Sha256::digest(part)).as_bytes());
    }
    for byte in part {
        key.push(*byte);
        if *byte == 0 {
            key.push(INNER);
        }
    }
    key.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_meet_and_a_first_part_is_a_prefix() {
        let long = "1".repeat(10_000);
        let names = ["", "a", "b", "ab", "a\0", "\0a", "\0", "\0\0", &long, &long[1..]];
        let mut seen = std::collections::HashMap::new();
        for one in names {
            for other in names {
                let key = key([one, other]);
                assert!(key.len() <= KEY_BYTES_MAX);
                assert!(key.starts_with(&super::key([one])));
                assert_eq!(seen.insert(key, (one, other)), None, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_beginning_finds_what_begins_so() {
        let prefix = beginning("123@").expect("short");
        assert!(key(["123@lid"]).starts_with(&prefix));
        assert!(!key(["1234@lid"]).starts_with(&prefix));
        assert_eq!(beginning(&"1".repeat(150)), None, "what begins so may be hashed");
    }

    #[test]
    fn numbers_are_in_their_order() {
        assert!(key_of_id(255) < key_of_id(256));
        assert_eq!(id_of(&key_of_id(70_000)), Some(70_000));
        assert_eq!(id_of(b"abc"), None);
    }
}
