//! Events of accounts: the contract's four, and their health in our words.

use serde::Serialize;

use crate::clock::Time;
use crate::event_kind::Kind;
use crate::id::AccountId;
use crate::store::accounts::AccountRow;
use crate::store::events::EventRow;
use crate::webhooks::EventType;
use crate::webhooks::bodies::scene::Scene;

#[derive(Clone, Debug, Serialize)]
pub struct AccountEvent {
    event_type: EventType,
    whatsapp_account: Account,
    /// Of `whatsapp:account:health`.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<AccountHealth>,
}

/// An account as the contract's events of accounts and chats have it.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    id: String,
    phone: String,
    connected_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    disconnected_on: String,
    status: String,
    account_name: String,
    owner_name: String,
    owner_email: String,
}

/// How an account is.
#[derive(Clone, Debug, Serialize)]
pub struct AccountHealth {
    /// connected, connecting, reconnecting, held, limited, linking, logged_out, token_invalid, down or unlinked.
    state: String,
    /// For people; may be empty.
    reason: String,
    /// When that ends by itself; null where nobody knows.
    until: Option<String>,
    event_timestamp: String,
}

pub(super) fn render(scene: &Scene<'_>, row: &EventRow, event_type: EventType) -> Option<AccountEvent> {
    let account = scene.account(AccountId(row.detail.parse().ok()?))?;
    let disconnected_at = if row.kind == Kind::AccountDisconnected { row.at } else { account.unlinked_at };
    Some(AccountEvent {
        event_type,
        whatsapp_account: shown(scene, account, disconnected_at),
        health: (!event_type.is_of_contract()).then(|| AccountHealth {
            state: account.health.clone(),
            reason: account.health_reason.clone(),
            until: ends_by_itself(account).then(|| scene.time(account.health_until)),
            event_timestamp: scene.time(row.at),
        }),
    })
}

/// The other states have a time as well, at which somebody is asked to look; nothing ends then.
fn ends_by_itself(account: &AccountRow) -> bool {
    matches!(account.health.as_str(), "held" | "limited") && !account.health_until.is_never()
}

pub(super) fn shown(scene: &Scene<'_>, account: &AccountRow, disconnected_at: Time) -> Account {
    let (owner_name, owner_email) = scene.teammate(account.owner);
    Account {
        id: account.jid.clone(),
        phone: account.phone.clone(),
        connected_on: scene.time(account.linked_at),
        disconnected_on: scene.time(disconnected_at),
        status: account.health.clone(),
        account_name: account.name.clone(),
        owner_name,
        owner_email,
    }
}
