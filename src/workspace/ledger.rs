//! Calls that write nothing themselves (reads, refusals) wait here for at most 200 ms and are then counted and logged
//! together, so that a read costs no commit of its own. A crash may forget that much of reads, never a send.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use database::{Database, Priority};

use crate::clock::Time;
use crate::error::Error;
use crate::id::{TokenId, WorkspaceId};
use crate::store::api_calls::{ApiCallRow, api_call_insert};
use crate::workspace::{quota, write};

/// Rows of a workspace that wait at the most; beyond, calls are counted but their rows left out of the log.
const ROWS_MAX: usize = 4_096;
/// A write stays small, so that a send never waits long behind it.
const ROWS_PER_WRITE: usize = 100;
/// Kinds of refusals of a workspace that are told apart at once; what comes beyond is folded together.
const FOLDS_MAX: usize = 256;
/// Stands for the method and the path of refusals that are folded together.
const MANY: &str = "*";
/// Refusals alike within this time are one row.
const FOLD: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Default)]
pub struct Ledger(Mutex<HashMap<WorkspaceId, Page>>);

/// A workspace with its calls and rows, on their way into the database.
type Taken = (WorkspaceId, Vec<(Time, i64)>, Vec<ApiCallRow>);

/// What waits for one workspace.
#[derive(Default)]
struct Page {
    /// How many calls were made, and when: those of a cycle that is over count in no later one.
    calls: Vec<(Time, i64)>,
    rows: Vec<ApiCallRow>,
    folds: HashMap<(TokenId, String, String, i64), Fold>,
}

/// Refusals alike: the first is logged at once, the rest once the fold is over.
struct Fold {
    since: Time,
    held: Option<ApiCallRow>,
}

impl Ledger {
    /// Notes a call, which counts as `calls`: 1, or 0 where the database has counted it.
    pub fn note(&self, workspace: WorkspaceId, row: ApiCallRow, calls: i64) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        page.count(row.at, calls);
        page.keep(row);
    }

    /// Notes a refusal that doesn't count (too fast, quota used up).
    pub fn note_refusal(&self, workspace: WorkspaceId, mut row: ApiCallRow) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        let mut alike = (row.token, row.method.clone(), row.path.clone(), row.outcome);
        if page.folds.len() >= FOLDS_MAX && !page.folds.contains_key(&alike) {
            (row.method, row.path) = (MANY.to_owned(), MANY.to_owned());
            alike = (TokenId(0), MANY.to_owned(), MANY.to_owned(), row.outcome);
        }
        match page.folds.get_mut(&alike) {
            Some(fold) if row.at.since(fold.since) < FOLD => match &mut fold.held {
                Some(held) => held.repeats += 1,
                None => fold.held = Some(row),
            },
            _ => {
                page.folds.insert(alike, Fold { since: row.at, held: None });
                page.keep(row);
            }
        }
    }

    /// Calls of a workspace that were made and are not counted in the database yet.
    pub fn waiting(&self, workspace: WorkspaceId) -> i64 {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(&workspace).map_or(0, |page| page.calls.iter().map(|(_, calls)| calls).sum())
    }

    /// Counts and logs what waits, of every workspace; with `everything` also refusals that are still being folded.
    ///
    /// # Errors
    /// What could not be written waits on.
    pub async fn flush(&self, database: &Database, now: Time, everything: bool) -> Result<(), Error> {
        let mut first_error = None;
        for (workspace, calls, rows) in self.take(now, everything) {
            let is_down = first_error.as_ref().is_some_and(|error: &Error| error.retry_after.is_some());
            if is_down {
                self.put_back(workspace, calls, rows);
            } else if let Err(error) = self.record(database, workspace, now, calls, rows).await {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    async fn record(
        &self,
        database: &Database,
        workspace: WorkspaceId,
        now: Time,
        mut calls: Vec<(Time, i64)>,
        mut rows: Vec<ApiCallRow>,
    ) -> Result<(), Error> {
        while !calls.is_empty() || !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS_PER_WRITE));
            if let Err(error) = record(database, workspace, now, calls.clone(), rows.clone()).await {
                rows.extend(rest);
                self.put_back(workspace, calls, rows);
                return Err(error);
            }
            calls.clear();
            rows = rest;
        }
        Ok(())
    }

    fn take(&self, now: Time, everything: bool) -> Vec<Taken> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for (workspace, page) in pages.iter_mut() {
            page.end_folds(now, everything);
            if !page.calls.is_empty() || !page.rows.is_empty() {
                taken.push((*workspace, std::mem::take(&mut page.calls), std::mem::take(&mut page.rows)));
            }
        }
        pages.retain(|_, page| !page.folds.is_empty());
        taken
    }

    fn put_back(&self, workspace: WorkspaceId, calls: Vec<(Time, i64)>, rows: Vec<ApiCallRow>) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        calls.into_iter().for_each(|(at, calls)| page.count(at, calls));
        let later = std::mem::replace(&mut page.rows, rows);
        later.into_iter().for_each(|row| page.keep(row));
    }
}

impl Page {
    fn count(&mut self, at: Time, calls: i64) {
        let is_full = self.calls.len() >= ROWS_MAX;
        match self.calls.last_mut() {
            Some((last, counted)) if *last == at || is_full => *counted += calls,
            _ if calls > 0 => self.calls.push((at, calls)),
            _ => {}
        }
    }

    fn keep(&mut self, row: ApiCallRow) {
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        }
    }

    fn end_folds(&mut self, now: Time, everything: bool) {
        let over = |fold: &Fold| everything || now.since(fold.since) >= FOLD;
        let held: Vec<ApiCallRow> =
            self.folds.values_mut().filter(|fold| over(fold)).filter_map(|fold| fold.held.take()).collect();
        self.folds.retain(|_, fold| !over(fold));
        held.into_iter().for_each(|row| self.keep(row));
    }
}

async fn record(
    database: &Database,
    workspace: WorkspaceId,
    now: Time,
    calls: Vec<(Time, i64)>,
    rows: Vec<ApiCallRow>,
) -> Result<(), Error> {
    write(database, workspace, Priority::Background, now, move |write| {
        let starts_at = write.counters.cycle_starts_at;
        let of_this_cycle = calls.iter().filter(|(at, _)| *at >= starts_at).map(|(_, calls)| calls).sum();
        quota::count_calls(write, of_this_cycle)?;
        rows.iter().try_for_each(|row| api_call_insert(write, row))
    })
    .await
}
