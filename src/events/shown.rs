//! An event as readers see it: its row, with what the rows that it names say now.

use std::collections::BTreeMap;

use database::Read;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::event_kind::{Cause, Kind};
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::inbox::contact_book::{KnownAs, contact_of_event, known_as};
use crate::inbox::contacts::{BothAddresses, both_addresses};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::counters::counters_find;
use crate::store::events::EventRow;
use crate::store::messages::{MessageRow, MessageView, message_find};
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::store::tokens::{TokenRow, token_list};
use crate::webhooks::bodies::{Body, Rendering};
use crate::workspace::token_limits::TokenLimits;
use crate::workspace::zone::{api_time, stored_zone};

/// An event of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Event {
    /// Its place in the workspace's log, which counts from 1 and has no gaps: the cursor of `GET /events`.
    pub seq: i64,
    /// What happened, as in `message:received:new`.
    pub event_type: String,
    pub timestamp: String,
    /// Who did it; null where it came from WhatsApp or by time.
    pub caused_by: Option<CausedBy>,
    /// Null where it is of no chat.
    pub chat_id: Option<i64>,
    /// Null where it is of no message.
    pub message_uid: Option<String>,
    /// Whose chat it is; in a group, whose message it is of; or the contact that was changed. Null where it is of nobody.
    pub contact: Option<EventContact>,
    /// The account's JID; null where it is of none.
    pub whatsapp_account_id: Option<String>,
    /// What the type says further: the status reached, the label, the chat's new name, the number of the template or
    /// webhook; empty for most.
    pub detail: String,
    /// What webhooks are told of it: a body for each of its event types, as `message:received:new` and `message:new`. They
    /// show chats and messages as they are now.
    #[schema(value_type = Vec<serde_json::Value>)]
    pub bodies: Vec<Body>,
}

/// Who caused an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CausedBy {
    /// token, teammate or operator.
    pub kind: String,
    /// The token's or the teammate's number; null for the operator.
    pub id: Option<i64>,
    /// The token's or the teammate's name; empty where it is gone.
    pub name: String,
}

/// A contact by all that WhatsApp calls them. Either may be empty: it hides some phones, and knows some people by their
/// phone alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventContact {
    pub name: String,
    /// E.164 with `+`.
    pub phone: String,
    /// `<digits>@lid`.
    pub lid: String,
}

impl EventContact {
    /// Whose chat a message is of; in a group, whose message it is, and `None` for ours.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn of_view(
        tx: &mut impl Read,
        workspace: WorkspaceId,
        view: &MessageView,
    ) -> Result<Option<EventContact>, Error> {
        if !view.is_group {
            let (name, phone) = (view.chat_name.clone(), view.chat_phone.clone());
            return Ok(Some(EventContact { name, phone, lid: view.chat_lid.clone() }));
        }
        let MessageRow { from_me, sender_jid, sender_name, .. } = &view.message;
        if *from_me || sender_jid.is_empty() {
            return Ok(None);
        }
        let BothAddresses { phone, lid } = both_addresses(tx, workspace, sender_jid)?;
        Ok(Some(EventContact { name: sender_name.clone(), phone, lid }))
    }
}

/// An event as its readers get it, made once for all of them.
#[derive(Clone, Debug)]
pub struct Heard {
    pub seq: i64,
    pub kind: Kind,
    /// The phone of the account that it is of; empty where it is of none.
    pub account_phone: String,
    pub event: Event,
    /// The same as JSON.
    pub json: String,
}

impl Heard {
    /// Whether a token with these limits may see it: one that is limited to accounts sees only what is of them.
    pub fn is_for(&self, limits: &TokenLimits) -> bool {
        limits.accounts.is_empty() || (!self.account_phone.is_empty() && limits.allow_account(&self.account_phone))
    }
}

/// Shows events of one workspace, in the order given.
///
/// # Errors
/// A fault of the database.
pub fn show(tx: &mut impl Read, rendering: &Rendering<'_>, rows: &[EventRow]) -> Result<Vec<Heard>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names = Names::read(tx, rendering.workspace, rows)?;
    let mut bodies: BTreeMap<i64, Vec<Body>> = BTreeMap::new();
    for rendered in rendering.events(tx, rows)? {
        bodies.entry(rendered.seq).or_default().push(rendered.body);
    }
    rows.iter().map(|row| names.show(row, bodies.remove(&row.seq).unwrap_or_default())).collect()
}

/// What the events of one page name.
struct Names {
    zone: jiff::tz::TimeZone,
    accounts: Vec<AccountRow>,
    chats: BTreeMap<i64, ChatRow>,
    /// Who wrote the messages of groups.
    writers: BTreeMap<MessageUid, EventContact>,
    /// Those whom events of contacts are about.
    contacts: BTreeMap<i64, EventContact>,
    tokens: Vec<TokenRow>,
    teammates: Vec<TeammateRow>,
}

