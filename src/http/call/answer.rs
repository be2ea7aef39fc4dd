//! An operation inside its write: the shared gate, an earlier answer under the same key, the domain, the count and the
//! log, in this order.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde::Serialize;

use super::idempotency::{Earlier, collapse, earlier_answer, replay};
use super::logging::{Ending, Facts};
use super::{Call, Done, Fingerprint};
use crate::clock::Clock;
use crate::error::{Code, Error};
use crate::http::error::{failure_body, status_of};
use crate::id::MessageUid;
use crate::store::Write;
use crate::store::api_calls::api_call_insert;
use crate::store::idempotency::{ClaimId, IdempotencyKey, idempotency_insert, idempotency_insert_for};
use crate::workspace::duplicates::{REPEAT_WITHIN, Seat};
use crate::workspace::limits::{Pass, enter_shared};
use crate::workspace::quota::count_calls;
use crate::workspace::tokens::Caller;

/// What the write must know of its call.
pub(super) struct Asked {
    pub caller: Arc<Caller>,
    pub facts: Facts,
    pub clock: Clock,
    pub key: Option<IdempotencyKey>,
    /// The call's own claim on its key.
    pub claim: Option<ClaimId>,
    pub fingerprint: Fingerprint,
    /// Its place among sends like it, where it has no key.
    pub seat: Option<Seat>,
    pub envelope: Envelope,
    pub success: StatusCode,
    pub gate: Gate,
}

/// Where the call's leave came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// From memory; the write counts it.
    Passed,
    /// The write judges and counts.
    Ahead,
    /// From the database, which has counted it.
    Counted,
}

/// What an answer tells once.
const SECRETS: [&str; 4] = ["secret", "verify_token", "access_token", "app_secret"];

/// What stands around the data of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Envelope {
    /// `{"status":"ok","data":..}`
    Data,
    /// The same, and its [`SECRETS`] aren't kept.
    Secret,
    None,
}

/// An answer that left its write.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: String,
    pub counted: bool,
    pub replayed: bool,
    /// An answer that is kept nowhere and counts as no call.
    pub refusal: Option<Error>,
}

#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    data: T,
}

impl Envelope {
    pub fn around<T: Serialize>(self, data: T) -> Result<String, Error> {
        let text = match self {
            Envelope::Data | Envelope::Secret => serde_json::to_string(&Success { status: "ok", data }),
            Envelope::None => serde_json::to_string(&data),
        };
        text.map_err(Error::internal)
    }
}

impl Envelope {
    /// What of an answer is kept for whoever asks again.
    pub fn kept(self, body: &str) -> Result<Cow<'_, str>, Error> {
        if self != Envelope::Secret {
            return Ok(body.into());
        }
        let mut kept: serde_json::Value = serde_json::from_str(body).map_err(Error::internal)?;
        if let Some(data) = kept.get_mut("data").and_then(|data| data.as_object_mut()) {
            SECRETS.iter().for_each(|secret| drop(data.remove(*secret)));
        }
        Ok(kept.to_string().into())
    }
}

impl Call {
    pub(super) fn asked(&self, key: Option<IdempotencyKey>, claim: Option<ClaimId>) -> Asked {
        Asked {
            caller: Arc::clone(&self.caller),
            facts: self.facts.clone(),
            clock: self.app.clock.clone(),
            key,
            claim,
            fingerprint: self.fingerprint,
            seat: None,
            envelope: self.envelope,
            success: self.success,
            gate: Gate::Passed,
        }
    }
}

impl Asked {
    pub fn gate_after(&self, pass: &Pass) -> Gate {
        match pass {
            Pass::Held(_) => Gate::Passed,
            Pass::JudgedLater => Gate::Ahead,
            Pass::Counted => Gate::Counted,
        }
    }

    /// Counts the call, unless that was done, and logs it.
    pub fn record(&self, write: &mut Write<'_, '_>, ending: Ending) -> Result<(), Error> {
        if self.gate != Gate::Counted {
            count_calls(write, 1)?;
        }
        api_call_insert(write, &self.facts.row(&self.caller, ending, self.took()))
    }

