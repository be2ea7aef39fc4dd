//! What would become of a message: decided as a send decides, without writing anything.

use std::time::Duration;

use transport::{Address, Capabilities};

use crate::accounts::cold::cold_outlook;
use crate::accounts::health::{Gate, Health, gate};
use crate::clock::Time;
use crate::error::Error;
use crate::inbox::contacts::other_address;
use crate::inbox::send::{Decision, SendMessage, decide, look};
use crate::inbox::urgency::Urgency;
use crate::inbox::window::{Window, closed_words};
use crate::store::Write;
use crate::store::account_cares::{CareRow, account_standing};
use crate::store::accounts::AccountRow;
use crate::store::outbox::{outbox_ahead, outbox_ahead_in_chat};
use crate::store::routes::RouteChat;
use crate::workspace::quota::{credits_left, ensure_credits};
use crate::workspace::tokens::Caller;
use crate::workspace::zone::stored_zone;

/// As far as messages that go first are counted.
pub const AHEAD_MAX: i64 = 10_000;

/// What a send would meet.
#[derive(Debug, Default)]
pub struct Preview {
    /// Whether it would be accepted.
    pub is_accepted: bool,
    /// How it would go; `None` where it would be refused before that is known.
    pub way: Option<Way>,
    pub credits_left: i64,
    /// What refuses it or holds it up, the refusal first.
    pub obstacles: Vec<Obstacle>,
}

/// How it would go.
#[derive(Debug)]
pub struct Way {
    pub account: AccountRow,
    /// `None` where the message would make one.
    pub chat: Option<RouteChat>,
    pub jid: String,
    /// The contact's phone and hidden id, as far as they are known; both empty for a group.
    pub phone: String,
    pub lid: String,
    pub credits: i64,
    /// Messages that would go first, counted up to [`AHEAD_MAX`].
    pub ahead: i64,
    /// About when it would go; `None` where nobody can know.
    pub goes_at: Option<Time>,
}

/// What stands in a message's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The code of the refusal, or `account_held`, `account_down`, `cold_contacts_used_up`, `service_window_closed`.
    pub code: &'static str,
    pub message: String,
    /// When it is over by itself, where that is known.
    pub until: Option<Time>,
}

/// Looks at how a message would go if it were sent now.
///
/// # Errors
/// Faults only: a refusal is what it tells.
pub fn preview(write: &mut Write<'_, '_>, caller: &Caller, request: &SendMessage) -> Result<Preview, Error> {
    let mut preview = Preview { credits_left: credits_left(write), ..Preview::default() };
    let routes = look(write.tx, caller, request)?;
    let now = write.now;
    match decide(write.tx, caller, request, &routes, now) {
        Ok(decision) => {
            let refusal = ensure_credits(write, decision.cost).err();
            let closed = window_closed(decision.window);
            preview.is_accepted = refusal.is_none() && closed.is_none();
            preview.obstacles.extend(closed);
            preview.obstacles.extend(refusal.as_ref().map(obstacle));
            preview.way = way(write, request, &decision, &mut preview.obstacles)?;
        }
        Err(refusal) if refusal.is_refusal() => preview.obstacles.push(obstacle(&refusal)),
        Err(fault) => return Err(fault),
    }
    Ok(preview)
}

fn way(
    write: &mut Write<'_, '_>,
    request: &SendMessage,
    decision: &Decision<'_>,
    obstacles: &mut Vec<Obstacle>,
) -> Result<Option<Way>, Error> {
    let (workspace, now) = (write.workspace.id, write.now);
    let route = decision.route;
    let Some((account, care)) = account_standing(write.tx, workspace, route.account)? else { return Ok(None) };
    let starts_at = request.send_at.unwrap_or(now);
    let held = held_up(&account, starts_at);
    obstacles.extend(held.clone());
    let cold = match request.send_at {
        None if decision.urgency >= Urgency::Cold => crowded(write, &account, &care)?,
        // What will have gone by then, nobody knows.
        _ => None,
    };
    obstacles.extend(cold.clone());
    let capabilities = Capabilities::of(route.transport);
    let ahead = match request.send_at {
        // What will be waiting then, nobody knows.
        Some(_) => 0,
        None => ahead(write, decision)?,
    };
    let pause = if capabilities.paced { u64::try_from(write.workspace.pacing_ms).unwrap_or(0) } else { 0 };
    let wait = Duration::from_millis(pause.saturating_mul(u64::try_from(ahead).unwrap_or(0)));
    let goes_at = match held {
        Some(held) => held.until.map(|until| until + wait),
        None => Some(starts_at + wait),
    };
    // What waits for another day goes after that day has begun, whatever else holds it.
    let not_before = cold.and_then(|cold| cold.until).unwrap_or(now);
    let goes_at = goes_at.map(|at| at.max(not_before));
    let (chat, jid) = (route.chat.clone(), decision.address.jid().to_owned());
    let other = other_address(write.tx, workspace, &decision.address)?;
    let both = || [Some(&decision.address), other.as_ref()].into_iter().flatten();
    let phone = both().find_map(Address::phone).unwrap_or_default();
    let lid = both().find(|one| one.hides_phone()).map(|lid| lid.jid().to_owned()).unwrap_or_default();
    Ok(Some(Way { account, chat, jid, phone, lid, credits: decision.cost, ahead, goes_at }))
}

/// Whether there is no room today for one more who never wrote.
fn crowded(write: &mut Write<'_, '_>, account: &AccountRow, care: &CareRow) -> Result<Option<Obstacle>, Error> {
    let zone = stored_zone(&write.workspace.zone);
    let found = cold_outlook(write.tx, account, care, write.now, &zone)?;
    Ok(found.map(|(until, reason)| Obstacle {
        code: "cold_contacts_used_up",
        message: format!("{reason}; it is accepted and waits until then, and goes at once if they write"),
        until: Some(until),
    }))
}

fn ahead(write: &mut Write<'_, '_>, decision: &Decision<'_>) -> Result<i64, Error> {
    let (workspace, account) = (write.workspace.id, decision.route.account);
    let of_account = outbox_ahead(write.tx, workspace, account, decision.urgency as i64, AHEAD_MAX)?;
    let of_chat = match &decision.route.chat {
        Some(chat) => outbox_ahead_in_chat(write.tx, workspace, account, chat.id, AHEAD_MAX)?,
        None => 0,
    };
    Ok(of_account.max(of_chat))
}

fn held_up(account: &AccountRow, at: Time) -> Option<Obstacle> {
    let Gate::Closed { until } = gate(account, at) else { return None };
    let until = until.filter(|_| Health::parse(&account.health).is_some_and(Health::ends_by_itself));
    let why = if account.health_reason.is_empty() { String::new() } else { format!(": {}", account.health_reason) };
    let health = account.health.replace('_', " ");
    let (code, what) = match until {
        Some(_) => ("account_held", "WhatsApp holds back what it sends until then"),
        None => ("account_down", "what is sent waits until it is connected again"),
    };
    let message = format!("WhatsApp account {} is {health}{why}; {what}", account.phone);
    Some(Obstacle { code, message, until })
}

fn window_closed(window: Window) -> Option<Obstacle> {
    let Window::Closed { hours } = window else { return None };
    Some(Obstacle { code: "service_window_closed", message: closed_words(hours), until: None })
}

fn obstacle(refusal: &Error) -> Obstacle {
    Obstacle { code: refusal.code.as_str(), message: refusal.message.clone(), until: None }
}
