//! Stores what the client told, in its order. Messages come through the hook instead, which the library waits for before it
//! acknowledges them; what goes through here is acknowledged already, and lost if the server is killed before it is
//! stored: receipts, of which the next one says more, and news that a new connection brings again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use transport::{Call, CallOutcome, ContactTyping, Event, Incoming, IncomingBody, Sender};
use wacore::types::events::{Event as Told, InboundMessage, LazyHistorySync, UnavailableType, UndecryptableMessage};
use wacore::types::presence::ChatPresence;
use whatsapp_rust::{Client, InboundDurabilityHook, Jid, Server, anyhow};

use crate::groups::{change_of, pairs, whole};
use crate::history::past_of;
use crate::known::is_chat;
use crate::receipts::receipts_of;
use crate::shared::{Heard, Shared};
use crate::told::{ChatNames, events_of};

/// Told things that are stored at once.
const AT_ONCE: usize = 200;
/// Past messages that are stored at once: others wait behind them.
const PAST_AT_ONCE: usize = 50;
const GROUP_MAX: Duration = Duration::from_secs(30);

/// Stores until the session ends.
pub async fn pump(shared: Arc<Shared>, mut queue: mpsc::Receiver<Heard>) {
    let mut heard = Vec::new();
    let mut groups = HashSet::new();
    loop {
        // What was told before the end is still stored.
        let count = tokio::select! {
            biased;
            count = queue.recv_many(&mut heard, AT_ONCE) => count,
            () = shared.stopped() => 0,
        };
        if count == 0 {
            return;
        }
        let mut events: Vec<Event> = Vec::new();
        events.extend(shared.missed_state().map(Event::Account));
        for one in heard.drain(..) {
            match one {
                Heard::State(state) => events.push(Event::Account(state)),
                Heard::Group(group) => {
                    if groups.insert(group.to_non_ad_string()) {
                        tokio::spawn(tell_group(Arc::clone(&shared), group));
                    }
                }
                Heard::Told(told) => {
                    let Some(client) = shared.client() else { continue };
                    match &*told {
                        Told::HistorySync(history) => {
                            tokio::spawn(tell_past(Arc::clone(&shared), client, (**history).clone()));
                        }
                        Told::Connected(_) => {
                            groups.clear();
                            tokio::spawn(learn_groups(Arc::clone(&shared), client));
                        }
                        told => events.extend(read(&shared, &client, told).await),
                    }
                }
            }
        }
        if !shared.tell(events).await {
            return;
        }
    }
}

async fn read(shared: &Arc<Shared>, client: &Arc<Client>, told: &Told) -> Vec<Event> {
    let mut known = shared.own(client);
    match told {
        Told::Receipt(receipt) => {
            if let Some(phone) = &receipt.source.sender_alt {
                known.learn(&receipt.source.sender, phone);
            }
            shared.look_up(client, &mut known, &receipt.source.sender).await;
            receipts_of(receipt, &known).into_iter().map(Event::Receipt).collect()
        }
        Told::Messages(batch) => messages(shared, client, &batch.messages).await,
        Told::UndecryptableMessage(sealed) => unshown(shared, client, sealed).await.into_iter().collect(),
        Told::GroupUpdate(update) => {
            for one in people(update) {
                shared.look_up(client, &mut known, one).await;
            }
            let Some(change) = change_of(update, &known) else {
                shared.queue(Heard::Group(update.group_jid.clone()));
                return Vec::new();
            };
            let named = change.name.clone().map(|name| (change.chat.jid().to_owned(), name));
            shared.learn_names(named);
            vec![Event::Group(change)]
        }
        Told::ChatPresence(presence) => {
            shared.look_up(client, &mut known, &presence.source.chat).await;
            let is_writing = matches!(presence.state, ChatPresence::Composing);
            vec![Event::Typing(ContactTyping { chat: known.address(&presence.source.chat), is_writing })]
        }
        Told::ContactUpdate(update) => {
            shared.look_up(client, &mut known, &update.jid).await;
            let name = update.action.full_name.clone().or_else(|| update.action.first_name.clone());
            let named = name.map(|name| (known.address(&update.jid).jid().to_owned(), name));
            shared.learn_names(named);
            Vec::new()
        }
        Told::MissedCall(call) => {
            shared.look_up(client, &mut known, &call.from).await;
            let address = known.address(&call.from);
            let name = shared.name_of(address.jid()).unwrap_or_default();
            vec![Event::Call(Call {
                chat: address.clone(),
                caller: Sender { address, name },
                is_outgoing: false,
                wamid: call.call_id.clone(),
                at_ms: call.timestamp.timestamp_millis(),
                duration_s: None,
                is_video: false,
                outcome: CallOutcome::Missed,
            })]
        }
        _ => Vec::new(),
    }
}

