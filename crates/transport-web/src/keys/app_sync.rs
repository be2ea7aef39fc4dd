//! What a phone shares of its settings and names: the keys to it, how far we are, and what the next step is checked with.

use std::collections::HashMap;

use async_trait::async_trait;
use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::error::Result;
use wacore::store::traits::{AppStateSyncKey, AppSyncStore};

use super::key::{hex, key};
use super::{Keys, put, value};
use crate::records::{Change, RecordKind};

#[async_trait]
impl AppSyncStore for Keys {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        self.shape(RecordKind::SyncKey, key([&hex(key_id)])).await
    }

    async fn set_sync_key(&self, key_id: &[u8], sync_key: AppStateSyncKey) -> Result<()> {
        let changes = vec![
            put(RecordKind::SyncKey, key([&hex(key_id)]), value::of_shape(&sync_key)?),
            put(RecordKind::SyncKeyLatest, Vec::new(), value::of_bytes(key_id)),
        ];
        self.write(changes).await.map(drop)
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        Ok(self.shape(RecordKind::SyncVersion, key([name])).await?.unwrap_or_default())
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        self.write(vec![put(RecordKind::SyncVersion, key([name]), value::of_shape(&state)?)]).await.map(drop)
    }

    async fn put_mutation_macs(&self, name: &str, _version: u64, mutations: &[AppStateMutationMAC]) -> Result<()> {
        let each = mutations.iter().map(|mutation| {
            put(RecordKind::MutationMac, mac_key(name, &mutation.index_mac), value::of_bytes(&mutation.value_mac))
        });
        self.write(each.collect()).await.map(drop)
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::MutationMac, mac_key(name, index_mac)).await?.map(Vec::from))
    }

    async fn get_mutation_macs(&self, name: &str, index_macs: &[[u8; 32]]) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        let asked: HashMap<Vec<u8>, [u8; 32]> =
            index_macs.iter().map(|index_mac| (mac_key(name, index_mac), *index_mac)).collect();
        let found = self.get(RecordKind::MutationMac, asked.keys().cloned().collect()).await?;
        let each = found.into_iter().filter_map(|record| Some((*asked.get(&record.key)?, record.value)));
        each.map(|(index_mac, found)| Ok((index_mac, value::bytes(found)?.into()))).collect()
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        let each = index_macs
            .iter()
            .map(|index_mac| Change::Delete { kind: RecordKind::MutationMac, key: mac_key(name, index_mac) });
        self.write(each.collect()).await.map(drop)
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        let all = Change::DeletePrefix { kind: RecordKind::MutationMac, prefix: key([name]) };
        self.write(vec![all]).await.map(drop)
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::SyncKeyLatest, Vec::new()).await?.map(Vec::from))
    }
}

fn mac_key(name: &str, index_mac: &[u8]) -> Vec<u8> {
    key([name, &hex(index_mac)])
}
