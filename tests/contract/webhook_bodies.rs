//! What webhooks hear: every event that the contract has bodies for, and ours beside them, made from what really happens.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use partyline::accounts::health::{Health, set_health};
use partyline::accounts::manage::unlink_account;
use partyline::clock::Time;
use partyline::event_kind::Kind;
use partyline::id::ChatId;
use partyline::inbox::calls::record_call;
use partyline::inbox::changes::{record_edit, record_revoke};
use partyline::inbox::contacts::join_addresses;
use partyline::inbox::reactions::record_reaction;
use partyline::inbox::receive::receive_message;
use partyline::inbox::status::record_receipt;
use partyline::message::{Failure, Status};
use partyline::store::events::{EventRow, NewEvent, event_after, event_append};
use partyline::store::messages::message_find;
use partyline::webhooks::EventType;
use partyline::webhooks::bodies::{Rendered, Rendering, example};
use serde_json::{Value, json};
use transport::{
    Address, Call, CallOutcome, FileKind, Incoming, IncomingBody, IncomingEdit, IncomingFile, IncomingReaction,
    IncomingRevoke, SameContact, Sender,
};

use crate::conform::faults;
use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::operations::{Half, Operation, operations_of_contract};
use crate::scene::Scene;

const MARIA: &str = "+12025550171";
const HIDDEN: &str = "98765432101234@lid";

fn contract() -> Vec<Operation> {
    operations_of_contract(&serde_json::from_str(include_str!("webhooks.json")).expect("JSON"))
}

/// The regular types, all that a linked number can cause.
fn regular() -> impl Iterator<Item = EventType> {
    EventType::all().iter().copied().filter(|one| one.is_of_contract() && !one.as_str().starts_with("waba:"))
}

/// What of a body breaks the contract.
fn faults_of(contract: &[Operation], event_type: EventType, body: &Value) -> Vec<String> {
    let operation = contract.iter().find(|operation| operation.path == event_type.as_str()).expect("in the contract");
    let mut found = faults(body, operation.json_body().expect("a body"), true);
    if body["event_type"] != event_type.as_str() {
        found.push(format!("event_type is {}", body["event_type"]));
    }
    found
}

#[tokio::test]
async fn every_regular_event_has_the_contracts_body() {
    let contract = contract();
    assert_eq!(regular().count(), 16);
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        live(&stage).await;
        let rendered = rendered(&stage).await;
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for event in rendered.iter().filter(|event| event.event_type.is_of_contract()) {
            let body = serde_json::from_str(&event.to_json().expect("JSON")).expect("JSON");
            found.entry(event.event_type.as_str()).or_default().extend(faults_of(&contract, event.event_type, &body));
        }
        for event_type in regular() {
            let faults = found.get(event_type.as_str());
            assert_eq!(faults, Some(&Vec::new()), "{event_type:?}");
        }
    }
}

#[tokio::test]
async fn every_event_of_official_accounts_has_the_contracts_body() {
    let contract = contract();
    let official: Vec<EventType> =
        EventType::all().iter().copied().filter(|one| one.as_str().starts_with("waba:")).collect();
    assert_eq!(official.len(), 16);
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::first_of(&stage, Half::Official).await;
        live_officially(&stage, &scene).await;
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut first: BTreeMap<&str, Value> = BTreeMap::new();
        for event in rendered(&stage).await.into_iter().filter(|event| official.contains(&event.event_type)) {
            let body = serde_json::from_str(&event.to_json().expect("JSON")).expect("JSON");
            let name = event.event_type.as_str();
            found.entry(name).or_default().extend(faults_of(&contract, event.event_type, &body));
            first.entry(name).or_insert(body);
        }
        for event_type in &official {
            assert_eq!(found.get(event_type.as_str()), Some(&Vec::new()), "{event_type:?}");
        }
        if engine == Engine::Sqlite {
            let told = redacted(serde_json::to_value(&first).expect("JSON"));
            insta::assert_snapshot!("official_bodies", serde_json::to_string_pretty(&told).expect("JSON"));
        }
        let numbers = &first["waba:account:active"]["account"];
        assert_eq!(numbers["state"], "active");
        assert_eq!(first["waba:account:disconnected"]["account"]["state"], "removed");
    }
}

