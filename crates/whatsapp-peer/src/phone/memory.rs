//! What a phone has seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use wacore::proto_helpers::MessageExt;
use wacore::types::events::{Event, InboundMessage};
use wacore::types::presence::ReceiptType;
use wacore_binary::{Jid, Server};
use waproto::whatsapp as wa;
use whatsapp_rust::client::Client;

/// A message on the screen.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// The id on the wire.
    pub id: String,
    /// The digits of who wrote it.
    pub from: String,
    /// The group it was written in.
    pub group: Option<String>,
    /// Its text or caption; empty where it has none.
    pub text: String,
    /// All of it.
    pub message: Arc<wa::Message>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // All of a message fills a screen.
        let Shown { id, from, group, text, .. } = self;
        f.debug_struct("Shown").field("id", id).field("from", from).field("group", group).field("text", text).finish()
    }
}

/// What became of a message of the phone's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    /// `sent`, `refused`, `delivered`, `read`, `played` or `retry`.
    pub kind: String,
    /// The digits of who has it; empty where it is the server.
    pub by: String,
}

#[derive(Clone)]
pub struct Memory(Arc<Inside>);

struct Inside {
    seen: Mutex<Seen>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct Seen {
    shown: Vec<Shown>,
    arrivals: HashMap<String, usize>,
    told: Vec<Told>,
    unreadable: usize,
    ignores: bool,
}

impl Memory {
    pub fn new() -> Memory {
        Memory(Arc::new(Inside { seen: Mutex::default(), changed: Arc::new(Notify::new()) }))
    }

    /// Something happened to the phone's client.
    pub async fn hear(&self, event: &Event, client: &Client) {
        match event {
            Event::Messages(batch) => {
                for message in batch {
                    self.show(message, client).await;
                }
            }
            Event::Receipt(receipt) => {
                let kind = match &receipt.r#type {
                    ReceiptType::Delivered => "delivered",
                    ReceiptType::Read => "read",
                    ReceiptType::Played => "played",
                    ReceiptType::Retry => "retry",
                    _ => return,
                };
                let by = digits_of(&receipt.source.sender, receipt.source.sender_alt.as_ref());
                for id in &receipt.message_ids {
                    self.seen().told.push(Told { id: id.clone(), kind: kind.to_owned(), by: by.clone() });
                }
            }
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                let kind = if ack.error.is_none() { "sent" } else { "refused" };
                self.seen().told.push(Told { id: ack.id.clone(), kind: kind.to_owned(), by: String::new() });
            }
            Event::UndecryptableMessage(_) => self.seen().unreadable += 1,
            _ => return,
        }
        self.0.changed.notify_waiters();
    }

    async fn show(&self, inbound: &InboundMessage, client: &Client) {
        let info = &inbound.info;
        let source = &info.source;
        let from = digits_of(&source.sender, source.sender_alt.as_ref());
        let group = source.is_group.then(|| source.chat.to_string());
        let reads = {
            let mut seen = self.seen();
            *seen.arrivals.entry(info.id.clone()).or_default() += 1;
            let known =
                seen.shown.iter().any(|shown| shown.id == info.id && shown.from == from && shown.group == group);
            if !known {
                let text = text_of(&inbound.message);
                seen.shown.push(Shown {
                    id: info.id.clone(),
                    from,
                    group,
                    text,
                    message: Arc::clone(&inbound.message),
                });
            }
            !seen.ignores && !source.is_from_me
        };
        if reads {
            let sender = source.is_group.then_some(&source.sender);
            if let Err(error) = client.mark_as_read(&source.chat, sender, &[info.id.as_str()]).await {
                tracing::debug!("a phone couldn't say that it read something: {error}");
            }
        }
    }

    pub fn shown(&self) -> Vec<Shown> {
        self.seen().shown.clone()
    }

    pub fn arrivals(&self, id: &str) -> usize {
        self.seen().arrivals.get(id).copied().unwrap_or_default()
    }

    pub fn told(&self) -> Vec<Told> {
        self.seen().told.clone()
    }

    pub fn unreadable(&self) -> usize {
        self.seen().unreadable
    }

    pub fn set_reads(&self, reads: bool) {
        self.seen().ignores = !reads;
    }

    /// Something new, from now on.
    pub fn changed(&self) -> OwnedNotified {
        Arc::clone(&self.0.changed).notified_owned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().expect("nobody panics with a phone's memory in hand")
    }
}

/// The number behind an address, by whichever of its two forms names it.
fn digits_of(address: &Jid, other: Option<&Jid>) -> String {
    let named = [Some(address), other].into_iter().flatten().find(|jid| jid.server == Server::Pn);
    match named {
        Some(jid) => jid.user.to_string(),
        // A hidden id of ours is the number behind a nine.
        None => address.user.trim_start_matches('9').trim_start_matches('0').to_owned(),
    }
}

fn text_of(message: &wa::Message) -> String {
    message.text_content().or_else(|| message.get_caption()).unwrap_or_default().to_owned()
}
