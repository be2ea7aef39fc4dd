//! Webhooks: addresses that want to hear events.

pub mod bodies;
mod event_type;
mod records;

pub use event_type::EventType;
pub use records::{
    WEBHOOKS_MAX, WebhookChange, WebhookUrl, change_webhook, delete_webhook, make_webhook, unknown_webhook,
};
