//! What these stories have in common.

use std::future::Future;

use partyline::id::{AccountId, MessageUid, WorkspaceId};
use partyline::inbox::content::{Content, Recipient};
use partyline::inbox::receive::receive_message;
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::{MessageText, Phone};
use partyline::message::Origin;
use partyline::store::counters::{Counters, counters_find};
use partyline::store::events::{EventRow, event_after};
use partyline::workspace::settings::{LimitChange, set_limits};
use partyline::workspace::tokens::Caller;
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{Engine, TestApp};

/// Tells a story on every engine that this run has.
pub async fn both_engines<F: Future<Output = ()>>(story: impl Fn(TestApp) -> F) {
    for engine in Engine::all() {
        story(TestApp::on(engine).await).await;
    }
}

/// A message as WhatsApp would tell it, of a direct chat.
pub fn incoming(phone: &str, name: &str, wamid: &str, text: &str, at_ms: i64) -> Incoming {
    let address = Address::from_phone(phone);
    Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: name.to_owned() },
        wamid: wamid.to_owned(),
        at_ms,
        body: IncomingBody::Text(text.to_owned()),
        reply_to: None,
    }
}

/// Receives a message in the first workspace.
pub async fn receive(stage: &TestApp, incoming: Incoming) -> MessageUid {
    receive_in(stage, stage.workspace, stage.account, incoming).await
}

pub async fn receive_in(stage: &TestApp, workspace: WorkspaceId, account: AccountId, incoming: Incoming) -> MessageUid {
    let uid = stage.app.ids.message_uid(stage.clock.now());
    stage.write(workspace, move |write| receive_message(write, account, uid, &incoming)).await
}

/// Accepts a message of the first workspace, without HTTP; returns its uid and its wamid.
pub async fn queue(stage: &TestApp, phone: &str, text: &str) -> (MessageUid, String) {
    queue_from(stage, None, phone, text).await
}

/// As [`queue`], from one of several accounts; `None` for the most recently linked one.
pub async fn queue_from(stage: &TestApp, account: Option<Phone>, phone: &str, text: &str) -> (MessageUid, String) {
    let to = Recipient::phone(&Phone::parse("phone", phone).expect("a phone"));
    queue_to(stage, account, to, text).await
}

/// As [`queue_from`], to whomever an address names.
pub async fn queue_to(stage: &TestApp, account: Option<Phone>, to: Recipient, text: &str) -> (MessageUid, String) {
    let (uid, wamid) = (stage.app.ids.message_uid(stage.clock.now()), stage.app.ids.wamid());
    let request = SendMessage {
        uid,
        wamid: wamid.clone(),
        to,
        account,
        content: Content::new(Some(MessageText::parse("text", text).expect("a text")), None).expect("a content"),
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    };
    let caller = caller(stage.workspace);
    stage.write(stage.workspace, move |write| queue_message(write, &caller, &request)).await;
    (uid, wamid)
}

fn caller(workspace: WorkspaceId) -> Caller {
    Caller::operator(workspace)
}

pub async fn limited(stage: &TestApp, change: LimitChange) {
    let workspace = stage
        .write(stage.workspace, move |write| {
            set_limits(write, &change)?;
            Ok(write.workspace.clone())
        })
        .await;
    stage.app.limits.changed(&workspace);
}

pub async fn counters(stage: &TestApp, workspace: WorkspaceId) -> Counters {
    let found = stage.app.read(move |tx| Ok(counters_find(tx, workspace)?)).await.expect("a read");
    found.expect("a workspace").1
}

pub async fn events(stage: &TestApp, workspace: WorkspaceId) -> Vec<EventRow> {
    stage.app.read(move |tx| Ok(event_after(tx, workspace, 0, 100_000)?)).await.expect("a read")
}
