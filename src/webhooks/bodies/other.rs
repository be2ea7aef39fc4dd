//! Events that are of no chat and no account: quotas, teammates, templates, webhooks, contacts.

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ContactId, TeammateId, TemplateId, WebhookId};
use crate::inbox::contact_book::{KnownAs, contact_of_event, known_as};
use crate::store::events::EventRow;
use crate::store::templates::template_find;
use crate::store::webhooks::webhook_find;
use crate::webhooks::EventType;
use crate::webhooks::bodies::scene::Scene;

#[derive(Clone, Debug, Serialize)]
pub struct OtherEvent {
    event_type: EventType,
    event_timestamp: String,
    #[serde(flatten)]
    about: About,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Quota(Quota),
    Teammate(Teammate),
    Template(Named),
    Webhook(Hearer),
    Contact(Known),
    /// What the log says, for kinds without a body of their own.
    Detail(String),
}

#[derive(Clone, Debug, Serialize)]
pub struct Quota {
    /// `calls` or `credits`.
    name: String,
    used: i64,
    limit: i64,
    /// When the cycle ends and it is counted anew.
    resets_at: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Teammate {
    user_id: i64,
    /// Empty where the teammate is gone.
    display_name: String,
    email: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Named {
    id: i64,
    /// Null where it is gone.
    name: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Hearer {
    id: i64,
    /// This and the following are null where it is gone.
    event_type: Option<String>,
    url: Option<String>,
    enabled: Option<bool>,
}

/// A contact; empty and null where it is gone, as after it was merged once more.
#[derive(Clone, Debug, Serialize)]
pub struct Known {
    id: i64,
    full_name: String,
    /// E.164 with `+`; empty where WhatsApp hides it.
    phone: String,
    lid: Option<String>,
    opted_out: bool,
    /// The contact that is a part of this one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_id: Option<i64>,
}

pub(super) fn render(
    tx: &mut impl Read,
    scene: &Scene<'_>,
    row: &EventRow,
    event_type: EventType,
) -> Result<OtherEvent, Error> {
    // Some say more behind the number, as the role that somebody has now.
    let number = row.detail.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let about = match row.kind {
        Kind::QuotaNearlyUsed | Kind::QuotaUsed => About::Quota(quota(scene, &row.detail)),
        Kind::TeammateInvited
        | Kind::InvitationWithdrawn
        | Kind::TeammateJoined
        | Kind::TeammateLeft
        | Kind::TeammateRole
        | Kind::TeammateTeam
        | Kind::PasswordChanged => {
            let (display_name, email) = scene.teammate(TeammateId(number));
            About::Teammate(Teammate { user_id: number, display_name, email })
        }
        Kind::TemplateMade | Kind::TemplateChanged | Kind::TemplateDeleted => {
            let found = template_find(tx, scene.workspace, TemplateId(number))?;
            About::Template(Named { id: number, name: found.map(|view| view.template.name) })
        }
        Kind::WebhookMade | Kind::WebhookChanged | Kind::WebhookDeleted | Kind::WebhookDisabled => {
            let found = webhook_find(tx, scene.workspace, WebhookId(number))?;
            About::Webhook(Hearer {
                id: number,
                event_type: found.as_ref().map(|webhook| webhook.event_type.clone()),
                enabled: found.as_ref().map(|webhook| webhook.enabled),
                url: found.map(|webhook| webhook.url),
            })
        }
        _ => match contact_of_event(row.kind, &row.detail) {
            Some(id) => About::Contact(contact(tx, scene, row, id)?),
            None => About::Detail(row.detail.clone()),
        },
    };
    Ok(OtherEvent { event_type, event_timestamp: scene.time(row.at), about })
}

fn contact(tx: &mut impl Read, scene: &Scene<'_>, row: &EventRow, id: ContactId) -> Result<Known, Error> {
    let KnownAs { name, phone, lid, is_opted_out } = known_as(tx, scene.workspace, id)?.unwrap_or_default();
    let merged_id = match row.kind {
        Kind::ContactsMerged => row.detail.split(',').next().and_then(|from| from.parse().ok()),
        _ => None,
    };
    let opted_out = match row.kind {
        Kind::ContactOptedOut => true,
        Kind::ContactOptedIn => false,
        _ => is_opted_out,
    };
    let lid = Some(lid).filter(|lid| !lid.is_empty());
    Ok(Known { id: id.0, full_name: name, phone, lid, opted_out, merged_id })
}

fn quota(scene: &Scene<'_>, name: &str) -> Quota {
    let (used, limit) = match name {
        "calls" => (scene.counters.calls_used, scene.settings.calls_per_cycle),
        _ => (scene.counters.credits_used, scene.settings.credits_per_cycle),
    };
    Quota { name: name.to_owned(), used, limit, resets_at: scene.time(scene.counters.cycle_ends_at) }
}
