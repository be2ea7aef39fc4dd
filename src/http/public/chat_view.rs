//! A chat as the contract writes it. Fields that may be null are null, never left out.

use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use transport::Address;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::http::public::view::{Message, Viewer, zone_of};
use crate::id::{ChatId, WorkspaceId};
use crate::inbox::window::{Window, window};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::chats::ChatRow;
use crate::store::group_members::{GroupMemberRow, GroupRow, group_members_of, groups_of};
use crate::store::labels::labels_of;
use crate::store::teammates::{TeammateRow, teammate_list};
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
    /// In alphabetical order.
    pub labels: Vec<String>,
    pub chatgpt_autoresponse_enabled: bool,
    /// Of the teammate who answers for the chat; empty if nobody does.
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
    /// The address of its picture; empty where none is known.
    pub photo: String,
    /// Who is in the group, by name; empty for other chats.
    pub group_members: Vec<GroupMember>,
    /// Not where its account is unlinked, or where we have left the group.
    pub is_allowed_to_message: bool,
    /// Of chats on accounts of kind cloud only: whether anything may be sent now; else only templates of WhatsApp's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_window_is_open: Option<bool>,
    /// Until when, where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_window_expires_at: Option<String>,
}

/// Somebody in a group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupMember {
    /// As they call themselves; may be empty.
    pub name: String,
    /// E.164 with `+`; empty where WhatsApp hides it.
    pub phone: String,
    /// ordinary, admin or owner.
    pub role: String,
    /// The group's chat.
    pub chat_id: i64,
}

/// What all chats of an answer share.
pub struct Scene<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    pub zone: TimeZone,
    pub accounts: Vec<AccountRow>,
    pub teammates: Vec<TeammateRow>,
}

/// What the rows of a page's chats don't hold.
struct Extras {
    labels: Vec<(ChatId, String)>,
    groups: Vec<GroupRow>,
    members: Vec<GroupMemberRow>,
}

impl<'a> Scene<'a> {
    pub fn read(tx: &mut impl Read, workspace: WorkspaceId, app: &'a App) -> Result<Scene<'a>, Error> {
        let zone = zone_of(tx, workspace)?;
        let (accounts, teammates) = (account_list(tx, workspace)?, teammate_list(tx, workspace)?);
        Ok(Scene { app, workspace, zone, accounts, teammates })
    }

    /// The chats of a page in their order, each with its last message if that is wanted.
    pub fn chats(&self, tx: &mut impl Read, rows: &[ChatRow], with_message: bool) -> Result<Vec<Chat>, Error> {
        let extras = Extras::read(tx, self.workspace, rows)?;
        let mut chats: Vec<Chat> = rows.iter().map(|row| self.chat(row, &extras)).collect();
        if with_message {
            let all: Vec<ChatId> = rows.iter().map(|row| row.id).collect();
            for message in Viewer::new(self.app, self.workspace, &self.zone).last_of(tx, &all)? {
                if let Some(chat) = chats.iter_mut().find(|chat| chat.id == message.chat_id) {
                    chat.last_message = Some(message);
                }
            }
        }
        Ok(chats)
    }

    fn chat(&self, row: &ChatRow, extras: &Extras) -> Chat {
        let account = self.accounts.iter().find(|account| account.id == row.account);
        let responsible = self.teammates.iter().find(|teammate| teammate.id == row.responsible);
        let is_linked = account.is_some_and(|account| account.unlinked_at.is_never());
        let has_left = extras.groups.iter().any(|group| group.chat == row.id && !group.left_at.is_never());
        let window = account
            .map_or(Window::None, |account| window(account.transport, row.last_inbound_at, self.app.clock.now()));
        Chat {
            id: row.id.0,
            name: row.name.clone(),
            phone: row.phone.clone(),
            jid: row.jid.clone(),
            is_group: row.is_group,
            closed: row.closed,
            read: row.unread == 0,
            labels: extras.labels.iter().filter(|(chat, _)| *chat == row.id).map(|(_, label)| label.clone()).collect(),
            chatgpt_autoresponse_enabled: row.autoresponse,
            responsible_email: responsible.map(|teammate| teammate.email.clone()).unwrap_or_default(),
            responsible_name: responsible.map(|teammate| teammate.display_name.clone()).unwrap_or_default(),
            whatsapp_account_id: account.map(|account| account.jid.clone()).unwrap_or_default(),
            chat_url: format!("{}/inbox/{}", self.app.settings.public_url, row.id),
            created_timestamp: api_time(row.created_at, &self.zone),
            last_message_uid: row.last_message.map(|uid| uid.to_string()).unwrap_or_default(),
            last_message_timestamp: api_time(row.last_message_at, &self.zone),
            last_message: None,
            unattended: row.unattended,
            photo: String::new(),
            group_members: extras.members.iter().filter(|member| member.chat == row.id).map(GroupMember::of).collect(),
            is_allowed_to_message: is_linked && !has_left,
            service_window_is_open: (window != Window::None).then_some(matches!(window, Window::Open { .. })),
            service_window_expires_at: match window {
                Window::Open { until } => Some(api_time(until, &self.zone)),
                Window::None | Window::Closed { .. } => None,
            },
        }
    }
}

impl Extras {
    fn read(tx: &mut impl Read, workspace: WorkspaceId, rows: &[ChatRow]) -> Result<Extras, Error> {
        let all: Vec<ChatId> = rows.iter().map(|row| row.id).collect();
        let groups: Vec<ChatId> = rows.iter().filter(|row| row.is_group).map(|row| row.id).collect();
        let labels = labels_of(tx, workspace, &all)?;
        if groups.is_empty() {
            return Ok(Extras { labels, groups: Vec::new(), members: Vec::new() });
        }
        let members = group_members_of(tx, workspace, &groups)?;
        Ok(Extras { labels, groups: groups_of(tx, workspace, &groups)?, members })
    }
}

impl GroupMember {
    fn of(row: &GroupMemberRow) -> GroupMember {
        GroupMember {
            name: row.name.clone(),
            phone: Address::from_jid(row.jid.clone()).phone().unwrap_or_default(),
            role: row.role.clone(),
            chat_id: row.chat.0,
        }
    }
}
