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
/// Refusals alike within this time are one row.
const FOLD: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Default)]
pub struct Ledger(Mutex<HashMap<WorkspaceId, Page>>);

/// What waits for one workspace.
#[derive(Default)]
struct Page {
    calls: i64,
    rows: Vec<ApiCallRow>,
    folds: HashMap<(TokenId, String, String, i64), Fold>,
}

/// Refusals alike: the first is logged at once, the rest once the fold is over.
struct Fold {
    since: Time,
    held: Option<ApiCallRow>,
}

impl Ledger {
    /// Notes a call that was counted.
    pub fn note(&self, workspace: WorkspaceId, row: ApiCallRow) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        page.calls += 1;
        page.keep(row);
    }

    /// Notes a refusal that doesn't count (too fast, quota used up).
    pub fn note_refusal(&self, workspace: WorkspaceId, row: ApiCallRow) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        let alike = (row.token, row.method.clone(), row.path.clone(), row.outcome);
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
        pages.get(&workspace).map_or(0, |page| page.calls)
    }

    /// Counts and logs what waits, of every workspace; with `everything` also refusals that are still being folded.
    ///
    /// # Errors
    /// What could not be written waits on.
    pub async fn flush(&self, database: &Database, now: Time, everything: bool) -> Result<(), Error> {
        for (workspace, mut calls, mut rows) in self.take(now, everything) {
            while calls > 0 || !rows.is_empty() {
                let rest = rows.split_off(rows.len().min(ROWS_PER_WRITE));
                if let Err(error) = record(database, workspace, now, calls, rows.clone()).await {
                    rows.extend(rest);
                    self.put_back(workspace, calls, rows);
                    return Err(error);
                }
                (calls, rows) = (0, rest);
            }
        }
        Ok(())
    }

    fn take(&self, now: Time, everything: bool) -> Vec<(WorkspaceId, i64, Vec<ApiCallRow>)> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for (workspace, page) in pages.iter_mut() {
            page.end_folds(now, everything);
            if page.calls > 0 || !page.rows.is_empty() {
                taken.push((*workspace, std::mem::take(&mut page.calls), std::mem::take(&mut page.rows)));
            }
        }
        pages.retain(|_, page| !page.folds.is_empty());
        taken
    }

    fn put_back(&self, workspace: WorkspaceId, calls: i64, rows: Vec<ApiCallRow>) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages.entry(workspace).or_default();
        page.calls += calls;
        let later = std::mem::replace(&mut page.rows, rows);
        later.into_iter().for_each(|row| page.keep(row));
    }
}

impl Page {
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
    calls: i64,
    rows: Vec<ApiCallRow>,
) -> Result<(), Error> {
    write(database, workspace, Priority::Background, now, move |write| {
        quota::count_calls(write, calls)?;
        rows.iter().try_for_each(|row| api_call_insert(write, row))
    })
    .await
}
