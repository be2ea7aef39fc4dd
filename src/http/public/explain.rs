//! Why a message is where it is. Partyline's own.

use axum::extract::Path;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Time;
use crate::events::shown::EventContact;
use crate::http::call::Call;
use crate::http::public::messages::{parse_uid, unknown_message};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::inbox::explain::{Explanation, Step, explain};
use crate::store::message_receipts::RecipientRow;
use crate::workspace::zone::api_time;

/// A message, explained.
#[derive(Serialize, ToSchema)]
pub struct Explained {
    pub message_uid: String,
    pub chat_id: i64,
    /// The account's phone.
    pub whatsapp_account_phone: String,
    /// Whose chat it is, by phone and hidden id; null of a group.
    pub contact: Option<EventContact>,
    /// As the message itself says it.
    pub status: String,
    /// scheduled, waiting, held, sending, uncertain, sent, delivered, read, failed, received or kept.
    pub standing: String,
    /// Oldest first; the last says how it stands now.
    pub steps: Vec<ExplainedStep>,
    /// What happens next, or what you can do; null where there is nothing more to come.
    pub next: Option<String>,
    /// In a group, each of those to whom it went with what their phone told, by name; empty elsewhere. Forgotten after 30
    /// days.
    pub recipients: Vec<Recipient>,
}

/// Somebody of a group to whom a message went.
#[derive(Serialize, ToSchema)]
pub struct Recipient {
    /// `<digits>@s.whatsapp.net`, or `<digits>@lid` where WhatsApp shows no phone.
    pub whatsapp_id: String,
    /// As they call themselves; may be empty.
    pub name: String,
    /// Null until their phone told that it has it.
    pub delivered_timestamp: Option<String>,
    /// Null until they read it, and for ever where they have such receipts switched off.
    pub read_timestamp: Option<String>,
}

/// A step of a message's way.
#[derive(Serialize, ToSchema)]
pub struct ExplainedStep {
    pub at: String,
    /// What happened, or is so now.
    pub what: String,
    pub why: Option<String>,
    pub next: Option<String>,
}

/// Explain a message
///
/// Partyline's own. Each step of its way with its time and reason: who asked for it, each try that failed, what holds it and until when,
/// what WhatsApp told, and what you can do. The words are for people and may change; `standing` is for programs.
#[utoipa::path(
    get, path = "/messages/{message_uid}/explain", tag = "Messages", operation_id = "explain_message",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses((status = 200, description = "Why it is where it is", body = OkBody<Explained>), Refusals),
)]
pub async fn explain_message(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let now = call.app().clock.now();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let found = explain(tx, caller.workspace, *uid, now)?;
        let seen = found.filter(|found| caller.limits.allow_account(&found.view.account_phone));
        let seen = seen.ok_or_else(unknown_message)?;
        let contact = EventContact::of_view(tx, caller.workspace, &seen.view)?;
        Ok(Explained::of(seen, contact, &zone))
    })
    .await
}

impl Explained {
    fn of(explanation: Explanation, contact: Option<EventContact>, zone: &TimeZone) -> Explained {
        let Explanation { view, standing, steps, recipients } = explanation;
        let steps: Vec<ExplainedStep> = steps.into_iter().map(|step| ExplainedStep::of(step, zone)).collect();
        Explained {
            message_uid: view.message.uid.to_string(),
            chat_id: view.message.chat.0,
            whatsapp_account_phone: view.account_phone,
            contact,
            status: view.message.status.as_str().to_owned(),
            standing: standing.as_str().to_owned(),
            next: steps.last().and_then(|step| step.next.clone()),
            steps,
            recipients: recipients.into_iter().map(|one| Recipient::of(one, zone)).collect(),
        }
    }
}

impl Recipient {
    pub(super) fn of(row: RecipientRow, zone: &TimeZone) -> Recipient {
        let told = |at: Time| (!at.is_never()).then(|| api_time(at, zone));
        Recipient {
            delivered_timestamp: told(row.receipt.there_at()),
            read_timestamp: told(row.receipt.read_at),
            whatsapp_id: row.jid,
            name: row.name,
        }
    }
}

impl ExplainedStep {
    fn of(step: Step, zone: &TimeZone) -> ExplainedStep {
        let told = |text: String| Some(text).filter(|text| !text.is_empty());
        ExplainedStep {
            at: api_time(step.at, zone),
            what: step.what,
            why: told(step.why),
            next: told(match step.goes_on_at {
                Some(at) => in_zone(at, zone),
                None => step.next,
            }),
        }
    }
}

fn in_zone(at: Time, zone: &TimeZone) -> String {
    format!("It goes on by itself at {}", api_time(at, zone))
}
