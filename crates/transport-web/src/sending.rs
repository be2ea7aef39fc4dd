//! Handing a message over, and waiting for the server's word on it.

use std::sync::Arc;
use std::time::Duration;

use transport::{Accepted, Address, Body, FileKind, Mark, Outgoing, OutgoingFile, SendError, Typing, Verdict};
use wacore::types::events::ServerAck;
use wacore::types::message::AddressingMode;
use whatsapp_rust::send::SendOptions;
use whatsapp_rust::{Client, Jid, Server};

use crate::compose::{From, derived, file_message, message, shows_caption};
use crate::errors::{NOT_THERE, STRANGER, again, broken, never, no_line, refused, unanswered};
use crate::files::upload;
use crate::known::jid_of;
use crate::shared::{Heard, Shared};

/// The server answers within a second as a rule.
const ANSWER_MAX: Duration = Duration::from_secs(20);
const LOOK_MAX: Duration = Duration::from_secs(5);

/// The client, where it can send.
pub fn line(shared: &Shared) -> Result<Arc<Client>, SendError> {
    let client = shared.client().filter(|client| client.is_logged_in());
    client.ok_or_else(|| no_line("The number isn't connected to WhatsApp just now."))
}

/// Sends, and answers when the server has it or refuses it.
pub async fn send(shared: &Arc<Shared>, outgoing: &Outgoing) -> Result<Accepted, SendError> {
    let client = line(shared)?;
    let to = jid_of(&outgoing.to).ok_or_else(|| never("No such address", "WhatsApp has no address of this kind."))?;
    ensure_reachable(&client, &to).await?;
    let outgoing = with_kind_for_caption(outgoing);
    let own = own_in(&client, &to).await?;
    let author = author_in(&client, &to, &outgoing).await;
    let device = client.persistence_manager().get_device_snapshot();
    let secret = device.identity_key.private_key.serialize();
    let from = From { own: &own, author: author.as_ref(), secret: &secret[..] };
    let composed = match &outgoing.body {
        Body::File(file) => {
            let key = derived(from.secret, "media key", &outgoing.wamid);
            let uploaded = upload(&shared.parts, &client, file, key).await?;
            file_message(&outgoing, uploaded, &to, &from)
        }
        _ => message(&outgoing, &to, &from),
    };
    let composed = composed.ok_or_else(|| never("Not supported", "A linked device sends no templates."))?;
    let waits = Waits { shared, wamid: &outgoing.wamid };
    let answer = shared.expect(waits.wamid);
    let options = SendOptions::default().with_message_id(outgoing.wamid.clone());
    let is_group = to.server == Server::Group;
    let group = is_group.then(|| to.clone());
    client.send_message_with_options(to, composed, options).await.map_err(|error| broken(&error))?;
    let answer = tokio::time::timeout(ANSWER_MAX, answer).await;
    let Ok(Ok(answer)) = answer else { return Err(unanswered()) };
    if let Some(group) = group {
        // Whose receipts are waited for.
        shared.queue(Heard::Group(group));
    }
    judged(&client, &outgoing.wamid, &answer).await
}

/// WhatsApp takes messages to numbers that it doesn't know, and says nothing. So it is asked about those of which nothing is
/// known yet; where it doesn't tell, the message goes.
async fn ensure_reachable(client: &Client, to: &Jid) -> Result<(), SendError> {
    if to.server != Server::Pn || matches!(client.get_lid_pn_entry(to).await, Ok(Some(_))) {
        return Ok(());
    }
    let asked = async { client.contacts().is_on_whatsapp(std::slice::from_ref(to)).await };
    let Ok(Ok(found)) = tokio::time::timeout(LOOK_MAX, asked).await else { return Ok(()) };
    let is_unknown = found.iter().any(|one| !one.is_registered && one.contact_error.is_none());
    if is_unknown { Err(refused(NOT_THERE)) } else { Ok(()) }
}

/// An answer that nobody waits for any more is forgotten, also where the wait was cut off.
struct Waits<'a> {
    shared: &'a Shared,
    wamid: &'a str,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.shared.forget(self.wamid);
    }
}

async fn judged(client: &Client, wamid: &str, answer: &ServerAck) -> Result<Accepted, SendError> {
    let Some(code) = &answer.error else {
        let at_ms = answer.timestamp.map_or_else(wacore::time::now_millis, |at| at.timestamp_millis());
        return Ok(Accepted { wamid: wamid.to_owned(), at_ms });
    };
    let error = refused(code.parse().unwrap_or(0));
    if error.code != Some(STRANGER) {
        return Err(error);
    }
    // WhatsApp says for how long, if it is asked.
    let asked = tokio::time::timeout(LOOK_MAX, async { client.mex().fetch_reachout_timelock().await }).await;
    let until = asked.ok().and_then(Result::ok).and_then(|lock| lock.time_enforcement_ends);
    match until.and_then(|until| until.parse::<i64>().ok()) {
        Some(until) if until > wacore::time::now_secs() => {
            let seconds = u64::try_from(until - wacore::time::now_secs()).unwrap_or(0);
            Err(SendError { verdict: Verdict::AccountLimited { for_: Duration::from_secs(seconds) }, ..error })
        }
        _ => Err(error),
    }
}

