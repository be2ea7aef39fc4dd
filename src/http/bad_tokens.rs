//! Slows down whoever tries tokens: past a few bad ones a minute, an address waits for each further 401. Good tokens are
//! recognised before anything here is asked, so they never wait, also not beside a flood from their own address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Bad tokens of an address in a minute that are answered at once.
pub const FREE_PER_MINUTE: u32 = 20;
/// How long each further answer takes.
pub const SLOW: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const ADDRESSES_MAX: usize = 10_000;
/// Answers held back at once; past them an answer goes out, since a held one costs more than it spoils.
const HELD_MAX: usize = 256;

/// Addresses that brought bad tokens lately.
pub struct BadTokens {
    tallies: Mutex<HashMap<IpAddr, Tally>>,
    places: Semaphore,
}

#[derive(Clone, Copy)]
struct Tally {
    since: Duration,
    count: u32,
}

impl Default for BadTokens {
    fn default() -> BadTokens {
        BadTokens { tallies: Mutex::default(), places: Semaphore::new(HELD_MAX) }
    }
}

impl BadTokens {
    /// Notes a bad token at `now` on the monotonic clock, and waits if there were too many.
    pub async fn note(&self, client: Option<IpAddr>, now: Duration) {
        if !self.is_flood(client, now) {
            return;
        }
        metrics::counter!("partyline_api_bad_tokens_slowed_total").increment(1);
        if let Ok(_place) = self.places.try_acquire() {
            sleep(SLOW).await;
        }
    }

    fn is_flood(&self, client: Option<IpAddr>, now: Duration) -> bool {
        let who = client.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), neighbourhood);
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() >= ADDRESSES_MAX && !tallies.contains_key(&who) {
            tallies.retain(|_, tally| now.saturating_sub(tally.since) < MINUTE);
            if tallies.len() >= ADDRESSES_MAX {
                // So many at once are one flood, whoever this is.
                return true;
            }
        }
        let tally = tallies.entry(who).or_insert(Tally { since: now, count: 0 });
        if now.saturating_sub(tally.since) >= MINUTE {
            *tally = Tally { since: now, count: 0 };
        }
        tally.count = tally.count.saturating_add(1);
        tally.count > FREE_PER_MINUTE
    }
}

/// Whoever has one IPv6 address has its /64.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn an_address_has_so_many_a_minute_and_others_their_own() {
        let bad = BadTokens::default();
        let floods = |client: &str, at: u64| bad.is_flood(address(client), Duration::from_secs(at));
        assert!((0..FREE_PER_MINUTE).all(|_| !floods("203.0.113.1", 0)));
        assert!(floods("203.0.113.1", 59));
        assert!(!floods("203.0.113.2", 59));
        assert!(!floods("203.0.113.1", 60));
        assert!((0..FREE_PER_MINUTE).all(|number| !floods(&format!("2001:db8::{number:x}"), 0)));
        assert!(floods("2001:db8::ffff", 0), "a /64 is one client");
    }

    #[test]
    fn the_table_is_bounded_and_empties_itself() {
        let bad = BadTokens::default();
        let floods =
            |number: u32, at: u64| bad.is_flood(Some(IpAddr::from(number.to_be_bytes())), Duration::from_secs(at));
        let addresses = u32::try_from(ADDRESSES_MAX).expect("a small number");
        assert!((0..addresses).all(|number| !floods(number, 0)));
        assert!(floods(addresses, 1));
        assert!(!floods(addresses, 60));
        assert_eq!(bad.tallies.lock().expect("whole").len(), 1);
    }
}
