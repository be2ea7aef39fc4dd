//! A file uploaded and sent in one request: as a message, or as a voice message.

use axum::extract::Path;
use axum::response::Response;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::files::intake::Purpose;
use crate::http::call::{Call, Done, Fingerprint};
use crate::http::multipart::{UploadBody, read_upload};
use crate::http::public::chats::parse_chat_id;
use crate::http::public::refusals::{Refusals, SendRefusals, UploadRefusals};
use crate::http::public::send_body::{IdempotencyHeader, NewIds};
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::Ok as OkBody;
use crate::id::{ChatId, TokenId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::inbox::content::{Attachment, Content, Recipient};
use crate::inbox::send::{SendMessage, queue_message};
use crate::message::Origin;
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::files::{FileRow, file_insert};
use crate::workspace::tokens::Caller;

/// A recording in a form.
#[derive(ToSchema)]
pub struct VoiceForm {
    /// OGG with Opus sound, which arrives as a voice note. MP3 and other OGG sound arrive as an audio file. At most 16 MB.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead.
    #[schema(required = false)]
    pub send_at: Option<String>,
}

/// A file in a form, and when it goes.
#[derive(ToSchema)]
pub struct FileMessageForm {
    /// The file's bytes, under any file name. JPG, PNG, GIF, WebP, MP3, OGG, OGA, AAC, MP4 and 3GP up to 16 MB, anything
    /// else up to 100 MB.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// For people to see; left out, that of the part `file`.
    #[schema(required = false, max_length = 1024)]
    pub filename: Option<String>,
    /// Counts only where the bytes don't say what they are.
    #[schema(required = false, max_length = 140, example = "application/pdf")]
    pub content_type: Option<String>,
    /// A text beside the file.
    #[schema(required = false, max_length = 2000)]
    pub caption: Option<String>,
    /// When it is to go: RFC 3339 with its offset, at most 30 days ahead.
    #[schema(required = false)]
    pub send_at: Option<String>,
}

/// A file that was taken in, and the message that it goes with.
struct FileMessage {
    file: FileRow,
    message: SendMessage,
}

/// Whose upload goes where.
struct Destination {
    workspace: WorkspaceId,
    token: TokenId,
    chat: ChatId,
    purpose: Purpose,
}

/// Send a file to a chat
///
/// Uploads it as `POST /files_upload` does and sends it from the chat's own account. Costs 1 credit of the mass-sending
/// quota, or 2 with a `caption`, given back if it fails.
#[utoipa::path(
    post, path = "/chats/{chat_id}/file_message", tag = "Messages", operation_id = "send_file_message",
    request_body(content = FileMessageForm, content_type = "multipart/form-data"),
    params(("chat_id" = i64, Path, description = "The chat's number"), IdempotencyHeader),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, UploadRefusals, SendRefusals,
    ),
)]
pub async fn send_file_message(call: Call, Path(id): Path<String>, body: UploadBody) -> Response {
    accept(call, &id, body, Purpose::Any).await
}

/// Send a voice message to a chat
///
/// From the chat's own account. Costs 1 credit of the mass-sending quota, given back if it fails.
#[utoipa::path(
    post, path = "/chats/{chat_id}/voice_message", tag = "Messages", operation_id = "send_voice_message",
    request_body(content = VoiceForm, content_type = "multipart/form-data"),
    params(("chat_id" = i64, Path, description = "The chat's number"), IdempotencyHeader),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, UploadRefusals, SendRefusals,
    ),
)]
pub async fn send_voice_message(call: Call, Path(id): Path<String>, body: UploadBody) -> Response {
    accept(call, &id, body, Purpose::Voice).await
}

async fn accept(call: Call, id: &str, body: UploadBody, purpose: Purpose) -> Response {
    let (app, workspace, token) = (call.app().clone(), call.caller().workspace, call.caller().token);
    let request = call.may_send().and_then(|()| {
        let chat = parse_chat_id(id)?;
        Ok((Destination { workspace, token, chat, purpose }, body))
    });
    let take_in = |(destination, body)| async move { take_in(&app, destination, body).await };
    call.write_after_stream(request, take_in, send).await
}

async fn take_in(app: &App, to: Destination, body: UploadBody) -> Result<(FileMessage, Fingerprint), Error> {
    // Before the file comes: nobody wants to upload 100 MB to a chat that isn't there.
    let (workspace, chat) = (to.workspace, to.chat);
    app.read(move |tx| chat_find(tx, workspace, chat)?.map(drop).ok_or_else(unknown_chat)).await?;
    let (upload, fingerprint) = read_upload(body, &app.blobs, to.purpose).await?;
    let (at, ids) = (app.clock.now(), NewIds::draw(app));
    let file = upload.stored.row(app.ids.file_uid(at), to.token, at);
    // A voice note has no place for a text.
    let caption = upload.caption.filter(|_| to.purpose == Purpose::Any);
    let message = SendMessage {
        uid: ids.uid,
        wamid: ids.wamid,
        to: Recipient::Chat(to.chat),
        account: None,
        content: Content::new(caption, Some(Attachment::Fresh(Box::new(file.clone()))))?,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: upload.send_at,
    };
    Ok((FileMessage { file, message }, fingerprint))
}

fn send(write: &mut Write<'_, '_>, caller: &Caller, request: &FileMessage) -> Result<Done<AcceptedMessage>, Error> {
    // It decides whether anything is written.
    let uid = queue_message(write, caller, &request.message)?;
    file_insert(write, &request.file)?;
    Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
}
