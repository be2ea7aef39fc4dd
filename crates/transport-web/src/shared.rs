//! What the parts of a number's session share: the client of the moment, who waits for an answer, and the queue of what the
//! client told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use transport::{AccountState, Ear, Event};
use wacore::types::events::{Event as Told, EventHandler, EventInterest, EventKind, InboundMessage, ServerAck};
use whatsapp_rust::{Client, Jid};

use crate::WebParts;
use crate::known::Known;
use crate::socket::{Silence, Watcher};
use crate::states::{Ending, state_of, unreachable};
use crate::told::{ChatNames, hidden_of, pairs};

/// What was told and isn't stored yet; more receipts than these wait for WhatsApp to tell them again.
pub const QUEUE_MAX: usize = 8_192;
/// While nothing can be stored.
const TELL_AGAIN: Duration = Duration::from_millis(500);
/// Names of chats that are kept; a group without one is asked for again.
const NAMES_MAX: usize = 20_000;

/// Something to store.
pub enum Heard {
    State(AccountState),
    Told(Arc<Told>),
    /// A group of which something was heard that is best read as a whole.
    Group(Jid),
}

/// A number's session.
pub struct Shared {
    pub parts: Arc<WebParts>,
    pub ear: Arc<dyn Ear>,
    pub queue: mpsc::Sender<Heard>,
    pub stop: watch::Sender<bool>,
    pub silence: Silence,
    client: Mutex<Option<Arc<Client>>>,
    acks: Mutex<HashMap<String, oneshot::Sender<ServerAck>>>,
    ending: Mutex<Option<Ending>>,
    names: Mutex<ChatNames>,
    /// The last state that was told, told again where the queue was full.
    state: Mutex<Option<AccountState>>,
    lost_some: AtomicBool,
}

/// What a lock guards stays whole if a holder panics: each is a value that is replaced.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(parts: Arc<WebParts>, ear: Arc<dyn Ear>, queue: mpsc::Sender<Heard>) -> Shared {
        Shared {
            parts,
            ear,
            queue,
            stop: watch::Sender::new(false),
            silence: Silence::default(),
            client: Mutex::default(),
            acks: Mutex::default(),
            ending: Mutex::default(),
            names: Mutex::default(),
            state: Mutex::default(),
            lost_some: AtomicBool::new(false),
        }
    }

    /// Ends when the session is to stop.
    pub async fn stopped(&self) {
        // Ends as well when the sender is gone, which lives as long as this.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    pub fn client(&self) -> Option<Arc<Client>> {
        lock(&self.client).clone()
    }

    pub fn set_client(&self, client: Option<Arc<Client>>) {
        *lock(&self.client) = client;
    }

    pub fn take_ending(&self) -> Option<Ending> {
        lock(&self.ending).take()
    }

    /// Waits for the server's answer to a message; to be called before it is sent.
    pub fn expect(&self, wamid: &str) -> oneshot::Receiver<ServerAck> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.acks).insert(wamid.to_owned(), sender);
        receiver
    }

    /// Nobody waits for that answer any more.
    pub fn forget(&self, wamid: &str) {
        lock(&self.acks).remove(wamid);
    }

    pub fn name_of(&self, address: &str) -> Option<String> {
        lock(&self.names).get(address).cloned()
    }

    pub fn learn_names(&self, names: impl IntoIterator<Item = (String, String)>) {
        let mut all = lock(&self.names);
        for (address, name) in names {
            if !name.is_empty() && (all.len() < NAMES_MAX || all.contains_key(&address)) {
                all.insert(address, name);
            }
        }
    }

    /// Queues a state; the newest is never lost.
    pub fn tell_state(&self, state: AccountState) {
        *lock(&self.state) = Some(state.clone());
        self.queue(Heard::State(state));
    }

    /// What must be told once there is room again.
    pub fn missed_state(&self) -> Option<AccountState> {
        self.lost_some.swap(false, Ordering::Relaxed).then(|| lock(&self.state).clone()).flatten()
    }

    pub fn queue(&self, heard: Heard) {
        if self.queue.try_send(heard).is_err() && !self.lost_some.swap(true, Ordering::Relaxed) {
            tracing::warn!("WhatsApp tells more than can be stored; what it repeats will be heard then");
        }
    }

    /// Has events stored, however long that takes; `false` where the session stopped before.
    pub async fn tell(&self, events: Vec<Event>) -> bool {
        if events.is_empty() {
            return true;
        }
        loop {
            let Err(error) = self.ear.hear(events.clone()).await else { return true };
            tracing::warn!(%error, "news of WhatsApp wait to be stored");
            tokio::select! {
                () = tokio::time::sleep(TELL_AGAIN) => {}
                () = self.stopped() => return false,
            }
        }
    }

    /// Who is who in these messages.
    pub async fn known(&self, client: &Client, messages: &[&InboundMessage]) -> Known {
        let mut known = self.own(client);
        for one in messages {
            pairs(&one.info).for_each(|(one, other)| known.learn(one, other));
        }
        for jid in messages.iter().flat_map(|one| hidden_of(&one.info)) {
            self.look_up(client, &mut known, jid).await;
        }
        known
    }

    pub fn own(&self, client: &Client) -> Known {
        Known { own: client.pn(), own_hidden: client.lid(), ..Known::default() }
    }

    /// Adds the phone behind a hidden id, where it is known to the library.
    pub async fn look_up(&self, client: &Client, known: &mut Known, jid: &Jid) {
        if !known.lacks(jid) {
            return;
        }
        if let Ok(Some(entry)) = client.get_lid_pn_entry(&jid.to_non_ad()).await {
            known.phones.insert(jid.user_base().to_owned(), entry.phone_number.to_string());
        }
    }

    fn answered(&self, ack: &ServerAck) {
        if ack.class.as_deref() != Some("message") {
            return;
        }
        if let Some(waits) = lock(&self.acks).remove(&ack.id) {
            // Whoever waited may have given up just now.
            let _ = waits.send(ack.clone());
        }
    }

    fn note_state(&self, told: &Told) {
        let Some((state, ending)) = state_of(told, wacore::time::now_millis()) else { return };
        if !matches!(state, AccountState::Connected) {
            // Their answers won't come on this connection.
            lock(&self.acks).clear();
        }
        if ending.is_some() {
            *lock(&self.ending) = ending;
        }
        self.tell_state(state);
    }
}

