//! What a token is limited to beside its scope: accounts, addresses, a time; and whether its repeated sends are one.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::civil::Date;

use crate::clock::Time;
use crate::error::Error;
use crate::store::Write;
use crate::store::accounts::account_list;
use crate::store::tokens::TokenRow;
use crate::workspace::zone::{parse_api_time, stored_zone};

pub const TOKEN_ACCOUNTS_MAX: usize = 16;
pub const TOKEN_NETWORKS_MAX: usize = 16;
/// Further ahead than this a token's end is a slip of the hand.
const EXPIRY_MAX: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The limits of a token; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLimits {
    /// Phones of the accounts that it may use, as `+12025550100`; empty for all.
    pub accounts: Vec<String>,
    /// Networks that it may call from; empty for anywhere.
    pub networks: Vec<IpNet>,
    /// `NEVER` if it lives until it is revoked.
    pub expires_at: Time,
    /// A send that repeats another within a minute, without a key, is answered as that one was.
    pub collapses: bool,
}

/// Why a token of a workspace opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Revoked,
    Expired,
    /// Called from outside of its networks.
    Elsewhere,
}

impl Ended {
    /// As the log and the metrics say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ended::Revoked => "revoked",
            Ended::Expired => "expired",
            Ended::Elsewhere => "elsewhere",
        }
    }
}

impl TokenLimits {
    pub fn of(row: &TokenRow) -> TokenLimits {
        TokenLimits {
            accounts: parts(&row.accounts).map(str::to_owned).collect(),
            // One that can't be read allows nothing, where leaving it out might allow everything.
            networks: parts(&row.networks).map(|text| text.parse().unwrap_or(NOWHERE)).collect(),
            expires_at: row.expires_at,
            collapses: row.collapses,
        }
    }

    /// Reads networks as an operator writes them: `10.0.0.0/8`, or a single address.
    ///
    /// # Errors
    /// `validation_error` naming the text.
    pub fn parse_network(text: &str) -> Result<IpNet, Error> {
        let text = text.trim();
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| network.trunc()).map_err(|_| {
            Error::invalid("from", format!("\"{text}\" is no network; write one as 203.0.113.0/24 or 2001:db8::/32"))
        })
    }

    /// Reads when a token ends: a span from now (`30d`, `12h`, `45m`), the last day on which it is good (`2027-01-31`),
    /// or a moment.
    ///
    /// # Errors
    /// `validation_error` for other texts, for the past, and for more than ten years.
    pub fn parse_expiry(text: &str, now: Time, zone: &str) -> Result<Time, Error> {
        let at = span_of(text).map(|span| now + span).or_else(|| end_of_day(text, zone));
        let at = at.or_else(|| parse_api_time(text, &stored_zone(zone)));
        let Some(at) = at else {
            let rule = "write 30d, 12h, or the last day on which it is good as 2027-01-31";
            return Err(Error::invalid("expires", format!("\"{text}\" is no time; {rule}")));
        };
        if at <= now || at > now + EXPIRY_MAX {
            let rule = "a token ends after now and within ten years";
            return Err(Error::invalid("expires", format!("\"{text}\" won't do: {rule}")));
        }
        Ok(at)
    }

    pub fn allow_account(&self, phone: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|allowed| allowed == phone)
    }

    /// Whether the token opens something now, for a client of this address; an unknown address is outside of every
    /// network.
    pub fn ended(&self, now: Time, client: Option<IpAddr>) -> Option<Ended> {
        if !self.expires_at.is_never() && now >= self.expires_at {
            return Some(Ended::Expired);
        }
        let is_inside = |address: IpAddr| self.networks.iter().any(|network| network.contains(&address));
        let is_allowed = self.networks.is_empty() || client.is_some_and(is_inside);
        (!is_allowed).then_some(Ended::Elsewhere)
    }

    /// Checks what a new token is to be limited to.
    ///
    /// # Errors
    /// `validation_error`: too many, or an account that the workspace doesn't have.
    pub fn check(&self, write: &mut Write<'_, '_>) -> Result<(), Error> {
        if self.accounts.len() > TOKEN_ACCOUNTS_MAX {
            return Err(Error::invalid("account", format!("A token has at most {TOKEN_ACCOUNTS_MAX} accounts")));
        }
        if self.networks.len() > TOKEN_NETWORKS_MAX {
            return Err(Error::invalid("from", format!("A token has at most {TOKEN_NETWORKS_MAX} networks")));
        }
        if self.accounts.is_empty() {
            return Ok(());
        }
        let known = account_list(write.tx, write.workspace.id)?;
        match self.accounts.iter().find(|phone| known.iter().all(|account| account.phone != **phone)) {
            None => Ok(()),
            Some(phone) => {
                let there: Vec<_> = known.iter().map(|account| account.phone.as_str()).collect();
                let rule = format!("This workspace has no WhatsApp account {phone}; it has {}", there.join(", "));
                Err(Error::invalid("account", rule))
            }
        }
    }

    pub fn accounts_text(&self) -> String {
        self.accounts.join(",")
    }

    pub fn networks_text(&self) -> String {
        self.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// A network with one address that nobody calls from.
const NOWHERE: IpNet = IpNet::V6(ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::UNSPECIFIED, 128));

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}

