//! Keys of the encryption itself: identities, sessions, prekeys, sender keys.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wacore::store::error::Result;
use wacore::store::traits::SignalStore;

use super::key::{beginning, id_of, key, key_of_id};
use super::{Keys, put, value};
use crate::records::{Change, RecordKind};

#[async_trait]
impl SignalStore for Keys {
    async fn put_identity(&self, address: &str, identity: [u8; 32]) -> Result<()> {
        self.put_bytes(RecordKind::Identity, key([address]), &identity).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        let each = identities.iter().map(|(address, identity)| (key([address]), identity.as_slice()));
        self.put_all(RecordKind::Identity, each).await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        let found = self.bytes(RecordKind::Identity, key([address])).await?;
        found.map(|bytes| bytes.as_ref().try_into().map_err(|_| value::unknown())).transpose()
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.delete(RecordKind::Identity, key([address])).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        self.bytes(RecordKind::Session, key([address])).await
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put_bytes(RecordKind::Session, key([address]), session).await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        let each = sessions.iter().map(|(address, session)| (key([address]), session.as_ref()));
        self.put_all(RecordKind::Session, each).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.delete(RecordKind::Session, key([address])).await
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        for ending in ["@", ":"] {
            // So long that it can't be looked for: the answer that costs a closer look and misses nothing.
            let Some(prefix) = beginning(&format!("{user}{ending}")) else { return Ok(true) };
            for kind in [RecordKind::Session, RecordKind::Identity] {
                if !self.list(kind, prefix.clone()).await?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn store_prekey(&self, id: u32, record: &[u8], _uploaded: bool) -> Result<()> {
        self.put_bytes(RecordKind::PreKey, key_of_id(id), record).await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], _uploaded: bool) -> Result<()> {
        let each = keys.iter().map(|(id, record)| (key_of_id(*id), record.as_ref()));
        self.put_all(RecordKind::PreKey, each).await
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        self.bytes(RecordKind::PreKey, key_of_id(id)).await
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        let keys = ids.iter().map(|id| key_of_id(*id)).collect();
        let found = self.get(RecordKind::PreKey, keys).await?;
        found.into_iter().map(|record| Ok((id(&record.key)?, value::bytes(record.value)?))).collect()
    }

    // Which of them WhatsApp has is known from the device record's counters; nothing asks for the flag of one.
    async fn mark_prekeys_uploaded(&self, _ids: &[u32]) -> Result<()> {
        Ok(())
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        self.delete(RecordKind::PreKey, key_of_id(id)).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        let last = self.list(RecordKind::PreKey, Vec::new()).await?.pop();
        last.map_or(Ok(0), |record| id(&record.key))
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        self.put_bytes(RecordKind::SignedPreKey, key_of_id(id), record).await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::SignedPreKey, key_of_id(id)).await?.map(Vec::from))
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let found = self.list(RecordKind::SignedPreKey, Vec::new()).await?;
        found.into_iter().map(|record| Ok((id(&record.key)?, value::bytes(record.value)?.into()))).collect()
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.delete(RecordKind::SignedPreKey, key_of_id(id)).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put_bytes(RecordKind::SenderKey, key([address]), record).await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        let each = sender_keys.iter().map(|(address, record)| (key([address]), record.as_ref()));
        self.put_all(RecordKind::SenderKey, each).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::SenderKey, key([address])).await?.map(Vec::from))
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.delete(RecordKind::SenderKey, key([address])).await
    }
}

impl Keys {
    /// Puts all of them in one write.
    async fn put_all(&self, kind: RecordKind, each: impl Iterator<Item = (Vec<u8>, &[u8])>) -> Result<()> {
        let changes: Vec<Change> = each.map(|(key, bytes)| put(kind, key, value::of_bytes(bytes))).collect();
        self.write(changes).await.map(drop)
    }
}

fn id(key: &[u8]) -> Result<u32> {
    id_of(key).ok_or_else(value::unknown)
}
