//! The clerk asks Meta what nobody waits for: that it tells this app of a business account, the account's templates, and the
//! figures that somebody asked for.
//! Rows, not tasks: a restart goes on where it was, and of several servers one asks.

use std::time::Duration;

use database::{Priority, Snapshot};
use tokio_util::sync::CancellationToken;
use transport::{AccountState, SendError, Verdict};

use crate::accounts::business::note_templates;
use crate::accounts::health::record_state;
use crate::accounts::world;
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find, account_list};
use crate::store::cloud_accounts::{cloud_account_find, cloud_account_list};
use crate::store::waba_analyses::{
    Analysis, AnalysisState, analysis_claim, analysis_due, analysis_note, analysis_prune,
};
use crate::store::waba_profiles::{WabaProfile, waba_profile_claim, waba_profile_due, waba_profile_note};
use crate::transports::cloud::Line;
use crate::transports::cloud::business::{Business, Figures, business, figures, subscribe};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Rows of one look, each kind.
const DUE_MAX: i64 = 8;
/// How long a claim holds; longer than all that is asked under it may take.
const CLAIM: Duration = Duration::from_secs(10 * 60);
/// How often templates are read where Meta tells of no change. Meta allows 200 such requests an hour.
const READ_EVERY: Duration = Duration::from_secs(60 * 60);
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);
/// With the pauses, over an hour.
const ANALYSIS_ATTEMPTS_MAX: i64 = 12;
/// How long an answer is kept.
const ANALYSIS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const PRUNED_MAX: i64 = 100;
const PROBLEM_CHARS_MAX: usize = 500;
/// Numbers of one business account that are asked for in one look; Meta lets it have 25 at first.
const NUMBERS_MAX: usize = 50;

