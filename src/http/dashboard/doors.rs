//! The doors of the dashboard: how often somebody may try one, and how many passwords are hashed at once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRef;
use database::Priority;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::error::Error;
use crate::event_kind::Cause;
use crate::id::{WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::chats::fold;
use crate::workspace::passwords::{Password, is_password};
use crate::workspace::sessions::Presence;

/// What the pages share.
#[derive(Clone)]
pub struct Desk {
    pub app: App,
    pub doors: Arc<Doors>,
    /// Places for screens that are kept live.
    pub streams: Arc<Semaphore>,
}

/// Screens that one node keeps live: half of the connections that it takes.
pub const LIVE_SCREENS_MAX: usize = 1_000;

impl FromRef<Desk> for App {
    fn from_ref(desk: &Desk) -> App {
        desk.app.clone()
    }
}

impl Desk {
    /// What a teammate does at a screen: one durable write of their workspace, and they are behind its events.
    ///
    /// # Errors
    /// Whatever `work` says, or a fault.
    pub async fn act<T, F>(&self, who: &Presence, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
    {
        let cause = Cause::Teammate(who.teammate.id);
        let run = move |write: &mut Write<'_, '_>| {
            write.cause = cause;
            work(write)
        };
        self.app.write(who.workspace.id, Priority::Foreground, run).await
    }

    /// What the server's operator does to a workspace, their own or another; the caller has proven that it is them.
    ///
    /// # Errors
    /// `not_found` without such a workspace, whatever `work` says, or a fault.
    pub async fn act_as_operator<T, F>(&self, workspace: WorkspaceId, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
    {
        let run = move |write: &mut Write<'_, '_>| {
            write.cause = Cause::Operator;
            work(write)
        };
        self.app.write(workspace, Priority::Foreground, run).await
    }
}

/// Failed logins are forgotten after this.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Tries of one email from one address.
pub const TRIES_MAX: u32 = 10;
/// Tries from one address, whatever the email: a whole office may be behind it.
pub const TRIES_OF_ADDRESS_MAX: u32 = 50;
/// Tries of one email from anywhere, so that many addresses don't guess together. Its owner, at an address that hasn't
/// tried yet, is let through all the same.
pub const TRIES_OF_EMAIL_MAX: u32 = 100;
const TALLIES_MAX: usize = 50_000;

/// Hashing one takes 19 MB and a processor.
const HASHES_AT_ONCE_MAX: usize = 2;
/// Who comes when so many wait is told to come again.
const HASHES_WAITING_MAX: usize = 64;

/// Who tries: an address, an email, or both together.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Address(IpAddr),
    Email(String),
    Both(String, IpAddr),
}

#[derive(Clone, Copy)]
struct Tally {
    since: Duration,
    tries: u32,
}

/// Counts tries in memory; a restart forgets them, which gives one window more.
pub struct Doors {
    tallies: Mutex<HashMap<Who, Tally>>,
    hashing: Semaphore,
    waiting: Semaphore,
}

impl Default for Doors {
    fn default() -> Doors {
        Doors {
            tallies: Mutex::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE_MAX),
            waiting: Semaphore::new(HASHES_WAITING_MAX),
        }
    }
}

impl Doors {
    /// Counts a try at `now` on the monotonic clock; `Err` says how long to wait before the next.
    pub fn knock(&self, client: IpAddr, email: &str, now: Duration) -> Result<(), Duration> {
        let (client, email) = (neighbourhood(client), fold(email));
        let limits = [
            (Who::Both(email.clone(), client), TRIES_MAX),
            (Who::Address(client), TRIES_OF_ADDRESS_MAX),
            (Who::Email(email), TRIES_OF_EMAIL_MAX),
        ];
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() >= TALLIES_MAX {
            tallies.retain(|_, tally| now.saturating_sub(tally.since) < WINDOW);
        }
        let mut wait = Duration::ZERO;
        let mut is_first_here = false;
        for (who, most) in limits {
            let is_email = matches!(who, Who::Email(_));
            let is_both = matches!(who, Who::Both(..));
            let tally = tallies.entry(who).or_insert(Tally { since: now, tries: 0 });
            if now.saturating_sub(tally.since) >= WINDOW {
                *tally = Tally { since: now, tries: 0 };
            }
            tally.tries = tally.tries.saturating_add(1);
            is_first_here |= is_both && tally.tries == 1;
            if tally.tries > most && !(is_email && is_first_here) {
                wait = wait.max(tally.since + WINDOW - now);
            }
        }
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Forgets the tries of somebody who has come in.
    pub fn forgive(&self, client: IpAddr, email: &str) {
        let client = neighbourhood(client);
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.remove(&Who::Both(fold(email), client));
        if let Some(tally) = tallies.get_mut(&Who::Address(client)) {
            tally.tries = tally.tries.saturating_sub(1);
        }
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// Busy, when many wait already.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        let salt = random_bytes();
        self.work(move || password.hash(salt)).await?
    }

    /// Whether this is the password of that hash; takes as long where there is none.
    ///
    /// # Errors
    /// Busy, when many wait already.
    pub async fn check(&self, given: String, hash: Option<String>) -> Result<bool, Error> {
        self.work(move || is_password(&given, hash.as_deref())).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _place = self.waiting.try_acquire().map_err(|_| Error::busy("too many passwords wait to be hashed"))?;
        let _turn = self.hashing.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
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

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn an_email_is_tried_so_often_from_an_address_and_then_there_is_a_pause() {
        let (doors, start) = (Doors::default(), Duration::from_secs(1_000));
        for _ in 0..TRIES_MAX {
            assert_eq!(doors.knock(address(1), "ana@example.com", start), Ok(()));
        }
        assert_eq!(doors.knock(address(1), "ANA@example.com", start), Err(WINDOW));
        assert_eq!(doors.knock(address(1), "joe@example.com", start), Ok(()), "others of the house come in");
        assert_eq!(doors.knock(address(2), "ana@example.com", start), Ok(()), "and she from elsewhere");
        assert_eq!(doors.knock(address(1), "ana@example.com", start + WINDOW), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_emails_waits_as_well() {
        let (doors, start) = (Doors::default(), Duration::from_secs(1_000));
        for number in 0..TRIES_OF_ADDRESS_MAX {
            assert_eq!(doors.knock(address(1), &format!("{number}@example.com"), start), Ok(()));
        }
        assert!(doors.knock(address(1), "one@example.com", start).is_err());
    }

    #[test]
    fn many_addresses_together_guess_no_more_than_a_few_times_each_and_never_lock_the_owner_out() {
        let (doors, start) = (Doors::default(), Duration::from_secs(1_000));
        for number in 0..TRIES_OF_EMAIL_MAX {
            assert_eq!(doors.knock(address(number), "ana@example.com", start), Ok(()));
        }
        assert!(doors.knock(address(3), "ana@example.com", start).is_err(), "a second try from anywhere waits");
        assert_eq!(doors.knock(address(1_000), "ana@example.com", start), Ok(()));
    }

    #[test]
    fn who_comes_in_is_forgiven() {
        let (doors, start) = (Doors::default(), Duration::from_secs(1_000));
        for _ in 0..TRIES_OF_ADDRESS_MAX * 2 {
            assert_eq!(doors.knock(address(1), "ana@example.com", start), Ok(()));
            doors.forgive(address(1), "ana@example.com");
            doors.tallies.lock().expect("whole").remove(&Who::Email("ana@example.com".into()));
        }
    }
}
