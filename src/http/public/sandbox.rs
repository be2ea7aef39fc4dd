//! Controlling a sandbox: Partyline's own operations, for the tests of whoever builds on it. Sandbox accounts only.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::sandbox::{
    AHEAD_MAX, Push, Rule, move_clock, push_message, reconnect, reset, sandbox_of, set_online, set_rule, shown, typing,
};
use crate::error::Error;
use crate::http::call::RawBody;
use crate::http::fields::Fields;
use crate::http::public::refusals::{ControlRefusals, Refusals};
use crate::http::public::sandbox_inbound::{account, address, parse_address};
use crate::http::public::sandbox_view::ShownMessage;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::http::sandbox_call::SandboxCall;
use crate::id::MessageUid;
use crate::inbox::values::MessageText;

/// The largest of WhatsApp's codes that a rule may fail with.
const CODE_MAX: i64 = 999_999;
const DELAY_SECONDS_MAX: i64 = 24 * 60 * 60;
const SPEED_MAX: i64 = 1_000;
const FAILED_CODE: i64 = 131_026;

/// How a message of yours goes on.
#[derive(ToSchema)]
pub struct ForcedStatus {
    /// delivered, read or failed.
    #[schema(example = "read")]
    pub status: String,
    /// With `failed`: WhatsApp's code, 131026 if left out.
    #[schema(required = false, nullable, minimum = 1, maximum = 999_999)]
    pub code: Option<i64>,
    /// In a group, with `delivered` or `read`: whose phone tells it, a phone or a JID. Left out, everybody's.
    #[schema(required = false, nullable)]
    pub participant: Option<String>,
}

/// What a number does from now on. With nothing but the number it does again as its contact does.
#[derive(ToSchema)]
pub struct NewRule {
    /// A phone or a JID.
    #[schema(example = "+1 202 555 0177")]
    pub number: String,
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
    /// Reads whatever it is sent and says this.
    #[schema(required = false, nullable, max_length = 2000)]
    pub answers: Option<String>,
    /// Every send to it fails with this code of WhatsApp.
    #[schema(required = false, nullable, minimum = 1, maximum = 999_999)]
    pub fails_with: Option<i64>,
    /// All that it does comes this much later, in the sandbox's time; at most a day.
    #[schema(required = false, nullable, minimum = 0, maximum = 86_400)]
    pub delay_seconds: Option<i64>,
}

/// How a sandbox's time goes on.
#[derive(ToSchema)]
pub struct NewClock {
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
    /// What is planned comes this much sooner; it adds up.
    #[schema(required = false, nullable, minimum = 0, maximum = 34_560_000)]
    pub advance_seconds: Option<i64>,
    /// How many times faster than real its contacts act from now on; 0 means at once.
    #[schema(required = false, nullable, minimum = 0, maximum = 1000)]
    pub speed: Option<i64>,
}

/// How a sandbox's time goes.
#[derive(Serialize, ToSchema)]
pub struct ClockShown {
    /// How far it is ahead of the server's.
    pub ahead_seconds: u64,
    /// Null: as the server was told.
    pub speed: Option<f64>,
}

/// Which sandbox account; left out, the one that was linked last.
#[derive(ToSchema)]
pub struct WhichSandbox {
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
}

/// A contact's phone, on or off.
#[derive(ToSchema)]
pub struct PhoneSwitch {
    pub online: bool,
    #[schema(required = false, nullable)]
    pub whatsapp_account_id: Option<String>,
}

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

/// What a phone shows.
#[derive(Serialize, ToSchema)]
pub struct PhoneMessages {
    /// Oldest first, at most the last 200.
    pub messages: Vec<ShownMessage>,
    /// `typing` or `recording` while the phone shows that you write; else null.
    pub typing: Option<String>,
}