/// Asks until `shutdown`.
pub async fn run(app: App, shutdown: CancellationToken) {
    let look_every = app.clock.look_every(LOOK_EVERY);
    while !shutdown.is_cancelled() {
        let turn = tokio::select! {
            turn = turn(&app) => turn,
            () = shutdown.cancelled() => return,
        };
        match turn {
            Ok(1..) => continue,
            Ok(0) => {}
            Err(error) => tracing::warn!(%error, "Meta's templates and figures can't be asked for; trying again"),
        }
        tokio::select! {
            () = app.clerk_bell.notified() => {}
            () = tokio::time::sleep(look_every) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// Asks for what is due; returns how much that was.
///
/// # Errors
/// A fault of the database; the next turn does it again.
pub async fn turn(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let look = move |tx: &mut Snapshot<'_>| {
        Ok::<_, Error>((waba_profile_due(tx, now, DUE_MAX)?, analysis_due(tx, now, DUE_MAX)?))
    };
    let (profiles, analyses) = app.read(look).await?;
    let mut done = 0;
    for profile in profiles {
        done += usize::from(read_profile(app, profile).await?);
    }
    for analysis in analyses {
        done += usize::from(read_figures(app, analysis).await?);
    }
    Ok(done)
}

/// Reads a business account; `false` where somebody else does.
async fn read_profile(app: &App, profile: WabaProfile) -> Result<bool, Error> {
    let until = app.clock.now() + CLAIM;
    let claimed = profile.clone();
    let claim = move |write: &mut Write<'_, '_>| Ok(waba_profile_claim(write, &claimed, until)?);
    if !app.write(profile.workspace, Priority::Background, claim).await? {
        return Ok(false);
    }
    let accounts = accounts_of(app, profile.workspace, &profile.business_id).await?;
    let told = match accounts.first() {
        // Nobody can be asked. Once a number is added again, somebody can.
        None => {
            let quiet = WabaProfile { due: Time::NEVER, attempts: 0, problem: String::new(), ..profile.clone() };
            let work = move |write: &mut Write<'_, '_>| Ok(waba_profile_note(write, &quiet)?);
            app.write(profile.workspace, Priority::Background, work).await?;
            return Ok(true);
        }
        Some(account) => match line(app, profile.workspace, *account).await {
            Ok(line) => look_at(&line, &profile.business_id).await,
            Err(error) => Err(error),
        },
    };
    let workspace = profile.workspace;
    let states = match &told {
        Ok(_) => states(app, workspace, &accounts).await,
        Err(_) => Vec::new(),
    };
    let work = move |write: &mut Write<'_, '_>| {
        for (account, state) in &states {
            record_state(write, *account, state)?;
        }
        note_profile(write, &profile, &told)
    };
    app.write(workspace, Priority::Background, work).await?;
    Ok(true)
}

async fn look_at(line: &Line, business_id: &str) -> Result<Business, SendError> {
    subscribe(line, business_id).await?;
    business(line, business_id).await
}

/// What Meta thinks of each number, and what it lets it do; one that it doesn't tell of is left out.
async fn states(app: &App, workspace: WorkspaceId, accounts: &[AccountId]) -> Vec<(AccountId, AccountState)> {
    let mut known = Vec::new();
    for account in accounts.iter().take(NUMBERS_MAX) {
        let Ok(line) = line(app, workspace, *account).await else { continue };
        let Ok(number) = line.number().await else { continue };
        known.extend(number.states().map(|state| (*account, state)));
    }
    known
}

fn note_profile(
    write: &mut Write<'_, '_>,
    profile: &WabaProfile,
    told: &Result<Business, SendError>,
) -> Result<(), Error> {
    let (now, is_first) = (write.now, profile.read_at.is_never());
    let after = match told {
        Ok(Business { name, templates }) => {
            note_templates(write, &profile.business_id, templates, is_first)?;
            let (name, due) = (name.clone(), now + READ_EVERY);
            WabaProfile { name, read_at: now, due, attempts: 0, problem: String::new(), ..profile.clone() }
        }
        Err(error) => {
            let attempts = profile.attempts + 1;
            let problem = problem("The business account could not be read", error);
            WabaProfile { due: now + pause(error, attempts), attempts, problem, ..profile.clone() }
        }
    };
    Ok(waba_profile_note(write, &after)?)
}

/// Asks for figures; `false` where somebody else does.
async fn read_figures(app: &App, analysis: Analysis) -> Result<bool, Error> {
    let (workspace, until) = (analysis.workspace, app.clock.now() + CLAIM);
    let claimed = analysis.clone();
    let claim = move |write: &mut Write<'_, '_>| Ok(analysis_claim(write, &claimed, until)?);
    if !app.write(workspace, Priority::Background, claim).await? {
        return Ok(false);
    }
    let told = ask(app, &analysis).await?;
    let work = move |write: &mut Write<'_, '_>| {
        analysis_prune(write, PRUNED_MAX)?;
        Ok(analysis_note(write, &after_asking(&analysis, &told, write.now))?)
    };
    app.write(workspace, Priority::Background, work).await?;
    Ok(true)
}

async fn ask(app: &App, analysis: &Analysis) -> Result<Result<serde_json::Value, SendError>, Error> {
    let (workspace, account) = (analysis.workspace, analysis.account);
    let look = move |tx: &mut Snapshot<'_>| {
        Ok::<_, Error>((account_find(tx, workspace, account)?, cloud_account_find(tx, workspace, account)?))
    };
    let (Some(row), Some(cloud)) = app.read(look).await? else {
        return Ok(Err(gone()));
    };
    let line = match line(app, workspace, account).await {
        Ok(line) => line,
        Err(error) => return Ok(Err(error)),
    };
    let Analysis { start_s, end_s, dimensions, .. } = analysis;
    let asked = Figures { start_s: *start_s, end_s: *end_s, dimensions, phone: &row.phone };
    Ok(figures(&line, &cloud.business_id, &asked).await)
}

fn after_asking(analysis: &Analysis, told: &Result<serde_json::Value, SendError>, now: Time) -> Analysis {
    let attempts = analysis.attempts + 1;
    match told {
        Ok(figures) => {
            let (result, due) = (figures.to_string().replace("\\u0000", ""), now + ANALYSIS_KEPT);
            Analysis { state: AnalysisState::Ready, result, due, attempts, ..analysis.clone() }
        }
        Err(error) if is_passing(error) && attempts < ANALYSIS_ATTEMPTS_MAX => {
            Analysis { due: now + pause(error, attempts), attempts, ..analysis.clone() }
        }
        Err(error) => Analysis {
            state: AnalysisState::Failed,
            error_code: error.code.unwrap_or(0),
            error: problem("Meta gave no figures", error),
            due: now + ANALYSIS_KEPT,
            attempts,
            ..analysis.clone()
        },
    }
}

fn is_passing(error: &SendError) -> bool {
    matches!(
        error.verdict,
        Verdict::Retry { .. } | Verdict::ChatThrottled { .. } | Verdict::AccountHeld { .. } | Verdict::Uncertain
    )
}

fn pause(error: &SendError, attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    let own = PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX);
    match error.verdict {
        Verdict::Retry { after } | Verdict::AccountHeld { for_: after } => own.max(after.min(PAUSE_MAX)),
        _ => own,
    }
}

fn problem(what: &str, error: &SendError) -> String {
    format!("{what}: {error}").chars().filter(|c| *c != '\0').take(PROBLEM_CHARS_MAX).collect()
}

fn gone() -> SendError {
    SendError {
        verdict: Verdict::Permanent,
        code: None,
        title: "No account".to_owned(),
        details: "The account is gone.".to_owned(),
        maybe_accepted: false,
    }
}

/// The linked numbers of the business account, by whose tokens it can be asked.
async fn accounts_of(app: &App, workspace: WorkspaceId, business_id: &str) -> Result<Vec<AccountId>, Error> {
    let wanted = business_id.to_owned();
    let look = move |tx: &mut Snapshot<'_>| {
        let linked: Vec<AccountRow> =
            account_list(tx, workspace)?.into_iter().filter(|row| row.unlinked_at.is_never()).collect();
        let all = cloud_account_list(tx, workspace)?.into_iter();
        let of_it = all.filter(|cloud| cloud.business_id == wanted).map(|cloud| cloud.account);
        Ok::<_, Error>(of_it.filter(|account| linked.iter().any(|row| row.id == *account)).collect())
    };
    app.read(look).await
}

async fn line(app: &App, workspace: WorkspaceId, account: AccountId) -> Result<Line, SendError> {
    Line::of_account(&world(app), workspace, account).await
}
