//! A workspace in which something of every kind has an id, made through the public API.

use std::collections::BTreeMap;
use std::time::Duration;

use partyline::accounts::link_sandbox;
use partyline::clock::Time;
use partyline::id::{AccountId, MessageUid, WorkspaceId};
use partyline::inbox::receive::receive_message;
use partyline::inbox::status::{move_message, record_receipt};
use partyline::message::{Failure, Status};
use partyline::store::Write;
use partyline::store::message_files::message_file_unavailable;
use partyline::store::messages::message_chat;
use partyline::store::outbox::outbox_of_chat;
use partyline::store::outbox_moves::{outbox_claim, outbox_set_uncertain};
use partyline::workspace::settings::{LimitChange, set_limits};
use partyline::workspace::tokens::Scope;
use transport::{Address, FileKind, Incoming, IncomingBody, IncomingFile, Sender};

use crate::catalogue::{self, Content};
use crate::kit::{Actor, ECHO, TestApp};
use crate::official;
use crate::operations::{Half, Operation, find, ours};

/// More than any story asks for in a minute.
const RATE_PER_MINUTE: i64 = 1_000_000;

/// A contact who writes first, and whose chat is left alone.
pub const CUSTOMER: &str = "+12025550173";
/// Of the sandbox: whatever is sent there is uncertain.
const LOSES_ANSWERS: &str = "+12025550157";
/// How many of each kind the first workspace has: more than the second one comes by while it asks.
const ROUNDS: usize = 6;
/// What only the first workspace has.
pub const ONLY_CONTACT: &str = "+12025550174";
pub const ONLY_NAME: &str = "Only Here";
pub const ONLY_LABEL: &str = "only-here";

pub struct Scene {
    pub half: Half,
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// Who may do everything there.
    pub token: Actor,
    /// What a parameter or a field of this name may hold, as text.
    pub ids: BTreeMap<&'static str, String>,
}

/// A value of an earlier round: a phone's last digit, an address's last part, an email's first.
fn other_value(start: &str, round: usize) -> String {
    match start.strip_suffix('/') {
        Some(email) if email.contains('@') => format!("{round}{email}"),
        _ => format!("{start}{round}"),
    }
}

/// What makes the thing that an id names, and where the answer holds it.
const MAKERS: [(&str, &str, &str); 6] = [
    ("file_uid", "POST /files_upload", "/data/uid"),
    ("template_id", "POST /templates", "/data/id"),
    ("webhook_id", "POST /webhooks", "/data/id"),
    ("delivery_id", "POST /webhooks/{webhook_id}/example", "/data/delivery_id"),
    ("user_id", "POST /workspace/invitations", "/data/user_id"),
    ("message_uid", "POST /messages", "/data/message_uid"),
];

impl Scene {
    /// Whether nothing that this names can be made through the API, so that nobody's could be met.
    pub fn is_never_made(name: &str) -> bool {
        MAKERS.iter().any(|(made, maker, _)| *made == name && find(ours(), maker).is_none())
    }

    /// The first workspace's. Its numbers go further than the second one's, so that none is there by chance as well.
    pub async fn first(stage: &TestApp) -> Scene {
        let mut scene = Scene::of(stage, stage.workspace, stage.account).await;
        for round in (1..=ROUNDS).rev() {
            scene.make_one_of_each(round).await;
        }
        scene.make_what_is_only_here(stage).await;
        scene
    }

    /// Somebody else's.
    pub async fn second(stage: &TestApp) -> Scene {
        let (workspace, account) = stage.other_workspace().await;
        let mut scene = Scene::of(stage, workspace, account).await;
        scene.make_one_of_each(1).await;
        scene
    }

    /// The first workspace's, for one half of the operations.
    pub async fn first_of(stage: &TestApp, half: Half) -> Scene {
        match half {
            Half::Any => Scene::first(stage).await,
            Half::Official => official::first(stage).await,
        }
    }

    /// Somebody else's, for one half of the operations.
    pub async fn second_of(stage: &TestApp, half: Half) -> Scene {
        match half {
            Half::Any => Scene::second(stage).await,
            Half::Official => official::second(stage).await,
        }
    }

