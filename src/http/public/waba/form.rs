//! A send from an official account as a form with a file.

use database::Snapshot;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::files::intake::Purpose;
use crate::http::call::Streamed;
use crate::http::fields::{quoted, repeating};
use crate::http::multipart::{Upload, UploadBody, read_upload_with};
use crate::http::public::files::uploader;
use crate::http::public::send_body::NewIds;
use crate::http::public::waba::send_body::message;
use crate::id::{AccountId, ChatId};
use crate::inbox::content::{Attachment, Content, Recipient};
use crate::inbox::values::{MessageText, Phone};
use crate::inbox::waba::{WabaSend, reached_waba_chat};
use crate::store::files::FileRow;
use crate::workspace::tokens::Caller;

/// A file in a form, and what goes with it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; the parts are read one by one")]
pub struct OfficialMessageForm {
    /// The file's bytes, under any file name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Goes with the file; at most 2000 characters.
    #[schema(required = false)]
    text: Option<String>,
    /// For people to see; left out, that of the part `file`.
    #[schema(required = false)]
    filename: Option<String>,
    /// The official account to send from. Left out: the chat's own, or the one that was added last.
    #[schema(required = false)]
    waba_account_id: Option<i64>,
    /// The recipient in international form; beside a chat it may be left out.
    #[schema(required = false)]
    phone: Option<String>,
}

/// A file that has come, and the message that bears it.
pub struct FormSend {
    pub file: FileRow,
    pub send: WabaSend,
}

/// Reads the form; to a chat that is there, or to the phone that it names.
///
/// # Errors
/// `not_found` for the chat, or as the form is wrong.
pub async fn take_in(
    app: &App,
    caller: Caller,
    chat: Option<ChatId>,
    body: UploadBody,
) -> Result<Streamed<FormSend>, Error> {
    let token = caller.token;
    // Before the file comes: nobody wants to upload 100 MB to a chat that isn't there.
    let look = move |tx: &mut Snapshot<'_>| {
        chat.map(|chat| reached_waba_chat(tx, &caller, chat)).transpose()?;
        uploader(tx, caller.workspace, caller.teammate)
    };
    let uploaded_by_email = app.read(look).await?;
    let names = &["text", "waba_account_id", "phone"];
    let mut upload = read_upload_with(body, &app.blobs, Purpose::Any, names).await?.only_kept();
    let (ignored, fingerprint) = (upload.ignored(), upload.fingerprint);
    let (text, account, phone) = said(&upload)?;
    let to = match (chat, &phone) {
        (Some(chat), _) => Recipient::Chat(chat),
        (None, Some(phone)) => Recipient::phone(phone),
        (None, None) => {
            return Err(Error::invalid(
                "phone",
                "phone is missing; send the recipient's number in a part of that name",
            ));
        }
    };
    let (at, ids) = (app.clock.now(), NewIds::draw(app));
    let file = FileRow { uploaded_by_email, ..upload.stored.row(app.ids.file_uid(at), token, at) };
    let content = Content::new(text, Some(Attachment::Fresh(Box::new(file.clone()))))?;
    let send = WabaSend { message: message(ids, to, content), account, phone: phone.filter(|_| chat.is_some()) };
    Ok(Streamed { prepared: FormSend { file, send }, fingerprint, ignored })
}

type Said = (Option<MessageText>, Option<AccountId>, Option<Phone>);

fn said(upload: &Upload) -> Result<Said, Error> {
    let given = |name: &str| upload.texts.get(name).map(String::as_str).filter(|text| !text.trim().is_empty());
    let text =
        given("text").map(|text| MessageText::parse("text", text).map_err(|error| repeating(error, "text", text)));
    let account = given("waba_account_id").map(|text| {
        let rule = || format!("waba_account_id must be a whole number, not {}", quoted(text));
        text.trim().parse().map(AccountId).map_err(|_| Error::invalid("waba_account_id", rule()))
    });
    let phone = given("phone").map(|text| Phone::parse("phone", text));
    Ok((text.transpose()?, account.transpose()?, phone.transpose()?))
}