impl Names {
    fn read(tx: &mut impl Read, workspace: WorkspaceId, rows: &[EventRow]) -> Result<Names, Error> {
        let found = counters_find(tx, workspace)?;
        let (settings, _) = found.ok_or_else(|| Error::not_found("This workspace is gone"))?;
        let mut chats = BTreeMap::new();
        for row in rows.iter().filter(|row| row.chat != ChatId(0)) {
            if !chats.contains_key(&row.chat.0)
                && let Some(chat) = chat_find(tx, workspace, row.chat)?
            {
                chats.insert(row.chat.0, chat);
            }
        }
        let mut writers = BTreeMap::new();
        for row in rows.iter().filter(|row| chats.get(&row.chat.0).is_some_and(|chat| chat.is_group)) {
            if let Some(uid) = row.message.filter(|uid| !writers.contains_key(uid))
                && let Some(view) = message_find(tx, workspace, uid)?
                && let Some(writer) = EventContact::of_view(tx, workspace, &view)?
            {
                writers.insert(uid, writer);
            }
        }
        let mut contacts = BTreeMap::new();
        for id in rows.iter().filter_map(|row| contact_of_event(row.kind, &row.detail)) {
            if !contacts.contains_key(&id.0)
                && let Some(KnownAs { name, phone, lid, .. }) = known_as(tx, workspace, id)?
            {
                contacts.insert(id.0, EventContact { name, phone, lid });
            }
        }
        let any = |test: fn(Cause) -> bool| rows.iter().any(|row| test(row.cause));
        Ok(Names {
            zone: stored_zone(&settings.zone),
            accounts: account_list(tx, workspace)?,
            chats,
            writers,
            contacts,
            tokens: match any(|cause| matches!(cause, Cause::Token(_))) {
                true => token_list(tx, workspace)?,
                false => Vec::new(),
            },
            teammates: match any(|cause| matches!(cause, Cause::Teammate(_))) {
                true => teammate_list(tx, workspace)?,
                false => Vec::new(),
            },
        })
    }

    fn show(&self, row: &EventRow, bodies: Vec<Body>) -> Result<Heard, Error> {
        let chat = self.chats.get(&row.chat.0);
        let account = self.account_of(row, chat);
        let event = Event {
            seq: row.seq,
            event_type: row.kind.name().to_owned(),
            timestamp: api_time(row.at, &self.zone),
            caused_by: self.caused_by(row.cause),
            chat_id: (row.chat != ChatId(0)).then_some(row.chat.0),
            message_uid: row.message.map(|uid| uid.to_string()),
            contact: self.contact_of(row, chat),
            whatsapp_account_id: account.map(|account| account.jid.clone()),
            detail: row.detail.clone(),
            bodies,
        };
        let json = serde_json::to_string(&event).map_err(Error::internal)?;
        let account_phone = account.map(|account| account.phone.clone()).unwrap_or_default();
        Ok(Heard { seq: row.seq, kind: row.kind, account_phone, event, json })
    }

    /// The chat's account; of an event that is an account's own, that one.
    fn account_of(&self, row: &EventRow, chat: Option<&ChatRow>) -> Option<&AccountRow> {
        let id = match row.kind {
            Kind::AccountConnected
            | Kind::AccountDisconnected
            | Kind::AccountSuspended
            | Kind::AccountResumed
            | Kind::AccountHealth
            | Kind::AccountChanged => row.detail.parse().ok().map(AccountId),
            _ => chat.map(|chat| chat.account),
        };
        self.accounts.iter().find(|account| Some(account.id) == id)
    }

    fn contact_of(&self, row: &EventRow, chat: Option<&ChatRow>) -> Option<EventContact> {
        if let Some(contact) = contact_of_event(row.kind, &row.detail) {
            return self.contacts.get(&contact.0).cloned();
        }
        let chat = chat?;
        if chat.is_group {
            return self.writers.get(&row.message?).cloned();
        }
        Some(EventContact { name: chat.name.clone(), phone: chat.phone.clone(), lid: chat.lid.clone() })
    }

    fn caused_by(&self, cause: Cause) -> Option<CausedBy> {
        let (kind, id, name) = match cause {
            Cause::Outside => return None,
            Cause::Operator => ("operator", None, None),
            Cause::Token(id) => {
                let found = self.tokens.iter().find(|token| token.id == id);
                ("token", Some(id.0), found.map(|token| token.name.clone()))
            }
            Cause::Teammate(id) => {
                let found = self.teammates.iter().find(|teammate| teammate.id == id);
                ("teammate", Some(id.0), found.map(|teammate| teammate.display_name.clone()))
            }
        };
        Some(CausedBy { kind: kind.to_owned(), id, name: name.unwrap_or_default() })
    }
}
