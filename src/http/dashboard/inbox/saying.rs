//! What is said in the open chat: a message, a note, a file; at once or later. Each form does its work once.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use database::Snapshot;
use serde::Deserialize;
use uuid::Uuid;

use super::actions::back_to;
use super::view::Wish;
use super::when::moment_of;
use super::{Refused, shown};
use crate::clock::Time;
use crate::error::Error;
use crate::files::intake::Purpose;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Sent, SentFile};
use crate::http::dashboard::frame::{Here, Page};
use crate::http::dashboard::once::Submit;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::INBOX;
use crate::http::dashboard::words::composer as w;
use crate::http::multipart::{UploadBody, read_upload};
use crate::id::{ChatId, MessageUid, TemplateId};
use crate::inbox::chat::unknown_chat;
use crate::inbox::content::{Attachment, Content, Recipient};
use crate::inbox::notes::{NewNote, add_note};
use crate::inbox::schedule::cancel_scheduled;
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::templates::{seen_template, use_template};
use crate::inbox::uncertain::{mark_as_sent, send_again};
use crate::inbox::values::{MessageText, NoteText};
use crate::message::{MessageKind, Origin};
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::files::{FileRow, file_insert};
use crate::store::messages::{MessageFilter, MessageView, message_find, message_list};
use crate::workspace::permissions::Right;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::stored_zone;

/// Where templates are counted as used.
const USED_IN: &str = "Shared Inbox";
/// Our last messages among which the newest that is no note is looked for.
const OURS_LOOKED_AT: i64 = 20;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    back: String,
    text: String,
    mode: String,
    key: String,
    /// Our newest message that the writer had seen; empty where they saw none.
    seen: String,
    /// Sent although somebody has answered meanwhile.
    sure: bool,
    /// In the workspace's zone, as a browser's field writes it; empty for now.
    send_at: String,
    template: Option<i64>,
    /// The uid of the message that this answers; empty for none.
    reply_to: String,
}

impl Given {
    fn answered(&self) -> Option<MessageUid> {
        Uuid::try_parse(&self.reply_to).ok().map(MessageUid)
    }
}

/// What became of it.
enum Said {
    Done,
    /// Somebody else of ours said something since the writer began.
    Answered,
}

/// What is to be said.
enum Words {
    Note(NewNote),
    Message(Box<SendMessage>, Option<TemplateId>),
}

pub async fn send(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let chat = ChatId(chat);
    match say(&desk, &signed, chat, &given).await {
        Ok(Said::Done) => Ok(back_to(&given.back, Some(chat))),
        Ok(Said::Answered) => {
            let why = w::SOMEBODY_HAS_ANSWERED_SINCE_YOU;
            refuse(&desk, &signed, chat, &given, why, true).await
        }
        Err(error) if error.is_refusal() => refuse(&desk, &signed, chat, &given, &error.message, false).await,
        Err(error) => Err(error.into()),
    }
}

async fn refuse(desk: &Desk, signed: &Signed, chat: ChatId, given: &Given, why: &str, may_insist: bool) -> Shown {
    let wish =
        Wish { reply: given.answered(), ..given.back.parse().map(|place| Wish::read(&place)).unwrap_or_default() };
    let is_note = given.mode == "note";
    let refused = Refused { text: &given.text, is_note, why, may_insist, template: given.template };
    shown(desk, signed, Page::new(Here::Inbox, INBOX), &wish, Some(chat), Some(&refused)).await
}

async fn say(desk: &Desk, signed: &Signed, chat: ChatId, given: &Given) -> Result<Said, Error> {
    let caller = signed.who.caller();
    let words = Arc::new(words(desk, signed, chat, given)?);
    let submit =
        Submit::of(&given.key, &[&chat.to_string(), &given.mode, &given.text, &given.send_at, &given.reply_to]);
    let seen = Uuid::try_parse(&given.seen).ok().map(MessageUid).filter(|_| !given.sure && given.mode != "note");
    desk.act(&signed.who, move |write| {
        if submit.is_done(write)? {
            return Ok(Said::Done);
        }
        if let Some(seen) = seen
            && newest_of_ours(write, chat)?.is_some_and(|newest| newest > seen)
        {
            return Ok(Said::Answered);
        }
        match words.as_ref() {
            Words::Note(note) => add_note(write, &caller, note).map(drop)?,
            Words::Message(message, template) => queue(write, &caller, message, *template)?,
        }
        submit.note(write)?;
        Ok(Said::Done)
    })
    .await
}

