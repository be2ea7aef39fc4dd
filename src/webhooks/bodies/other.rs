//! Events that are of no chat and no account: quotas, teammates, templates, webhooks.

use database::Read;
use serde::Serialize;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{TeammateId, TemplateId, WebhookId};
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
        _ => About::Detail(row.detail.clone()),
    };
    Ok(OtherEvent { event_type, event_timestamp: scene.time(row.at), about })
}

fn quota(scene: &Scene<'_>, name: &str) -> Quota {
    let (used, limit) = match name {
        "calls" => (scene.counters.calls_used, scene.settings.calls_per_cycle),
        _ => (scene.counters.credits_used, scene.settings.credits_per_cycle),
    };
    Quota { name: name.to_owned(), used, limit, resets_at: scene.time(scene.counters.cycle_ends_at) }
}
