//! whatsapp-rust's storage over [`Records`]: its traits, each in a module of its own, which translate and nothing else.
//!
//! The traits change with every minor version of whatsapp-rust. What they ask for is compared with the storage that comes
//! with it, call by call (`tests/keys.rs`); what is stored bears a version, see [`value`].

mod app_sync;
mod device;
mod key;
mod message_secrets;
mod protocol;
mod signal;
mod tc_tokens;
mod value;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Mutex, MutexGuard};
use wacore::store::error::{Result, StoreError};
use wacore::store::traits::Backend;

use crate::records::{Change, Record, RecordKind, Records, RecordsError};

pub use key::KEY_BYTES_MAX;

/// Changes of one durable write at most; a longer batch is several writes.
const CHANGES_MAX: usize = 5_000;

/// The keys of one linked number as whatsapp-rust wants them, kept in `records`.
pub fn open(records: Arc<dyn Records>) -> Arc<dyn Backend> {
    Arc::new(Keys { records, turn: Mutex::default() })
}

struct Keys {
    records: Arc<dyn Records>,
    /// Held by whatever reads a record to write it anew. The number has one owner, so no other process does.
    turn: Mutex<()>,
}

impl Keys {
    async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    async fn get(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Result<Vec<Record>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.records.get(kind, keys).await.map_err(failed)
    }

    async fn find(&self, kind: RecordKind, key: Vec<u8>) -> Result<Option<Bytes>> {
        Ok(self.get(kind, vec![key]).await?.into_iter().next().map(|record| record.value))
    }

    /// A record of plain bytes.
    async fn bytes(&self, kind: RecordKind, key: Vec<u8>) -> Result<Option<Bytes>> {
        self.find(kind, key).await?.map(value::bytes).transpose()
    }

    /// A record of a shape.
    async fn shape<T: serde::de::DeserializeOwned>(&self, kind: RecordKind, key: Vec<u8>) -> Result<Option<T>> {
        self.find(kind, key).await?.map(|found| value::shape(&found)).transpose()
    }

    async fn list(&self, kind: RecordKind, prefix: Vec<u8>) -> Result<Vec<Record>> {
        self.records.list(kind, prefix).await.map_err(failed)
    }

    /// Returns how many records were deleted.
    async fn write(&self, changes: Vec<Change>) -> Result<u64> {
        let mut deleted = 0;
        let mut rest = changes;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(CHANGES_MAX));
            deleted += self.records.write(rest).await.map_err(failed)?;
            rest = later;
        }
        Ok(deleted)
    }

    async fn put_bytes(&self, kind: RecordKind, key: Vec<u8>, bytes: &[u8]) -> Result<()> {
        self.write(vec![put(kind, key, value::of_bytes(bytes))]).await.map(drop)
    }

    async fn delete(&self, kind: RecordKind, key: Vec<u8>) -> Result<()> {
        self.write(vec![Change::Delete { kind, key }]).await.map(drop)
    }

    async fn delete_before(&self, kind: RecordKind, at_s: i64) -> Result<u32> {
        let deleted = self.write(vec![Change::DeleteBefore { kind, at_s }]).await?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}

/// A record that stays until it is deleted.
fn put(kind: RecordKind, key: Vec<u8>, value: Bytes) -> Change {
    Change::Put { kind, key, value, at_s: 0 }
}

fn failed(error: RecordsError) -> StoreError {
    StoreError::Database(Box::new(error))
}
