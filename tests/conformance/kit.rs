//! What the suite needs of a server: a database with one workspace, and a way to accept messages and read what became of
//! them. No server, no network.

use std::sync::Arc;
use std::time::Duration;

use database::{Config, Database, Location, Priority, Tx};
use partyline::accounts::{Worker, link_sandbox};
use partyline::app::{App, Settings};
use partyline::clock::{Clock, Time};
use partyline::error::Error;
use partyline::id::{AccountId, ChatId, MessageUid, TokenId, WorkspaceId};
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::{MessageText, Phone};
use partyline::message::{Origin, Status};
use partyline::store::accounts::{AccountRow, account_find};
use partyline::store::messages::{HistoryRow, MessageFilter, MessageView, history_list, message_find, message_list};
use partyline::store::{MIGRATIONS, Write};
use partyline::workspace::settings::create_workspace;
use partyline::workspace::tokens::{Caller, Scope};
use transport::Transport;

/// Where a database lives until its test ends.
pub enum Home {
    Folder(#[allow(dead_code)] tempfile::TempDir),
}

/// One workspace with one account, on a database of its own.
pub struct Kit {
    pub app: App,
    pub workspace: WorkspaceId,
    pub account: AccountId,
    pub caller: Caller,
    home: Option<Home>,
}

pub fn start_time() -> Time {
    Time::from_ms(1_790_000_000_000)
}

impl Kit {
    /// On SQLite, in a folder of its own.
    pub async fn on_sqlite(clock: Clock, sandbox_speed: f64) -> Kit {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config::new(Location::File(folder.path().join("partyline.db")));
        Kit::on(config, Home::Folder(folder), clock, sandbox_speed).await
    }

    async fn on(config: Config, home: Home, clock: Clock, sandbox_speed: f64) -> Kit {
        let database = Database::open(config).expect("a database");
        database.migrate(MIGRATIONS).expect("the schema");
        let settings = Settings { public_url: "http://localhost".into(), sandbox_speed };
        let app = App::new(database, clock, settings);
        let now = app.clock.now();
        let make = move |tx: &mut Tx<'_>| create_workspace(tx, now, "Tests", "UTC");
        let workspace = app.database.write(1, Priority::Foreground, make).await.expect("a workspace");
        let link = |write: &mut Write<'_, '_>| {
            write.workspace.credits_per_cycle = 1_000_000;
            partyline::store::workspaces::workspace_update(write.tx, &write.workspace)?;
            link_sandbox(write, "Demo phone")
        };
        let account = app.write(workspace, Priority::Foreground, link).await.expect("an account");
        let caller =
            Caller { workspace, token: TokenId(0), token_name: String::new(), scope: Scope::Full, sandbox_only: false };
        Kit { app, workspace, account, caller, home: Some(home) }
    }

    /// The same database, opened by a server that starts anew; the clock goes on.
    pub fn restarted(mut self) -> Kit {
        self.home.take().map_or_else(|| unreachable!("a kit has a home"), |home| Kit { home: Some(home), ..self })
    }

    pub async fn account_row(&self) -> AccountRow {
        let (workspace, account) = (self.workspace, self.account);
        let found = self.app.read(move |snapshot| Ok(account_find(snapshot, workspace, account)?)).await;
        found.expect("a read").expect("the account")
    }

    pub async fn worker(&self, transport: &Arc<dyn Transport>) -> Worker {
        Worker::new(self.app.clone(), &self.account_row().await, Arc::clone(transport))
    }

    /// Accepts a message as the public API would.
    pub async fn accept(&self, to: &str, text: &str) -> MessageUid {
        self.try_accept(to, text, Origin::PublicApi).await.expect("accepted")
    }

    pub async fn try_accept(&self, to: &str, text: &str, origin: Origin) -> Result<MessageUid, Error> {
        let uid = self.app.ids.message_uid(self.app.clock.now());
        let request = SendMessage {
            uid,
            wamid: self.app.ids.wamid(),
            to: Phone::parse("phone", to)?,
            account: None,
            text: MessageText::parse("text", text)?,
            label: None,
            chat_name: None,
            origin,
        };
        let caller = self.caller.clone();
        let work = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &request);
        self.app.write(self.workspace, Priority::Foreground, work).await
    }

    pub async fn message(&self, uid: MessageUid) -> MessageView {
        let workspace = self.workspace;
        let found = self.app.read(move |snapshot| Ok(message_find(snapshot, workspace, uid)?)).await;
        found.expect("a read").expect("the message")
    }

    pub async fn status(&self, uid: MessageUid) -> Status {
        self.message(uid).await.message.status
    }

    pub async fn history(&self, uid: MessageUid) -> Vec<HistoryRow> {
        let workspace = self.workspace;
        self.app.read(move |snapshot| Ok(history_list(snapshot, workspace, uid)?)).await.expect("a read")
    }

    /// The statuses a message went through, in order.
    pub async fn statuses(&self, uid: MessageUid) -> Vec<Status> {
        self.history(uid).await.into_iter().map(|row| row.status).collect()
    }

    /// The texts that came in, in the order of the chat.
    pub async fn incoming_texts(&self, chat: ChatId) -> Vec<String> {
        let workspace = self.workspace;
        let filter = MessageFilter { from_me: Some(false), ..MessageFilter::default() };
        let look = move |snapshot: &mut database::Snapshot<'_>| {
            Ok(message_list(snapshot, workspace, chat, &filter, 100_000, 0)?)
        };
        let found = self.app.read(look).await.expect("a read");
        found.into_iter().map(|view| view.message.text).collect()
    }

    pub fn advance(&self, span: Duration) {
        self.app.clock.advance(span);
    }
}