/// Push a message on
///
/// As if its recipient's phone had received it, had been looked at, or could not be reached. Sandbox accounts only;
/// not counted.
#[utoipa::path(
    post, path = "/sandbox/messages/{message_uid}/status", tag = "Sandbox", operation_id = "sandbox_push_message",
    request_body = ForcedStatus,
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses((status = 200, description = "It is told within a moment", body = OkBody<Nothing>), Refusals, ControlRefusals),
)]
pub async fn push(mut call: SandboxCall, Path(uid): Path<String>, body: RawBody) -> Response {
    let unknown = || Error::not_found("There is no such message in this workspace; check the message_uid");
    let uid = Uuid::try_parse(&uid).map(MessageUid).map_err(|_| unknown());
    let request = uid.and_then(|uid| Ok((uid, call.body(body, read_push)?)));
    let id = call.app().ids.message_uid(call.app().clock.now()).0;
    call.write(request, move |write, (uid, push)| Ok((push_message(write, *uid, push, id)?, Nothing {}))).await
}

fn read_push(fields: &mut Fields) -> Option<Push> {
    let code = bounded(fields, "code", 1, CODE_MAX);
    let participant = fields.parsed("participant", |given| parse_address("participant", given));
    let Some(status) = fields.text("status") else {
        fields.fault("status", "status is missing; say delivered, read or failed".to_owned());
        return None;
    };
    let word = status.to_lowercase();
    match (word.as_str(), participant) {
        ("delivered" | "read", Some(participant)) if participant.is_group() => {
            fields.fault("participant", "participant must be a person; the group is known by the message".to_owned());
            None
        }
        ("delivered" | "read", Some(participant)) => Some(Push::By { participant, is_read: word == "read" }),
        ("failed", Some(_)) => {
            fields.fault("participant", "participant stands with delivered or read; a failure is of all".to_owned());
            None
        }
        ("delivered", None) => Some(Push::Delivered),
        ("read", None) => Some(Push::Read),
        ("failed", None) => Some(Push::Failed(code.unwrap_or(FAILED_CODE))),
        _ => {
            fields.fault("status", format!("status \"{status}\" is none of delivered, read and failed"));
            None
        }
    }
}

/// Tell a number what to do
///
/// Until the sandbox is reset, instead of what its contact does. At most 200 numbers of an account. Not counted.
#[utoipa::path(
    post, path = "/sandbox/rules", tag = "Sandbox", operation_id = "sandbox_set_rule", request_body = NewRule,
    responses((status = 200, description = "It holds from the next send on", body = OkBody<Nothing>), Refusals, ControlRefusals),
)]
pub async fn rule(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| {
        let (wished, number) = (account(fields), address(fields, "number"));
        let answers = fields.parsed("answers", |given| MessageText::parse("answers", given));
        let delay = bounded(fields, "delay_seconds", 0, DELAY_SECONDS_MAX).unwrap_or(0);
        let rule = Rule {
            answers: answers.map(|text| text.as_str().to_owned()),
            fails_with: bounded(fields, "fails_with", 1, CODE_MAX),
            delay_ms: u64::try_from(delay).unwrap_or(0) * 1_000,
        };
        Some((wished, number?, rule))
    });
    call.write(request, |write, (wished, number, rule)| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, set_rule(write, of, number, rule).map(|()| Nothing {})?))
    })
    .await
}

/// Let time pass
///
/// For the sandbox's contacts only: what they have planned comes sooner. Pauses and holds of your own account go by the
/// server's clock. Not counted.
#[utoipa::path(
    post, path = "/sandbox/clock", tag = "Sandbox", operation_id = "sandbox_move_clock", request_body = Option<NewClock>,
    responses((status = 200, description = "How its time goes now", body = OkBody<ClockShown>), Refusals, ControlRefusals),
)]
pub async fn clock(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| {
        let most = i64::try_from(AHEAD_MAX.as_secs()).unwrap_or(i64::MAX);
        let advance = bounded(fields, "advance_seconds", 0, most).unwrap_or(0);
        let speed = bounded(fields, "speed", 0, SPEED_MAX).and_then(|speed| u32::try_from(speed).ok());
        Some((account(fields), Duration::from_secs(u64::try_from(advance).unwrap_or(0)), speed))
    });
    call.write(request, |write, (wished, advance, speed)| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        let (ahead, speed) = move_clock(write, of, *advance, *speed)?;
        Ok((of, ClockShown { ahead_seconds: ahead.as_secs(), speed }))
    })
    .await
}

