//! What a call caused: its message with its way, the events of its own write, and which events of that message went to which
//! webhook.

use std::collections::BTreeMap;

use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock::Time;
use crate::error::Error;
use crate::events::log::events_of_write;
use crate::http::dashboard::frame::WEBHOOKS_PATH;
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::webhooks::badge;
use crate::http::dashboard::words::public_api as w;
use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::store::events::{EventRow, event_after};
use crate::store::messages::{HistoryRow, history_list, message_find};
use crate::store::webhook_deliveries::{DeliveryRow, delivery_of_message};
use crate::store::webhooks::{WebhookRow, webhook_list};
use crate::webhooks::delivery_id;

/// Deliveries of one message that are shown, the oldest.
const DELIVERIES_SHOWN: i64 = 100;

/// An event and its deliveries.
#[derive(Default)]
struct Told {
    /// `None` where the log has forgotten it.
    event: Option<EventRow>,
    deliveries: Vec<(WebhookRow, DeliveryRow)>,
}

/// A message that a call made, and what came of it.
pub struct Caused {
    message: MessageUid,
    /// `None` once the message is gone.
    chat: Option<ChatId>,
    history: Vec<HistoryRow>,
    /// By the event's place in the log.
    told: BTreeMap<i64, Told>,
}

impl Caused {
    /// What a call caused by its message.
    pub fn read(tx: &mut impl Read, workspace: WorkspaceId, message: MessageUid) -> Result<Caused, Error> {
        let found = message_find(tx, workspace, message)?.map(|view| view.message);
        let webhooks = webhook_list(tx, workspace)?;
        let mut told: BTreeMap<i64, Told> = BTreeMap::new();
        if let Some(found) = &found {
            for event in events_of_write(tx, workspace, message, found.received_at)? {
                let seq = event.seq;
                told.entry(seq).or_default().event = Some(event);
            }
        }
        for row in delivery_of_message(tx, workspace, message, DELIVERIES_SHOWN)? {
            let Some(webhook) = webhooks.iter().find(|webhook| webhook.id == row.webhook) else { continue };
            let told = told.entry(row.seq).or_default();
            if told.event.is_none() {
                let next = event_after(tx, workspace, row.seq - 1, 1)?.pop();
                told.event = next.filter(|event| event.seq == row.seq);
            }
            told.deliveries.push((webhook.clone(), row));
        }
        let chat = found.map(|message| message.chat);
        Ok(Caused { message, chat, history: history_list(tx, workspace, message)?, told })
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
            @if !self.told.is_empty() {
                h4.small { (w::EVENTS_AND_WEBHOOKS) }
                ol.rail aria-label=(w::EVENTS) { @for (seq, told) in &self.told {
                    li data-done {
                        @match &told.event {
                            Some(event) => span.line-up { code { (event.kind.name()) } span.meta { (w::event(&at(event.at), seq)) } },
                            None => span.meta { (w::forgotten_event(seq)) },
                        }
                        @for (webhook, row) in &told.deliveries {
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
