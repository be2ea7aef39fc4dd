//! Temporary links: whoever holds one may download one file for a quarter of an hour, without a token.
//!
//! A link says what it opens (workspace, file, until when) and proves with an HMAC that this server said so; nothing of
//! it is stored. Deleting the file ends its links.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::clock::Time;
use crate::id::{FileUid, MessageUid, WorkspaceId};

/// How long a link opens its file.
pub const LINK_LIVES: Duration = Duration::from_secs(15 * 60);
/// Where links lead, below the server's public address.
pub const LINK_PATH: &str = "/files";

const BODY_BYTES: usize = 1 + 8 + 16 + 8;
/// Half of the HMAC: 128 bits can't be guessed, and the link stays short.
const MAC_BYTES: usize = 16;

/// The secret that links are signed with.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    pub const fn new(secret: [u8; 32]) -> LinkKey {
        LinkKey(secret)
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC takes a key of any length");
        mac.update(b"partyline file link\n");
        mac.update(body);
        mac
    }
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LinkKey(..)")
    }
}

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An uploaded file.
    File(FileUid),
    /// The attachment of a message.
    Attachment(MessageUid),
}

/// What a valid link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub workspace: WorkspaceId,
    pub target: Target,
    pub expires_at: Time,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// This server never made it.
    Unknown,
    /// Its time is over.
    Expired,
}

/// Makes the links of one answer.
#[derive(Clone, Debug)]
pub struct Links {
    key: LinkKey,
    public_url: String,
    workspace: WorkspaceId,
    expires_at: Time,
}

impl Links {
    /// For an answer given `now`; `public_url` has no slash at its end.
    pub fn new(key: LinkKey, public_url: &str, workspace: WorkspaceId, now: Time) -> Links {
        Links { key, public_url: public_url.to_owned(), workspace, expires_at: now + LINK_LIVES }
    }

    /// A link to an uploaded file.
    pub fn file(&self, uid: FileUid) -> String {
        self.to(Target::File(uid))
    }

    /// A link to a message's attachment, which must be ready.
    pub fn attachment(&self, message: MessageUid) -> String {
        self.to(Target::Attachment(message))
    }

    fn to(&self, target: Target) -> String {
        let mut token = [0; BODY_BYTES + MAC_BYTES];
        let (kind, uid) = match target {
            Target::File(uid) => (b'f', uid.0),
            Target::Attachment(uid) => (b'm', uid.0),
        };
        token[0] = kind;
        token[1..9].copy_from_slice(&self.workspace.0.to_be_bytes());
        token[9..25].copy_from_slice(uid.as_bytes());
        token[25..33].copy_from_slice(&self.expires_at.ms().to_be_bytes());
        let mac = self.key.mac(&token[..BODY_BYTES]).finalize().into_bytes();
        token[BODY_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        let Links { public_url, .. } = self;
        format!("{public_url}{LINK_PATH}/{}", hex(&token))
    }
}

/// What the link with this last part of its path opens.
///
/// # Errors
/// [`LinkFault`]; a link that was tampered with was never made here.
pub fn open_link(key: &LinkKey, token: &str, now: Time) -> Result<Opened, LinkFault> {
    let token: [u8; BODY_BYTES + MAC_BYTES] = unhex(token).ok_or(LinkFault::Unknown)?;
    let (body, given) = token.split_at(BODY_BYTES);
    // Compares in constant time.
    key.mac(body).verify_truncated_left(given).map_err(|_| LinkFault::Unknown)?;
    let number = |from: usize| i64::from_be_bytes(std::array::from_fn(|at| body[from + at]));
    let uid = Uuid::from_bytes(std::array::from_fn(|at| body[9 + at]));
    let target = match body[0] {
        b'f' => Target::File(FileUid(uid)),
        b'm' => Target::Attachment(MessageUid(uid)),
        _ => return Err(LinkFault::Unknown),
    };
    let expires_at = Time::from_ms(number(25));
    if now >= expires_at {
        return Err(LinkFault::Expired);
    }
    Ok(Opened { workspace: WorkspaceId(number(1)), target, expires_at })
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from lower-case hex of exactly their length.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_790_000_000_000);

    fn token_of(link: &str) -> &str {
        link.strip_prefix("https://line.example/files/").expect("a link")
    }

    fn links(secret: u8, workspace: i64) -> Links {
        Links::new(LinkKey::new([secret; 32]), "https://line.example", WorkspaceId(workspace), NOW)
    }

    #[test]
    fn a_link_opens_what_it_was_made_for_until_its_time_is_over() {
        let (key, uid) = (LinkKey::new([1; 32]), Uuid::from_u128(77));
        for (link, target) in [
            (links(1, 5).file(FileUid(uid)), Target::File(FileUid(uid))),
            (links(1, 5).attachment(MessageUid(uid)), Target::Attachment(MessageUid(uid))),
        ] {
            let expires_at = NOW + LINK_LIVES;
            let opened = Opened { workspace: WorkspaceId(5), target, expires_at };
            assert_eq!(open_link(&key, token_of(&link), expires_at - Duration::from_millis(1)), Ok(opened));
            assert_eq!(open_link(&key, token_of(&link), expires_at), Err(LinkFault::Expired));
        }
    }

    #[test]
    fn no_digit_of_a_link_can_be_changed() {
        let (key, link) = (LinkKey::new([1; 32]), links(1, 5).file(FileUid(Uuid::from_u128(77))));
        let token = token_of(&link);
        for at in 0..token.len() {
            let mut digits = token.as_bytes().to_vec();
            digits[at] = if digits[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(digits).expect("ASCII");
            assert_eq!(open_link(&key, &changed, NOW), Err(LinkFault::Unknown), "digit {at}");
        }
        assert_eq!(open_link(&LinkKey::new([2; 32]), token, NOW), Err(LinkFault::Unknown));
        let long = format!("{token}0");
        for other in ["", "f", &token[1..], &long, &token.to_uppercase(), &"é".repeat(49)] {
            assert_eq!(open_link(&key, other, NOW), Err(LinkFault::Unknown), "{other}");
        }
    }
}
