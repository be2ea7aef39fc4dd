//! Meta's Cloud API: a number of a business, spoken to over HTTPS. WhatsApp gives the ids of messages here and has no way to
//! ask whether it has one, so a send whose answer was lost is uncertain; our id goes along, comes back with the statuses,
//! and settles it (`docs/transports.md`).
//!
//! What happens is told at the server's own address (`src/http/provider/`); nothing here listens.

pub mod business;
pub mod callback;
mod errors;
mod files;
mod limits;
mod line;
pub mod news;
pub mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use database::Snapshot;
use serde_json::Value;
use transport::{
    Accepted, AccountState, Address, Body, Ear, Event, FileBytes, Kind, Mark, Outgoing, Pending, Quality, SendError,
    Transport, Typing, Verdict,
};

use crate::id::{AccountId, WorkspaceId};
use crate::store::marks::last_received;
use crate::transports::cloud::errors::{broken, never};
use crate::transports::sandbox::World;

pub use line::{Line, Number, SecretsAt, open_secret, seal_secret};

/// Meta's word for what it thinks of a number.
pub fn quality_of(word: &str) -> Option<Quality> {
    match word {
        "GREEN" => Some(Quality::High),
        "YELLOW" => Some(Quality::Medium),
        "RED" => Some(Quality::Low),
        _ => None,
    }
}

/// The Cloud API's side of one account.
pub struct Cloud {
    world: World,
    workspace: WorkspaceId,
    account: AccountId,
    /// As it was when it was first needed, or last started.
    line: Mutex<Option<Arc<Line>>>,
}

impl Cloud {
    pub fn new(world: World, workspace: WorkspaceId, account: AccountId) -> Cloud {
        Cloud { world, workspace, account, line: Mutex::default() }
    }

    /// How the account is reached; read from its row once.
    async fn line(&self) -> Result<Arc<Line>, SendError> {
        let known = self.line.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(line) => Ok(line),
            None => self.look_up().await,
        }
    }

    async fn look_up(&self) -> Result<Arc<Line>, SendError> {
        let line = Arc::new(Line::of_account(&self.world, self.workspace, self.account).await?);
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&line));
        Ok(line)
    }

    async fn connect(&self, ear: Arc<dyn Ear>) -> Result<(), SendError> {
        // A token that was replaced since the last start counts from here.
        let line = self.look_up().await?;
        let number = line.number().await?;
        let states = std::iter::once(AccountState::Connected).chain(number.states());
        let connected = ear.hear(states.map(Event::Account).collect()).await;
        connected.map_err(|error| broken("Not stored", &error.to_string()))
    }

    async fn hand_over(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        if message.to.is_group() {
            return Err(never(
                "Not supported",
                "The Cloud API sends to groups only for some businesses; not from here.",
            ));
        }
        let line = self.line().await?;
        let said = match &message.body {
            Body::Text(text) => wire::text(text),
            Body::File(file) => {
                let id = files::upload(&line, &self.world.files, file).await?;
                wire::file(file, &id)
            }
            Body::Template(template) => wire::template(template),
            Body::Reaction { to_wamid, emoji, .. } => wire::reaction(to_wamid, emoji),
            Body::Edit { .. } | Body::Revoke { .. } => {
                return Err(never("Not supported", "The Cloud API can't change or take back what was sent."));
            }
        };
        let answer = line.post("messages", &wire::request(message, said)).await?;
        match answer["messages"][0]["id"].as_str().filter(|wamid| !wamid.is_empty()) {
            Some(wamid) => Ok(Accepted { wamid: wamid.to_owned(), at_ms: self.world.clock.now().ms() }),
            // It said yes, and not to what.
            None => Err(SendError { maybe_accepted: true, ..broken("Answer not understood", "It names no message.") }),
        }
    }

    async fn show(&self, chat: &Address, mark: &Mark) -> Result<(), SendError> {
        let line = self.line().await?;
        let request = match mark {
            // Reading one is reading those before it; the newest comes first.
            Mark::Read(messages) => messages.first().map(|newest| wire::mark(&newest.wamid, false)),
            Mark::Typing(Typing::Paused) => None,
            // The Graph shows it only as the answer to a message, which is read with it.
            Mark::Typing(Typing::Typing | Typing::Recording) => {
                self.last_received(chat).await?.map(|wamid| wire::mark(&wamid, true))
            }
        };
        match request {
            Some(request) => line.post("messages", &request).await.map(|_: Value| ()),
            None => Ok(()),
        }
    }

    async fn last_received(&self, chat: &Address) -> Result<Option<String>, SendError> {
        let (workspace, account, jid) = (self.workspace, self.account, chat.jid().to_owned());
        let look = move |tx: &mut Snapshot<'_>| last_received(tx, workspace, account, &jid);
        let found = self.world.database.read(look).await;
        found.map_err(|error: database::Error| broken("Not read", &error.to_string()))
    }
}

impl Transport for Cloud {
    fn kind(&self) -> Kind {
        Kind::Cloud
    }

    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        Box::pin(self.connect(ear))
    }

    fn stop(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(self.hand_over(message))
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        Box::pin(async move { files::fetch(&*self.line().await?, source).await })
    }

    fn mark<'a>(&'a self, chat: &'a Address, mark: &'a Mark) -> Pending<'a, Result<(), SendError>> {
        Box::pin(self.show(chat, mark))
    }

    fn check_number<'a>(&'a self, _: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async {
            let details = "The Cloud API tells of no number whether it is on WhatsApp; a send to it tells.";
            Err(SendError { verdict: Verdict::Permanent, ..never("Not supported", details) })
        })
    }
}
