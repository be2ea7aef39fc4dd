//! The test kit: a server in this process on either engine, with a clock that stands still, and actors that speak HTTP to it.

#![allow(dead_code, unused_imports, reason = "each test target uses its part of the kit")]

mod actor;
mod engine;
mod listening;
pub mod pages;
mod receiver;

use std::time::Duration;

use axum::Router;
use database::{Database, Priority};
use partyline::accounts::link_sandbox;
use partyline::app::{App, Settings};
use partyline::clock::{Clock, Time};
use partyline::http::router::router;
use partyline::id::{AccountId, WorkspaceId};
use partyline::outbound::Policy;
use partyline::sealing::SealingKey;
use partyline::store::tokens::token_list;
use partyline::store::{MIGRATIONS, Write};
use partyline::workspace::settings::create_workspace;
use partyline::workspace::tokens::{Scope, TokenSecret, create_token};
use tempfile::TempDir;

pub use actor::{Actor, Answer};
pub use engine::Engine;
pub use listening::{Listening, Told};
pub use receiver::Receiver;

/// 2026-01-15 09:00:00 in Lisbon, where the first workspace is.
pub const START: Time = Time::from_ms(1_768_467_600_000);
pub const ZONE: &str = "Europe/Lisbon";
/// As from the key file.
pub const KEY: SealingKey = SealingKey::new([7; 32]);
pub const ECHO: &str = "+1 202 555 0100";

/// A server in this process with one workspace and its sandbox account.
pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub workspace: WorkspaceId,
    pub account: AccountId,
    router: Router,
    stage: engine::Stage,
    /// Where the files' bytes lie; goes with the test.
    files: TempDir,
}

impl TestApp {
    pub async fn on(engine: Engine) -> TestApp {
        let stage = engine::Stage::set(engine);
        let database = stage.open();
        let clock = Clock::mock(START);
        let files = tempfile::tempdir().expect("a temporary folder");
        let files_folder = files.path().join("files");
        // Where receivers of tests listen; the rest of loopback stays closed.
        let outbound = Policy::allowing(vec!["127.0.0.1/32".parse().expect("a network")]);
        let settings = Settings {
            public_url: "https://line.example".into(),
            sandbox_speed: 1.0,
            support_contact: "help@line.example".into(),
            files_folder,
            outbound,
        };
        let app = App::new(database, clock.clone(), settings).sealing_with(KEY);
        let (workspace, account) = new_workspace(&app, "Harbour Bikes").await;
        TestApp { router: router(app.clone()), app, clock, workspace, account, stage, files }
    }

    /// Someone with a token of the first workspace that may do everything.
    pub async fn token(&self) -> Actor {
        self.token_of(self.workspace, Scope::Full, false).await
    }

    pub async fn token_of(&self, workspace: WorkspaceId, scope: Scope, sandbox_only: bool) -> Actor {
        let secret = TokenSecret::generate();
        let stored = secret.clone();
        self.write(workspace, move |write| create_token(write, "crm", scope, sandbox_only, &stored)).await;
        Actor::new(self.router.clone(), Some(secret.reveal().to_owned()))
    }

    /// Someone with a token of another workspace.
    pub async fn outsider(&self) -> Actor {
        let (workspace, _) = self.other_workspace().await;
        self.token_of(workspace, Scope::Full, false).await
    }

    /// Someone without a token.
    pub fn stranger(&self) -> Actor {
        Actor::new(self.router.clone(), None)
    }

    /// Someone with whatever token.
    pub fn somebody(&self, token: &str) -> Actor {
        Actor::new(self.router.clone(), Some(token.to_owned()))
    }

    /// The routes themselves, for a test that puts something around them.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// One write of the first workspace or another.
    pub async fn write<T: Send + 'static>(
        &self,
        workspace: WorkspaceId,
        work: impl Fn(&mut Write<'_, '_>) -> Result<T, partyline::error::Error> + Send + 'static,
    ) -> T {
        self.app.write(workspace, Priority::Foreground, work).await.expect("the write commits")
    }

    /// Moves the clock.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Waits until it is noted that the actor's token is in use: a write of its own, beside the first request.
    pub async fn settle_use_of(&self, token: &Actor) {
        token.get("/workspace").await;
        let (workspace, now) = (self.workspace, self.clock.now());
        let noted =
            || self.app.read(move |tx| Ok(token_list(tx, workspace)?.iter().any(|row| row.last_used_at == now)));
        while !noted().await.expect("tokens are read") {
            tokio::task::yield_now().await;
        }
        self.flush().await;
    }

    /// Lets waiting api calls be counted and logged.
    pub async fn flush(&self) {
        self.app.ledger.flush(&self.app.database, self.clock.now(), true).await.expect("the ledger is flushed");
    }

    /// Another node on the same data, and the same actor talking to it.
    pub fn other_node(&self, actor: &Actor) -> (App, Actor) {
        let app = App::new(self.stage.open(), self.clock.clone(), self.app.settings.clone()).sealing_with(KEY);
        let actor = actor.talking_to(router(app.clone()));
        (app, actor)
    }

    /// A second workspace with its sandbox account.
    pub async fn other_workspace(&self) -> (WorkspaceId, AccountId) {
        new_workspace(&self.app, "Somebody Else").await
    }

    /// The same data under a server that was started anew.
    pub async fn restarted(self) -> TestApp {
        self.flush().await;
        self.app.database.close();
        let app = App::new(self.stage.open(), self.clock.clone(), self.app.settings.clone()).sealing_with(KEY);
        TestApp { router: router(app.clone()), app, ..self }
    }
}

async fn new_workspace(app: &App, name: &'static str) -> (WorkspaceId, AccountId) {
    let now = app.clock.now();
    let workspace = app
        .database
        .write(0, Priority::Foreground, move |tx| create_workspace(tx, now, name, ZONE))
        .await
        .expect("a workspace is made");
    let account = app
        .write(workspace, Priority::Foreground, |write| link_sandbox(write, "Demo phone"))
        .await
        .expect("an account is linked");
    (workspace, account)
}

/// Opens and migrates.
pub fn migrated(config: database::Config) -> Database {
    let database = Database::open(config).expect("the database opens");
    database.migrate(MIGRATIONS).expect("the schema is made");
    database
}
