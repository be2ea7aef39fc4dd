//! What became of a hand-over: judged by a plain function, then recorded in the worker's next write.

use std::time::Duration;

use transport::{Accepted, SendError, Verdict};

use crate::accounts::health::{Health, health_of_failure, set_health};
use crate::accounts::pacing::{ATTEMPTS_MAX, Dice, retry_pause};
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::inbox::own_changes::{record_changed, record_unchanged};
use crate::inbox::reactions::{record_refused, record_told};
use crate::inbox::status::move_message;
use crate::inbox::urgency::REPLY_WITHIN;
use crate::message::{Failure, Status};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::messages::{message_set_wamid, message_status};
use crate::store::outbox::{OutboxBody, OutboxMessage};
use crate::store::outbox_moves::{outbox_delete, outbox_put_back, outbox_set_uncertain, outbox_wait};
use crate::store::send_steps::{SendStep, StepKind, send_step_insert};

/// What a hand-over led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// WhatsApp has it.
    Sent { wamid: String, at: Time },
    /// News had settled the message before it was handed over again.
    Settled,
    /// It never reached the transport and may go at once.
    PutBack,
    /// It is tried again after this; its chat waits with it.
    Wait { after: Duration, reason: String },
    /// Nothing of the account goes for this long.
    Held { for_: Duration, reason: String },
    /// Nothing of the account goes until somebody acts.
    Down { health: Health, reason: String },
    /// It will never go; its credits go back.
    Failed(Failure),
    /// It may have gone, and trying again might double it: nothing repeats it.
    Uncertain { reason: String },
}

/// A hand-over that came to an end.
#[derive(Clone, Debug)]
pub struct Finished {
    pub message: OutboxMessage,
    pub outcome: Outcome,
}

/// Judges a transport's answer. `attempts` counts this one; `repeatable` says that the recipient sees one message, however
/// often it is handed over.
pub fn judge(answer: Result<Accepted, SendError>, attempts: i64, repeatable: bool, dice: &mut Dice) -> Outcome {
    let error = match answer {
        Ok(accepted) => return Outcome::Sent { wamid: accepted.wamid, at: Time::from_ms(accepted.at_ms) },
        Err(error) => error,
    };
    let reason = error.to_string();
    if error.maybe_accepted && !repeatable {
        return Outcome::Uncertain { reason };
    }
    match error.verdict {
        Verdict::Retry { after } | Verdict::ChatThrottled { after } if attempts < ATTEMPTS_MAX => {
            Outcome::Wait { after: retry_pause(attempts, after, dice), reason }
        }
        Verdict::AccountHeld { for_ } => Outcome::Held { for_, reason },
        Verdict::AccountDown => Outcome::Down { health: health_of_failure(error.code), reason },
        Verdict::Retry { .. } | Verdict::ChatThrottled { .. } => {
            let details = format!("{} Given up after {attempts} tries.", error.details);
            Outcome::Failed(Failure { code: error.code, title: error.title, details })
        }
        Verdict::Uncertain => Outcome::Uncertain { reason },
        Verdict::Permanent | Verdict::NeedsTemplate => {
            Outcome::Failed(Failure { code: error.code, title: error.title, details: error.details })
        }
    }
}

