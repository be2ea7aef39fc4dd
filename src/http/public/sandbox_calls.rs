//! Playing a contact of a sandbox who calls, or is called.

use axum::response::Response;
use transport::CallOutcome;
use utoipa::ToSchema;

use crate::accounts::sandbox::{Inbound, Player, play, sandbox_of};
use crate::http::call::RawBody;
use crate::http::fields::Fields;
use crate::http::public::refusals::{ControlRefusals, Refusals};
use crate::http::public::sandbox_inbound::{Played, account, address};
use crate::http::public::view::Ok as OkBody;
use crate::http::sandbox_call::SandboxCall;
use crate::inbox::values::ChatName;

/// A day: no call is longer.
const CALL_SECONDS_MAX: i64 = 24 * 60 * 60;

/// A call that is over.
#[derive(ToSchema)]
pub struct NewCall {
    /// Who calls, or is called: a phone or a JID.
    #[schema(example = "+1 202 555 0177")]
    pub from: String,
    /// missed and rejected: nobody spoke; ended: somebody did.
    #[schema(example = "missed")]
    pub outcome: String,
    /// Whether your account's own phone called them; it is theirs that calls if left out.
    #[schema(required = false, nullable)]
    pub outgoing: Option<bool>,
    /// How long they spoke, with `ended`; 60 if left out.
    #[schema(required = false, nullable, minimum = 0, maximum = 86_400)]
    pub duration_seconds: Option<i64>,
    #[schema(required = false, nullable)]
    pub video: Option<bool>,
    /// The name they chose.
    #[schema(required = false, nullable, max_length = 256)]
    pub name: Option<String>,
    /// The sandbox account that it is with; left out, the one that was linked last.
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
}

/// Play a call
///
/// Partyline's own. A contact calls your account's phone, or is called by it; nobody speaks here, the call is over when it is told. It stands
/// in the chat, and its event (`call:incoming:missed`, `call:incoming:ended`, `call:outgoing:ended`) goes to webhooks. Not
/// counted.
#[utoipa::path(
    post, path = "/sandbox/calls", tag = "Sandbox", operation_id = "sandbox_call", request_body = NewCall,
    responses((status = 200, description = "It is told within a moment", body = OkBody<Played>), Refusals, ControlRefusals),
)]
pub async fn call(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| {
        let (wished, player, played) = (account(fields), player(fields), played(fields));
        Some((wished, player?, played?))
    });
    let id = call.app().ids.message_uid(call.app().clock.now()).0;
    call.write(request, move |write, (wished, player, played)| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, Played { wamid: play(write, of, player, played, id)? }))
    })
    .await
}

fn player(fields: &mut Fields) -> Option<Player> {
    let name = fields.parsed("name", |given| ChatName::parse("name", given));
    let sender = address(fields, "from")?;
    if sender.is_group() {
        fields.fault("from", "from must be a person; groups don't call".to_owned());
    }
    let name = name.map_or_else(String::new, |name| name.as_str().to_owned());
    Some(Player { chat: sender.clone(), chat_name: String::new(), sender, name, lid: None })
}

fn played(fields: &mut Fields) -> Option<Inbound> {
    let is_outgoing = fields.boolean("outgoing").unwrap_or(false);
    let is_video = fields.boolean("video").unwrap_or(false);
    let seconds = fields.integer("duration_seconds");
    if let Some(seconds) = seconds.filter(|seconds| !(0..=CALL_SECONDS_MAX).contains(seconds)) {
        let rule = format!("duration_seconds is {seconds}; it must be between 0 and {CALL_SECONDS_MAX}");
        fields.fault("duration_seconds", rule);
    }
    let Some(given) = fields.text("outcome") else {
        fields.fault("outcome", "outcome is missing; say missed, rejected or ended".to_owned());
        return None;
    };
    let outcome = match given.to_lowercase().as_str() {
        "missed" if is_outgoing => CallOutcome::NoAnswer,
        "missed" => CallOutcome::Missed,
        "rejected" => CallOutcome::Rejected,
        "ended" => CallOutcome::Ended,
        _ => {
            let shown: String = given.chars().take(64).collect();
            fields.fault("outcome", format!("outcome \"{shown}\" must be one of missed, rejected and ended"));
            return None;
        }
    };
    let duration_s = (outcome == CallOutcome::Ended).then(|| seconds.unwrap_or(60));
    Some(Inbound::Call { is_outgoing, is_video, duration_s, outcome })
}
