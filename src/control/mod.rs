//! What an operator can ask of a server, and the two ways there: over the socket in the data folder while a server
//! runs, else in this process with the folder's lock held. One [`Command`] and one [`run()`] serve both.

mod accounts;
pub mod client;
pub mod listener;
pub mod reach;
mod run;
mod socket;
pub mod view;

use serde::{Deserialize, Serialize};

pub use run::run;
use view::{AccountView, ApiCallView, DatabaseView, LinkingView, MessageView, TokenView, WorkspaceView};

/// A request's line; the longest is a message of 2,000 characters that all need escaping.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// An answer's line; the longest is a listing.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rows of the API log in one answer: even with bodies that are all escapes they fit.
pub const API_LOG_ROWS_MAX: i64 = 500;

/// A stop waits for commands, so none may wait long.
pub const EVENTS_WAIT_MS_MAX: u64 = 2_000;
/// Events in one answer, of some kilobytes each.
pub const EVENTS_MAX: usize = 200;

/// What is to be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewLink {
    /// A sandbox account: at once where `way` is empty, else by `qr` or `code`, step by step.
    Sandbox { name: String, way: String },
    /// A phone's own number; by a code where the phone is told.
    Phone { name: String, phone: Option<String> },
    /// An account that is there, by `qr` or `code`.
    Again { phone: String, way: String },
}

/// What somebody does to a linking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkingDeed {
    Look,
    /// Hands in what a browser said to the passkey's request.
    Answer(String),
    /// Says that the phone shows the same code.
    Confirm,
    Cancel,
}

/// Something to do or to look up. A workspace is named by its id or its name; with just one it needn't be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    TokenCreate {
        workspace: Option<String>,
        name: String,
        scope: String,
        limits: TokenLimits,
    },
    TokenList {
        workspace: Option<String>,
    },
    TokenRevoke {
        workspace: Option<String>,
        id: i64,
    },
    WorkspaceCreate {
        name: String,
        zone: String,
    },
    WorkspaceList,
    WorkspaceSetLimits {
        workspace: Option<String>,
        limits: Limits,
    },
    Send {
        workspace: Option<String>,
        to: String,
        text: String,
        from: Option<String>,
    },
    MessageFind {
        workspace: Option<String>,
        uid: String,
    },
    /// Adds a number of Meta's Cloud API, or one whose far side is a sandbox account of the workspace.
    AccountAddCloud {
        workspace: Option<String>,
        name: String,
        link: CloudLink,
    },
    /// Gives an account of kind cloud another token.
    AccountRenewToken {
        workspace: Option<String>,
        /// The account's phone.
        phone: String,
        access_token: Secret,
    },
    /// The newest rows of the API log that are older than `before`, newest first, at most [`API_LOG_ROWS_MAX`].
    ApiLog {
        workspace: Option<String>,
        /// A row's `seq`; `None` for the newest rows there are.
        before: Option<i64>,
        rows: i64,
    },
    /// The events behind `after` (from now on where it is `None`), as soon as there are any.
    Events {
        workspace: Option<String>,
        after: Option<i64>,
        /// How long to wait for the first, at most [`EVENTS_WAIT_MS_MAX`].
        wait_ms: u64,
    },
    /// Makes an event happen on a sandbox account.
    Trigger {
        workspace: Option<String>,
        event: String,
    },
    /// Makes a new setup link for the workspace; it takes the place of a lost one.
    SetupLink {
        workspace: Option<String>,
    },
    /// Copies the database to this absolute path, which must not exist.
    Backup {
        path: String,
    },
    DatabaseCheck,
    AccountList {
        workspace: Option<String>,
    },
    AccountLink {
        workspace: Option<String>,
        link: NewLink,
    },
    /// Does something to a linking and says how far it is.
    AccountLinking {
        workspace: Option<String>,
        account: i64,
        deed: LinkingDeed,
    },
    AccountUnlink {
        workspace: Option<String>,
        phone: String,
    },
    AccountRename {
        workspace: Option<String>,
        phone: String,
        name: String,
    },
    /// Who answers, for `doctor`.
    Ping,
}

/// What a new token is limited to, in the operator's words; what is left empty limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLimits {
    /// Phones of accounts.
    pub accounts: Vec<String>,
    /// Networks, as `10.0.0.0/8`.
    pub networks: Vec<String>,
    /// `30d`, or the last good day.
    pub expires: Option<String>,
    pub collapse_duplicates: bool,
}

/// Something secret: it isn't shown where the rest is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// What a new account of kind cloud speaks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudLink {
    Meta {
        phone_number_id: String,
        business_id: String,
        access_token: Secret,
        app_secret: Secret,
    },
    /// A sandbox account, by its phone; the one that was linked last where none is named.
    Sandbox {
        phone: Option<String>,
    },
}

/// New limits; what isn't named stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub rate_per_minute: Option<i64>,
    pub calls_per_cycle: Option<i64>,
    pub credits_per_cycle: Option<i64>,
    /// Credits to add to the topped-up balance.
    pub top_up: Option<i64>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    Done,
    /// A new token's text, which is nowhere else.
    Token(String),
    Tokens(Vec<TokenView>),
    Workspace(WorkspaceView),
    Workspaces(Vec<WorkspaceView>),
    Accounts(Vec<AccountView>),
    Linking(LinkingView),
    /// A message was accepted.
    Queued {
        uid: String,
    },
    Message(MessageView),
    ApiLog(Vec<ApiCallView>),
    /// Events as `GET /events` shows them.
    Events {
        events: Vec<serde_json::Value>,
        /// Where to go on.
        after: i64,
        /// Some before them are no longer kept.
        reset: bool,
    },
    /// What was done to make an event happen.
    Triggered {
        what: String,
    },
    SetupLink {
        url: String,
        expires_at: String,
    },
    /// An account of kind cloud was added.
    CloudAdded {
        phone: String,
        name: String,
        /// For Meta's app: where it tells what happens, and the word by which it is known.
        callback_url: String,
        verify_token: String,
    },
    Copied {
        bytes: u64,
    },
    Database(DatabaseView),
    Server {
        pid: u32,
        version: String,
        address: String,
    },
}

/// One line from a command to the server.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    command: Command,
    /// The SHA-256 of the database's address, if the operator named one: asking a server that runs on another database
    /// would answer for the wrong data.
    database: Option<String>,
}

/// One line from the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Output(Output),
    /// What is wrong and what to change.
    Failure(String),
}

/// What stands for a database's address where the address itself, with its password, must not.
fn fingerprint(url: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(url.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