/// Records the end of a hand-over. Doing it twice changes nothing: whether a write that was cut off has happened is not
/// always known.
///
/// A message that is tried again stays `Sending` to readers, for statuses never move back; its outbox row says why and
/// until when it waits.
pub fn record(write: &mut Write<'_, '_>, finished: &Finished) -> Result<(), Error> {
    let Finished { message, outcome } = finished;
    let row = &message.row;
    let reply_after = write.now - REPLY_WITHIN;
    match outcome {
        Outcome::Sent { wamid, at } => {
            if outbox_delete(write, row, reply_after)? {
                match &message.body {
                    OutboxBody::Reaction(reaction) => record_told(write, &reaction.send)?,
                    OutboxBody::Change(told) => record_changed(write, &told.change, *at)?,
                    OutboxBody::Message { .. } => {
                        if *wamid != message.wamid {
                            message_set_wamid(write, row.message, wamid)?;
                        }
                        move_on(write, message, Status::Sent, None, *at)?;
                    }
                }
            }
        }
        Outcome::Settled => drop(outbox_delete(write, row, reply_after)?),
        Outcome::PutBack => drop(outbox_put_back(write, row, "")?),
        Outcome::Wait { after, reason } => {
            let until = write.now + *after;
            if outbox_wait(write, row, until, &stored(reason))? {
                note(write, message, StepKind::Tried, until, reason)?;
            }
        }
        Outcome::Held { for_, reason } => {
            let until = write.now + *for_;
            if outbox_put_back(write, row, &stored(reason))? {
                note(write, message, StepKind::Held, until, reason)?;
            }
            set_health(write, row.account, Health::Held, reason, until)?;
        }
        Outcome::Down { health, reason } => {
            if outbox_put_back(write, row, &stored(reason))? {
                note(write, message, StepKind::Down, Time::NEVER, reason)?;
            }
            set_health(write, row.account, *health, reason, Time::NEVER)?;
        }
        Outcome::Failed(failure) => {
            if outbox_delete(write, row, reply_after)? {
                let at = write.now;
                match &message.body {
                    OutboxBody::Reaction(reaction) => record_refused(write, &reaction.send)?,
                    OutboxBody::Change(refused) => record_unchanged(write, &refused.change, &failure.details)?,
                    OutboxBody::Message { .. } => move_on(write, message, Status::Failed, Some(failure), at)?,
                }
            }
        }
        Outcome::Uncertain { reason } => {
            if outbox_set_uncertain(write, row, reply_after, &stored(reason))? {
                note(write, message, StepKind::Uncertain, Time::NEVER, reason)?;
            }
        }
    }
    Ok(())
}

/// Keeps what came of a try for whoever asks later, and tells the log where the message now waits for something. A
/// reaction is nobody's to explain.
fn note(
    write: &mut Write<'_, '_>,
    message: &OutboxMessage,
    kind: StepKind,
    until: Time,
    reason: &str,
) -> Result<(), Error> {
    if !matches!(message.body, OutboxBody::Message { .. }) {
        return Ok(());
    }
    let (row, reason) = (&message.row, stored(reason));
    let step = SendStep { kind, at: write.now, until, attempts: row.attempts, reason: reason.clone() };
    send_step_insert(write, row.message, &step)?;
    let event = match kind {
        StepKind::Tried | StepKind::SentAgain | StepKind::MarkedSent => return Ok(()),
        StepKind::Held | StepKind::Down => Kind::MessageHeld,
        StepKind::Uncertain => Kind::MessageUncertain,
    };
    event_append(write, NewEvent { kind: event, chat: row.chat, message: Some(row.message), detail: reason }).map(drop)
}

/// Moves the message on from where it is now: a receipt may have been faster than this.
fn move_on(
    write: &mut Write<'_, '_>,
    message: &OutboxMessage,
    next: Status,
    failure: Option<&Failure>,
    at: Time,
) -> Result<(), Error> {
    if let Some(current) = message_status(write.tx, write.workspace.id, message.row.message)? {
        move_message(write, message.row.message, message.row.chat, current, next, failure, at)?;
    }
    Ok(())
}

/// As the database takes it: PostgreSQL's text holds no NUL.
fn stored(reason: &str) -> String {
    reason.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(verdict: Verdict, maybe_accepted: bool) -> SendError {
        SendError { verdict, code: Some(131_000), title: "Title".into(), details: "Details.".into(), maybe_accepted }
    }

    fn judged(verdict: Verdict, maybe_accepted: bool, attempts: i64, fixed_id: bool) -> Outcome {
        judge(Err(error(verdict, maybe_accepted)), attempts, fixed_id, &mut Dice::new(1))
    }

    #[test]
    fn a_lost_answer_is_repeated_only_where_the_id_is_fixed() {
        let retry = Verdict::Retry { after: Duration::ZERO };
        assert!(matches!(judged(retry, true, 1, true), Outcome::Wait { .. }));
        for verdict in [retry, Verdict::Permanent, Verdict::AccountDown] {
            assert!(matches!(judged(verdict, true, 1, false), Outcome::Uncertain { .. }));
        }
        assert!(matches!(judged(Verdict::Uncertain, true, 1, true), Outcome::Uncertain { .. }));
        assert!(matches!(judged(retry, false, 1, false), Outcome::Wait { .. }));
    }

    #[test]
    fn tries_come_to_an_end_and_say_so() {
        let retry = Verdict::Retry { after: Duration::ZERO };
        assert!(matches!(judged(retry, false, ATTEMPTS_MAX - 1, true), Outcome::Wait { .. }));
        let Outcome::Failed(failure) = judged(retry, false, ATTEMPTS_MAX, true) else { panic!("not given up") };
        assert!(failure.details.contains("20 tries"), "{}", failure.details);
    }
}