impl Watcher for Shared {
    fn may_connect(&self) -> bool {
        !*self.stop.borrow()
    }

    fn failed(&self, why: String) {
        let state = unreachable(&why);
        if lock(&self.state).as_ref() != Some(&state) {
            self.tell_state(state);
        }
    }
}

/// Hears what the client tells, inline: it only sorts.
pub struct Tap(pub Arc<Shared>);

impl EventHandler for Tap {
    fn interest(&self) -> EventInterest {
        EventInterest::of(&[
            EventKind::ServerAck,
            EventKind::Connected,
            EventKind::OfflineSyncCompleted,
            EventKind::Disconnected,
            EventKind::StreamReplaced,
            EventKind::ClientOutdated,
            EventKind::LoggedOut,
            EventKind::TemporaryBan,
            EventKind::ConnectFailure,
            EventKind::Receipt,
            EventKind::Messages,
            EventKind::UndecryptableMessage,
            EventKind::HistorySync,
            EventKind::GroupUpdate,
            EventKind::ChatPresence,
            EventKind::ContactUpdate,
            EventKind::MissedCall,
        ])
    }

    fn handle_event(&self, event: Arc<Told>) {
        let shared = &self.0;
        shared.silence.broken();
        match &*event {
            Told::ServerAck(ack) => shared.answered(ack),
            // The hook has stored them.
            Told::Messages(batch) if batch.hook_committed => {}
            Told::Connected(_) => {
                shared.note_state(&event);
                shared.queue(Heard::Told(event));
            }
            Told::Receipt(_)
            | Told::Messages(_)
            | Told::UndecryptableMessage(_)
            | Told::HistorySync(_)
            | Told::GroupUpdate(_)
            | Told::ChatPresence(_)
            | Told::MissedCall(_)
            | Told::ContactUpdate(_) => shared.queue(Heard::Told(event)),
            _ => shared.note_state(&event),
        }
    }
}
