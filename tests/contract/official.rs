//! A workspace with official accounts, whose customers have written: the scene of the operations below `/waba`.

use std::collections::BTreeMap;
use std::time::Duration;

use partyline::accounts::adding::add_sandbox_cloud;
use partyline::accounts::link_sandbox;
use partyline::event_kind::Cause;
use partyline::id::{AccountId, WabaTemplateId, WorkspaceId};
use partyline::store::accounts::account_find;
use partyline::store::cloud_accounts::cloud_account_find;
use partyline::store::waba_templates::{WabaTemplateRow, waba_template_insert};
use partyline::workspace::settings::{LimitChange, set_limits};
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::catalogue::{self, Content, PNG};
use crate::kit::{Actor, TestApp};
use crate::operations::{Half, find, ours};
use crate::scene::{CUSTOMER, ONLY_CONTACT, ONLY_LABEL, ONLY_NAME, Scene};

/// How many of each kind the first workspace has: more than the second one comes by while it asks.
const ROUNDS: usize = 6;

/// The first workspace's; its numbers go further than the second one's.
pub async fn first(stage: &TestApp) -> Scene {
    let mut scene = scene(stage, stage.workspace, stage.account, ROUNDS).await;
    let invited = json!({"email": "2rui@harbour.example"});
    assert_eq!(scene.token.post("/workspace/invitations", invited).await.status, 200);
    scene.hear(stage, ONLY_CONTACT, "Only to you").await;
    let sent = scene.token.post("/waba/messages", json!({"phone": ONLY_CONTACT, "text": "Only to you as well"})).await;
    let chat = sent.body()["data"]["chat_id"].clone();
    let patched = scene
        .token
        .ask(axum::http::Method::PATCH, &format!("/waba/chats/{chat}"), json!({"name": ONLY_NAME}).to_string().into())
        .await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    scene.token.post(&format!("/waba/chats/{chat}/labels"), json!({"labels": [ONLY_LABEL]})).await;
    for round in 0..ROUNDS {
        scene.hear(stage, &format!("+1202555014{round}"), "Is it ready?").await;
    }
    make_one_of_each(&mut scene, "+12025550145").await;
    scene
}

/// Somebody else's.
pub async fn second(stage: &TestApp) -> Scene {
    let (workspace, account) = stage.other_workspace().await;
    scene(stage, workspace, account, 1).await
}

async fn scene(stage: &TestApp, workspace: WorkspaceId, sandbox: AccountId, rounds: usize) -> Scene {
    let raised = LimitChange { rate_per_minute: Some(1_000_000), top_up: Some(1_000_000), ..LimitChange::default() };
    stage.write(workspace, move |write| set_limits(write, &raised)).await;
    let token = stage.token_of(workspace, Scope::Full, false).await;
    let mut scene = Scene { half: Half::Official, workspace, account: sandbox, token, ids: BTreeMap::new() };
    for round in 0..rounds {
        let behind = match round {
            0 => sandbox,
            _ => stage.write(workspace, |write| link_sandbox(write, "Workshop")).await,
        };
        // The one that is added last is the one that sends.
        stage.advance(Duration::from_secs(1));
        scene.account = add(stage, workspace, behind).await;
    }
    scene.ids.insert("account_id", scene.account.to_string());
    let account = scene.account;
    let row = stage.app.read(move |tx| Ok(account_find(tx, workspace, account)?)).await.expect("a read");
    scene.ids.insert("account_phone", row.expect("it was added").phone);
    for _ in 0..rounds {
        let template = template(stage, &scene).await;
        scene.ids.insert("template_id", template.to_string());
    }
    scene.hear(stage, CUSTOMER, "Is it ready?").await;
    stage.advance(Duration::from_secs(60));
    make_one_of_each(&mut scene, CUSTOMER).await;
    scene
}

/// Adds an official account whose far side is this sandbox account.
async fn add(stage: &TestApp, workspace: WorkspaceId, behind: AccountId) -> AccountId {
    let row = stage.app.read(move |tx| Ok(account_find(tx, workspace, behind)?)).await.expect("a read");
    let phone = row.expect("it is linked").phone;
    let added = add_sandbox_cloud(&stage.app, workspace, Cause::Operator, Some(phone), "Official shop").await;
    added.expect("it is added").account
}

/// A template of the account's business account, as the clerk would store it.
async fn template(stage: &TestApp, scene: &Scene) -> WabaTemplateId {
    let (workspace, account) = (scene.workspace, scene.account);
    let meta_id = stage.app.ids.message_uid(stage.clock.now()).to_string();
    stage
        .write(workspace, move |write| {
            let cloud = cloud_account_find(write.tx, workspace, account)?.expect("it is official");
            let components = json!([{"type": "BODY", "text": "Hello {{1}}, your bike is ready"}]).to_string();
            let row = WabaTemplateRow {
                id: WabaTemplateId(0),
                business_id: cloud.business_id,
                meta_id: meta_id.clone(),
                name: "bike_ready".into(),
                language: "en_US".into(),
                status: "APPROVED".into(),
                category: "UTILITY".into(),
                parameter_format: "POSITIONAL".into(),
                components,
                read_at: write.now,
            };
            Ok(waba_template_insert(write, &row)?)
        })
        .await
}

async fn make_one_of_each(scene: &mut Scene, phone: &str) {
    let sent = scene.token.post("/waba/messages", json!({"phone": phone, "text": "Your bike is ready"})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let message: Value = sent.body()["data"].clone();
    scene.ids.insert("message_uid", message["uid"].as_str().expect("a uid").to_owned());
    scene.ids.insert("chat_id", message["chat_id"].to_string());
    let upload = find(ours(), "POST /files_upload").expect("it is served");
    let form = Content::Form(vec![("file".into(), Some("bike.png".into()), PNG.to_vec())]);
    let file = catalogue::send(&scene.token, upload, &upload.path, form).await.body();
    scene.ids.insert("file_uid", file["data"]["uid"].as_str().expect("a uid").to_owned());
    let asked = format!("/waba/accounts/{}/analytics", scene.account);
    let asked = scene.token.post(&asked, json!({"start": 1_767_225_600, "end": 1_768_435_200})).await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    scene.ids.insert("handle_id", asked.body()["data"]["handle"].as_str().expect("a handle").to_owned());
}

/// Sends a text to the customer and returns the message's uid.
pub async fn send(token: &Actor, text: &str) -> String {
    let answer = token.post("/waba/messages", json!({"phone": CUSTOMER, "text": text})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body()["data"]["uid"].as_str().expect("a uid").to_owned()
}
