//! The sandbox's line and how it is linked: what WhatsApp would tell of an account, rehearsed. Nobody's phone is needed; who
//! tries it out says what the phone does. Like all that the sandbox plans, steps to come are rows.

use std::time::Duration;

use database::{Error, Tx};
use sha2::{Digest, Sha256};
use transport::{AccountState, Address, LinkBy, LinkEnd, LinkStep, Quality};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::account_linkings::linking_find;
use crate::store::sandbox::{SandboxOf, SandboxStep, StepKind, sandbox_step_forget_of, sandbox_step_insert};
use crate::store::sandbox_contacts::sandbox_clock_find;
use crate::transports::sandbox::act::Act;
use crate::transports::sandbox::plan::ahead;

/// Under which the steps of a linking, of the line and of its quality are kept; no contact has such an address.
const LINKING: &str = "linking";
const LINE: &str = "line";
const QUALITY: &str = "quality";

/// As WhatsApp does it: the first code is good for a minute, five more for 20 s each.
const QR_ROUNDS: u32 = 6;
const QR_FIRST_MS: i64 = 60_000;
const QR_NEXT_MS: i64 = 20_000;
/// Two codes to type follow one another.
const CODE_MS: i64 = 180_000;
const PASSKEY_MS: i64 = 120_000;
const CONFIRM_MS: i64 = 60_000;
/// Letters of codes that nobody takes for another.
const CODE_LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTVWXYZ";

/// What the phone does that is being linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPlay {
    /// It scans the code, or its owner types it.
    Take,
    /// The same, and WhatsApp asks for a passkey first.
    TakeWithPasskey,
    Refuse,
    /// Nobody touches it until all codes have ended.
    LetExpire,
}

/// What befalls a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinePlay {
    Connected,
    /// Lost, and back after this long.
    Reconnecting(Duration),
    Held(Duration),
    Limited(Duration),
    Banned(Duration),
    LoggedOut,
    TokenInvalid,
    Unusable,
    Quality(Quality),
}

/// Plans the codes of a linking that begins now.
pub fn plan_link(tx: &mut Tx<'_>, of: SandboxOf, by: &LinkBy, id: Uuid, now: Time) -> Result<(), Error> {
    let mut due_ms = 0;
    let mut steps = Vec::new();
    match by {
        LinkBy::Qr => {
            for round in 1..=QR_ROUNDS {
                let until_ms = if round == 1 { QR_FIRST_MS } else { QR_NEXT_MS };
                let payload = qr_payload(nth(id, round));
                steps.push((due_ms, LinkStep::Qr { payload, round, rounds: QR_ROUNDS, until_ms }));
                due_ms += until_ms;
            }
        }
        LinkBy::PhoneCode { .. } => {
            for round in 0..2 {
                steps.push((due_ms, LinkStep::PhoneCode { code: code_of(nth(id, round)), until_ms: CODE_MS }));
                due_ms += CODE_MS;
            }
        }
    }
    steps.push((due_ms, ended(LinkEnd::Expired)));
    replan(tx, of, steps, id, now)
}

/// The phone does something with what is shown.
pub fn play_link(tx: &mut Tx<'_>, of: SandboxOf, play: LinkPlay, id: Uuid, now: Time) -> Result<(), Error> {
    let steps = match play {
        LinkPlay::Take => vec![(0, linked(tx, of)?)],
        LinkPlay::TakeWithPasskey => {
            let challenge = hash_of(id).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let request = serde_json::json!({
                "challenge": challenge, "rpId": "sandbox.invalid", "userVerification": "required", "timeout": PASSKEY_MS,
            });
            let asked = LinkStep::PasskeyAsked { request: request.to_string(), until_ms: PASSKEY_MS };
            vec![(0, asked), (PASSKEY_MS, ended(LinkEnd::Expired))]
        }
        LinkPlay::Refuse => vec![(0, ended(LinkEnd::Refused))],
        LinkPlay::LetExpire => vec![(0, ended(LinkEnd::Expired))],
    };
    replan(tx, of, steps, id, now)
}

