//! How an account is, from what its connection tells.

use transport::AccountState;
use wacore::types::events::{ConnectFailureReason, Event};
use whatsapp_rust::transport::DisconnectReason;

use crate::errors::short;

/// What follows when a connection ended and isn't made again by the library itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Try again at this time (ms since 1970 UTC).
    At(i64),
    /// Another version must be announced: WhatsApp's current one, where that is what is announced.
    Outdated,
    /// Somebody must act.
    Never,
}

/// An account's state, and what follows from it, where the event is about that. `now_ms` is the time of hearing it.
pub fn state_of(event: &Event, now_ms: i64) -> Option<(AccountState, Option<Ending>)> {
    let told = match event {
        // The number can send as soon as it has heard what came while it was away; the library's own word waits for the
        // phone's settings as well.
        Event::Connected(_) | Event::OfflineSyncCompleted(_) => (AccountState::Connected, None),
        Event::Disconnected(gone) => (AccountState::Disconnected { reason: why(&gone.reason) }, None),
        Event::StreamReplaced(_) => (AccountState::Unusable { reason: REPLACED.into() }, Some(Ending::Never)),
        Event::ClientOutdated(_) => (AccountState::Unusable { reason: OUTDATED.into() }, Some(Ending::Outdated)),
        Event::LoggedOut(out) => {
            let reason = match &out.reason {
                ConnectFailureReason::AccountLocked => "WhatsApp has locked the account; open WhatsApp on the phone",
                _ => "It was unlinked on the phone; link it again",
            };
            let said = out.logout_message.as_ref().and_then(|said| said.subtext.clone()).unwrap_or_default();
            let colon = if said.is_empty() { "" } else { ": " };
            let reason = format!("{reason}{colon}{}", short(&said));
            (AccountState::LoggedOut { reason }, Some(Ending::Never))
        }
        Event::TemporaryBan(ban) => {
            let until_ms = now_ms.saturating_add(ban.expire.num_milliseconds().max(0));
            (AccountState::BannedUntil { until_ms, reason: ban.code.to_string() }, Some(Ending::At(until_ms)))
        }
        Event::ConnectFailure(failure) => return failed(&failure.reason, failure.message.as_deref(), now_ms),
        _ => return None,
    };
    Some(told)
}

const REPLACED: &str = "Another server has taken this number's connection. Stop it there, then restart this server; or link \
                        the number again";
const OUTDATED: &str = "WhatsApp no longer takes this version of its protocol: upgrade Partyline, or set --web-version to a \
                        current one";
/// After a refusal that nobody has words for.
const REFUSED_AFTER_MS: i64 = 5 * 60 * 1000;

fn failed(reason: &ConnectFailureReason, said: Option<&str>, now_ms: i64) -> Option<(AccountState, Option<Ending>)> {
    let said = said.map(|said| format!(": {}", short(said))).unwrap_or_default();
    let reason_text = format!("WhatsApp refused the connection ({reason:?}{said})");
    let ending = match reason {
        // The library goes on by itself.
        _ if reason.should_reconnect() => None,
        ConnectFailureReason::BadUserAgent | ConnectFailureReason::ClientUnknown => {
            return Some((AccountState::Unusable { reason: OUTDATED.into() }, Some(Ending::Outdated)));
        }
        _ => Some(Ending::At(now_ms.saturating_add(REFUSED_AFTER_MS))),
    };
    Some((AccountState::Disconnected { reason: reason_text }, ending))
}

fn why(reason: &DisconnectReason) -> String {
    match reason {
        DisconnectReason::ServerClose { .. } | DisconnectReason::StreamEnded => "WhatsApp closed the connection".into(),
        DisconnectReason::ReadError(error) => format!("The connection broke: {}", short(error)),
        DisconnectReason::Unknown => "The connection is gone".into(),
    }
}

/// Nothing answers where WhatsApp should be.
pub fn unreachable(why: &str) -> AccountState {
    AccountState::Disconnected { reason: format!("WhatsApp can't be reached: {}", short(why)) }
}

#[cfg(test)]
mod tests {
    use wacore::types::events as told;
    use whatsapp_rust::wacore::chrono::Duration;

    use super::*;

    #[test]
    fn what_the_server_says_becomes_words_and_a_next_step() {
        let replaced = Event::StreamReplaced(told::StreamReplaced::builder().build());
        let (state, ending) = state_of(&replaced, 0).expect("a state");
        assert!(matches!(state, AccountState::Unusable { reason } if reason.contains("Another server")));
        assert_eq!(ending, Some(Ending::Never));
        let outdated = Event::ClientOutdated(told::ClientOutdated::builder().build());
        let (state, ending) = state_of(&outdated, 0).expect("a state");
        assert!(matches!(state, AccountState::Unusable { reason } if reason.contains("--web-version")));
        assert_eq!(ending, Some(Ending::Outdated));
        let ban = told::TemporaryBan::builder()
            .code(told::TempBanReason::SentToTooManyPeople)
            .expire(Duration::seconds(90))
            .build();
        let (state, ending) = state_of(&Event::TemporaryBan(ban), 1_000).expect("a state");
        assert!(matches!(state, AccountState::BannedUntil { until_ms: 91_000, .. }));
        assert_eq!(ending, Some(Ending::At(91_000)));
        let out = told::LoggedOut::builder().on_connect(true).reason(ConnectFailureReason::LoggedOut).build();
        let (state, ending) = state_of(&Event::LoggedOut(out), 0).expect("a state");
        assert!(matches!(state, AccountState::LoggedOut { reason } if reason.contains("link it again")));
        assert_eq!(ending, Some(Ending::Never));
    }

    #[test]
    fn a_server_that_rests_is_tried_again_and_a_refusal_later() {
        let of = |reason| {
            let failure = told::ConnectFailure::builder().reason(reason).build();
            state_of(&Event::ConnectFailure(failure), 0).expect("a state").1
        };
        assert_eq!(of(ConnectFailureReason::ServiceUnavailable), None);
        assert_eq!(of(ConnectFailureReason::Generic), Some(Ending::At(REFUSED_AFTER_MS)));
        assert_eq!(of(ConnectFailureReason::ClientUnknown), Some(Ending::Outdated));
        assert!(
            matches!(unreachable("no route"), AccountState::Disconnected { reason } if reason.ends_with("no route"))
        );
    }
}
