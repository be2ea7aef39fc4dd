//! What a person does with their phone.

use std::time::Duration;

use anyhow::{Context, Result};
use wacore::proto_helpers::{MessageBuilderExt, MessageExt};
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use whatsapp_rust::cache::Freshness;
use whatsapp_rust::send::SendOptions;

use super::{Phone, Shown};
use crate::numbers::digits;

/// How long the server may take to take a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

impl Phone {
    /// Writes to a number or, named `…@g.us`, to a group. Answers with the message's id, once the server has it.
    ///
    /// # Errors
    /// When the phone isn't connected, or nobody has the number.
    pub async fn write(&self, to: &str, text: &str) -> Result<String> {
        self.say(to, wa::Message::text(text)).await
    }

    /// Writes anything.
    ///
    /// # Errors
    /// As [`Phone::write`].
    pub async fn say(&self, to: &str, message: wa::Message) -> Result<String> {
        // Devices come and go while a test runs, so the phone asks which there are before each message.
        let options = SendOptions::default()
            .with_device_freshness(Freshness::Refresh)
            .with_group_metadata_freshness(Freshness::Refresh);
        let id = self.client().send_message_with_options(address(to)?, message, options).await?.message_id;
        let taken = |phone: &Phone| {
            phone.told().iter().any(|told| told.id == id && matches!(told.kind.as_str(), "sent" | "refused"))
        };
        self.wait(SEND_TIMEOUT, taken).await?;
        Ok(id)
    }

    /// Reacts to a message of somebody's in the chat with them; an empty emoji takes the reaction back.
    ///
    /// # Errors
    /// As [`Phone::write`].
    pub async fn react(&self, chat: &str, id: &str, emoji: &str) -> Result<()> {
        let chat = address(chat)?;
        let key = wa::MessageKey {
            remote_jid: Some(chat.to_string()),
            from_me: Some(false),
            id: Some(id.to_owned()),
            participant: None,
        };
        self.client().send_reaction(chat, key, emoji).await?;
        Ok(())
    }

    /// Changes the text of a message it wrote.
    ///
    /// # Errors
    /// As [`Phone::write`].
    pub async fn edit(&self, chat: &str, id: &str, text: &str) -> Result<()> {
        self.client().edit_message(address(chat)?, id, wa::Message::text(text)).await?;
        Ok(())
    }

    /// Deletes a message it wrote, for everyone.
    ///
    /// # Errors
    /// As [`Phone::write`].
    pub async fn revoke(&self, chat: &str, id: &str) -> Result<()> {
        self.client().revoke_message(address(chat)?, id, whatsapp_rust::send::RevokeType::Sender).await?;
        Ok(())
    }

    /// Downloads and opens the file of a message that it shows.
    ///
    /// # Errors
    /// When the message has none, or it can't be had any more.
    pub async fn open_file(&self, shown: &Shown) -> Result<Vec<u8>> {
        let message = shown.message.get_base_message();
        let client = self.client();
        if let Some(file) = message.image_message.as_option() {
            return client.download(file).await;
        }
        if let Some(file) = message.video_message.as_option() {
            return client.download(file).await;
        }
        if let Some(file) = message.audio_message.as_option() {
            return client.download(file).await;
        }
        let file = message.document_message.as_option().context("a message without a file")?;
        client.download(file).await
    }

    /// Forgets what it agreed on with all devices of a number, as a phone does that was set up anew.
    ///
    /// # Errors
    /// When the devices can't be asked for.
    pub async fn forget_sessions(&self, number: &str) -> Result<()> {
        let signal = self.client().signal();
        let devices = signal.get_user_devices(&[Jid::pn(digits(number))]).await?;
        signal.delete_sessions(&devices).await?;
        Ok(())
    }
}

pub fn address(to: &str) -> Result<Jid> {
    if to.contains('@') { Ok(to.parse()?) } else { Ok(Jid::pn(digits(to))) }
}
