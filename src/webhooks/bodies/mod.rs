//! What an event looks like outside: the contract's bodies for the contract's types, ours in the same style beside them.
//! Webhooks, the list of events and the stream all show these.
//!
//! A body shows its rows as they are when it is rendered; only what the log itself says (a status that was reached, a label,
//! a name) is as it was. A webhook's body is frozen at its first attempt.

mod account;
mod call;
mod chat;
mod examples;
mod message;
mod other;
mod reaction;
mod scene;
mod waba;

use database::Read;
use serde::{Serialize, Serializer};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::WorkspaceId;
use crate::store::events::EventRow;
use crate::webhooks::EventType;

pub use examples::example;
use scene::Scene;
use waba::{is_told, official_types};

/// How long a message's first attempt may wait for its attachment to arrive from WhatsApp.
const ATTACHMENT_WAITED_MS: i64 = 20_000;

/// One event as one of its types.
#[derive(Clone, Debug, Serialize)]
pub struct Rendered {
    /// Its place in the workspace's log.
    pub seq: i64,
    #[serde(skip)]
    pub at: Time,
    pub event_type: EventType,
    /// `event_type` is the first of its keys.
    pub body: Body,
    /// Its attachment is still on its way from WhatsApp, and may be worth some seconds of waiting.
    #[serde(skip)]
    pub is_early: bool,
}

impl Rendered {
    /// The body's bytes as they are sent: JSON.
    ///
    /// # Errors
    /// Never for a body that was rendered; JSON has a place for all of it.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(&self.body).map_err(Error::internal)
    }
}

/// A body of any type; serializes as that body.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Body {
    Message(Box<message::MessageEvent>),
    Reaction(Box<reaction::ReactionEvent>),
    Chat(Box<chat::ChatEvent>),
    Account(Box<account::AccountEvent>),
    Call(Box<call::CallEvent>),
    Official(Box<waba::OfficialEvent>),
    Other(Box<other::OtherEvent>),
    /// An example that is no event of the log.
    Example(serde_json::Value),
}

/// Whose events to render, and how addresses of this server begin.
#[derive(Clone, Copy, Debug)]
pub struct Rendering<'r> {
    pub workspace: WorkspaceId,
    /// Without a slash at its end.
    pub public_url: &'r str,
    /// Temporary links are good for a quarter of an hour from then.
    pub now: Time,
}

impl Rendering<'_> {
    /// Every public event of these rows, in their order; one row may be several, the most exact type first. A row whose chat
    /// or message is gone is none.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn events(&self, tx: &mut impl Read, rows: &[EventRow]) -> Result<Vec<Rendered>, Error> {
        self.wanted(tx, rows, |_| true)
    }

    /// As [`Rendering::events`], but only the types that are `wanted`; the others cost nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn wanted(
        &self,
        tx: &mut impl Read,
        rows: &[EventRow],
        wanted: impl Fn(EventType) -> bool,
    ) -> Result<Vec<Rendered>, Error> {
        let mut scene: Option<Scene> = None;
        let mut rendered = Vec::new();
        for row in rows {
            let types = EventType::of(row.kind).into_iter().chain(official_types(row));
            for event_type in types.filter(|one| wanted(*one)) {
                let scene = match &mut scene {
                    Some(scene) => scene,
                    none => none.insert(Scene::read(tx, self)?),
                };
                if let Some((body, is_early)) = body(tx, scene, row, event_type)? {
                    rendered.push(Rendered { seq: row.seq, at: row.at, event_type, body, is_early });
                }
            }
        }
        Ok(rendered)
    }

    /// What each of these rows is called in public, as far as `heard` wants to hear it of this row. Events of official
    /// accounts need a look at whose they are; the others cost nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn types<'e>(
        &self,
        tx: &mut impl Read,
        rows: &'e [EventRow],
        heard: impl Fn(&EventRow, EventType) -> bool,
    ) -> Result<Vec<(&'e EventRow, EventType)>, Error> {
        let mut scene: Option<Scene> = None;
        let mut types = Vec::new();
        for row in rows {
            types.extend(EventType::of(row.kind).into_iter().filter(|one| heard(row, *one)).map(|one| (row, one)));
            for event_type in official_types(row).into_iter().filter(|one| heard(row, *one)) {
                let scene = match &mut scene {
                    Some(scene) => scene,
                    none => none.insert(Scene::read(tx, self)?),
                };
                if is_told(tx, scene, row, event_type)? {
                    types.push((row, event_type));
                }
            }
        }
        Ok(types)
    }
}

fn body(
    tx: &mut impl Read,
    scene: &mut Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<Option<(Body, bool)>, Error> {
    let is_recent = scene.now.ms() - row.at.ms() < ATTACHMENT_WAITED_MS;
    if event_type.as_str().starts_with("waba:") {
        let event = waba::render(tx, scene, row, event_type)?;
        return Ok(event.map(|(event, waits)| (Body::Official(Box::new(event)), waits && is_recent)));
    }
    let body = match row.kind {
        Kind::MessageSent
        | Kind::MessageReceived
        | Kind::MessageSynced
        | Kind::MessageStatus
        | Kind::MessageEdited
        | Kind::MessageDeleted
        | Kind::MessageScheduled
        | Kind::MessageUnscheduled
        | Kind::MessageChangeFailed
        | Kind::NoteAdded
        | Kind::AttachmentReady
        | Kind::AttachmentUnavailable
        | Kind::MessageHeld
        | Kind::MessageReceipt
        | Kind::MessageUncertain
        | Kind::MessageResent
        | Kind::MessageMarkedSent => {
            let event = message::render(tx, scene, row, event_type)?;
            return Ok(event.map(|(event, waits)| (Body::Message(Box::new(event)), waits && is_recent)));
        }
        Kind::MessageReaction => reaction::render(tx, scene, row, event_type)?.map(|one| Body::Reaction(Box::new(one))),
        Kind::AccountConnected
        | Kind::AccountDisconnected
        | Kind::AccountSuspended
        | Kind::AccountResumed
        | Kind::AccountHealth
        | Kind::AccountChanged => account::render(scene, row, event_type).map(|one| Body::Account(Box::new(one))),
        Kind::CallMissed | Kind::CallIncoming | Kind::CallOutgoing => {
            call::render(tx, scene, row, event_type)?.map(|one| Body::Call(Box::new(one)))
        }
        _ if row.chat.0 != 0 => chat::render(tx, scene, row, event_type)?.map(|one| Body::Chat(Box::new(one))),
        _ => Some(Body::Other(Box::new(other::render(tx, scene, row, event_type)?))),
    };
    Ok(body.map(|body| (body, false)))
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
