//! An account's health in plain words, and what to do next: one sentence for the API, the screens and the commands.

use crate::accounts::cold::{Room, room_today};
use crate::accounts::health::Health;
use crate::clock::Time;
use crate::store::account_cares::CareRow;
use crate::store::accounts::AccountRow;
use jiff::tz::TimeZone;
use transport::Capabilities;

/// What somebody can do. The words are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAction {
    /// All is well.
    None,
    /// It ends by itself.
    Wait,
    /// Finish the linking that goes on.
    FinishLinking,
    /// Link the account again.
    LinkAgain,
    /// Give it a new token.
    NewToken,
    /// See what is wrong, then try again.
    TryAgain,
    /// Write less to people who don't expect it.
    SlowDown,
}

impl NextAction {
    pub const fn as_str(self) -> &'static str {
        match self {
            NextAction::None => "none",
            NextAction::Wait => "wait",
            NextAction::FinishLinking => "finish_linking",
            NextAction::LinkAgain => "link_again",
            NextAction::NewToken => "new_token",
            NextAction::TryAgain => "try_again",
            NextAction::SlowDown => "slow_down",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Well,
    /// It comes right by itself.
    Passing,
    /// Somebody must act.
    Bad,
}

/// An account's health, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub health: Health,
    pub weight: Weight,
    /// In a few words.
    pub title: &'static str,
    /// What it means for messages, in a sentence.
    pub meaning: &'static str,
    /// What WhatsApp or the line said; may be empty.
    pub reason: String,
    pub next: NextAction,
    /// When it ends by itself.
    pub until: Option<Time>,
    /// When something follows at the latest: the end, or that somebody is told once more.
    pub deadline: Option<Time>,
    pub since: Option<Time>,
    pub cold: Option<Room>,
    /// What its kind may send in a second, where WhatsApp says nothing else of this one.
    pub sends_per_second: Option<i64>,
}

/// Tells how an account is at `now`, in its workspace's zone.
pub fn told(account: &AccountRow, care: &CareRow, now: Time, zone: &TimeZone) -> Told {
    let health = match Health::parse(&account.health) {
        _ if !account.unlinked_at.is_never() => Health::Unlinked,
        // A hold that is over and not noted yet is none.
        Some(health) if health.ends_by_itself() && now >= account.health_until => Health::Connected,
        Some(health) => health,
        None => Health::Down,
    };
    let is_low = health == Health::Connected && care.quality == "low";
    let (weight, title, meaning, next) = match health {
        Health::Connected if is_low => (
            Weight::Passing,
            "Connected, low quality",
            "Messages go. People block or report this number often, and WhatsApp may limit it.",
            NextAction::SlowDown,
        ),
        _ => words(health),
    };
    let set = |time: Time| (!time.is_never()).then_some(time);
    let timed = !matches!(health, Health::Connected | Health::Unlinked);
    Told {
        health,
        weight,
        title,
        meaning,
        reason: if timed { account.health_reason.clone() } else { String::new() },
        next,
        until: set(account.health_until).filter(|_| health.ends_by_itself()),
        deadline: set(account.health_until).filter(|_| timed),
        since: set(care.since).or_else(|| set(account.linked_at)),
        cold: room_today(account, care, now, zone),
        sends_per_second: Capabilities::of(account.transport).sends_per_second.map(i64::from),
    }
}

const fn words(health: Health) -> (Weight, &'static str, &'static str, NextAction) {
    use NextAction::{FinishLinking, LinkAgain, NewToken, TryAgain, Wait};
    use Weight::{Bad, Passing, Well};
    match health {
        Health::Connected => (Well, "Connected", "Messages go and come.", NextAction::None),
        Health::Connecting => (Passing, "Connecting", "Messages wait and go by themselves once it is up.", Wait),
        Health::Reconnecting => {
            (Passing, "Reconnecting", "The line is lost and tried again by itself. Messages wait until then.", Wait)
        }
        Health::Held => (
            Passing,
            "Held",
            "WhatsApp asked this number to stop for a while. Messages wait and go by themselves.",
            Wait,
        ),
        Health::Limited => {
            (Passing, "Replies only", "Replies go. Messages to people who never wrote wait and go by themselves.", Wait)
        }
        Health::Linking => (Passing, "Linking", "Messages wait until it is linked.", FinishLinking),
        Health::LoggedOut => {
            (Bad, "Logged out", "WhatsApp has unlinked this number. Messages wait until it is linked again.", LinkAgain)
        }
        Health::TokenInvalid => {
            (Bad, "Token not valid", "Meta doesn't take the account's token any more. Messages wait.", NewToken)
        }
        Health::Down => (Bad, "Down", "Something is wrong that needs somebody to look. Messages wait.", TryAgain),
        Health::Unlinked => {
            (Bad, "Unlinked", "It was given up here. Its chats stay, and nothing new comes or goes.", LinkAgain)
        }
    }
}
