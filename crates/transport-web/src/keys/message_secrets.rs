//! Secrets of messages, by which votes, reactions and edits that name them are read later.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use wacore::store::error::Result;
use wacore::store::traits::{
    MessageSecret, MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry, merge_msg_secret_message_ts,
};

use super::key::key;
use super::{Keys, value};
use crate::records::{Change, RecordKind};

/// Entries of one look and one write; a phone's history brings thousands.
const AT_ONCE: usize = 2_000;

#[derive(Clone, Copy)]
struct Kept {
    secret: MessageSecret,
    /// Seconds since 1970; 0 for never.
    expires_at: i64,
    message_ts: i64,
}

#[async_trait]
impl MsgSecretStore for Keys {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let _turn = self.turn().await;
        for some in entries.chunks(AT_ONCE) {
            self.put_some(some).await?;
        }
        Ok(entries.len())
    }

    async fn get_msg_secret(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.get_msg_secret_with_ts(chat, sender, msg_id).await?.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<(Vec<u8>, i64)>> {
        let found = self.bytes(RecordKind::MessageSecret, key([chat, sender, msg_id])).await?;
        let kept = found.map(|bytes| Kept::read(&bytes)).transpose()?;
        Ok(kept.map(|kept| (kept.secret.to_vec(), kept.message_ts)))
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.delete_before(RecordKind::MessageSecret, cutoff_timestamp.saturating_add(1)).await
    }
}

impl Keys {
    /// Merges them with what is there, in one write.
    async fn put_some(&self, entries: &[MsgSecretEntry]) -> Result<()> {
        let keys = entries.iter().map(|entry| key([&entry.chat, &entry.sender, &entry.msg_id]));
        let mut kept: HashMap<Vec<u8>, Kept> = HashMap::with_capacity(entries.len());
        for record in self.get(RecordKind::MessageSecret, keys.clone().collect()).await? {
            kept.insert(record.key, Kept::read(&value::bytes(record.value)?)?);
        }
        for (key, entry) in keys.zip(entries) {
            let now = match kept.get(&key) {
                Some(before) => Kept {
                    secret: entry.secret,
                    expires_at: merge_msg_secret_expiry(before.expires_at, entry.expires_at),
                    message_ts: merge_msg_secret_message_ts(before.message_ts, entry.message_ts),
                },
                None => Kept { secret: entry.secret, expires_at: entry.expires_at, message_ts: entry.message_ts },
            };
            kept.insert(key, now);
        }
        let kind = RecordKind::MessageSecret;
        let puts =
            kept.into_iter().map(|(key, kept)| Change::Put { kind, key, value: kept.write(), at_s: kept.expires_at });
        self.write(puts.collect()).await.map(drop)
    }
}

impl Kept {
    fn write(self) -> Bytes {
        let numbers = [self.expires_at.to_le_bytes(), self.message_ts.to_le_bytes()].concat();
        value::of_bytes(&[self.secret.as_slice(), &numbers].concat())
    }

    fn read(bytes: &[u8]) -> Result<Kept> {
        let read = || {
            let (secret, rest) = bytes.split_first_chunk()?;
            let (expires_at, rest) = rest.split_first_chunk()?;
            let message_ts = i64::from_le_bytes(rest.try_into().ok()?);
            Some(Kept { secret: *secret, expires_at: i64::from_le_bytes(*expires_at), message_ts })
        };
        read().ok_or_else(value::unknown)
    }
}
