//! What the bodies of several events share: accounts, teammates, the zone; and the chats, each read once.

use std::collections::HashMap;

use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::clock::Time;
use crate::error::Error;
use crate::files::link::{LinkKey, Links};
use crate::id::{AccountId, ChatId, TeammateId, WorkspaceId};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::counters::{Counters, counters_find};
use crate::store::files::link_key;
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::store::workspaces::Workspace;
use crate::webhooks::bodies::Rendering;
use crate::workspace::zone::{api_time, stored_zone};

pub(super) struct Scene<'r> {
    pub workspace: WorkspaceId,
    pub now: Time,
    pub settings: Workspace,
    pub counters: Counters,
    public_url: &'r str,
    zone: TimeZone,
    accounts: Vec<AccountRow>,
    teammates: Vec<TeammateRow>,
    chats: HashMap<ChatId, Option<ChatRow>>,
    links: Option<Links>,
}

/// Somebody who said or did something.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub full_name: String,
    /// E.164 with `+`; left out where WhatsApp hides it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Of a contact, in bodies of our own; null where it isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lid: Option<Option<String>>,
}

/// A chat as the contract's events of messages, calls and reactions name it.
#[derive(Clone, Debug, Serialize)]
pub struct NamedChat {
    pub full_name: String,
    pub chat_url: String,
    pub chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_group: Option<bool>,
    /// `direct` or `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<&'static str>,
    /// Empty for groups and contacts without a known phone.
    pub phone: String,
    /// Of ours only: WhatsApp's hidden id of the contact, null where it isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lid: Option<Option<String>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub responsible_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub responsible_email: String,
}

/// An account as the contract's events of messages, calls and reactions name it.
#[derive(Clone, Debug, Serialize)]
pub struct NamedAccount {
    pub full_name: String,
    /// Of whose account it is.
    pub email: String,
    pub phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp_account_wid: Option<String>,
}

impl<'r> Scene<'r> {
    pub fn read(tx: &mut impl Read, rendering: &Rendering<'r>) -> Result<Scene<'r>, Error> {
        let Rendering { workspace, public_url, now } = *rendering;
        let found = counters_find(tx, workspace)?;
        let (settings, counters) = found.ok_or_else(|| Error::not_found("This workspace is gone"))?;
        Ok(Scene {
            workspace,
            now,
            zone: stored_zone(&settings.zone),
            settings,
            counters,
            public_url,
            accounts: account_list(tx, workspace)?,
            teammates: teammate_list(tx, workspace)?,
            chats: HashMap::new(),
            links: None,
        })
    }

    pub fn chat(&mut self, tx: &mut impl Read, id: ChatId) -> Result<Option<ChatRow>, Error> {
        if let Some(known) = self.chats.get(&id) {
            return Ok(known.clone());
        }
        let found = chat_find(tx, self.workspace, id)?;
        self.chats.insert(id, found.clone());
        Ok(found)
    }

    pub fn account(&self, id: AccountId) -> Option<&AccountRow> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// Name and email of a teammate; both empty for nobody, and for one who left.
    pub fn teammate(&self, id: TeammateId) -> (String, String) {
        let found = self.teammates.iter().find(|teammate| teammate.id == id);
        found.map(|teammate| (teammate.display_name.clone(), teammate.email.clone())).unwrap_or_default()
    }

    pub fn time(&self, at: Time) -> String {
        api_time(at, &self.zone)
    }

    pub fn chat_url(&self, chat: ChatId) -> String {
        format!("{}/inbox/{chat}", self.public_url)
    }

    /// What makes the temporary links of these bodies.
    pub fn links(&mut self, tx: &mut impl Read) -> Result<Links, Error> {
        if let Some(links) = &self.links {
            return Ok(links.clone());
        }
        let links = Links::new(LinkKey::new(link_key(tx)?), self.public_url, self.workspace, self.now);
        Ok(self.links.insert(links).clone())
    }

    /// The chat with `is_group`, as events of messages have it.
    pub fn chat_of_message(&self, chat: &ChatRow) -> NamedChat {
        NamedChat { is_group: Some(chat.is_group), ..self.named(chat) }
    }

    /// The chat with its type and platform, as events of calls and reactions have it.
    pub fn chat_of_call(&self, chat: &ChatRow) -> NamedChat {
        let chat_type = if chat.is_group { "group" } else { "direct" };
        NamedChat { chat_type: Some(chat_type), platform: Some("whatsapp"), ..self.named(chat) }
    }

    fn named(&self, chat: &ChatRow) -> NamedChat {
        let (responsible_name, responsible_email) = self.teammate(chat.responsible);
        NamedChat {
            full_name: chat.name.clone(),
            chat_url: self.chat_url(chat.id),
            chat_id: chat.id.0,
            is_group: None,
            chat_type: None,
            platform: None,
            phone: chat.phone.clone(),
            lid: None,
            responsible_name,
            responsible_email,
        }
    }

    pub fn named_account(&self, account: &AccountRow) -> NamedAccount {
        let (_, email) = self.teammate(account.owner);
        NamedAccount {
            full_name: account.name.clone(),
            email,
            phone: account.phone.clone(),
            whatsapp_account_wid: None,
        }
    }
}

/// WhatsApp's hidden id of a direct chat's contact, where it is known.
pub(super) fn lid_of(chat: &ChatRow) -> Option<String> {
    Some(chat.lid.clone()).filter(|lid| !lid.is_empty())
}
