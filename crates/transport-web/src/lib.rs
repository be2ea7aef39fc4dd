//! Linked devices: WhatsApp through a phone's own number, by the protocol that its web client speaks.
//!
//! The adapter between the `transport` crate's trait and whatsapp-rust. Nothing of Partyline's database is known here:
//! session keys go to whoever implements the records they are kept in, bytes to whoever fetches them.
//!
//! What WhatsApp says and what is said to it are plain translations (`told`, `said`, `receipts`, `groups`, `states`,
//! `history`, `compose`, `errors`); `session`, `pump`, `sending`, `files` and `link` do what takes time.

mod compose;
mod errors;
mod files;
mod groups;
mod history;
mod http;
pub mod keys;
mod known;
mod link;
mod pump;
mod receipts;
pub mod records;
mod said;
mod sending;
mod session;
mod shared;
mod socket;
mod source;
mod states;
mod told;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use transport::{
    Accepted, AccountState, Address, Ear, FileBytes, FileSource, Kind, LinkBy, Mark, Outgoing, Pending, SendError,
    Transport,
};

use crate::errors::never;
use crate::link::Linking;
use crate::records::Records;
use crate::shared::{QUEUE_MAX, Shared};

pub use http::{Answer, Http, Request, RequestBody};
pub use socket::Way;
pub use wacore::net::WHATSAPP_WEB_WS_URL;

/// How long a session may take to end.
const STOP_MAX: Duration = Duration::from_secs(8);
/// And what it still has to tell.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// What the operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOptions {
    /// The version of WhatsApp's web client to be taken for; `None` asks WhatsApp which is current, once a day.
    pub version: Option<(u32, u32, u32)>,
    /// What the phone calls this server among its linked devices.
    pub device_name: String,
}

/// A number has one connection at a time; whoever connects holds this.
pub type Turn = Arc<Mutex<()>>;

/// What a number's session is made of.
pub struct WebParts {
    pub options: WebOptions,
    pub way: Way,
    pub keyring: Arc<dyn Keyring>,
    pub http: Arc<dyn Http>,
    /// Where the bytes of what is sent come from.
    pub files: Arc<dyn FileSource>,
    /// A folder for files that are on their way.
    pub scratch: PathBuf,
    pub turn: Turn,
}

/// Whoever has a number's keys.
pub trait Keyring: Send + Sync {
    /// Opens the keys of a number that was linked; from then on nobody who opened them before writes them.
    ///
    /// # Errors
    /// See [`NotOpened`].
    fn open(&self) -> Pending<'_, Result<Arc<dyn Records>, NotOpened>>;

    /// Opens none, for a number that is being linked and makes its own; those that are there are forgotten.
    ///
    /// # Errors
    /// In words: they can't be kept just now.
    fn begin(&self) -> Pending<'_, Result<Arc<dyn Records>, String>>;
}

/// Why keys were not opened. The words are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// They can't be used, now or later: the number is to be linked again.
    Refused(String),
    /// It may work the next time.
    Failed(String),
}

/// A linked number.
pub struct Web {
    parts: Arc<WebParts>,
    session: std::sync::Mutex<Option<Session>>,
    linking: Mutex<Option<Linking>>,
}

/// A session that runs; dropping it ends it, without waiting.
struct Session {
    shared: Arc<Shared>,
    pump: JoinHandle<()>,
    keep: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}

impl Web {
    pub fn new(parts: WebParts) -> Web {
        Web { parts: Arc::new(parts), session: std::sync::Mutex::default(), linking: Mutex::default() }
    }

    fn shared(&self) -> Result<Arc<Shared>, SendError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = session.as_ref().map(|session| Arc::clone(&session.shared));
        shared.ok_or_else(|| errors::no_line("This number isn't started."))
    }

    async fn open(&self, ear: Arc<dyn Ear>) -> Result<(), SendError> {
        let (sender, queue) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared::new(Arc::clone(&self.parts), ear, sender));
        shared.tell_state(AccountState::Connecting);
        let pump = tokio::spawn(pump::pump(Arc::clone(&shared), queue));
        let keep = tokio::spawn(session::keep(Arc::clone(&shared)));
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(Session { shared, pump, keep });
        Ok(())
    }

    async fn close(&self) {
        if let Some(linking) = self.linking.lock().await.take() {
            linking.end().await;
        }
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut session) = session else { return };
        session.shared.stop.send_replace(true);
        if tokio::time::timeout(STOP_MAX, &mut session.keep).await.is_err() {
            tracing::warn!("a number's connection didn't end in time and was cut");
            session.keep.abort();
        }
        if tokio::time::timeout(DRAIN_MAX, &mut session.pump).await.is_err() {
            session.pump.abort();
        }
    }

    async fn give_up(&self) -> Result<(), SendError> {
        if let Some(client) = self.shared().ok().and_then(|shared| shared.client()) {
            client.logout().await;
        }
        Ok(())
    }

    async fn with_linking<'a, T>(
        &'a self,
        work: impl AsyncFnOnce(&Linking) -> Result<T, SendError> + 'a,
    ) -> Result<T, SendError> {
        let linking = self.linking.lock().await;
        let linking = linking.as_ref().ok_or_else(|| never("Not being linked", "Begin anew."))?;
        work(linking).await
    }
}

impl Transport for Web {
    fn kind(&self) -> Kind {
        Kind::Web
    }

    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        Box::pin(self.open(ear))
    }

    fn stop(&self) -> Pending<'_, ()> {
        Box::pin(self.close())
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(async move { sending::send(&self.shared()?, message).await })
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        Box::pin(async move {
            let shared = self.shared()?;
            let client = sending::line(&shared)?;
            files::fetch(&self.parts, &client, source).await
        })
    }

    fn mark<'a>(&'a self, chat: &'a Address, mark: &'a Mark) -> Pending<'a, Result<(), SendError>> {
        Box::pin(async move {
            let shared = self.shared()?;
            sending::mark(&shared, chat, mark).await
        })
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async move {
            let shared = self.shared()?;
            sending::check_number(&shared, address).await
        })
    }

    fn link<'a>(&'a self, by: &'a LinkBy, ear: Arc<dyn Ear>) -> Pending<'a, Result<(), SendError>> {
        Box::pin(async move {
            let mut linking = self.linking.lock().await;
            if let Some(before) = linking.take() {
                before.end().await;
            }
            *linking = Some(Linking::begin(&self.parts, by, ear).await?);
            Ok(())
        })
    }

    fn answer_passkey<'a>(&'a self, assertion: &'a str) -> Pending<'a, Result<(), SendError>> {
        Box::pin(self.with_linking(async move |linking: &Linking| linking.answer_passkey(assertion).await))
    }

    fn confirm_passkey(&self) -> Pending<'_, Result<(), SendError>> {
        Box::pin(self.with_linking(async |linking: &Linking| linking.confirm_passkey().await))
    }

    fn unlink(&self) -> Pending<'_, Result<(), SendError>> {
        Box::pin(self.give_up())
    }
}

/// Reads a version as people write it: `2.3000.1030000000`.
pub fn version_of(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim().split('.').map(str::parse::<u32>);
    match (parts.next()?, parts.next()?, parts.next()?, parts.next()) {
        (Ok(major), Ok(minor), Ok(patch), None) => Some((major, minor, patch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_three_numbers() {
        assert_eq!(version_of("2.3000.1030000000"), Some((2, 3000, 1_030_000_000)));
        for wrong in ["", "2", "2.3000", "2.3000.x", "2.3000.1.4", "2,3000,1"] {
            assert_eq!(version_of(wrong), None, "{wrong}");
        }
    }
}
