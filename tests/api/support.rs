//! What these stories have in common.

use partyline::files::FileUid;
use partyline::id::{AccountId, ChatId, TokenId, WorkspaceId};
use partyline::inbox::receive::receive_message;
use partyline::store::accounts::{AccountRow, account_find, account_insert};
use partyline::store::events::event_after;
use partyline::store::files::{FileRow, file_insert};
use partyline::store::outbox::{OutboxMessage, outbox_message, outbox_of_chat};
use serde_json::Value;
use transport::{Address, FileKind, Incoming, IncomingBody, Kind, Sender};

use crate::kit::{START, TestApp};

pub const GROUP: &str = "120363021234567890@g.us";
/// The first sandbox account's.
pub const OWN_PHONE: &str = "+12025550198";

/// A message of a contact; returns its uid.
pub async fn receive(stage: &TestApp, phone: &str, wamid: &str, text: &str) -> String {
    receive_on(stage, stage.account, phone, wamid, text).await
}

/// As [`receive`], on another account.
pub async fn receive_on(stage: &TestApp, account: AccountId, phone: &str, wamid: &str, text: &str) -> String {
    let address = Address::from_phone(phone);
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: wamid.to_owned(),
        at_ms: stage.clock.now().ms(),
        body: IncomingBody::Text(text.to_owned()),
        reply_to: None,
    };
    let uid = stage.app.ids.message_uid(stage.clock.now());
    stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await.to_string()
}

/// An account like the first one, of another kind or state.
pub async fn account_like(
    stage: &TestApp,
    phone: &'static str,
    change: impl Fn(&mut AccountRow) + Send + 'static,
) -> AccountId {
    let first = stage.account;
    stage
        .write(stage.workspace, move |write| {
            let found = account_find(write.tx, write.workspace.id, first)?.expect("the first account");
            let (id, jid) = (write.next_account_id(), Address::from_phone(phone).jid().to_owned());
            let mut account = AccountRow { id, jid, phone: phone.to_owned(), ..found };
            change(&mut account);
            account_insert(write, &account)?;
            Ok(id)
        })
        .await
}

pub async fn cloud_account(stage: &TestApp, phone: &'static str) -> AccountId {
    account_like(stage, phone, |account| account.transport = Kind::Cloud).await
}

/// A file that somebody uploaded, as far as its row goes.
pub async fn upload(stage: &TestApp, workspace: WorkspaceId, filename: &'static str) -> String {
    let uid = stage.app.ids.file_uid(START);
    stage.write(workspace, move |write| file_insert(write, &file_row(uid, filename))).await;
    uid.to_string()
}

pub fn file_row(uid: FileUid, filename: &str) -> FileRow {
    FileRow {
        uid,
        sha256: [7; 32],
        filename: filename.to_owned(),
        mimetype: "application/pdf".into(),
        size_bytes: 1_234,
        kind: FileKind::Document,
        width: 0,
        height: 0,
        thumbnail: None,
        token: TokenId(1),
        uploaded_by_email: String::new(),
        uploaded_at: START,
    }
}

/// What waits in a chat, as its transport would get it.
pub async fn waiting(stage: &TestApp, chat: i64) -> Vec<OutboxMessage> {
    waiting_of(stage, stage.account, chat).await
}

pub async fn waiting_of(stage: &TestApp, account: AccountId, chat: i64) -> Vec<OutboxMessage> {
    let workspace = stage.workspace;
    let look = move |tx: &mut database::Snapshot<'_>| {
        let rows = outbox_of_chat(tx, workspace, account, ChatId(chat), 100)?;
        let mut messages = Vec::new();
        for row in rows {
            messages.push(outbox_message(tx, workspace, account, row.seq)?.expect("a message"));
        }
        Ok(messages)
    };
    stage.app.read(look).await.expect("a read")
}

/// The names of the events so far, with their details.
pub async fn events(stage: &TestApp) -> Vec<(&'static str, String)> {
    let workspace = stage.workspace;
    let events = stage.app.read(move |tx| Ok(event_after(tx, workspace, 0, 1_000)?)).await.expect("a read");
    events.into_iter().map(|event| (event.kind.name(), event.detail)).collect()
}

pub async fn credits_used(stage: &TestApp, token: &crate::kit::Actor) -> i64 {
    stage.flush().await;
    token.get("/workspace").await.body()["data"]["messaging_quota"]["used"].as_i64().expect("a number")
}

pub fn message_uid(body: &Value) -> String {
    body["data"]["message_uid"].as_str().unwrap_or_else(|| panic!("no uid: {body}")).to_owned()
}
