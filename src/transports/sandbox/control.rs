//! What somebody may do on the far side of a sandbox: play a contact, push a message on, make a number misbehave, let time
//! pass, begin anew. Plain functions on a `Tx`; each leaves rows, which the account's sandbox carries out. The caller rings
//! its bell.

use std::time::Duration;

use database::{Error, Read, Tx};
use transport::{
    Address, Call, CallOutcome, ContactTyping, Incoming, IncomingBody, IncomingEdit, IncomingReaction, IncomingRevoke,
    SameContact, Sender,
};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::sandbox::{
    SandboxOf, SandboxStep, StepKind, sandbox_message_forget, sandbox_step_forget, sandbox_step_insert,
    sandbox_step_parked, sandbox_step_unpark,
};
use crate::store::sandbox_contacts::{
    sandbox_clock_find, sandbox_clock_set, sandbox_contact_forget, sandbox_contact_rules, sandbox_contact_set_online,
    sandbox_contact_set_rule, sandbox_standing,
};
use crate::store::sandbox_graphs::sandbox_callback_forget;
use crate::transports::sandbox::act::Act;
use crate::transports::sandbox::contacts::contact_at;
use crate::transports::sandbox::files::Sample;
use crate::transports::sandbox::plan::{Rule, ahead, scaled, speed_of};

pub use crate::transports::sandbox::phone::shown;

/// Acts that one switching on of a phone sets going in one write.
const PARKED_MAX: i64 = 1_000;
/// Rows that one write of a reset deletes.
const FORGOTTEN_MAX: i64 = 1_000;
/// Numbers of one account that have a rule.
pub const RULES_MAX: i64 = 200;
/// How far a sandbox's time may be ahead.
pub const AHEAD_MAX: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// When an answer waiting for its phone comes, once that is on.
const ANSWERS_AFTER_MS: u64 = 1_200;

/// A person at their phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// Their own chat with us, or a group.
    pub chat: Address,
    /// A group's; may be empty.
    pub chat_name: String,
    pub sender: Address,
    /// Empty: as the sandbox knows them.
    pub name: String,
    /// Their hidden id, told beside their phone; `None` where it isn't.
    pub lid: Option<Address>,
}

/// What they do.
#[derive(Clone, Debug, PartialEq)]
pub enum Play {
    Say {
        body: IncomingBody,
        reply_to: Option<String>,
    },
    /// `to_sender`: who sent that message, `None` if we did. Empty takes it back.
    React {
        wamid: String,
        to_sender: Option<Address>,
        emoji: String,
    },
    Edit {
        wamid: String,
        text: String,
    },
    Revoke {
        wamid: String,
    },
    /// They write, or have stopped.
    Type {
        is_writing: bool,
    },
    /// They call, or are called; `None` where nobody answered.
    Call {
        is_outgoing: bool,
        is_video: bool,
        duration_s: Option<i64>,
        outcome: CallOutcome,
    },
}

/// How a message of ours is pushed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    Delivered,
    Read,
    /// By one participant of a group.
    By {
        participant: Address,
        is_read: bool,
    },
    /// With WhatsApp's code.
    Failed(i64),
}

/// A file of the sandbox's own as a message; `None` if there is none of this name.
pub fn sample(name: &str, caption: &str) -> Option<IncomingBody> {
    Sample::find(name).map(|sample| sample.body(caption, None))
}

/// Somebody writes, reacts, corrects or deletes: told at once. `wamid` is the id of what is said; `id` one of ours.
pub fn play(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    player: &Player,
    play: &Play,
    wamid: &str,
    id: Uuid,
    now: Time,
) -> Result<(), Error> {
    if let Some(lid) = &player.lid {
        let same = Act::Same(SameContact { phone: player.sender.clone(), lid: lid.clone() });
        // Before what they do, which bears the id itself.
        step(tx, of, &player.chat, wamid, (StepKind::Act, same.to_json()), nth_before(id), now)?;
    }
    let chat = player.chat.clone();
    let known = contact_at(&player.sender).0;
    let name = if player.name.is_empty() { known } else { &player.name };
    let sender = Sender { address: player.sender.clone(), name: name.to_owned() };
    let act = match play.clone() {
        Play::Say { body, reply_to } => Act::Say(Incoming {
            chat,
            chat_name: player.chat_name.clone(),
            sender,
            wamid: wamid.to_owned(),
            at_ms: 0,
            body,
            reply_to,
        }),
        Play::React { wamid, to_sender, emoji } => {
            Act::React(IncomingReaction { chat, sender, wamid, to_sender, emoji, at_ms: 0 })
        }
        Play::Edit { wamid, text } => Act::Edit(IncomingEdit { chat, sender, wamid, text, at_ms: 0 }),
        Play::Call { is_outgoing, is_video, duration_s, outcome } => Act::Call(Call {
            chat,
            caller: sender,
            is_outgoing,
            wamid: wamid.to_owned(),
            at_ms: 0,
            duration_s,
            is_video,
            outcome,
        }),
        Play::Type { is_writing } => Act::Type(ContactTyping { chat, is_writing }),
        Play::Revoke { wamid } => Act::Revoke(IncomingRevoke { chat, sender, wamid, at_ms: 0 }),
    };
    step(tx, of, &player.chat, wamid, (StepKind::Act, act.to_json()), id, now)
}