fn words(desk: &Desk, signed: &Signed, chat: ChatId, given: &Given) -> Result<Words, Error> {
    let uid = desk.app.ids.message_uid(desk.app.clock.now());
    // Browsers send line ends as CRLF; a message has plain ones.
    let text = given.text.replace("\r\n", "\n");
    if given.mode == "note" {
        return Ok(Words::Note(NewNote { uid, chat, text: NoteText::parse("text", &text)?, is_private: true }));
    }
    // The API takes what its caller says; a person who sends blanks has slipped.
    if text.trim().is_empty() {
        return Err(Error::invalid("text", w::THE_MESSAGE_IS_BLANK));
    }
    let content = Content::new(Some(MessageText::parse("text", &text)?), None)?;
    let send_at = moment_of("send_at", &given.send_at, &stored_zone(&signed.who.workspace.zone))?;
    let message = SendMessage { reply_to: given.answered(), ..message_to(desk, uid, chat, content, send_at) };
    Ok(Words::Message(Box::new(message), given.template.map(TemplateId)))
}

fn message_to(desk: &Desk, uid: MessageUid, chat: ChatId, content: Content, send_at: Option<Time>) -> SendMessage {
    SendMessage {
        uid,
        wamid: desk.app.ids.wamid(),
        to: Recipient::Chat(chat),
        account: None,
        content,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::SharedInbox,
        send_at,
    }
}

/// The message, with its template's file where there is one; a template that has gone since was only words.
fn queue(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    message: &SendMessage,
    template: Option<TemplateId>,
) -> Result<(), Error> {
    let known = template.and_then(|id| seen_template(write.tx, caller, id).ok());
    let has_file = known.as_ref().is_some_and(|known| known.view.attachment.is_some());
    let mut message = message.clone();
    if let Some(id) = template.filter(|_| has_file) {
        let text = MessageText::parse("text", message.content.text())?;
        message.content = Content::new(Some(text), Some(Attachment::Template(id)))?;
    }
    queue_message(write, caller, &message)?;
    match template.filter(|_| known.is_some()) {
        Some(id) => use_template(write, caller, id, USED_IN),
        None => Ok(()),
    }
}

fn newest_of_ours(write: &mut Write<'_, '_>, chat: ChatId) -> Result<Option<MessageUid>, Error> {
    let filter = MessageFilter { from_me: Some(true), newest_first: true, ..MessageFilter::default() };
    let ours = message_list(write.tx, write.workspace.id, chat, &filter, OURS_LOOKED_AT, 0)?;
    let is_said =
        |view: &&MessageView| view.message.kind == MessageKind::WhatsApp && view.details.scheduled_at.is_never();
    Ok(ours.iter().find(is_said).map(|view| view.message.uid))
}

/// What the address of a form with a file says besides.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Beside {
    key: String,
    send_at: String,
    back: String,
    reply_to: String,
    /// Spoken into the composer: Opus in Ogg, which a phone plays as a voice message.
    voice: bool,
}