/// Sounds and stickers show no words: with words they go as documents, so that all of it arrives.
fn with_kind_for_caption(outgoing: &Outgoing) -> Outgoing {
    let mut outgoing = outgoing.clone();
    if let Body::File(OutgoingFile { kind, caption, .. }) = &mut outgoing.body
        && !caption.is_empty()
        && !shows_caption(*kind)
    {
        *kind = FileKind::Document;
    }
    outgoing
}

/// The account as a chat knows it.
async fn own_in(client: &Client, to: &Jid) -> Result<Jid, SendError> {
    let own = match hides_phones(client, to).await {
        true => client.lid().or_else(|| client.pn()),
        false => client.pn(),
    };
    own.map(|own| own.to_non_ad()).ok_or_else(|| no_line("The number isn't linked."))
}

/// Whether a group knows its people by their hidden ids.
async fn hides_phones(client: &Client, chat: &Jid) -> bool {
    if chat.server != Server::Group {
        return false;
    }
    let group = tokio::time::timeout(LOOK_MAX, async { client.groups().query_info(chat).await }).await;
    matches!(group, Ok(Ok(group)) if group.addressing_mode == AddressingMode::Lid)
}

/// Who sent the message that is reacted to or answered, as the chat knows them.
async fn author_in(client: &Client, to: &Jid, outgoing: &Outgoing) -> Option<Jid> {
    let author: &Address = match &outgoing.body {
        Body::Reaction { to_sender, .. } => to_sender.as_ref()?,
        _ => outgoing.quoted.as_ref()?.sender.as_ref()?,
    };
    let jid = jid_of(author)?;
    if !hides_phones(client, to).await {
        return Some(jid);
    }
    let known = client.get_lid_pn_entry(&jid).await.ok().flatten();
    Some(known.map_or(jid, |known| Jid::lid(&*known.lid)))
}

/// Shows a contact that their messages were read, or that somebody writes.
pub async fn mark(shared: &Shared, chat: &Address, mark: &Mark) -> Result<(), SendError> {
    let client = line(shared)?;
    let chat = jid_of(chat).ok_or_else(|| never("No such address", "WhatsApp has no address of this kind."))?;
    match mark {
        Mark::Typing(typing) => {
            let chatstate = client.chatstate();
            let shown = match typing {
                Typing::Typing => chatstate.send_composing(&chat).await,
                Typing::Recording => chatstate.send_recording(&chat).await,
                Typing::Paused => chatstate.send_paused(&chat).await,
            };
            shown.map_err(|error| again("Not shown", &error.to_string()))
        }
        Mark::Read(messages) if chat.server == Server::Group => {
            let mut senders: Vec<&Address> = messages.iter().map(|message| &message.sender).collect();
            senders.sort();
            senders.dedup();
            for sender in senders {
                let of = messages.iter().filter(|message| message.sender == *sender);
                let wamids: Vec<&str> = of.map(|message| message.wamid.as_str()).collect();
                let Some(mut sender) = jid_of(sender) else { continue };
                if hides_phones(&client, &chat).await
                    && let Ok(Some(known)) = client.get_lid_pn_entry(&sender).await
                {
                    sender = Jid::lid(&*known.lid);
                }
                let read = client.mark_as_read(&chat, Some(&sender), &wamids).await;
                read.map_err(|error| again("Not shown", &error.to_string()))?;
            }
            Ok(())
        }
        Mark::Read(messages) => {
            let wamids: Vec<&str> = messages.iter().map(|message| message.wamid.as_str()).collect();
            let read = client.mark_as_read(&chat, None, &wamids).await;
            read.map_err(|error| again("Not shown", &error.to_string()))
        }
    }
}

/// Whether a number is on WhatsApp.
pub async fn check_number(shared: &Shared, address: &Address) -> Result<bool, SendError> {
    let client = line(shared)?;
    let jid = jid_of(address).ok_or_else(|| never("No such address", "WhatsApp has no address of this kind."))?;
    let found = client.contacts().is_on_whatsapp(std::slice::from_ref(&jid)).await;
    let found = found.map_err(|error| again("Not told", &error.to_string()))?;
    Ok(found.iter().any(|one| one.is_registered))
}