    /// The key under which a send without one is kept for a minute, where the token wants repeats to be one. No request
    /// can bring such a key: it holds a control character.
    fn repeat_key(&self) -> Option<IdempotencyKey> {
        let is_wanted = self.caller.limits.collapses && self.seat.is_some();
        is_wanted.then(|| {
            let digest: String = self.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
            IdempotencyKey {
                key: format!("\u{1}{}:{digest}", self.caller.token),
                method: self.facts.method.to_string(),
                path: self.facts.path.clone(),
                fingerprint: self.fingerprint,
            }
        })
    }

    /// A send that is like an earlier one is marked in the log.
    fn success(&self, message: Option<MessageUid>) -> Ending {
        let first = message.and_then(|message| self.seat.as_ref()?.made(message));
        let reason = first.map_or(String::new(), |first| format!("possible duplicate of {first}"));
        Ending { reason, status: self.success, ..Ending::success(message) }
    }

    fn took(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.facts.started)
    }

    /// A refusal that counts as no call.
    fn uncounted(&self, write: &mut Write<'_, '_>, refusal: Error) -> Result<Answer, Error> {
        if !refusal.is_refusal() {
            return Err(refusal);
        }
        if self.gate == Gate::Counted {
            count_calls(write, -1)?;
        }
        let status = status_of(&refusal);
        Ok(Answer { status, body: String::new(), counted: false, replayed: false, refusal: Some(refusal) })
    }
}

/// Runs an operation inside its write. A refusal is an answer like any other, decided before anything was written.
pub(super) fn answer_in_write<T: Serialize>(
    write: &mut Write<'_, '_>,
    asked: &Asked,
    work: impl FnOnce(&mut Write<'_, '_>) -> Result<Done<T>, Error>,
) -> Result<Answer, Error> {
    write.cause = asked.caller.cause();
    if asked.gate == Gate::Ahead
        && let Err(refusal) = enter_shared(write)
    {
        return asked.uncounted(write, refusal);
    }
    if let Some(key) = &asked.key
        && let Earlier::Answer(kept) = earlier_answer(write, key, asked.claim.as_ref())?
    {
        return replay(write, asked, key, kept);
    }
    let repeat = asked.repeat_key();
    if let Some(key) = &repeat
        && let Earlier::Answer(kept) = earlier_answer(write, key, None)?
    {
        return collapse(write, asked, kept);
    }
    let done = unless_half_done(write, work)?;
    let (body, ending) = match done {
        Ok(done) => {
            let body = asked.envelope.around(done.data)?;
            if let Some(key) = repeat.filter(|_| done.message.is_some()) {
                idempotency_insert_for(write, &key, asked.success.as_u16(), &body, REPEAT_WITHIN)?;
            }
            (body, asked.success(done.message))
        }
        Err(refusal) if refusal.code == Code::QuotaExceeded => return asked.uncounted(write, refusal),
        Err(refusal) => {
            let refusal = asked.facts.named(refusal);
            (failure_body(&refusal), Ending::of(&refusal))
        }
    };
    let status = ending.status;
    asked.record(write, ending)?;
    if let Some(key) = &asked.key {
        idempotency_insert(write, key, status.as_u16(), &asked.envelope.kept(&body)?)?;
    }
    Ok(Answer { status, body, counted: true, replayed: false, refusal: None })
}

/// Runs the domain function. Inside: its answer or its refusal; outside: faults, and a refusal that came after it had
/// begun to write, since half of what it wanted would be kept.
fn unless_half_done<T>(
    write: &mut Write<'_, '_>,
    work: impl FnOnce(&mut Write<'_, '_>) -> Result<Done<T>, Error>,
) -> Result<Result<Done<T>, Error>, Error> {
    let (writes, counters) = (write.tx.writes(), write.counters.clone());
    match work(write) {
        Ok(done) => Ok(Ok(done)),
        Err(fault) if !fault.is_refusal() => Err(fault),
        Err(refusal) if write.tx.writes() != writes || write.counters != counters => {
            Err(Error::internal(format!("an operation refused after it had begun to write: {refusal}")))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}