    /// The operations that this is a scene for.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.half.operations()
    }

    async fn of(stage: &TestApp, workspace: WorkspaceId, account: AccountId) -> Scene {
        let raised =
            LimitChange { rate_per_minute: Some(RATE_PER_MINUTE), top_up: Some(1_000_000), ..LimitChange::default() };
        stage.write(workspace, move |write| set_limits(write, &raised)).await;
        let token = stage.token_of(workspace, Scope::Full, false).await;
        let ids = BTreeMap::from([("number", "12025550100".to_owned())]);
        let mut scene = Scene { half: Half::Any, workspace, account, token, ids };
        scene.hear(stage, CUSTOMER, "Is it ready?").await;
        for name in ["lost_uid", "gone_uid"] {
            let uid = scene.lose_answer(stage).await;
            scene.ids.insert(name, uid);
        }
        let uid = scene.lose_file(stage).await;
        scene.ids.insert("unfetched_uid", uid);
        // So that what was made first is not also what was changed last.
        stage.advance(Duration::from_secs(60));
        scene
    }

    /// Round 1 is the catalogue's own requests, so that what they make can be met again; earlier ones make others.
    async fn make_one_of_each(&mut self, round: usize) {
        for (name, maker, place) in MAKERS {
            let Some(operation) = find(ours(), maker) else { continue };
            let mut content = self.content(operation);
            if let (Content::Json(body), 2..) = (&mut content, round) {
                for (field, other) in
                    [("phone", "+1202555014"), ("url", "https://crm.example/"), ("email", "rui@harbour.example/")]
                {
                    if body.get(field).is_some() {
                        body[field] = serde_json::json!(other_value(other, round));
                    }
                }
            }
            let answer = catalogue::send(&self.token, operation, &self.path(operation), content).await;
            assert_eq!(answer.status, 200, "{maker}: {}", answer.text());
            let body = answer.body();
            let id = body.pointer(place).unwrap_or_else(|| panic!("{maker}: {body}"));
            self.ids.insert(name, id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        }
        let message = self.token.get(&format!("/messages/{}", self.ids["message_uid"])).await.body();
        self.ids.insert("chat_id", message["data"]["chat_id"].to_string());
        let (chat, tomorrow) = (&self.ids["chat_id"], "2026-01-16T09:00:00Z");
        let note = self.token.post(&format!("/chats/{chat}/notes"), serde_json::json!({"text": "Call first"})).await;
        let later = serde_json::json!({"text": "See you today", "send_at": tomorrow});
        let later = self.token.post(&format!("/chats/{chat}/messages"), later).await;
        for (name, made) in [("note_uid", note), ("scheduled_uid", later)] {
            let uid = made.body()["data"]["message_uid"].as_str().map(str::to_owned);
            self.ids.insert(name, uid.unwrap_or_else(|| panic!("{name}: {}", made.text())));
        }
    }

    /// What has no number: names, an account, a contact.
    async fn make_what_is_only_here(&mut self, stage: &TestApp) {
        let account = stage.write(self.workspace, |write| link_sandbox(write, "Workshop")).await;
        let body =
            serde_json::json!({"phone": ONLY_CONTACT, "text": "hi", "chat_name": ONLY_NAME, "label": ONLY_LABEL});
        let sent = self.token.post("/messages", body).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let accounts = self.token.get("/whatsapp_accounts").await.body();
        let rows = accounts["data"]["whatsapp_accounts"].as_array().expect("accounts");
        let only = rows.iter().find(|row| row["account_name"] == "Workshop").expect("it was linked");
        self.ids.insert("account_phone", only["phone"].as_str().expect("a phone").to_owned());
        self.ids.insert("account_jid", only["id"].as_str().expect("a JID").to_owned());
        assert_ne!(account, self.account);
    }

    /// Asks for an operation as the catalogue says, which must succeed; its answer.
    pub async fn ask(&self, operation: &Operation) -> serde_json::Value {
        let answer = self.answer(operation).await;
        assert!(answer.status.is_success(), "{}: {}", operation.name, answer.text());
        answer.body()
    }

    pub async fn answer(&self, operation: &Operation) -> crate::kit::Answer {
        let content = catalogue::content(operation, &self.ids);
        catalogue::send(&self.token, operation, &self.path(operation), content).await
    }

    /// The operation's path with this workspace's ids in it.
    pub fn path(&self, operation: &Operation) -> String {
        self.meant(catalogue::path(operation, |name| self.ids[name].clone()))
    }

    /// The same address; what may only be done to messages that may have gone, with such a one instead of the usual one.
    pub fn meant(&self, address: String) -> String {
        let (Some(usual), Some(what)) = (self.ids.get("message_uid"), address.rsplit('/').next()) else {
            return address;
        };
        match what {
            "resend" => address.replace(usual, &self.ids["lost_uid"]),
            "mark_sent" => address.replace(usual, &self.ids["gone_uid"]),
            "fetch_attachment" => address.replace(usual, &self.ids["unfetched_uid"]),
            _ => address,
        }
    }

    pub fn content(&self, operation: &Operation) -> Content {
        catalogue::content(operation, &self.ids)
    }

    /// A message of which nobody knows whether it went.
    async fn lose_answer(&self, stage: &TestApp) -> String {
        let uid = self.token.send(LOSES_ANSWERS, "This may have gone").await;
        let parsed = MessageUid(uid.parse().expect("a UUID"));
        let (workspace, account) = (self.workspace, self.account);
        stage
            .write(workspace, move |write| {
                let chat = message_chat(write.tx, workspace, parsed)?.expect("it was just sent");
                let rows = outbox_of_chat(write.tx, workspace, account, chat, 10)?;
                let row = rows.into_iter().find(|row| row.message == parsed).expect("it waits");
                assert!(outbox_claim(write, &row)?);
                move_message(write, parsed, chat, Status::Pending, Status::Sending, None, write.now)?;
                Ok(outbox_set_uncertain(write, &row, Time::NEVER, "No answer")?)
            })
            .await;
        uid
    }

    /// A message whose file was given up.
    async fn lose_file(&self, stage: &TestApp) -> String {
        let file = IncomingFile {
            kind: FileKind::Image,
            mimetype: "image/png".into(),
            filename: "bike.png".into(),
            size_bytes: 9,
            caption: "This is it".into(),
            source: "somewhere".into(),
        };
        let uid = self.hear_body(stage, CUSTOMER, "3EB0FILE", IncomingBody::File(file)).await;
        let given_up =
            move |write: &mut Write<'_, '_>| Ok(message_file_unavailable(write, uid, "WhatsApp has it no more")?);
        assert!(stage.write(self.workspace, given_up).await);
        uid.to_string()
    }

    /// Somebody writes.
    pub async fn hear(&self, stage: &TestApp, phone: &str, text: &str) -> MessageUid {
        self.hear_body(stage, phone, &format!("3EB0{text}"), IncomingBody::Text(text.to_owned())).await
    }

    async fn hear_body(&self, stage: &TestApp, phone: &str, wamid: &str, body: IncomingBody) -> MessageUid {
        let address = Address::from_phone(phone);
        let incoming = Incoming {
            chat: address.clone(),
            chat_name: String::new(),
            sender: Sender { address, name: "Ines".into() },
            wamid: wamid.to_owned(),
            at_ms: stage.clock.now().ms(),
            body,
            reply_to: None,
        };
        let (account, uid) = (self.account, stage.app.ids.message_uid(stage.clock.now()));
        stage.write(self.workspace, move |write| receive_message(write, account, uid, &incoming)).await
    }

    /// A message that WhatsApp refused, with the number it gave for it if any.
    pub async fn fail(&self, stage: &TestApp, code: Option<i64>) -> String {
        let uid = match self.half {
            Half::Any => self.token.send(ECHO, "This will fail").await,
            Half::Official => official::send(&self.token, "This will fail").await,
        };
        let parsed = MessageUid(uid.parse().expect("a UUID"));
        let (workspace, account, now) = (self.workspace, self.account, stage.clock.now());
        stage
            .write(workspace, move |write| {
                let found = partyline::store::messages::message_find(write.tx, workspace, parsed)?;
                let wamid = found.expect("it was just sent").message.wamid;
                let failure = Failure { code, title: "Not on WhatsApp".into(), details: "Nobody there".into() };
                record_receipt(write, account, &wamid, Status::Failed, Some(&failure), now)
            })
            .await;
        uid
    }
}
