//! Asking for more: a workspace that nears its limits asks the operator, who grants or declines with a word.

use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::event_kind::Kind;
use crate::store::Write;
use crate::store::limit_requests::{LimitRequestRow, RequestState, request_answer, request_insert, request_list};
use crate::workspace::audit::{Action, record};
use crate::workspace::entry::note;
use crate::workspace::settings::{LimitChange, QUOTA_MAX, RATE_MAX, set_limits};
use crate::workspace::tokens::Caller;

pub const REASON_CHARS_MAX: usize = 1_000;

/// What is asked for, as it was given: a limit that is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Increase {
    pub rate_per_minute: Option<i64>,
    pub calls_per_cycle: Option<i64>,
    pub credits_per_cycle: Option<i64>,
    pub reason: String,
}

/// What the operator says to a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// These limits from now on.
    Granted(LimitChange),
    Declined,
}

/// Asks for higher limits; the operator's screen shows it. Returns the request's number.
///
/// # Errors
/// `validation_error`, naming every field, where nothing is asked for, a limit isn't higher than it is now or too high, the
/// reason is missing, or a request is open already.
pub fn ask_for_increase(write: &mut Write<'_, '_>, caller: &Caller, increase: &Increase) -> Result<i64, Error> {
    let (workspace, reason) = (write.workspace.id, increase.reason.trim());
    let faults = faults_of(write, increase);
    if !faults.is_empty() {
        return Err(Error::invalid_fields(faults));
    }
    let newest = request_list(write.tx, workspace, 1)?.into_iter().next();
    if newest.as_ref().is_some_and(|newest| newest.state == RequestState::Open) {
        let rule = "A request is open already; its answer comes first";
        return Err(Error::invalid("reason", rule));
    }
    let row = LimitRequestRow {
        workspace,
        id: newest.map_or(1, |newest| newest.id + 1),
        asked_by: caller.teammate,
        asked_at: write.now,
        rate_per_minute: increase.rate_per_minute.unwrap_or(0),
        calls_per_cycle: increase.calls_per_cycle.unwrap_or(0),
        credits_per_cycle: increase.credits_per_cycle.unwrap_or(0),
        reason: reason.to_owned(),
        state: RequestState::Open,
        answer: String::new(),
        answered_at: Time::NEVER,
    };
    request_insert(write, &row)?;
    note(write, Kind::LimitsRequested, row.id.to_string())?;
    record(write, Action::IncreaseAsked, &format!("request {}", row.id), "", &asked(&row))?;
    Ok(row.id)
}

fn faults_of(write: &Write<'_, '_>, increase: &Increase) -> Vec<FieldFault> {
    let now = &write.workspace;
    let limits = [
        ("rate_per_minute", increase.rate_per_minute, now.rate_per_minute, RATE_MAX),
        ("calls_per_cycle", increase.calls_per_cycle, now.calls_per_cycle, QUOTA_MAX),
        ("credits_per_cycle", increase.credits_per_cycle, now.credits_per_cycle, QUOTA_MAX),
    ];
    let mut faults: Vec<FieldFault> = Vec::new();
    let mut fault = |field: &str, rule: String| faults.extend(Error::invalid(field, rule).faults);
    for (field, wanted, now, most) in limits {
        match wanted {
            Some(wanted) if wanted <= now => fault(field, format!("It is {now} now; ask for more than that")),
            Some(wanted) if wanted > most => fault(field, format!("At most {most}, not {wanted}")),
            _ => {}
        }
    }
    if limits.iter().all(|(_, wanted, ..)| wanted.is_none()) {
        fault("calls_per_cycle", "Say how much you need of one of the limits".to_owned());
    }
    let length = increase.reason.trim().chars().count();
    if length == 0 || length > REASON_CHARS_MAX || increase.reason.contains('\0') {
        fault("reason", format!("Say why, in 1 to {REASON_CHARS_MAX} characters"));
    }
    faults
}

/// Answers an open request: sets the limits, or leaves them. The asker sees the words.
///
/// # Errors
/// `not_found` if it isn't open; `validation_error` for words that are too long or a limit out of range.
pub fn answer_increase(write: &mut Write<'_, '_>, id: i64, verdict: &Verdict, words: &str) -> Result<(), Error> {
    let words = words.trim();
    if words.chars().count() > REASON_CHARS_MAX || words.contains('\0') {
        return Err(Error::invalid("answer", format!("An answer has at most {REASON_CHARS_MAX} characters")));
    }
    let state = match verdict {
        Verdict::Granted(_) => RequestState::Granted,
        Verdict::Declined => RequestState::Declined,
    };
    if let Verdict::Granted(change) = verdict {
        // Refused before anything is written; the request is looked for first.
        let is_open = request_list(write.tx, write.workspace.id, 1)?
            .iter()
            .any(|newest| newest.id == id && newest.state == RequestState::Open);
        if !is_open {
            return Err(not_open());
        }
        set_limits(write, change)?;
    }
    if !request_answer(write, id, state, words)? {
        return Err(not_open());
    }
    note(write, Kind::LimitsAnswered, id.to_string())?;
    let said = match state {
        RequestState::Granted => "granted",
        _ => "declined",
    };
    record(write, Action::IncreaseAnswered, &format!("request {id}"), "open", format!("{said} {words}").trim_end())
}

fn not_open() -> Error {
    Error::not_found("There is no such open request; the page Instance lists those there are")
}

/// What a request asks for, in words.
pub fn asked(row: &LimitRequestRow) -> String {
    let limits = [
        (row.rate_per_minute, "calls a minute"),
        (row.calls_per_cycle, "calls a cycle"),
        (row.credits_per_cycle, "credits a cycle"),
    ];
    let wanted = limits.iter().filter(|(wanted, _)| *wanted > 0);
    wanted.map(|(wanted, unit)| format!("{wanted} {unit}")).collect::<Vec<_>>().join(", ")
}
