//! Asking Meta for its figures of an official account: what may be asked, and what was answered.

use std::collections::BTreeSet;

use database::Read;
use uuid::Uuid;

use crate::error::Error;
use crate::id::{AccountId, AnalysisHandle};
use crate::inbox::waba::{ensure_active, reached_waba_account};
use crate::store::Write;
use crate::store::waba_analyses::{Analysis, AnalysisState, analysis_find, analysis_insert, analysis_pending};
use crate::workspace::tokens::Caller;

/// How far back from now to its end, and from its start to its end; Meta keeps no more.
const SPAN_S_MAX: i64 = 365 * 24 * 60 * 60;
/// Questions of one workspace that wait at once.
const PENDING_MAX: i64 = 20;
/// What Meta can tell its figures apart by.
pub const DIMENSIONS: [&str; 5] = ["PRICING_CATEGORY", "PRICING_TYPE", "COUNTRY", "PHONE", "TIER"];
const DIMENSIONS_DEFAULT: &str = "PRICING_CATEGORY,PRICING_TYPE";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub handle: AnalysisHandle,
    /// Seconds since 1970 UTC, as the next.
    pub start_s: i64,
    pub end_s: i64,
    /// Meta's words with commas between them.
    pub dimensions: String,
}

/// Reads dimensions: Meta's words with commas between them, in any case; empty for the usual ones.
///
/// # Errors
/// `validation_error` for a word that is none.
pub fn parse_dimensions(field: &str, given: &str) -> Result<String, Error> {
    let words: BTreeSet<String> =
        given.split(',').map(|word| word.trim().to_ascii_uppercase()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() && !given.contains('\0') {
        return Ok(DIMENSIONS_DEFAULT.to_owned());
    }
    if given.contains('\0') || words.iter().any(|word| !DIMENSIONS.contains(&word.as_str())) {
        let rule = format!("{field} must be of {} with commas between them", DIMENSIONS.join(", "));
        return Err(Error::invalid(field, rule));
    }
    Ok(words.into_iter().collect::<Vec<_>>().join(","))
}

/// What is wrong with a span of time, and with which of its ends.
pub fn fault_of_span(start_s: i64, end_s: i64) -> Option<(&'static str, String)> {
    if start_s <= 0 {
        return Some(("start", format!("start is {start_s}; it must be seconds since 1970, as 1767225600")));
    }
    if end_s <= start_s {
        return Some(("end", format!("end is {end_s}; it must be later than start, in seconds since 1970")));
    }
    let span_s = end_s.saturating_sub(start_s);
    (span_s > SPAN_S_MAX).then(|| {
        let days = SPAN_S_MAX / 24 / 60 / 60;
        ("end", format!("end is {end_s}; from start to end there must be at most {days} days"))
    })
}

/// Keeps a question; it is put to Meta in the background.
///
/// # Errors
/// `not_found` (no such account), `account_inactive`, `validation_error` where too many wait already.
pub fn ask(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    account: AccountId,
    question: &Question,
) -> Result<Analysis, Error> {
    let found = reached_waba_account(write.tx, caller, account)?;
    ensure_active(&found.row)?;
    if analysis_pending(write.tx, caller.workspace, PENDING_MAX)? >= PENDING_MAX {
        let rule = format!("{PENDING_MAX} analyses of this workspace wait for Meta already; wait for one of them");
        return Err(Error::invalid("account_id", format!("{rule} before asking for account_id {account}")));
    }
    let row = Analysis {
        workspace: caller.workspace,
        handle: question.handle,
        account,
        start_s: question.start_s,
        end_s: question.end_s,
        dimensions: question.dimensions.clone(),
        state: AnalysisState::Pending,
        result: String::new(),
        error_code: 0,
        error: String::new(),
        asked_at: write.now,
        due: write.now,
        attempts: 0,
    };
    analysis_insert(write, &row)?;
    Ok(row)
}

/// What came of a question.
///
/// # Errors
/// `not_found` for an account or a handle that isn't there.
pub fn answered(tx: &mut impl Read, caller: &Caller, account: AccountId, handle: &str) -> Result<Analysis, Error> {
    reached_waba_account(tx, caller, account)?;
    let unknown = || Error::not_found("There is no such analysis of this account; check the handle_id, or ask again");
    let handle = Uuid::try_parse(handle).map(AnalysisHandle).map_err(|_| unknown())?;
    let found = analysis_find(tx, caller.workspace, handle)?;
    found.filter(|row| row.account == account).ok_or_else(unknown)
}
