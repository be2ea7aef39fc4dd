//! Attachments that arrived with messages. Partyline's own.

use axum::extract::Path;
use axum::response::Response;

use crate::http::call::{Call, Done};
use crate::http::public::messages::parse_uid;
use crate::http::public::refusals::Refusals;
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::Ok as OkBody;
use crate::inbox::attachments::fetch_again;

/// Fetch an attachment again
///
/// Partyline's own. For a message whose attachment came from WhatsApp and was given up (`message:media_unavailable`; its
/// `data.attachment.reason` says why). It is fetched anew with all its tries, and `message:media_ready` or
/// `message:media_unavailable` tells how that ends.
#[utoipa::path(
    post, path = "/messages/{message_uid}/fetch_attachment", tag = "Messages", operation_id = "fetch_attachment",
    params(("message_uid" = String, Path, description = "The message's uid")),
    responses(
        (status = 200, description = "It is being fetched", body = OkBody<AcceptedMessage>), Refusals,
    ),
)]
pub async fn fetch_attachment(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let app = call.app().clone();
    call.write(request, move |write, caller, uid| {
        let account = fetch_again(write, caller, *uid)?;
        write.tx.wake(&app.fetch_bells.of((caller.workspace, account)));
        Ok(Done::with(AcceptedMessage { message_uid: uid.to_string() }))
    })
    .await
}