/// Whom an update of a group names by hidden ids.
fn people(update: &wacore::types::events::GroupUpdate) -> Vec<&Jid> {
    use wacore::stanza::groups::GroupNotificationAction as Action;
    match &update.action {
        Action::Add { participants, .. }
        | Action::Remove { participants, .. }
        | Action::Promote { participants }
        | Action::Demote { participants } => participants.iter().map(|one| &one.jid).collect(),
        _ => Vec::new(),
    }
}

async fn messages(shared: &Shared, client: &Client, batch: &[InboundMessage]) -> Vec<Event> {
    let all: Vec<&InboundMessage> = batch.iter().collect();
    let known = shared.known(client, &all).await;
    let chats = batch.iter().map(|one| known.address(&one.info.source.chat).jid().to_owned());
    let names: ChatNames = chats.filter_map(|chat| shared.name_of(&chat).map(|name| (chat, name))).collect();
    events_of(batch, &known, &names)
}

/// A message that only the phone may open: shown as that. What couldn't be opened is asked for again by the library.
async fn unshown(shared: &Shared, client: &Client, sealed: &UndecryptableMessage) -> Option<Event> {
    let source = &sealed.info.source;
    if sealed.unavailable_type != UnavailableType::ViewOnce || source.is_from_me || !is_chat(&source.chat) {
        return None;
    }
    let mut known = shared.own(client);
    shared.look_up(client, &mut known, &source.chat).await;
    shared.look_up(client, &mut known, &source.sender).await;
    let chat = known.address(&source.chat);
    Some(Event::Message(Incoming {
        chat_name: shared.name_of(chat.jid()).unwrap_or_default(),
        chat,
        sender: Sender { address: known.address(&source.sender), name: sealed.info.push_name.clone() },
        wamid: sealed.info.id.to_string(),
        at_ms: sealed.info.timestamp.timestamp_millis(),
        body: IncomingBody::Unsupported("Something to be seen once".into()),
        reply_to: None,
    }))
}

/// Reads a group as a whole and tells it.
async fn tell_group(shared: Arc<Shared>, group: Jid) {
    let Some(client) = shared.client() else { return };
    let asked = tokio::time::timeout(GROUP_MAX, async { client.groups().get_metadata(&group).await }).await;
    let Ok(Ok(found)) = asked else {
        tracing::debug!("a group could not be read; it will be, with its next message");
        return;
    };
    let mut known = shared.own(&client);
    pairs(&found).for_each(|(one, other)| known.learn(one, other));
    for one in &found.participants {
        shared.look_up(&client, &mut known, &one.jid).await;
    }
    let change = whole(&found, &known, wacore::time::now_millis());
    shared.learn_names(change.name.clone().map(|name| (change.chat.jid().to_owned(), name)));
    shared.tell(vec![Event::Group(change)]).await;
}

/// Learns what the number's groups are called, so that a chat has its name with its first message.
async fn learn_groups(shared: Arc<Shared>, client: Arc<Client>) {
    let asked = tokio::time::timeout(GROUP_MAX, async { client.groups().get_participating().await }).await;
    if let Ok(Ok(groups)) = asked {
        shared.learn_names(groups.into_values().map(|group| (group.id.to_non_ad_string(), group.subject)));
    }
}

/// Tells what the phone handed over of earlier days.
async fn tell_past(shared: Arc<Shared>, client: Arc<Client>, history: LazyHistorySync) {
    let known = shared.own(&client);
    let Ok(past) = tokio::task::spawn_blocking(move || past_of(&history, &known)).await else { return };
    shared.learn_names(past.names);
    for chat in past.chats {
        let mut events = chat.into_iter().peekable();
        while events.peek().is_some() {
            if !shared.tell(events.by_ref().take(PAST_AT_ONCE).collect()).await {
                return;
            }
        }
    }
}

/// Stores messages before they are acknowledged.
pub struct Receiver(pub Arc<Shared>);

#[async_trait]
impl InboundDurabilityHook for Receiver {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let shared = &self.0;
        let events = messages(shared, &client, batch).await;
        if !events.is_empty() {
            shared.ear.hear(events).await.map_err(anyhow::Error::new)?;
        }
        for one in batch.iter().filter(|one| one.info.source.chat.server == Server::Group) {
            shared.queue(Heard::Group(one.info.source.chat.clone()));
        }
        Ok(())
    }
}