/// The passkey was answered: both sides show a code.
pub fn passkey_answered(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid, now: Time) -> Result<(), Error> {
    let code = code_of(id);
    let steps = vec![(0, LinkStep::PasskeyCode { code, until_ms: CONFIRM_MS }), (CONFIRM_MS, ended(LinkEnd::Expired))];
    replan(tx, of, steps, id, now)
}

/// The codes were compared.
pub fn passkey_confirmed(tx: &mut Tx<'_>, of: SandboxOf, id: Uuid, now: Time) -> Result<(), Error> {
    let step = linked(tx, of)?;
    replan(tx, of, vec![(0, step)], id, now)
}

/// Something befalls the line, at once; what was to befall it doesn't any more.
pub fn play_line(tx: &mut Tx<'_>, of: SandboxOf, play: LinePlay, id: Uuid, now: Time) -> Result<(), Error> {
    let told = |what: &str| format!("rehearsed in the sandbox: {what}");
    let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let steps = match play {
        LinePlay::Connected => vec![(0, AccountState::Connected)],
        LinePlay::Reconnecting(span) => {
            let reason = told("the line is lost");
            vec![(0, AccountState::Disconnected { reason }), (ms(span), AccountState::Connected)]
        }
        LinePlay::Held(span) => {
            let reason = told("WhatsApp asked this number to slow down");
            vec![(0, AccountState::HeldUntil { until_ms: ms(span), reason })]
        }
        LinePlay::Limited(span) => {
            let reason = told("WhatsApp lets this number write only to people who wrote first (463)");
            vec![(0, AccountState::LimitedUntil { until_ms: ms(span), reason })]
        }
        LinePlay::Banned(span) => {
            let reason = told("too many people were written to who didn't know it");
            vec![(0, AccountState::BannedUntil { until_ms: ms(span), reason })]
        }
        LinePlay::LoggedOut => vec![(0, AccountState::LoggedOut { reason: told("somebody removed it on the phone") })],
        LinePlay::TokenInvalid => vec![(0, AccountState::TokenInvalid { reason: told("the token has ended") })],
        LinePlay::Unusable => vec![(0, AccountState::Unusable { reason: told("another server has taken the line") })],
        LinePlay::Quality(quality) => vec![(0, AccountState::Quality(quality))],
    };
    // What WhatsApp thinks of a number and how its line is don't end each other.
    let whose = if matches!(play, LinePlay::Quality(_)) { QUALITY } else { LINE };
    sandbox_step_forget_of(tx, of, whose)?;
    let due = due_from(tx, of, now)?;
    for (number, (after_ms, state)) in (0..).zip(steps) {
        insert(tx, of, whose, due, after_ms, &Act::Line(state), nth(id, number))?;
    }
    Ok(())
}

/// Forgets what a linking planned.
pub fn forget_link(tx: &mut Tx<'_>, of: SandboxOf) -> Result<(), Error> {
    sandbox_step_forget_of(tx, of, LINKING)
}

fn replan(tx: &mut Tx<'_>, of: SandboxOf, steps: Vec<(i64, LinkStep)>, id: Uuid, now: Time) -> Result<(), Error> {
    forget_link(tx, of)?;
    let due = due_from(tx, of, now)?;
    for (number, (after_ms, step)) in (0..).zip(steps) {
        insert(tx, of, LINKING, due, after_ms, &Act::Link(step), nth(id, number))?;
    }
    Ok(())
}

fn due_from(tx: &mut Tx<'_>, of: SandboxOf, now: Time) -> Result<Time, Error> {
    let (ahead_ms, _) = sandbox_clock_find(tx, of)?;
    Ok(ahead(now, ahead_ms))
}