/// Begin anew
///
/// Empties what is planned, the rules, the sandbox's time and what its phones show, and brings the account back. Your own
/// messages stay. Not counted.
#[utoipa::path(
    post, path = "/sandbox/reset", tag = "Sandbox", operation_id = "sandbox_reset", request_body = Option<WhichSandbox>,
    responses((status = 200, description = "It is empty", body = OkBody<Nothing>), Refusals, ControlRefusals),
)]
pub async fn reset_sandbox(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| Some(account(fields)));
    call.write_in_pieces(request, |write, wished| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, reset(write, of)?))
    })
    .await
}

/// Reconnect a sandbox account
///
/// One that is down (+1 202 555 0190) or held (+1 202 555 0148) sends again. Not counted.
#[utoipa::path(
    post, path = "/sandbox/reconnect", tag = "Sandbox", operation_id = "sandbox_reconnect",
    request_body = Option<WhichSandbox>,
    responses((status = 200, description = "It is connected", body = OkBody<Nothing>), Refusals, ControlRefusals),
)]
pub async fn reconnect_account(mut call: SandboxCall, body: RawBody) -> Response {
    let request = call.body(body, |fields| Some(account(fields)));
    call.write(request, |write, wished| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, reconnect(write, of).map(|()| Nothing {})?))
    })
    .await
}

/// Switch a phone on or off
///
/// What was sent to a phone that is off waits, and is delivered once it is on. Not counted.
#[utoipa::path(
    patch, path = "/sandbox/phones/{number}", tag = "Sandbox", operation_id = "sandbox_switch_phone",
    request_body = PhoneSwitch,
    params(("number" = String, Path, description = "A phone or a JID", example = "+12025550104")),
    responses((status = 200, description = "It is switched", body = OkBody<Nothing>), Refusals, ControlRefusals),
)]
pub async fn switch_phone(mut call: SandboxCall, Path(number): Path<String>, body: RawBody) -> Response {
    let speed = call.app().settings.sandbox_speed;
    let request = call.body(body, |fields| {
        let (wished, online) = (account(fields), fields.boolean("online"));
        if online.is_none() && !fields.has_fault("online") {
            fields.fault("online", "online is missing; say true or false".to_owned());
        }
        let number = fields.given("number", &number, parse_address);
        Some((wished, number?, online?))
    });
    call.write_in_pieces(request, move |write, (wished, number, online)| {
        let of = sandbox_of(write.tx, write.workspace.id, wished.as_deref())?;
        Ok((of, set_online(write, of, number, *online, speed)?))
    })
    .await
}

/// See what a phone shows
///
/// Its chat with a sandbox account: what you sent as it arrived, and what its owner said. Not counted.
#[utoipa::path(
    get, path = "/sandbox/phones/{number}/messages", tag = "Sandbox", operation_id = "sandbox_phone_messages",
    params(
        ("number" = String, Path, description = "A phone or a JID, also a group's", example = "+12025550100"),
        ("whatsapp_account_id" = Option<String>, Query, description = "Left out: the sandbox account linked last"),
    ),
    responses((status = 200, description = "Its messages", body = OkBody<PhoneMessages>), Refusals),
)]
pub async fn phone_messages(mut call: SandboxCall, Path(number): Path<String>) -> Response {
    let request = call.query(|fields| {
        let number = fields.given("number", &number, parse_address);
        Some((account(fields), number?))
    });
    let now = call.app().clock.now();
    call.read(request, move |snapshot, workspace, (wished, number)| {
        let of = sandbox_of(snapshot, workspace, wished.as_deref())?;
        let zone = zone_of(snapshot, workspace)?;
        let typing = typing(snapshot, of, number, now)?;
        let rows = shown(snapshot, of, number)?;
        Ok(PhoneMessages { messages: rows.into_iter().map(|row| ShownMessage::of(row, &zone)).collect(), typing })
    })
    .await
}

fn bounded(fields: &mut Fields, name: &'static str, least: i64, most: i64) -> Option<i64> {
    let number = fields.integer(name)?;
    if (least..=most).contains(&number) {
        return Some(number);
    }
    fields.fault(name, format!("{name} is {number}; it must be between {least} and {most}"));
    None
}
