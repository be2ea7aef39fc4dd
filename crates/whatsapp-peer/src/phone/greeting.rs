//! What a phone sends to a device that it has just linked: the keys of the shared settings.

use anyhow::{Context, Result};
use wacore::message_processing::EncType;
use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type;

use super::Phone;
use crate::numbers::Device;
use crate::server::{Server, now_s};

/// A device can be written to now. The first time, its phone shares what linked devices share.
pub fn greet(server: &Server, device: &Device) {
    let first = server.world().seat_mut(device).is_some_and(|seat| !std::mem::replace(&mut seat.greeted, true));
    let Some(phone) = server.phone(&device.digits).filter(|_| first) else { return };
    let device = device.clone();
    tokio::spawn(async move {
        if let Err(error) = phone.share_keys(&device).await {
            tracing::warn!("the phone of {} couldn't share its keys: {error:#}", phone.digits());
        }
    });
}

impl Phone {
    /// Without these keys a client waits ten seconds for them before it says that it is connected.
    async fn share_keys(&self, device: &Device) -> Result<()> {
        let key = wa::message::AppStateSyncKey {
            key_id: buffa::MessageField::some(wa::message::AppStateSyncKeyId { key_id: Some(vec![0, 0, 0, 0, 0, 1]) }),
            key_data: buffa::MessageField::some(wa::message::AppStateSyncKeyData {
                key_data: Some(rand::random::<[u8; 32]>().to_vec()),
                fingerprint: buffa::MessageField::some(wa::message::AppStateSyncKeyFingerprint {
                    raw_id: Some(1),
                    current_index: Some(u32::from(device.number)),
                    device_indexes: vec![0, u32::from(device.number)],
                }),
                timestamp: Some(now_s() * 1_000),
            }),
        };
        let share = wa::message::ProtocolMessage {
            r#type: Some(Type::AppStateSyncKeyShare),
            app_state_sync_key_share: buffa::MessageField::some(wa::message::AppStateSyncKeyShare { keys: vec![key] }),
            ..Default::default()
        };
        self.tell_device(device, share).await
    }

    /// A word between the phone and one of its linked devices.
    pub(super) async fn tell_device(&self, device: &Device, word: wa::message::ProtocolMessage) -> Result<()> {
        let message = wa::Message { protocol_message: buffa::MessageField::some(word), ..Default::default() };
        let to = device.by_hidden_id();
        let signal = self.client().signal();
        signal.assert_sessions(std::slice::from_ref(&to)).await.context("a session with the new device")?;
        let (kind, sealed) = signal.encrypt_message(&to, &MessageUtils::encode_and_pad(&message)).await?;
        let kind = if matches!(kind, EncType::PreKeyMessage) { "pkmsg" } else { "msg" };
        let node = NodeBuilder::new("message")
            .attr("to", to)
            .attr("id", format!("PEER{:016X}", rand::random::<u64>()))
            .attr("type", "protocol")
            .attr("category", "peer")
            .attr("push_priority", "high")
            .children([NodeBuilder::new("enc").attr("v", "2").attr("type", kind).bytes(sealed).build()]);
        self.client().send_node(node.build()).await?;
        Ok(())
    }
}