/// What can befall official accounts, and what they have.
async fn live_officially(stage: &TestApp, scene: &Scene) {
    let (token, account) = (&scene.token, scene.account);
    let invited = json!({"display_name": "Dina Ray", "email": "dina@harbour.example", "role": "teammate"});
    assert_eq!(token.post("/workspace/invitations", invited).await.status, 200);
    let chat = format!("/waba/chats/{}", scene.ids["chat_id"]);
    for change in
        [json!({"responsible": "dina@harbour.example", "closed": true}), json!({"responsible": "", "closed": false})]
    {
        patch(token, &chat, change).await;
    }
    // A template makes the chat with somebody who never wrote.
    let template = json!({"name": "bike_ready", "language": "en_US", "variables": {"1": "Rui"}});
    let sent = token.post("/waba/messages", json!({"phone": "+12025550166", "template": template})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(sent.body()["data"]["text"], "Hello Rui, your bike is ready");
    let uid = |answer: Value| answer["data"]["uid"].as_str().expect("a uid").parse().map(partyline::id::MessageUid);
    let read = uid(sent.body()).expect("a UUID");
    scene.fail(stage, Some(131_026)).await;
    let (workspace, now) = (scene.workspace, stage.clock.now());
    stage
        .write(workspace, move |write| {
            let wamid = message_find(write.tx, workspace, read)?.expect("it was sent").message.wamid;
            record_receipt(write, account, &wamid, Status::Delivered, None, now)?;
            record_receipt(write, account, &wamid, Status::Read, None, now)
        })
        .await;
    for (kind, detail) in [
        (Kind::WabaTemplateApproved, "1 APPROVED"),
        (Kind::WabaTemplateRejected, "1 REJECTED"),
        (Kind::WabaTemplateDisabled, "1 PAUSED"),
    ] {
        happen(stage, kind, ChatId(0), None, detail).await;
    }
    let held = stage.clock.now() + Duration::from_secs(60);
    for (health, until) in [(Health::Held, held), (Health::Connected, Time::NEVER), (Health::TokenInvalid, Time::NEVER)]
    {
        stage.advance(Duration::from_secs(61));
        stage.write(workspace, move |write| set_health(write, account, health, "it said so", until)).await;
    }
    stage.write(workspace, move |write| unlink_account(write, account)).await;
}

#[tokio::test]
async fn every_fact_is_shown_by_its_types_in_their_words() {
    let stage = TestApp::on(Engine::Sqlite).await;
    live(&stage).await;
    let mut first: BTreeMap<&str, Rendered> = BTreeMap::new();
    for event in rendered(&stage).await {
        assert!(!event.to_json().expect("JSON").contains('\n'));
        first.entry(event.event_type.as_str()).or_insert(event);
    }
    let shown: Vec<&str> = first.keys().copied().collect();
    let mut wanted: Vec<&str> = EventType::NAMES.into_iter().filter(|name| !name.starts_with("waba:")).collect();
    wanted.sort_unstable();
    assert_eq!(shown, wanted);
    let bodies: BTreeMap<_, _> = first.iter().map(|(name, event)| (name, &event.body)).collect();
    let told = redacted(serde_json::to_value(&bodies).expect("JSON"));
    insta::assert_snapshot!("webhook_bodies", serde_json::to_string_pretty(&told).expect("JSON"));
}

/// Without what differs from run to run.
fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => "[uuid]".into(),
        Value::String(text) if text.contains("/files/") => "[link]".into(),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        Value::Object(keys) => keys.into_iter().map(|(key, value)| (key, redacted(value))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn contacts_without_a_phone_are_named_by_their_lid() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    receive(&stage, HIDDEN, "H1", IncomingBody::Text("hello".into())).await;
    patch(&token, "/chats/1", json!({"closed": true})).await;
    let all = rendered(&stage).await;
    let body_of = |name: &str| {
        let event = all.iter().find(|event| event.event_type.as_str() == name).expect("it happened");
        serde_json::from_str::<Value>(&event.to_json().expect("JSON")).expect("JSON")
    };
    let chat = &body_of("chat:closed")["chat"];
    assert_eq!((&chat["lid"], &chat["phone"]), (&json!(HIDDEN), &json!("")));
    let body = body_of("message:received:new");
    assert_eq!(faults_of(&contract(), EventType::parse("message:received:new").expect("known"), &body), [""; 0]);
    assert_eq!(body["message"]["sender"], json!({"full_name": "Maria"}));
}

/// Whoever is named with both addresses somewhere in a body of ours.
fn named(body: &Value, found: &mut Vec<(Value, Value)>) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Object(keys) => {
            if keys.contains_key("lid") {
                found.push((body["phone"].clone(), body["lid"].clone()));
            }
            keys.values().for_each(|value| named(value, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_body_of_ours_names_its_contact_by_phone_and_lid() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        live(&stage).await;
        // By now WhatsApp has told the hidden ids of everybody.
        let everybody = [("+12025550100", "30000001@lid"), (MARIA, HIDDEN), ("+12025550160", "30000003@lid")];
        for (phone, lid) in everybody {
            let same = SameContact { phone: Address::from_phone(phone), lid: Address::from_jid(lid) };
            stage.write(stage.workspace, move |write| join_addresses(write, &same)).await;
        }
        let mut about_contacts = 0;
        for event in rendered(&stage).await {
            let name = event.event_type.as_str();
            let is_about_one = ["message:", "chat:", "label:", "contact:"].iter().any(|one| name.starts_with(one));
            if event.event_type.is_of_contract() || !is_about_one || name == "contact:imported" {
                continue;
            }
            let (body, mut found) = (serde_json::to_value(&event.body).expect("JSON"), Vec::new());
            named(&body, &mut found);
            assert!(!found.is_empty(), "{name} names nobody: {body}");
            for (phone, lid) in found {
                let known = everybody.iter().any(|one| (json!(one.0), json!(one.1)) == (phone.clone(), lid.clone()));
                assert!(known, "{name} tells {phone} and {lid}");
            }
            about_contacts += 1;
        }
        assert!(about_contacts > 30, "{about_contacts}");
    }
}

#[tokio::test]
async fn examples_look_like_the_real_thing() {
    let contract = contract();
    for event_type in EventType::all().iter().copied() {
        let body = example(event_type, "https://line.example", "2026-01-15 09:00:00 +0000");
        assert_eq!(body["event_type"], event_type.as_str());
        if event_type.is_of_contract() {
            assert_eq!(faults_of(&contract, event_type, &body), [""; 0], "{event_type:?}");
        }
    }
    // Ours have what the real thing has in all its kinds.
    let stage = TestApp::on(Engine::Sqlite).await;
    live(&stage).await;
    for event in rendered(&stage).await.into_iter().filter(|event| !event.event_type.is_of_contract()) {
        let real = serde_json::to_value(&event.body).expect("JSON");
        let made_up = example(event.event_type, "https://line.example", "2026-01-15 09:00:00 +0000");
        let keys = |body: &Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        let mut wanted = keys(&real);
        wanted.sort();
        let mut shown = keys(&made_up);
        shown.sort();
        assert_eq!(shown, wanted, "{:?}", event.event_type);
    }
}

#[tokio::test]
async fn what_is_gone_is_told_no_more_and_breaks_nothing() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let nobody = stage.app.ids.message_uid(stage.clock.now());
    let before = rendered(&stage).await.len();
    for kind in [Kind::MessageSent, Kind::MessageReaction, Kind::CallMissed, Kind::ChatClosed] {
        happen(&stage, kind, ChatId(77), Some(nobody), "{}").await;
    }
    happen(&stage, Kind::AccountConnected, ChatId(0), None, "99").await;
    assert_eq!(rendered(&stage).await.len(), before);
}

/// A day in which everything happens.
async fn live(stage: &TestApp) {
    let token = stage.token().await;
    for (name, email) in [("Dina Ray", "dina@harbour.example"), ("Tom Ode", "tom@harbour.example")] {
        let person = json!({"display_name": name, "email": email, "role": "teammate"});
        assert_eq!(token.post("/workspace/invitations", person).await.status, 200);
    }
    let sent = token.send(ECHO, "hi").await;
    messages(stage, &sent).await;
    for change in [
        json!({"responsible": "dina@harbour.example", "closed": true, "read": false, "name": "Echo"}),
        json!({"responsible": "tom@harbour.example", "closed": false, "read": true}),
        json!({"responsible": "", "chatgpt_autoresponse_enabled": true}),
    ] {
        patch(&token, "/chats/1", change).await;
    }
    token.post("/chats/1/labels", json!({"labels": ["vip"]})).await;
    token.post("/chats/1/labels", json!({"labels": []})).await;
    assert_eq!(token.post("/chats/1/notes", json!({"text": "call back"})).await.status, 200);
    let note = token.post("/chats/1/notes", json!({"text": "called"})).await.body();
    let path = format!("/chats/1/notes/{}", note["data"]["message_uid"].as_str().expect("a uid"));
    let typo = token.post("/messages", json!({"phone": ECHO, "text": "Thusday"})).await;
    let later = json!({"phone": ECHO, "text": "later", "send_at": "2026-01-20T09:00:00Z"});
    let later = token.post("/messages", later).await.body()["data"]["message_uid"].as_str().expect("a uid").to_owned();
    for path in [path, format!("/messages/scheduled/{later}")] {
        assert_eq!(token.ask(Method::DELETE, &path, Body::empty()).await.status, 200);
    }
    let typo = typo.body()["data"]["message_uid"].as_str().expect("a uid").parse().map(partyline::id::MessageUid);
    let refused = r#"{"action":"edit","reason":"Too late."}"#;
    happen(stage, Kind::MessageChangeFailed, ChatId(1), Some(typo.expect("a UUID")), refused).await;
    token.post("/webhooks", json!({"event_type": "message:new", "url": "https://crm.example/"})).await;
    token.ask(Method::PUT, "/webhooks/1", Body::from(r#"{"enabled":false}"#)).await;
    token.post("/webhooks", json!({"event_type": "chat:new", "url": "https://crm.example/"})).await;
    token.ask(Method::DELETE, "/webhooks/2", Body::empty()).await;
    let (account, held) = (stage.account, stage.clock.now() + Duration::from_secs(60));
    for (health, until) in [
        (Health::Down, Time::NEVER),
        (Health::Connected, Time::NEVER),
        (Health::Held, held),
        (Health::Connected, Time::NEVER),
    ] {
        stage.advance(Duration::from_secs(61));
        stage.write(stage.workspace, move |write| set_health(write, account, health, "it said so", until)).await;
    }
    for (kind, detail) in [
        (Kind::QuotaNearlyUsed, "credits"),
        (Kind::QuotaUsed, "calls"),
        (Kind::InvitationWithdrawn, "9"),
        (Kind::TeammateJoined, "2"),
        (Kind::TeammateRole, "2 admin"),
        (Kind::PasswordChanged, "2"),
        (Kind::TeammateLeft, "9"),
        (Kind::TokenMade, "1"),
        (Kind::TokenRotated, "1 2"),
        (Kind::TokenRevoked, "1"),
        (Kind::WorkspaceChanged, ""),
        (Kind::LimitsRequested, "1"),
        (Kind::LimitsAnswered, "1"),
        (Kind::LimitsChanged, ""),
        (Kind::TemplateMade, "1"),
        (Kind::TemplateChanged, "1"),
        (Kind::TemplateDeleted, "1"),
        (Kind::WebhookDisabled, "1"),
        (Kind::AccountChanged, "1"),
    ] {
        happen(stage, kind, ChatId(0), None, detail).await;
    }
    happen(stage, Kind::ChatMembers, ChatId(1), None, "").await;
    happen(stage, Kind::ChatContact, ChatId(1), None, "2").await;
    put_off_and_contacts(stage).await;
}

/// What the inbox does with chats and contacts that the API has no words for.
async fn put_off_and_contacts(stage: &TestApp) {
    happen(stage, Kind::ChatSnoozed, ChatId(1), None, "1790000000000").await;
    happen(stage, Kind::ChatUnsnoozed, ChatId(1), None, "").await;
    for (kind, detail) in [
        (Kind::ContactOptedOut, "1"),
        (Kind::ContactOptedIn, "1"),
        (Kind::ContactsMerged, "2,1"),
        (Kind::ContactsImported, "12"),
        (Kind::TeammateTeam, "2"),
    ] {
        happen(stage, kind, ChatId(0), None, detail).await;
    }
}

async fn messages(stage: &TestApp, sent: &str) {
    let (workspace, account, now) = (stage.workspace, stage.account, stage.clock.now());
    receive(stage, Address::from_phone(MARIA).jid(), "M1", IncomingBody::Text("hello".into())).await;
    let file = IncomingFile {
        kind: FileKind::Image,
        mimetype: "image/jpeg".into(),
        filename: "bike.jpg".into(),
        size_bytes: 2_048,
        caption: "look".into(),
        source: "somewhere".into(),
    };
    let photo = receive(stage, Address::from_phone(MARIA).jid(), "M2", IncomingBody::File(file)).await;
    for kind in [Kind::AttachmentReady, Kind::AttachmentUnavailable, Kind::MessageSynced] {
        happen(stage, kind, ChatId(2), Some(photo), "").await;
    }
    let sent = sent.parse().map(partyline::id::MessageUid).expect("a uid");
    happen(stage, Kind::MessageReceipt, ChatId(1), Some(sent), "Read 12025550160@s.whatsapp.net").await;
    for kind in [Kind::MessageHeld, Kind::MessageUncertain, Kind::MessageResent, Kind::MessageMarkedSent] {
        happen(stage, kind, ChatId(1), Some(sent), "it said so").await;
    }
    let wamid = stage
        .app
        .read(move |tx| Ok(message_find(tx, workspace, sent)?.expect("it was sent").message.wamid))
        .await
        .expect("a read");
    let failure = Failure { code: Some(131_026), title: "Undeliverable".into(), details: "Not on WhatsApp".into() };
    stage
        .write(workspace, move |write| record_receipt(write, account, &wamid, Status::Failed, Some(&failure), now))
        .await;
    let maria = || Sender { address: Address::from_phone(MARIA), name: "Maria".into() };
    let chat = Address::from_phone(MARIA);
    let reaction = IncomingReaction {
        chat: chat.clone(),
        sender: maria(),
        wamid: "M1".into(),
        to_sender: Some(Address::from_phone(MARIA)),
        emoji: "\u{1f44d}".into(),
        at_ms: now.ms(),
    };
    stage.write(workspace, move |write| record_reaction(write, account, &reaction)).await;
    let edit =
        IncomingEdit { chat: chat.clone(), sender: maria(), wamid: "M1".into(), text: "hullo".into(), at_ms: now.ms() };
    stage.write(workspace, move |write| record_edit(write, account, &edit)).await;
    for (number, (is_outgoing, duration)) in
        [(false, None), (false, Some(61)), (true, Some(61))].into_iter().enumerate()
    {
        call(stage, number, is_outgoing, duration).await;
    }
    let revoke = IncomingRevoke { chat, sender: maria(), wamid: "M2".into(), at_ms: now.ms() };
    stage.write(workspace, move |write| record_revoke(write, account, &revoke)).await;
}

/// Maria calls, in vain and then not; and is called.
async fn call(stage: &TestApp, number: usize, is_outgoing: bool, duration_s: Option<i64>) {
    let (account, uid) = (stage.account, stage.app.ids.message_uid(stage.clock.now()));
    let address = Address::from_phone(MARIA);
    let call = Call {
        chat: address.clone(),
        caller: Sender { address, name: "Maria".into() },
        is_outgoing,
        wamid: format!("C{number}"),
        at_ms: stage.clock.now().ms(),
        duration_s,
        is_video: number == 1,
        outcome: if duration_s.is_some() { CallOutcome::Ended } else { CallOutcome::Missed },
    };
    for _ in 0..2 {
        let (call, own) = (call.clone(), uid);
        let told = stage.write(stage.workspace, move |write| record_call(write, account, own, &call)).await;
        assert_eq!(told, uid, "told again it is the same");
    }
}

async fn receive(stage: &TestApp, jid: &str, wamid: &str, body: IncomingBody) -> partyline::id::MessageUid {
    let address = Address::from_jid(jid);
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: wamid.to_owned(),
        at_ms: stage.clock.now().ms(),
        body,
        reply_to: None,
    };
    let (account, uid) = (stage.account, stage.app.ids.message_uid(stage.clock.now()));
    stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await
}

async fn happen(
    stage: &TestApp,
    kind: Kind,
    chat: ChatId,
    message: Option<partyline::id::MessageUid>,
    detail: &'static str,
) {
    let event = NewEvent { kind, chat, message, detail: detail.to_owned() };
    stage.write(stage.workspace, move |write| event_append(write, event.clone()).map(drop)).await;
}

async fn patch(actor: &Actor, path: &str, body: Value) {
    let answer = actor.ask(Method::PATCH, path, Body::from(body.to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn rendered(stage: &TestApp) -> Vec<Rendered> {
    let (workspace, now) = (stage.workspace, stage.clock.now());
    stage
        .app
        .read(move |tx| {
            let rows: Vec<EventRow> = event_after(tx, workspace, 0, 1_000)?;
            Rendering { workspace, public_url: "https://line.example", now }.events(tx, &rows)
        })
        .await
        .expect("a read")
}
