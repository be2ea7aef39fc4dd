//! How an account is: one word that its worker obeys and that the API and the screens show, with its reason and the time
//! at which it ends by itself.

use std::time::Duration;

use transport::AccountState;

use crate::accounts::allowed::{set_quality, set_reach, set_speed};
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId};
use crate::store::Write;
use crate::store::account_cares::{CareRow, account_standing, care_save, cold_release};
use crate::store::accounts::{AccountRow, account_set_health};
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
    /// People who never wrote can't be reached until a known time; replies go.
    Limited,
    /// Somebody links it again.
    Linking,
    /// Unlinked at WhatsApp; somebody must link it again.
    LoggedOut,
    /// Its token is no longer good; somebody must give a new one.
    TokenInvalid,
    /// Anything else that needs somebody.
    Down,
    /// Given up here; it can be linked again.
    Unlinked,
}

/// How long a first connection may take before it counts as lost.
const CONNECTING_MAX: Duration = Duration::from_secs(60);
/// How long a lost line is tried again before somebody is asked to look.
const RECONNECTING_MAX: Duration = Duration::from_secs(60 * 60);
/// How often it is told again that an account needs somebody.
const REMIND_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

impl Health {
    pub const ALL: [Health; 10] = [
        Health::Connected,
        Health::Connecting,
        Health::Reconnecting,
        Health::Held,
        Health::Limited,
        Health::Linking,
        Health::LoggedOut,
        Health::TokenInvalid,
        Health::Down,
        Health::Unlinked,
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
            Health::Limited => "limited",
            Health::Linking => "linking",
            Health::Unlinked => "unlinked",
        }
    }

    /// By when it is over, or else something follows: see [`meet_deadline`]. Never for what may last.
    fn deadline(self, now: Time) -> Time {
        match self {
            Health::Connecting => now + CONNECTING_MAX,
            Health::Reconnecting => now + RECONNECTING_MAX,
            Health::LoggedOut | Health::TokenInvalid | Health::Down => now + REMIND_EVERY,
            Health::Connected | Health::Held | Health::Limited | Health::Linking | Health::Unlinked => Time::NEVER,
        }
    }

    /// Whether its time is WhatsApp's, at which it ends by itself.
    pub const fn ends_by_itself(self) -> bool {
        matches!(self, Health::Held | Health::Limited)
    }

    pub fn parse(text: &str) -> Option<Health> {
        Health::ALL.into_iter().find(|health| health.as_str() == text)
    }

    /// Whether it stays until a person has done something.
    pub const fn needs_somebody(self) -> bool {
        matches!(self, Health::LoggedOut | Health::TokenInvalid | Health::Down | Health::Unlinked)
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
    /// Its time is over: what follows is to be noted, see [`meet_deadline`].
    Overdue,
}

/// Whether an account may send now; to people who never wrote, [`is_limited`] asks further.
pub fn gate(account: &AccountRow, now: Time) -> Gate {
    let until = (!account.health_until.is_never()).then_some(account.health_until);
    match Health::parse(&account.health) {
        _ if !account.unlinked_at.is_never() => Gate::Closed { until: None },
        Some(Health::Connected) => Gate::Open,
        _ if until.is_some_and(|until| now >= until) => Gate::Overdue,
        Some(Health::Limited) => Gate::Open,
        _ => Gate::Closed { until },
    }
}

/// Until when people who never wrote can't be reached, and why.
pub fn is_limited(account: &AccountRow, now: Time) -> Option<(Time, &str)> {
    let limited = Health::parse(&account.health) == Some(Health::Limited) && now < account.health_until;
    limited.then_some((account.health_until, account.health_reason.as_str()))
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
        AccountState::LimitedUntil { until_ms, reason } => {
            set_health(write, account, Health::Limited, reason, Time::from_ms(*until_ms))
        }
        AccountState::BannedUntil { until_ms, reason } => {
            let reason = format!("WhatsApp has banned this number for a time: {reason}");
            set_health(write, account, Health::Held, &reason, Time::from_ms(*until_ms))
        }
        AccountState::Unusable { reason } => set_health(write, account, Health::Down, reason, Time::NEVER),
        AccountState::Quality(quality) => set_quality(write, account, *quality),
        AccountState::Reach(reach) => set_reach(write, account, *reach),
        AccountState::Speed { per_second } => set_speed(write, account, *per_second),
        AccountState::LoggedOut { reason } => set_health(write, account, Health::LoggedOut, reason, Time::NEVER),
        AccountState::TokenInvalid { reason } => set_health(write, account, Health::TokenInvalid, reason, Time::NEVER),
    }
}