pub async fn send_file(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Query(beside): Query<Beside>,
    SentFile(body): SentFile,
) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let chat = ChatId(chat);
    match take_in(&desk, &signed, chat, &beside, body).await {
        Ok(()) => Ok(back_to(&beside.back, Some(chat))),
        Err(error) if error.is_refusal() => {
            refuse(&desk, &signed, chat, &Given { back: beside.back, ..Given::default() }, &error.message, false).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn take_in(desk: &Desk, signed: &Signed, chat: ChatId, beside: &Beside, body: UploadBody) -> Result<(), Error> {
    let (app, caller, workspace) = (&desk.app, signed.who.caller(), signed.who.workspace.id);
    // Before the file comes: nobody wants to wait for 100 MB to a chat that isn't there.
    let look = move |tx: &mut Snapshot<'_>| chat_find(tx, workspace, chat)?.map(drop).ok_or_else(unknown_chat);
    app.read(look).await?;
    let send_at = moment_of("send_at", &beside.send_at, &stored_zone(&signed.who.workspace.zone))?;
    let upload = read_upload(body, &app.blobs, if beside.voice { Purpose::Voice } else { Purpose::Any }).await?;
    let submit = Submit::of(&beside.key, &[&chat.to_string(), "file"]);
    let at = app.clock.now();
    let uploaded_by_email = signed.who.teammate.email.clone();
    let file = FileRow { uploaded_by_email, ..upload.stored.row(app.ids.file_uid(at), caller.token, at) };
    let content = Content::new(upload.caption, Some(Attachment::Fresh(Box::new(file.clone()))))?;
    let reply_to = Uuid::try_parse(&beside.reply_to).ok().map(MessageUid);
    let message = SendMessage { reply_to, ..message_to(desk, app.ids.message_uid(at), chat, content, send_at) };
    desk.act(&signed.who, move |write| {
        if submit.is_done(write)? {
            return Ok(());
        }
        queue_message(write, &caller, &message)?;
        file_insert(write, &file)?;
        submit.note(write)
    })
    .await
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    back: String,
    message: String,
    /// Of an uncertain one: `again` or `sent`.
    what: String,
}

/// Somebody has seen whether a message arrived of which nobody knew.
pub async fn resolve(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Which>,
) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let uid =
        Uuid::try_parse(&given.message).map(MessageUid).map_err(|_| Error::not_found(w::THERE_IS_NO_SUCH_MESSAGE))?;
    let (caller, again) = (signed.who.caller(), given.what == "again");
    let decide = move |write: &mut Write<'_, '_>| {
        if again { send_again(write, &caller, uid) } else { mark_as_sent(write, &caller, uid) }
    };
    desk.act(&signed.who, decide).await?;
    Ok(back_to(&given.back, Some(ChatId(chat))))
}

pub async fn unschedule(
    State(desk): State<Desk>,
    signed: Signed,
    Path(chat): Path<i64>,
    Sent(given): Sent<Which>,
) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let uid = Uuid::try_parse(&given.message).map_err(|_| Error::not_found(w::NO_MESSAGE_OF_THIS_UID))?;
    let caller = signed.who.caller();
    desk.act(&signed.who, move |write| cancel_scheduled(write, &caller, MessageUid(uid))).await?;
    Ok(back_to(&given.back, Some(ChatId(chat))))
}

/// A message's file: leads to a link of the moment. So the address in the page stays good while the session lives.
pub async fn file(State(desk): State<Desk>, signed: Signed, Path((chat, uid)): Path<(i64, String)>) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let unknown = || Error::not_found(w::THERE_IS_NO_SUCH_FILE);
    let uid = Uuid::try_parse(&uid).map(MessageUid).map_err(|_| unknown())?;
    let (app, workspace) = (desk.app.clone(), signed.who.workspace.id);
    let look = move |tx: &mut Snapshot<'_>| {
        let found = message_find(tx, workspace, uid)?.filter(|view| view.message.chat == ChatId(chat));
        found.filter(|view| view.attachment.is_some()).ok_or_else(unknown)?;
        Ok::<_, Error>(app.links(tx, workspace)?.attachment(uid))
    };
    let link = desk.app.read(look).await?;
    // Without our own name in front: the reader may have come by another.
    let place = link.strip_prefix(&desk.app.settings.public_url).unwrap_or(&link).to_owned();
    Ok(kept_shortly(Redirect::temporary(&place).into_response()))
}

/// Half of the time that the link lives, so that a page that is drawn anew doesn't fetch every picture anew.
fn kept_shortly(mut response: Response) -> Response {
    let keep = axum::http::HeaderValue::from_static("private, max-age=420");
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    response
}
