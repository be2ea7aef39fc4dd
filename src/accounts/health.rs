//! How an account is: one word that its worker obeys and that the API and the screens show, with its reason and the time
//! at which it ends by itself.

use transport::AccountState;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find, account_set_health};
use crate::store::events::{NewEvent, event_append};

/// The vocabulary; the words are stored and shown, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    Connected,
    /// On its way up for the first time.
    Connecting,
    /// Lost, and trying by itself.
    Reconnecting,
    /// WhatsApp holds the account's sends back, until a known time.
    Held,
    /// Unlinked at WhatsApp; somebody must link it again.
    LoggedOut,
    /// Its token is no longer good; somebody must give a new one.
    TokenInvalid,
    /// Anything else that needs somebody.
    Down,
}

impl Health {
    pub const ALL: [Health; 7] = [
        Health::Connected,
        Health::Connecting,
        Health::Reconnecting,
        Health::Held,
        Health::LoggedOut,
        Health::TokenInvalid,
        Health::Down,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Health::Connected => "connected",
            Health::Connecting => "connecting",
            Health::Reconnecting => "reconnecting",
            Health::Held => "held",
            Health::LoggedOut => "logged_out",
            Health::TokenInvalid => "token_invalid",
            Health::Down => "down",
        }
    }

    pub fn parse(text: &str) -> Option<Health> {
        Health::ALL.into_iter().find(|health| health.as_str() == text)
    }

    /// Whether it stays until a person has done something.
    const fn needs_somebody(self) -> bool {
        matches!(self, Health::LoggedOut | Health::TokenInvalid | Health::Down)
    }
}

/// WhatsApp's codes for a token that isn't good any more.
const TOKEN_CODES: [i64; 2] = [0, 190];

/// What a send that needs somebody says of the account.
pub fn health_of_failure(code: Option<i64>) -> Health {
    if code.is_some_and(|code| TOKEN_CODES.contains(&code)) { Health::TokenInvalid } else { Health::Down }
}

/// What an account may do at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// Sends wait until then, or until somebody has acted.
    Closed {
        until: Option<Time>,
    },
    /// A hold is over: it may send, and that is to be noted.
    HoldOver,
}

/// Whether an account may send now.
pub fn gate(account: &AccountRow, now: Time) -> Gate {
    match Health::parse(&account.health) {
        _ if !account.unlinked_at.is_never() => Gate::Closed { until: None },
        Some(Health::Connected) => Gate::Open,
        Some(Health::Held) if now >= account.health_until => Gate::HoldOver,
        Some(Health::Held) => Gate::Closed { until: Some(account.health_until) },
        _ => Gate::Closed { until: None },
    }
}

/// Notes what a transport told of its connection.
pub fn record_state(write: &mut Write<'_, '_>, account: AccountId, state: &AccountState) -> Result<(), Error> {
    match state {
        AccountState::Connecting => set_health(write, account, Health::Connecting, "", Time::NEVER),
        AccountState::Connected => set_health(write, account, Health::Connected, "", Time::NEVER),
        AccountState::Disconnected { reason } => set_health(write, account, Health::Reconnecting, reason, Time::NEVER),
        AccountState::HeldUntil { until_ms, reason } => {
            set_health(write, account, Health::Held, reason, Time::from_ms(*until_ms))
        }
        AccountState::LoggedOut { reason } => set_health(write, account, Health::LoggedOut, reason, Time::NEVER),
        AccountState::TokenInvalid { reason } => set_health(write, account, Health::TokenInvalid, reason, Time::NEVER),
    }
}

/// Changes an account's health and tells the log, where it is a change.
pub fn set_health(
    write: &mut Write<'_, '_>,
    account: AccountId,
    health: Health,
    reason: &str,
    until: Time,
) -> Result<(), Error> {
    let Some(row) = account_find(write.tx, write.workspace.id, account)? else { return Ok(()) };
    let before = Health::parse(&row.health);
    if before == Some(health) && row.health_reason == reason && row.health_until == until {
        return Ok(());
    }
    // A hold is WhatsApp's and outlives our connection: a line that comes and goes must not shorten it.
    let held = before == Some(Health::Held) && row.health_until > write.now;
    if held && health != Health::Held && !health.needs_somebody() {
        return Ok(());
    }
    account_set_health(write, account, health.as_str(), &reason.replace('\0', ""), until)?;
    if before == Some(health) {
        return Ok(());
    }
    let kind = match health {
        Health::Held => Kind::AccountSuspended,
        Health::Connected if before == Some(Health::Held) => Kind::AccountResumed,
        Health::Connected => Kind::AccountConnected,
        // A first connection being made is no news.
        Health::Connecting => return Ok(()),
        _ => Kind::AccountDisconnected,
    };
    let event = NewEvent { kind, chat: ChatId(0), message: None, detail: account.to_string() };
    event_append(write, event).map(drop)
}

/// Ends a hold whose time has come.
pub fn end_hold(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    set_health(write, account, Health::Connected, "", Time::NEVER)
}

/// Brings an account back at once, whatever held it: somebody acted.
pub fn bring_back(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let Some(row) = account_find(write.tx, write.workspace.id, account)? else { return Ok(()) };
    let kind = match Health::parse(&row.health) {
        Some(Health::Connected) => return Ok(()),
        Some(Health::Held) => Kind::AccountResumed,
        _ => Kind::AccountConnected,
    };
    account_set_health(write, account, Health::Connected.as_str(), "", Time::NEVER)?;
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: account.to_string() }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_its_own() {
        for health in Health::ALL {
            assert_eq!(Health::parse(health.as_str()), Some(health));
        }
        assert_eq!(health_of_failure(Some(190)), Health::TokenInvalid);
        assert_eq!(health_of_failure(None), Health::Down);
    }
}
