//! A form that is sent twice does its work once: by a double click, a reload, or because the answer was lost.

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::id::random_bytes;
use crate::store::Write;
use crate::store::idempotency::{IDEMPOTENCY_KEPT, IdempotencyKey, idempotency_find, idempotency_insert_for};

/// The status under which it is noted that the work was done.
const DONE: u16 = 303;
/// Where these keys stand among those of the public API, which have paths of theirs.
const PLACE: &str = "a form of the screens";

/// A key for a form that is being made.
pub fn fresh_key() -> String {
    random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One sending of a form, known by the key that was made with it and by what it says: whoever goes back and writes something
/// else under the same key sends something else.
#[derive(Clone, Debug)]
pub struct Submit(Option<IdempotencyKey>);

impl Submit {
    /// A form without a key is done as often as it comes.
    pub fn of(key: &str, said: &[&str]) -> Submit {
        if key.is_empty() {
            return Submit(None);
        }
        let mut hash = Sha256::new();
        for part in std::iter::once(&key).chain(said) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let fingerprint: [u8; 32] = hash.finalize().into();
        let key = fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        Submit(Some(IdempotencyKey { key, method: "POST".to_owned(), path: PLACE.to_owned(), fingerprint }))
    }

    /// Whether its work was done before.
    pub fn is_done(&self, write: &mut Write<'_, '_>) -> Result<bool, Error> {
        let Some(key) = &self.0 else { return Ok(false) };
        let (workspace, now) = (write.workspace.id, write.now);
        Ok(idempotency_find(write.tx, workspace, key, now)?.is_some())
    }

    /// Notes in the work's own write that it is done.
    pub fn note(&self, write: &mut Write<'_, '_>) -> Result<(), Error> {
        match &self.0 {
            Some(key) => idempotency_insert_for(write, key, DONE, "", IDEMPOTENCY_KEPT),
            None => Ok(()),
        }
    }
}