fn span_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, seconds) = match text.char_indices().last()? {
        (at, 'd') => (&text[..at], 24 * 3600),
        (at, 'h') => (&text[..at], 3600),
        (at, 'm') => (&text[..at], 60),
        _ => return None,
    };
    let number: u64 = number.parse().ok().filter(|number| *number <= 10_000_000)?;
    Some(Duration::from_secs(number * seconds))
}

fn end_of_day(text: &str, zone: &str) -> Option<Time> {
    let day = text.trim().parse::<Date>().ok().filter(|_| text.trim().len() == 10)?;
    let next = day.tomorrow().ok()?.to_zoned(stored_zone(zone)).ok()?;
    Some(Time::from_ms(next.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_ms(1_768_467_600_000);

    #[test]
    fn an_end_is_a_span_or_the_last_good_day() {
        let parse = |text| TokenLimits::parse_expiry(text, NOW, "Europe/Lisbon").map(|at| format!("{at:?}"));
        assert_eq!(parse("30d").expect("a span"), format!("{:?}", NOW + Duration::from_secs(30 * 24 * 3600)));
        assert_eq!(parse("2026-07-01").expect("a day"), "2026-07-01T23:00:00.000Z", "summer in Lisbon");
        assert_eq!(parse("2026-02-01T10:00:00Z").expect("a moment"), "2026-02-01T10:00:00.000Z");
        for wrong in ["", "d", "0d", "-1d", "2026-01-01", "soon", "5000d", "99999999999d", "1.5h", "2027-02-30"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_network_limits_the_address() {
        let networks = ["203.0.113.0/24", "2001:db8::1"].map(|text| TokenLimits::parse_network(text).expect(text));
        let limits = TokenLimits { networks: networks.to_vec(), ..TokenLimits::default() };
        let from = |text: &str| limits.ended(NOW, Some(text.parse().expect(text)));
        assert_eq!((from("203.0.113.9"), from("2001:db8::1")), (None, None));
        assert_eq!((from("203.0.114.9"), from("2001:db8::2")), (Some(Ended::Elsewhere), Some(Ended::Elsewhere)));
        assert_eq!(limits.ended(NOW, None), Some(Ended::Elsewhere));
        assert_eq!(limits.networks_text(), "203.0.113.0/24,2001:db8::1/128");
        assert!(TokenLimits::parse_network("203.0.113.0/33").is_err());
    }

    #[test]
    fn an_expired_token_has_ended() {
        let limits = TokenLimits { expires_at: NOW, ..TokenLimits::default() };
        assert_eq!(limits.ended(NOW - Duration::from_millis(1), None), None);
        assert_eq!(limits.ended(NOW, None), Some(Ended::Expired));
    }
}
