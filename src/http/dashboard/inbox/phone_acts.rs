//! What is done at the phone of a sandbox's contact. The account hears of it as of anybody's message.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use transport::{Address, IncomingBody};
use uuid::Uuid;

use super::phone::{address_of, path_of};
use crate::accounts::sandbox::{Inbound, Player, play, sample, sandbox_of, set_online};
use crate::error::Error;
use crate::files::intake::Purpose;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Sent, SentFile};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::phone as w;
use crate::http::multipart::read_upload;
use crate::id::MessageUid;
use crate::inbox::values::{MessageText, REACTION_CHARS_MAX};
use crate::store::Write;
use crate::store::chats::chat_by_jid;
use crate::store::files::{FileRow, file_insert};
use crate::store::messages::message_answered;
use crate::store::sandbox::SandboxOf;
use crate::workspace::permissions::Right;

/// Where the customer says they are: Lisbon's Praça do Comércio.
const PLACE: (f64, f64) = (38.707_75, -9.136_59);
/// Writes of one switching on of a phone: each brings a thousand waiting messages.
const PIECES_MAX: usize = 100;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    what: String,
    text: String,
    emoji: String,
    /// WhatsApp's id of the message that it is about.
    message: String,
}

pub async fn act(State(desk): State<Desk>, signed: Signed, Path(who): Path<String>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let address = address_of(&who)?;
    match given.what.as_str() {
        "online" => switch(&desk, &signed, &address, true).await?,
        "offline" => switch(&desk, &signed, &address, false).await?,
        _ => {
            let (id, asked, given) = (desk.app.ids.message_uid(desk.app.clock.now()).0, address.clone(), read(given)?);
            tell(&desk, &signed, move |write, of| {
                let inbound = inbound(write, of, &asked, &given)?;
                play(write, of, &player(&asked), &inbound, id).map(drop)
            })
            .await?;
        }
    }
    Ok(Redirect::to(&path_of(&address)).into_response())
}

/// # Errors
/// `validation_error` for what is no text or no reaction.
fn read(given: Given) -> Result<Given, Error> {
    let text = given.text.replace("\r\n", "\n");
    if matches!(given.what.as_str(), "text" | "edit") {
        MessageText::parse("text", &text)?;
        if text.trim().is_empty() {
            return Err(Error::invalid("text", w::THE_TEXT_IS_BLANK_WRITE));
        }
    }
    if given.emoji.chars().count() > REACTION_CHARS_MAX || given.emoji.contains('\0') {
        return Err(Error::invalid("emoji", w::long_reaction(REACTION_CHARS_MAX)));
    }
    Ok(Given { text, ..given })
}

fn player(address: &Address) -> Player {
    let (chat, sender) = (address.clone(), address.clone());
    Player { chat, chat_name: String::new(), sender, name: String::new(), lid: None }
}

fn inbound(write: &mut Write<'_, '_>, of: SandboxOf, who: &Address, given: &Given) -> Result<Inbound, Error> {
    let text = given.text.clone();
    Ok(match given.what.as_str() {
        "text" => Inbound::Text { text, reply_to: None },
        "edit" => Inbound::Edit { message: named(write, of, who, &given.message)?, text },
        "typing" => Inbound::Type { is_writing: true },
        "stopped" => Inbound::Type { is_writing: false },
        "delete" => Inbound::Delete { message: named(write, of, who, &given.message)? },
        "react" => Inbound::React { to: named(write, of, who, &given.message)?, emoji: given.emoji.clone() },
        "place" => {
            let (latitude, longitude) = PLACE;
            let (name, address) = ("Praça do Comércio".to_owned(), "Lisbon".to_owned());
            Inbound::Body { body: IncomingBody::Location { latitude, longitude, name, address }, reply_to: None }
        }
        what => {
            let body = sample(what, "").ok_or_else(|| Error::invalid("what", w::A_PHONE_CANT_DO_THAT))?;
            Inbound::Body { body, reply_to: None }
        }
    })
}

/// A message of the chat by what WhatsApp calls it.
fn named(write: &mut Write<'_, '_>, of: SandboxOf, who: &Address, wamid: &str) -> Result<MessageUid, Error> {
    let unknown = || Error::not_found(w::THIS_PHONE_HAS_NO_SUCH);
    let chat = chat_by_jid(write.tx, of.workspace, of.account, who.jid())?.ok_or_else(unknown)?;
    message_answered(write.tx, of.workspace, of.account, chat.id, wamid)?.ok_or_else(unknown)
}

pub async fn send_file(
    State(desk): State<Desk>,
    signed: Signed,
    Path(who): Path<String>,
    SentFile(body): SentFile,
) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let (app, address) = (desk.app.clone(), address_of(&who)?);
    let upload = read_upload(body, &app.blobs, Purpose::Any).await?;
    let at = app.clock.now();
    let caption = upload.caption.as_ref().map_or_else(String::new, |caption| caption.as_str().to_owned());
    let uploaded_by_email = signed.who.teammate.email.clone();
    let row = upload.stored.row(app.ids.file_uid(at), signed.who.caller().token, at);
    let (row, id): (FileRow, Uuid) = (FileRow { uploaded_by_email, ..row }, app.ids.message_uid(at).0);
    let (who, uid) = (player(&address), row.uid);
    desk.act(&signed.who, move |write| file_insert(write, &row)).await?;
    tell(&desk, &signed, move |write, of| {
        let inbound = Inbound::File { file: uid, caption: caption.clone(), reply_to: None };
        play(write, of, &who, &inbound, id).map(drop)
    })
    .await?;
    Ok(Redirect::to(&path_of(&address)).into_response())
}

async fn switch(desk: &Desk, signed: &Signed, address: &Address, online: bool) -> Result<(), Error> {
    let speed = desk.app.settings.sandbox_speed;
    for _ in 0..PIECES_MAX {
        let asked = address.clone();
        let piece = move |write: &mut Write<'_, '_>, of| set_online(write, of, &asked, online, speed);
        if !tell(desk, signed, piece).await? {
            break;
        }
    }
    Ok(())
}

/// One write on the newest sandbox account, which looks at it at once.
async fn tell<T, F>(desk: &Desk, signed: &Signed, work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Write<'_, '_>, SandboxOf) -> Result<T, Error> + Send + 'static,
{
    let run = move |write: &mut Write<'_, '_>| {
        let of = sandbox_of(write.tx, write.workspace.id, None)?;
        Ok((of, work(write, of)?))
    };
    let (of, done) = desk.act(&signed.who, run).await?;
    desk.app.sandbox_bells.of(of).notify_one();
    Ok(done)
}
