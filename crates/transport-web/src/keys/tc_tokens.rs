//! Tokens by which contacts let us write to them: what we got of them, and when we gave them ours.

use serde::{Deserialize, Serialize};
use wacore::store::error::Result;
use wacore::store::traits::TcTokenEntry;

use super::key::key;
use super::{Keys, put, value};
use crate::records::{Change, RecordKind};

#[derive(Serialize, Deserialize)]
struct Kept {
    jid: String,
    entry: TcTokenEntry,
}

impl Keys {
    pub(super) async fn tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        let found: Option<Kept> = self.shape(RecordKind::TcToken, key([jid])).await?;
        Ok(found.map(|kept| kept.entry))
    }

    pub(super) async fn tc_token_put(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        let kept = Kept { jid: jid.to_owned(), entry: entry.clone() };
        self.write(vec![put(RecordKind::TcToken, key([jid]), value::of_shape(&kept)?)]).await.map(drop)
    }

    async fn tc_tokens(&self) -> Result<Vec<Kept>> {
        let found = self.list(RecordKind::TcToken, Vec::new()).await?;
        found.into_iter().map(|record| value::shape(&record.value)).collect()
    }

    pub(super) async fn tc_token_jids(&self) -> Result<Vec<String>> {
        Ok(self.tc_tokens().await?.into_iter().map(|kept| kept.jid).collect())
    }

    pub(super) async fn tc_tokens_expire(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        let _turn = self.turn().await;
        let is_dead = |entry: &TcTokenEntry| {
            let token_lives = !entry.token.is_empty() && entry.token_timestamp >= token_cutoff;
            let sender_lives = entry.sender_timestamp.is_some_and(|at| at >= sender_cutoff);
            !token_lives && !sender_lives
        };
        let dead = self.tc_tokens().await?.into_iter().filter(|kept| is_dead(&kept.entry));
        let dead = dead.map(|kept| Change::Delete { kind: RecordKind::TcToken, key: key([&kept.jid]) });
        Ok(u32::try_from(self.write(dead.collect()).await?).unwrap_or(u32::MAX))
    }

    pub(super) async fn tc_token_given(&self, jid: &str, at: i64) -> Result<()> {
        let _turn = self.turn().await;
        let entry = match self.tc_token(jid).await? {
            Some(before) => TcTokenEntry {
                sender_timestamp: Some(before.sender_timestamp.map_or(at, |before| before.max(at))),
                ..before
            },
            None => TcTokenEntry { token: Vec::new(), token_timestamp: at, sender_timestamp: Some(at) },
        };
        self.tc_token_put(jid, &entry).await
    }

    pub(super) async fn tc_token_received(&self, jid: &str, token: &[u8], at: i64) -> Result<()> {
        let _turn = self.turn().await;
        let before = self.tc_token(jid).await?;
        let is_older = before.as_ref().is_some_and(|before| !before.token.is_empty() && at < before.token_timestamp);
        if is_older {
            return Ok(());
        }
        let sender_timestamp = before.and_then(|before| before.sender_timestamp);
        let entry = TcTokenEntry { token: token.to_vec(), token_timestamp: at, sender_timestamp };
        self.tc_token_put(jid, &entry).await
    }
}
