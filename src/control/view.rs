//! What commands show of rows. Times are in the workspace's zone, in the public API's form.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::accounts::linking::Stage;
use crate::accounts::words::Told;
use crate::clock::Time;
use crate::store::account_linkings::LinkingRow;
use crate::store::accounts::AccountRow;
use crate::store::api_calls::ApiCallRow;
use crate::store::counters::Counters;
use crate::store::tokens::TokenRow;
use crate::store::workspaces::Workspace;
use crate::workspace::api_log::Outcome;
use crate::workspace::token_limits::TokenLimits;
use crate::workspace::zone::{api_time, stored_zone};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceView {
    pub id: i64,
    pub name: String,
    pub zone: String,
    pub created_at: String,
    pub rate_per_minute: i64,
    pub calls_per_cycle: i64,
    pub calls_used: i64,
    pub credits_per_cycle: i64,
    pub credits_used: i64,
    pub credits_topped_up: i64,
    pub cycle_ends_at: String,
}

impl WorkspaceView {
    pub fn new(workspace: &Workspace, counters: &Counters) -> WorkspaceView {
        let zone = stored_zone(&workspace.zone);
        WorkspaceView {
            id: workspace.id.0,
            name: workspace.name.clone(),
            zone: workspace.zone.clone(),
            created_at: api_time(workspace.created_at, &zone),
            rate_per_minute: workspace.rate_per_minute,
            calls_per_cycle: workspace.calls_per_cycle,
            calls_used: counters.calls_used,
            credits_per_cycle: workspace.credits_per_cycle,
            credits_used: counters.credits_used,
            credits_topped_up: counters.topped_up,
            cycle_ends_at: api_time(counters.cycle_ends_at, &zone),
        }
    }
}

/// A WhatsApp account and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub id: i64,
    pub phone: String,
    pub name: String,
    /// sandbox, web or cloud.
    pub transport: String,
    pub health: String,
    /// What it means.
    pub meaning: String,
    /// What WhatsApp or the line said; may be empty.
    pub reason: String,
    /// When it ends by itself.
    pub until: Option<String>,
    pub next_action: String,
    /// Messages that wait to go.
    pub waiting: i64,
    pub linked_at: String,
    pub unlinked_at: Option<String>,
}

impl AccountView {
    pub fn new(row: &AccountRow, told: &Told, waiting: i64, zone: &TimeZone) -> AccountView {
        AccountView {
            id: row.id.0,
            phone: row.phone.clone(),
            name: row.name.clone(),
            transport: row.transport.as_str().to_owned(),
            health: told.health.as_str().to_owned(),
            meaning: told.meaning.to_owned(),
            reason: told.reason.clone(),
            until: told.until.map(|until| api_time(until, zone)),
            next_action: told.next.as_str().to_owned(),
            waiting,
            linked_at: api_time(row.linked_at, zone),
            unlinked_at: (!row.unlinked_at.is_never()).then(|| api_time(row.unlinked_at, zone)),
        }
    }
}

/// How far a linking is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkingView {
    pub account: i64,
    pub phone: String,
    /// A word of `accounts::linking::Stage`.
    pub stage: String,
    /// The QR code's text, the code to type or to compare, the passkey's request.
    pub shown: String,
    pub round: i64,
    pub rounds: i64,
    /// When what is shown ends to be good, in ms since 1970 UTC; 0 where nothing is shown.
    pub until_ms: i64,
    /// Whether somebody answered this step already.
    pub is_answered: bool,
    /// Why it came to nothing; else empty.
    pub reason: String,
}

impl LinkingView {
    pub fn new(row: &LinkingRow) -> LinkingView {
        LinkingView {
            account: row.account.0,
            phone: row.phone.clone(),
            stage: row.stage.clone(),
            shown: row.shown.clone(),
            round: row.round,
            rounds: row.rounds,
            until_ms: row.until.ms(),
            is_answered: !row.answer.is_empty(),
            reason: row.reason.clone(),
        }
    }

