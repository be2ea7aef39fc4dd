//! Deciding about a message that may have gone. Partyline's own.

use axum::extract::Path;
use axum::response::Response;

use crate::error::Error;
use crate::http::call::{Call, Done};
use crate::http::public::messages::parse_uid;
use crate::http::public::refusals::Refusals;
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::Ok as OkBody;
use crate::id::MessageUid;
use crate::inbox::uncertain::{mark_as_sent, send_again};
use crate::store::Write;
use crate::workspace::tokens::Caller;

/// Send an uncertain message again
///
/// Partyline's own. Only for a message whose answer was lost (`message:uncertain`): nobody knows whether it went, and nothing
/// repeats it by itself. Look into the chat on the phone first; if it had gone, its recipient sees it twice. It goes behind
/// what waits in its chat, stays the same message, and takes no further credits. Any other message is refused.
#[utoipa::path(
    post, path = "/messages/{message_uid}/resend", tag = "Messages", operation_id = "resend_message",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "It goes again", body = OkBody<AcceptedMessage>), Refusals,
    ),
)]
pub async fn resend_message(call: Call, Path(uid): Path<String>) -> Response {
    decide(call, &uid, send_again).await
}

/// Mark an uncertain message as sent
///
/// Partyline's own. Only for a message whose answer was lost (`message:uncertain`), once you have seen that it went. It is
/// `Sent` from then on, and receipts move it further. Any other message is refused.
#[utoipa::path(
    post, path = "/messages/{message_uid}/mark_sent", tag = "Messages", operation_id = "mark_message_sent",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "It is sent", body = OkBody<AcceptedMessage>), Refusals,
    ),
)]
pub async fn mark_sent(call: Call, Path(uid): Path<String>) -> Response {
    decide(call, &uid, mark_as_sent).await
}

async fn decide(
    mut call: Call,
    uid: &str,
    decision: fn(&mut Write<'_, '_>, &Caller, MessageUid) -> Result<(), Error>,
) -> Response {
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(uid));
    call.write(request, move |write, caller, uid| {
        decision(write, caller, *uid)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(*uid) })
    })
    .await
}
