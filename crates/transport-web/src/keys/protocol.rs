//! What the protocol remembers of others and of messages on their way: who has our sender keys, which id hides which
//! phone, whose devices are which, what was sent and what came and isn't stored by the inbox yet.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use wacore::store::error::Result;
use wacore::store::traits::{
    DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore, TcTokenEntry,
};
use wacore::time::now_secs;

use super::key::key;
use super::{Keys, put, value};
use crate::records::{Change, RecordKind};

/// Of a group's devices: whether each has our sender key.
type Holders = BTreeMap<String, bool>;

#[async_trait]
impl ProtocolStore for Keys {
    async fn get_sender_key_devices(&self, group_jid: &str) -> Result<Vec<(String, bool)>> {
        let holders: Option<Holders> = self.shape(RecordKind::SenderKeyHolders, key([group_jid])).await?;
        Ok(holders.unwrap_or_default().into_iter().collect())
    }

    async fn set_sender_key_status(&self, group_jid: &str, entries: &[(&str, bool)]) -> Result<()> {
        let _turn = self.turn().await;
        let of_group = key([group_jid]);
        let before: Option<Holders> = self.shape(RecordKind::SenderKeyHolders, of_group.clone()).await?;
        let mut holders = before.unwrap_or_default();
        holders.extend(entries.iter().map(|(device, has_key)| ((*device).to_owned(), *has_key)));
        self.write(vec![put(RecordKind::SenderKeyHolders, of_group, value::of_shape(&holders)?)]).await.map(drop)
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> Result<()> {
        let _turn = self.turn().await;
        self.delete(RecordKind::SenderKeyHolders, key([group_jid])).await
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> Result<()> {
        if device_jids.is_empty() {
            return Ok(());
        }
        let _turn = self.turn().await;
        let mut changes = Vec::new();
        for record in self.list(RecordKind::SenderKeyHolders, Vec::new()).await? {
            let mut holders: Holders = value::shape(&record.value)?;
            let before = holders.len();
            holders.retain(|device, _| !device_jids.contains(&device.as_str()));
            if holders.len() < before {
                changes.push(put(RecordKind::SenderKeyHolders, record.key, value::of_shape(&holders)?));
            }
        }
        self.write(changes).await.map(drop)
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        let _turn = self.turn().await;
        let all = Change::DeletePrefix { kind: RecordKind::SenderKeyHolders, prefix: Vec::new() };
        self.write(vec![all]).await.map(drop)
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        self.shape(RecordKind::Lid, key([lid])).await
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        let Some(lid) = self.lid_of_phone(phone).await? else { return Ok(None) };
        self.get_lid_mapping(&lid).await
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.put_lid_mappings(std::slice::from_ref(entry)).await
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        let _turn = self.turn().await;
        let asked = entries.iter().map(|entry| key([&entry.lid])).collect();
        let mut before: BTreeMap<String, LidPnMappingEntry> = BTreeMap::new();
        for record in self.get(RecordKind::Lid, asked).await? {
            let entry: LidPnMappingEntry = value::shape(&record.value)?;
            before.insert(entry.lid.clone(), entry);
        }
        // In the order given: of two for one phone or one id the last one counts.
        let (mut lids, mut phones) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            let left = before.insert(entry.lid.clone(), entry.clone());
            if let Some(left) = left.filter(|left| left.phone_number != entry.phone_number) {
                phones.insert(left.phone_number, None);
            }
            phones.insert(entry.phone_number.clone(), Some(entry.lid.clone()));
            lids.insert(entry.lid.clone(), entry.clone());
        }
        let kind = RecordKind::LidOfPhone;
        let mut changes: Vec<Change> = phones
            .iter()
            .map(|(phone, lid)| match lid {
                Some(lid) => put(kind, key([phone]), value::of_bytes(lid.as_bytes())),
                None => Change::Delete { kind, key: key([phone]) },
            })
            .collect();
        for (lid, entry) in &lids {
            changes.push(put(RecordKind::Lid, key([lid]), value::of_shape(entry)?));
        }
        self.write(changes).await.map(drop)
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        let found = self.list(RecordKind::Lid, Vec::new()).await?;
        found.into_iter().map(|record| value::shape(&record.value)).collect()
    }

    async fn save_base_key(&self, address: &str, message_id: &str, base_key: &[u8]) -> Result<()> {
        self.put_bytes(RecordKind::BaseKey, key([address, message_id]), base_key).await
    }

    async fn has_same_base_key(&self, address: &str, message_id: &str, current_base_key: &[u8]) -> Result<bool> {
        let found = self.bytes(RecordKind::BaseKey, key([address, message_id])).await?;
        Ok(found.is_some_and(|kept| kept == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> Result<()> {
        self.delete(RecordKind::BaseKey, key([address, message_id])).await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.update_device_lists(vec![record]).await
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> Result<()> {
        let mut changes = Vec::with_capacity(records.len());
        for record in records {
            changes.push(put(RecordKind::DeviceList, key([&record.user]), value::of_shape(&record)?));
        }
        self.write(changes).await.map(drop)
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        self.shape(RecordKind::DeviceList, key([user])).await
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.delete(RecordKind::DeviceList, key([user])).await
    }

    async fn get_group_metadata(&self, group_jid: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::Group, key([group_jid])).await?.map(Vec::from))
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> Result<()> {
        self.put_bytes(RecordKind::Group, key([group_jid]), blob).await
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> Result<()> {
        self.delete(RecordKind::Group, key([group_jid])).await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        self.tc_token(jid).await
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        let _turn = self.turn().await;
        self.tc_token_put(jid, entry).await
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        let _turn = self.turn().await;
        self.delete(RecordKind::TcToken, key([jid])).await
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        self.tc_token_jids().await
    }

    async fn delete_expired_tc_tokens(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        self.tc_tokens_expire(token_cutoff, sender_cutoff).await
    }

    async fn touch_tc_token_sender_timestamp(&self, jid: &str, sender_timestamp: i64) -> Result<()> {
        self.tc_token_given(jid, sender_timestamp).await
    }

    async fn store_received_tc_token(&self, jid: &str, token: &[u8], token_timestamp: i64) -> Result<()> {
        self.tc_token_received(jid, token, token_timestamp).await
    }

    async fn store_sent_message(&self, chat_jid: &str, message_id: &str, payload: &[u8]) -> Result<()> {
        let (kind, key) = (RecordKind::SentMessage, key([chat_jid, message_id]));
        let sent = Change::Put { kind, key, value: value::of_bytes(payload), at_s: now_secs() };
        self.write(vec![sent]).await.map(drop)
    }

    async fn take_sent_message(&self, chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>> {
        let _turn = self.turn().await;
        let key = key([chat_jid, message_id]);
        let found = self.bytes(RecordKind::SentMessage, key.clone()).await?;
        if found.is_some() {
            self.delete(RecordKind::SentMessage, key).await?;
        }
        Ok(found.map(Vec::from))
    }

    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.delete_before(RecordKind::SentMessage, cutoff_timestamp).await
    }

    async fn store_pending_inbound(&self, chat: &str, sender: &str, id: &str, message: &[u8]) -> Result<()> {
        self.store_pending_inbound_batch(&[PendingInboundRow { chat, sender, id, message }]).await
    }

    async fn get_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.bytes(RecordKind::PendingInbound, key([chat, sender, id])).await?.map(Vec::from))
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        self.delete(RecordKind::PendingInbound, key([chat, sender, id])).await
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.delete_before(RecordKind::PendingInbound, cutoff_timestamp).await
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let (kind, at_s) = (RecordKind::PendingInbound, now_secs());
        let put = |row: &PendingInboundRow<'_>| {
            let value: Bytes = value::of_bytes(row.message);
            Change::Put { kind, key: key([row.chat, row.sender, row.id]), value, at_s }
        };
        self.write(rows.iter().map(put).collect()).await.map(drop)
    }

    async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let delete = |gone: &PendingInboundKey<'_>| Change::Delete {
            kind: RecordKind::PendingInbound,
            key: key([gone.chat, gone.sender, gone.id]),
        };
        self.write(keys.iter().map(delete).collect()).await.map(drop)
    }
}

impl Keys {
    async fn lid_of_phone(&self, phone: &str) -> Result<Option<String>> {
        let found = self.bytes(RecordKind::LidOfPhone, key([phone])).await?;
        found.map(|lid| String::from_utf8(lid.into()).map_err(|_| value::unknown())).transpose()
    }
}