/// Pushes a message of ours on, at once, whatever its recipient does by itself.
pub fn push(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    chat: &Address,
    wamid: &str,
    push: &Push,
    id: Uuid,
    now: Time,
) -> Result<(), Error> {
    let what = match push.clone() {
        Push::By { participant, is_read } => (StepKind::Act, Act::Receipt { participant, is_read }.to_json()),
        Push::Delivered => (StepKind::Delivered, String::new()),
        Push::Read => (StepKind::Read, String::new()),
        Push::Failed(code) => (StepKind::Act, Act::Fail(code).to_json()),
    };
    step(tx, of, chat, wamid, what, id, now)
}

/// An id that sorts before this one and is as much nobody else's.
fn nth_before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

fn step(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    chat: &Address,
    wamid: &str,
    (kind, act): (StepKind, String),
    id: Uuid,
    now: Time,
) -> Result<(), Error> {
    let (ahead_ms, _) = sandbox_clock_find(tx, of)?;
    let due = ahead(now, ahead_ms);
    let (jid, wamid) = (chat.jid().to_owned(), wamid.to_owned());
    sandbox_step_insert(
        tx,
        of,
        &SandboxStep { due, id, kind, jid, wamid, text: String::new(), body: String::new(), act },
    )
}

/// How many numbers have a rule.
pub fn rules(tx: &mut impl Read, of: SandboxOf) -> Result<i64, Error> {
    sandbox_contact_rules(tx, of)
}

/// Makes a number do as the rule says; an empty rule gives it back to its contact.
pub fn set_rule(tx: &mut Tx<'_>, of: SandboxOf, address: &Address, rule: &Rule) -> Result<(), Error> {
    let json = if *rule == Rule::default() { String::new() } else { serde_json::to_string(rule).unwrap_or_default() };
    sandbox_contact_set_rule(tx, of, address.jid(), !contact_at(address).1.starts_offline, &json)
}

/// How far the sandbox's time is ahead, and its speed where one was set.
pub fn clock(tx: &mut impl Read, of: SandboxOf) -> Result<(Duration, Option<f64>), Error> {
    let (ahead_ms, speed_milli) = sandbox_clock_find(tx, of)?;
    let ahead = Duration::from_millis(u64::try_from(ahead_ms).unwrap_or(0));
    Ok((ahead, speed_milli.map(|milli| speed_of(Some(milli), 1.0))))
}

/// Lets the sandbox's time be this far ahead, and its contacts act this many times faster than real.
pub fn set_clock(tx: &mut Tx<'_>, of: SandboxOf, ahead: Duration, speed: Option<u32>) -> Result<(), Error> {
    let ahead_ms = i64::try_from(ahead.min(AHEAD_MAX).as_millis()).unwrap_or(i64::MAX);
    sandbox_clock_set(tx, of, ahead_ms, speed.map(|speed| i64::from(speed) * 1_000))
}

/// Forgets rules, time and what contacts remember; then, in as many writes as it takes, what is planned and what phones
/// show. Returns whether there is more to forget.
pub fn reset(tx: &mut Tx<'_>, of: SandboxOf) -> Result<bool, Error> {
    sandbox_contact_forget(tx, of)?;
    let steps = sandbox_step_forget(tx, of, FORGOTTEN_MAX)?;
    let messages = sandbox_message_forget(tx, of, FORGOTTEN_MAX)?;
    let callbacks = sandbox_callback_forget(tx, of, FORGOTTEN_MAX)?;
    Ok(steps + messages + callbacks > 0)
}

/// Switches a phone on or off, and gives what waited for it its time. Returns whether there is more that waits.
pub fn set_online(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    address: &Address,
    online: bool,
    now: Time,
    speed: f64,
) -> Result<bool, Error> {
    let behaviour = contact_at(address).1;
    let standing = sandbox_standing(tx, of, address.jid())?;
    let (now, speed) = (ahead(now, standing.ahead_ms), speed_of(standing.speed_milli, speed));
    sandbox_contact_set_online(tx, of, address.jid(), online)?;
    let waiting = if online { sandbox_step_parked(tx, of, address.jid(), PARKED_MAX)? } else { Vec::new() };
    for (id, kind) in &waiting {
        let after_ms = match kind {
            StepKind::Delivered => behaviour.delivered_after_ms.unwrap_or(0),
            StepKind::Read => behaviour.read_after_ms.unwrap_or(0),
            StepKind::Reply | StepKind::Act => ANSWERS_AFTER_MS,
        };
        sandbox_step_unpark(tx, of, *id, now + scaled(after_ms, speed))?;
    }
    Ok(i64::try_from(waiting.len()).unwrap_or(0) == PARKED_MAX)
}