    /// Of an account that needed no steps.
    pub fn linked(row: &AccountRow) -> LinkingView {
        LinkingView {
            account: row.id.0,
            phone: row.phone.clone(),
            stage: Stage::Linked.as_str().to_owned(),
            shown: String::new(),
            round: 0,
            rounds: 0,
            until_ms: 0,
            is_answered: false,
            reason: String::new(),
        }
    }

    pub fn is_over(&self) -> bool {
        [Stage::Linked, Stage::Ended].iter().any(|stage| stage.as_str() == self.stage)
    }
}

/// A token without its secret, which nobody has any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    pub id: i64,
    pub name: String,
    pub workspace_id: i64,
    pub scope: String,
    /// May use sandbox accounts only.
    pub sandbox_only: bool,
    /// The first letters, to tell tokens apart.
    pub hint: String,
    pub created_at: String,
    pub last_used_at: Option<String>,
    pub revoked_at: Option<String>,
    pub expires_at: Option<String>,
    /// It has expired.
    pub expired: bool,
    /// Phones of the accounts that it may use; empty for all.
    pub accounts: Vec<String>,
    /// Networks that it may call from; empty for all.
    pub networks: Vec<String>,
    /// A send that repeats another within a minute is answered as that one was.
    pub collapse_duplicates: bool,
}

impl TokenView {
    pub fn new(token: &TokenRow, zone: &str, now: Time) -> TokenView {
        let limits = TokenLimits::of(token);
        let zone = stored_zone(zone);
        let unless_never = |at| Some(api_time(at, &zone)).filter(|text| !text.is_empty());
        TokenView {
            id: token.id.0,
            name: token.name.clone(),
            workspace_id: token.workspace.0,
            scope: token.scope.clone(),
            sandbox_only: token.sandbox_only,
            hint: token.hint.clone(),
            created_at: api_time(token.created_at, &zone),
            last_used_at: unless_never(token.last_used_at),
            revoked_at: unless_never(token.revoked_at),
            expires_at: unless_never(token.expires_at),
            expired: !token.expires_at.is_never() && now >= token.expires_at,
            networks: limits.networks.iter().map(ToString::to_string).collect(),
            accounts: limits.accounts,
            collapse_duplicates: token.collapses,
        }
    }
}

/// A logged request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCallView {
    /// Counts the workspace's rows as they were logged: reads up to 200 ms later than sends.
    pub seq: i64,
    /// When the request came, ms since 1970.
    pub at_ms: i64,
    pub time: String,
    pub request_id: String,
    /// 0 where requests of many tokens are folded together.
    pub token_id: i64,
    pub token: String,
    pub method: String,
    pub path: String,
    pub status: i64,
    pub outcome: String,
    /// Empty when all went well.
    pub reason: String,
    /// Names of the keys that were not understood.
    pub ignored: Vec<String>,
    pub duration_us: i64,
    /// How many requests alike are folded into this row.
    pub repeats: i64,
    pub message_uid: Option<String>,
    /// Of refused requests: what was sent, without secrets.
    pub body: String,
}

impl ApiCallView {
    pub fn new(call: ApiCallRow, tokens: &[TokenRow], zone: &str) -> ApiCallView {
        let name = tokens.iter().find(|token| token.id == call.token).map(|token| token.name.clone());
        ApiCallView {
            seq: call.seq,
            at_ms: call.at.ms(),
            time: api_time(call.at, &stored_zone(zone)),
            request_id: call.request,
            token_id: call.token.0,
            token: name.unwrap_or_else(|| "*".to_owned()),
            method: call.method,
            path: call.path,
            status: call.status,
            outcome: Outcome::from_number(call.outcome).map_or("Unknown", Outcome::as_str).to_owned(),
            reason: call.reason,
            ignored: call.ignored.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
            duration_us: call.duration_us,
            repeats: call.repeats,
            message_uid: call.message.map(|uid| uid.to_string()),
            body: call.body,
        }
    }
}

/// How far a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Each status that it reached, oldest first, with when.
    pub history: Vec<(String, String)>,
    pub status: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// What the database says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseView {
    /// `SQLite` or `PostgreSQL`.
    pub engine: String,
    pub schema_version: i64,
    /// `ok`, or the first damage that was found.
    pub integrity: String,
    /// Its clock, ms since 1970.
    pub now_ms: i64,
}
