//! A chat as the contract writes it. Fields that may be null are null, never left out.

use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::public::view::Message;
use crate::store::chats::ChatRow;
use crate::workspace::zone::api_time;

/// A chat.
#[derive(Debug, Serialize, ToSchema)]
pub struct Chat {
    pub id: i64,
    /// Unique in the workspace.
    pub name: String,
    /// E.164 with `+`; empty for groups and contacts without a known phone.
    pub phone: String,
    /// `<digits>@s.whatsapp.net`, or `<id>@g.us` for a group.
    pub jid: String,
    pub is_group: bool,
    pub closed: bool,
    pub read: bool,
    pub labels: Vec<String>,
    pub chatgpt_autoresponse_enabled: bool,
    pub responsible_email: String,
    pub responsible_name: String,
    /// The account's JID.
    pub whatsapp_account_id: String,
    /// The chat in this server's inbox.
    pub chat_url: String,
    pub created_timestamp: String,
    pub last_message_uid: String,
    pub last_message_timestamp: String,
    /// With `with_msg` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_message: Option<Message>,
    /// The contact's last message waits for an answer.
    pub unattended: bool,
    pub photo: String,
    pub group_members: Vec<GroupMember>,
    pub is_allowed_to_message: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GroupMember {
    pub name: String,
    pub phone: String,
    pub role: String,
    pub chat_id: i64,
}

/// What a chat's row doesn't hold.
pub struct ChatExtras {
    pub labels: Vec<String>,
    pub account_jid: String,
    pub last_message: Option<Message>,
}

impl Chat {
    pub fn of(chat: &ChatRow, extras: ChatExtras, zone: &TimeZone, public_url: &str) -> Chat {
        Chat {
            id: chat.id.0,
            name: chat.name.clone(),
            phone: chat.phone.clone(),
            jid: chat.jid.clone(),
            is_group: chat.is_group,
            closed: chat.closed,
            read: chat.unread == 0,
            labels: extras.labels,
            chatgpt_autoresponse_enabled: chat.autoresponse,
            responsible_email: String::new(),
            responsible_name: String::new(),
            whatsapp_account_id: extras.account_jid,
            chat_url: format!("{public_url}/inbox/{}", chat.id),
            created_timestamp: api_time(chat.created_at, zone),
            last_message_uid: chat.last_message.map(|uid| uid.to_string()).unwrap_or_default(),
            last_message_timestamp: api_time(chat.last_message_at, zone),
            last_message: extras.last_message,
            unattended: chat.unattended,
            photo: String::new(),
            group_members: Vec::new(),
            is_allowed_to_message: true,
        }
    }
}
