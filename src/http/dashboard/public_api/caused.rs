//! What a call caused: its message with its way, the events of that message, and what of them went to which webhook.

use std::collections::BTreeMap;

use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock::Time;
use crate::error::Error;
use crate::events::log::events_of_message;
use crate::http::dashboard::frame::WEBHOOKS_PATH;
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::webhooks::badge;
use crate::http::dashboard::words::public_api as w;
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::store::events::EventRow;
use crate::store::messages::{HistoryRow, history_list, message_find};
use crate::store::webhook_deliveries::{DeliveryRow, delivery_find};
use crate::store::webhooks::{WebhookRow, webhook_list};
use crate::webhooks::delivery_id;

/// Events of one message that are shown, the oldest.
const EVENTS_SHOWN: usize = 20;

/// A message that a call made, and what came of it.
pub struct Caused {
    message: MessageUid,
    /// `None` once the message is gone.
    chat: Option<ChatId>,
    history: Vec<HistoryRow>,
    events: Vec<EventRow>,
    /// By the event's place in the log.
    deliveries: BTreeMap<i64, Vec<(WebhookRow, DeliveryRow)>>,
}

impl Caused {
    /// What the call of `since` caused by its message.
    pub fn read(tx: &mut impl Read, workspace: WorkspaceId, message: MessageUid, since: Time) -> Result<Caused, Error> {
        let chat = message_find(tx, workspace, message)?.map(|view| view.message.chat);
        let mut events = events_of_message(tx, workspace, message, since)?;
        events.truncate(EVENTS_SHOWN);
        let mut deliveries: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        for webhook in webhook_list(tx, workspace)? {
            for event in &events {
                if let Some(row) = delivery_find(tx, workspace, webhook.id, event.seq)? {
                    deliveries.entry(event.seq).or_default().push((webhook.clone(), row));
                }
            }
        }
        Ok(Caused { message, chat, history: history_list(tx, workspace, message)?, events, deliveries })
    }

    pub fn show(&self, zone: &TimeZone) -> Markup {
        let at = |at: Time| formatted(at, zone, "%H:%M:%S%.3f");
        html! {
            p.small {
                (w::MESSAGE)
                @match self.chat {
                    Some(chat) => a href={ "/inbox/" (chat) "#m-" (self.message) } { code { (self.message) } },
                    None => code { (self.message) },
                }
            }
            ol.rail aria-label=(w::ITS_WAY) { @for step in &self.history {
                li data-done data-tone="accent" { strong { (step.status.as_str()) } span.meta { (at(step.at)) } }
            } }
            @if !self.events.is_empty() {
                h4.small { (w::EVENTS_AND_WEBHOOKS) }
                ol.rail aria-label=(w::EVENTS) { @for event in &self.events {
                    li data-done {
                        span.line-up { code { (event.kind.name()) } span.meta { (w::event(&at(event.at), &event.seq)) } }
                        @for (webhook, row) in self.deliveries.get(&event.seq).into_iter().flatten() {
                            span.line-up {
                                a.clip href={ (WEBHOOKS_PATH) "/" (webhook.id) "?delivery=" (delivery_id(webhook, row.seq)) "#delivery" } { (webhook.url) }
                                (badge(row))
                            }
                        }
                    }
                } }
            }
        }
    }
}
