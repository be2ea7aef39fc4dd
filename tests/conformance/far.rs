//! The far side of the wire, in memory: a WhatsApp whose contacts have the sandbox's behaviours, and which does on request
//! what no sandbox does by itself. It keeps what it received; a transport is only a way to it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt;
use partyline::clock::{Clock, Time};
use transport::{
    Accepted, Address, Body, Capabilities, Ear, Event, FileBytes, Incoming, IncomingBody, Kind, Outgoing, OutgoingFile,
    Pending, Receipt, ReceiptStatus, SendError, Sender, Transport, Verdict,
};

use crate::{ECHO, NOT_ON_WHATSAPP, THROTTLED};

/// A message on a contact's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub phone: String,
    pub text: String,
    pub file: Option<OutgoingFile>,
}

#[derive(Default)]
pub struct Far {
    received: Vec<(String, Received)>,
    planned: Vec<(Time, Event)>,
    sends: u32,
    /// The answers to the next sends, first come first.
    pub answers: Vec<SendError>,
    /// Sends arrive and their answers don't.
    pub answers_are_lost: bool,
}

/// A transport to it.
#[derive(Clone)]
pub struct Scripted {
    pub far: Arc<Mutex<Far>>,
    clock: Clock,
    pub capabilities: Capabilities,
}

impl Scripted {
    pub fn new(clock: Clock, fixed_message_id: bool) -> Scripted {
        let capabilities = Capabilities { fixed_message_id, ..Capabilities::of(Kind::Sandbox) };
        Scripted { far: Arc::default(), clock, capabilities }
    }

    pub fn paced(clock: Clock) -> Scripted {
        let mut scripted = Scripted::new(clock, true);
        scripted.capabilities.paced = true;
        scripted
    }

    pub fn far(&self) -> MutexGuard<'_, Far> {
        self.far.lock().expect("nothing panics with it")
    }

    /// Tells what is due; what the ear doesn't store stays.
    pub async fn step(&self, ear: &Arc<dyn Ear>) -> usize {
        let now = self.clock.now();
        let due: Vec<(Time, Event)> = {
            let mut far = self.far();
            far.planned.sort_by_key(|(due, _)| *due);
            let end = far.planned.partition_point(|(due, _)| *due <= now);
            far.planned.drain(..end).collect()
        };
        let told = due.len();
        if told > 0 && ear.hear(due.iter().map(|(_, event)| event.clone()).collect()).await.is_err() {
            self.far().planned.extend(due);
        }
        told
    }

    pub fn received(&self) -> Vec<Received> {
        self.far().received.iter().map(|(_, received)| received.clone()).collect()
    }

    fn receive(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let now = self.clock.now();
        let mut far = self.far();
        if !far.answers.is_empty() {
            return Err(far.answers.remove(0));
        }
        let phone = message.to.phone().unwrap_or_default();
        if phone == NOT_ON_WHATSAPP {
            return Err(failure(Verdict::Permanent, Some(131_026)));
        }
        let known = far.received.iter().any(|(wamid, _)| self.capabilities.fixed_message_id && *wamid == message.wamid);
        if phone == THROTTLED && !known {
            far.sends += 1;
            if far.sends.is_multiple_of(3) {
                return Err(failure(Verdict::Retry { after: Duration::from_secs(2) }, Some(130_429)));
            }
        }
        let wamid = match self.capabilities.fixed_message_id {
            true => message.wamid.clone(),
            false => format!("wamid.{}", far.received.len()),
        };
        if !known {
            let text = match &message.body {
                Body::Text(text) => text,
                Body::File(file) => &file.caption,
                Body::Reaction { emoji, .. } => emoji,
                Body::Edit { text, .. } => text,
                Body::Revoke { to_wamid } => to_wamid,
            };
            let file = if let Body::File(file) = &message.body { Some(file.clone()) } else { None };
            far.received.push((wamid.clone(), Received { phone: phone.clone(), text: text.clone(), file }));
            far.plan(&wamid, &message.to, text, phone == ECHO, now);
        }
        match far.answers_are_lost {
            true => Err(SendError { maybe_accepted: true, ..failure(Verdict::Retry { after: Duration::ZERO }, None) }),
            false => Ok(Accepted { wamid, at_ms: now.ms() }),
        }
    }
}

impl Far {
    fn plan(&mut self, wamid: &str, from: &Address, text: &str, echo: bool, now: Time) {
        let mut receipt = |status: ReceiptStatus, after_ms: u64| {
            let due = now + Duration::from_millis(after_ms);
            let receipt = Receipt { wamid: wamid.to_owned(), participant: None, status, at_ms: due.ms() };
            self.planned.push((due, Event::Receipt(receipt)));
        };
        receipt(ReceiptStatus::Delivered, 400);
        if !echo {
            return;
        }
        receipt(ReceiptStatus::Read, 900);
        let due = now + Duration::from_millis(1_200);
        self.planned.push((due, Event::Message(incoming(from, &format!("re:{wamid}"), text, due))));
    }
}

/// A message of a contact.
pub fn incoming(from: &Address, wamid: &str, text: &str, at: Time) -> Incoming {
    Incoming {
        chat: from.clone(),
        chat_name: String::new(),
        sender: Sender { address: from.clone(), name: "Somebody".into() },
        wamid: wamid.to_owned(),
        at_ms: at.ms(),
        body: IncomingBody::Text(text.to_owned()),
        reply_to: None,
    }
}

pub fn failure(verdict: Verdict, code: Option<i64>) -> SendError {
    SendError { verdict, code, title: "Refused".into(), details: "By the script.".into(), maybe_accepted: false }
}

impl Transport for Scripted {
    fn kind(&self) -> Kind {
        Kind::Sandbox
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn start(&self, _: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn stop(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(async move { self.receive(message) })
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        let pieces = match source.strip_prefix("asset:") {
            Some("prices.pdf") => vec![&b"%PDF-1.4 "[..], b"from the ", b"far side"],
            Some("photo.jpg") => vec![&include_bytes!("../../src/transports/sandbox/assets/photo.jpg")[..]],
            Some("voice.ogg") => vec![&include_bytes!("../../src/transports/sandbox/assets/voice.ogg")[..]],
            _ => return Box::pin(async { Err(failure(Verdict::Permanent, Some(131_052))) }),
        };
        let pieces = futures_util::stream::iter(pieces).map(|piece| Ok(bytes::Bytes::from_static(piece)));
        Box::pin(async move { Ok(Box::pin(pieces) as FileBytes) })
    }

    fn mark<'a>(&'a self, _: &'a Address, _: &'a transport::Mark) -> Pending<'a, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async move { Ok(address.phone().as_deref() != Some(NOT_ON_WHATSAPP)) })
    }
}