fn insert(
    tx: &mut Tx<'_>,
    of: SandboxOf,
    jid: &str,
    due: Time,
    after_ms: i64,
    act: &Act,
    id: Uuid,
) -> Result<(), Error> {
    let due = due + Duration::from_millis(u64::try_from(after_ms).unwrap_or(0));
    let (jid, wamid) = (jid.to_owned(), String::new());
    let step = SandboxStep {
        due,
        id,
        kind: StepKind::Act,
        jid,
        wamid,
        text: String::new(),
        body: String::new(),
        act: act.to_json(),
    };
    sandbox_step_insert(tx, of, &step)
}

fn linked(tx: &mut Tx<'_>, of: SandboxOf) -> Result<LinkStep, Error> {
    let linking = linking_find(tx, of.workspace, of.account)?;
    let phone = linking.map(|row| row.phone).unwrap_or_default();
    Ok(LinkStep::Linked { address: Address::from_phone(&phone), name: "Sandbox phone".to_owned() })
}

fn ended(end: LinkEnd) -> LinkStep {
    LinkStep::Ended { end, reason: String::new() }
}

/// One of several ids that were made as one, in their order.
fn nth(id: Uuid, number: u32) -> Uuid {
    Uuid::from_u128(id.as_u128().wrapping_add(u128::from(number)))
}

fn hash_of(id: Uuid) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

/// As long as a real one, and no phone's to use.
fn qr_payload(id: Uuid) -> String {
    let hash = hash_of(id).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (one, other) = hash.split_at(32);
    format!("sandbox@{one},{other},{},1", id.simple())
}

/// Eight letters in two groups.
fn code_of(id: Uuid) -> String {
    let letter = |byte: &u8| char::from(CODE_LETTERS[usize::from(*byte) % CODE_LETTERS.len()]);
    let mut code: String = hash_of(id)[..8].iter().map(letter).collect();
    code.insert(4, '-');
    code
}

/// A planned step's times are spans; told, they are counted from that moment.
pub fn step_at(step: LinkStep, at_ms: i64) -> LinkStep {
    match step {
        LinkStep::Qr { payload, round, rounds, until_ms } => {
            LinkStep::Qr { payload, round, rounds, until_ms: at_ms.saturating_add(until_ms) }
        }
        LinkStep::PhoneCode { code, until_ms } => {
            LinkStep::PhoneCode { code, until_ms: at_ms.saturating_add(until_ms) }
        }
        LinkStep::PasskeyAsked { request, until_ms } => {
            LinkStep::PasskeyAsked { request, until_ms: at_ms.saturating_add(until_ms) }
        }
        LinkStep::PasskeyCode { code, until_ms } => {
            LinkStep::PasskeyCode { code, until_ms: at_ms.saturating_add(until_ms) }
        }
        step @ (LinkStep::Linked { .. } | LinkStep::Ended { .. }) => step,
    }
}

/// As [`step_at`].
pub fn state_at(state: AccountState, at_ms: i64) -> AccountState {
    let from = |span_ms: i64| at_ms.saturating_add(span_ms);
    match state {
        AccountState::HeldUntil { until_ms, reason } => AccountState::HeldUntil { until_ms: from(until_ms), reason },
        AccountState::LimitedUntil { until_ms, reason } => {
            AccountState::LimitedUntil { until_ms: from(until_ms), reason }
        }
        AccountState::BannedUntil { until_ms, reason } => {
            AccountState::BannedUntil { until_ms: from(until_ms), reason }
        }
        state => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_and_have_no_letter_that_is_taken_for_another() {
        let (one, other) = (code_of(nth(Uuid::nil(), 1)), code_of(nth(Uuid::nil(), 2)));
        assert_ne!(one, other);
        assert_eq!((one.len(), one.find('-')), (9, Some(4)));
        assert!(!CODE_LETTERS.iter().any(|letter| b"0OIU".contains(letter)));
    }

    #[test]
    fn a_span_becomes_a_moment_when_it_is_told() {
        let told = state_at(AccountState::HeldUntil { until_ms: 500, reason: String::new() }, 1_000);
        assert_eq!(told, AccountState::HeldUntil { until_ms: 1_500, reason: String::new() });
    }
}
