//! Ids that the Graph gives. What it will have to know of a thing stands in the thing's id, so nothing need be kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::id::random_bytes;
use crate::sealing::SealingKey;
use crate::store::sandbox::SandboxOf;

const WAMID: &str = "wamid.";
/// In front of what the sender wants to hear again.
const RANDOM_BYTES: usize = 12;

/// What a linked device's ids begin with.
const LINKED_DEVICE: &str = "3EB0";

/// Whether a message was sent by Partyline as by a linked device, and not through the Graph.
pub fn is_of_linked_device(wamid: &str) -> bool {
    wamid.starts_with(LINKED_DEVICE)
}

/// An id for a message; it holds what is to be told again with its statuses.
pub fn wamid(callback_data: &str) -> String {
    let random: [u8; RANDOM_BYTES] = random_bytes();
    format!("{WAMID}{}", URL_SAFE_NO_PAD.encode([&random, callback_data.as_bytes()].concat()))
}

/// What a message's sender wanted to hear again; empty if nothing.
pub fn callback_data(wamid: &str) -> String {
    let bytes = wamid.strip_prefix(WAMID).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).unwrap_or_default();
    String::from_utf8(bytes.get(RANDOM_BYTES..).unwrap_or_default().to_vec()).unwrap_or_default()
}

/// A file of the Graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphFile {
    /// As the sandbox names files.
    pub source: String,
    pub mimetype: String,
    pub filename: String,
    pub size_bytes: u64,
}

fn place(of: SandboxOf) -> String {
    format!("graph file of {}/{}", of.workspace, of.account)
}

/// An id for a file: sealed, so that nobody can make one that names another's bytes. `None` where it can't be sealed.
pub fn file_id(key: &SealingKey, of: SandboxOf, held: &GraphFile) -> Option<String> {
    let json = serde_json::to_vec(held).ok()?;
    Some(URL_SAFE_NO_PAD.encode(key.seal(&place(of), &json).ok()?))
}

/// The file behind an id of this account's; `None` for anything else.
pub fn open_file_id(key: &SealingKey, of: SandboxOf, id: &str) -> Option<GraphFile> {
    let sealed = URL_SAFE_NO_PAD.decode(id).ok()?;
    serde_json::from_slice(&key.open(&place(of), &sealed)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, WorkspaceId};

    #[test]
    fn a_message_id_tells_what_was_given_with_it() {
        assert_eq!(callback_data(&wamid("order 7")), "order 7");
        assert_eq!(callback_data(&wamid("")), "");
        assert_ne!(wamid("x"), wamid("x"));
        for other in ["", "wamid.", "wamid.!", "3EB0AA", "wamid.AAAA"] {
            assert_eq!(callback_data(other), "", "{other}");
        }
    }

    #[test]
    fn a_file_id_is_good_for_its_account_only() {
        let key = SealingKey::new([7; 32]);
        let of = |account| SandboxOf { workspace: WorkspaceId(1), account: AccountId(account) };
        let held =
            GraphFile { source: "asset:a".into(), mimetype: "a/b".into(), filename: String::new(), size_bytes: 1 };
        let id = file_id(&key, of(1), &held).expect("an id");
        assert_eq!(open_file_id(&key, of(1), &id), Some(held));
        assert_eq!(open_file_id(&key, of(2), &id), None);
        assert_eq!(open_file_id(&key, of(1), "12345"), None);
    }
}