/// Changes an account's health and tells the log, where it is a change. `until` is WhatsApp's; never where it named none.
pub fn set_health(
    write: &mut Write<'_, '_>,
    account: AccountId,
    health: Health,
    reason: &str,
    until: Time,
) -> Result<(), Error> {
    let Some((row, care)) = account_standing(write.tx, write.workspace.id, account)? else { return Ok(()) };
    let before = Health::parse(&row.health);
    // Nothing that its transport still tells matters to an account that was given up.
    if !row.unlinked_at.is_never() {
        return Ok(());
    }
    if before == Some(health) && row.health_reason == reason && (until.is_never() || row.health_until == until) {
        return Ok(());
    }
    // A hold is WhatsApp's and outlives our connection: a line that comes and goes must not shorten it.
    let held = before.is_some_and(Health::ends_by_itself) && row.health_until > write.now;
    if held && !health.ends_by_itself() && !health.needs_somebody() {
        return Ok(());
    }
    let until = if until.is_never() { health.deadline(write.now) } else { until };
    change(write, &row, &care, health, reason, until)
}

/// Writes a health that is decided, and tells it where the word is another.
fn change(
    write: &mut Write<'_, '_>,
    row: &AccountRow,
    care: &CareRow,
    health: Health,
    reason: &str,
    until: Time,
) -> Result<(), Error> {
    let before = Health::parse(&row.health);
    account_set_health(write, row.id, health.as_str(), &reason.replace('\0', ""), until)?;
    if before == Some(health) {
        return Ok(());
    }
    care_save(write, row.id, &CareRow { since: write.now, ..care.clone() })?;
    let kind = match (health, before) {
        (Health::Held, _) => Kind::AccountSuspended,
        (Health::Connected, Some(Health::Held)) => Kind::AccountResumed,
        (Health::Limited, _) | (Health::Connected, Some(Health::Limited)) => Kind::AccountHealth,
        (Health::Connected, _) => Kind::AccountConnected,
        // A first connection being made is no news, nor is who tries to link an account that is away anyway.
        (Health::Connecting | Health::Linking, _) => return Ok(()),
        (_, Some(Health::Linking)) => return Ok(()),
        (Health::Down, Some(Health::Reconnecting)) => Kind::AccountHealth,
        _ => Kind::AccountDisconnected,
    };
    tell(write, row.id, kind)
}

pub(super) fn tell(write: &mut Write<'_, '_>, account: AccountId, kind: Kind) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: account.to_string() }).map(drop)
}

/// What follows when a health's time is over. Every health but Connected and Unlinked has such a time: a hold ends, a line
/// that doesn't come back becomes somebody's to look at, and who must act is told once more each day.
pub fn meet_deadline(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let Some((row, care)) = account_standing(write.tx, write.workspace.id, account)? else { return Ok(()) };
    if gate(&row, write.now) != Gate::Overdue {
        return Ok(());
    }
    let now = write.now;
    let reason = row.health_reason.as_str();
    match Health::parse(&row.health) {
        Some(Health::Held | Health::Limited) => {
            change(write, &row, &care, Health::Connected, "", Time::NEVER)?;
        }
        Some(Health::Connecting) => {
            let reason = "It has not connected within a minute";
            change(write, &row, &care, Health::Reconnecting, reason, Health::Reconnecting.deadline(now))?;
        }
        Some(Health::Reconnecting) => {
            let colon = if reason.is_empty() { "" } else { ": " };
            let reason = format!("It has not come back for an hour{colon}{reason}");
            change(write, &row, &care, Health::Down, &reason, Health::Down.deadline(now))?;
        }
        Some(Health::Linking) => {
            let reason = "Linking it again was not finished";
            change(write, &row, &care, Health::LoggedOut, reason, Health::LoggedOut.deadline(now))?;
        }
        Some(health @ (Health::LoggedOut | Health::TokenInvalid | Health::Down)) => {
            account_set_health(write, account, health.as_str(), reason, health.deadline(now))?;
            tell(write, account, Kind::AccountHealth)?;
        }
        Some(Health::Connected | Health::Unlinked) | None => {}
    }
    Ok(())
}

/// Brings an account back at once, whatever held it: somebody acted.
pub fn bring_back(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let Some((row, care)) = account_standing(write.tx, write.workspace.id, account)? else { return Ok(()) };
    if row.health == Health::Connected.as_str() || !row.unlinked_at.is_never() {
        return Ok(());
    }
    if row.health == Health::Limited.as_str() {
        cold_release(write, account)?;
    }
    change(write, &row, &care, Health::Connected, "", Time::NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_last_has_a_time() {
        let now = Time::from_ms(1_790_000_000_000);
        for health in Health::ALL {
            let given = health.ends_by_itself() || health == Health::Linking;
            let lasts = matches!(health, Health::Connected | Health::Unlinked);
            assert_eq!(health.deadline(now).is_never(), given || lasts, "{health:?}");
        }
    }

    #[test]
    fn every_word_is_its_own() {
        for health in Health::ALL {
            assert_eq!(Health::parse(health.as_str()), Some(health));
        }
        assert_eq!(health_of_failure(Some(190)), Health::TokenInvalid);
        assert_eq!(health_of_failure(None), Health::Down);
    }
}
