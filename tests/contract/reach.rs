//! A token of some accounts: what is on the others answers byte for byte as what isn't there, on every operation, and lists
//! hold nothing of it. Made from the document, as the walk between workspaces is.

use std::collections::BTreeMap;

use partyline::id::TeammateId;
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};
use serde_json::{Value, json};

use crate::catalogue;
use crate::dump::{changes, dump};
use crate::gates::{NOT_COUNTED, counted};
use crate::isolation::leaks;
use crate::kit::{Actor, Engine, TestApp};
use crate::operations::{Half, Operation, find, ours};
use crate::scene::{CUSTOMER, ONLY_CONTACT, ONLY_NAME, Scene};

/// Names that stand for something on an account.
const BOUND: [&str; 9] = [
    "chat_id",
    "message_uid",
    "note_uid",
    "scheduled_uid",
    "file_uid",
    "reply_to",
    "reply_to_uid",
    "after_message",
    "before_message",
];

/// Somebody whose token is for the account that only the first workspace has, and what there is on it.
async fn limited(stage: &TestApp, scene: &Scene) -> Scene {
    let (secret, accounts) = (TokenSecret::generate(), vec![scene.ids["account_phone"].clone()]);
    let text = secret.reveal().to_owned();
    let limits = TokenLimits { accounts, ..TokenLimits::default() };
    let new =
        NewToken { name: "crm".into(), scope: Scope::Full, sandbox_only: false, teammate: TeammateId::OWNER, limits };
    stage.write(scene.workspace, move |write| create_limited_token(write, &new, &secret)).await;
    let token = stage.somebody(&text);
    let mut ids = scene.ids.clone();
    let message = token.send(ONLY_CONTACT, "from the only account").await;
    let chat = token.get(&format!("/messages/{message}")).await.body()["data"]["chat_id"].to_string();
    let made = async |path: &str, body: Value| {
        let answer = token.post(&format!("/chats/{chat}/{path}"), body).await;
        answer.body()["data"]["message_uid"].as_str().expect("a uid").to_owned()
    };
    let note = made("notes", json!({"text": "Only here as well"})).await;
    let later = made("messages", json!({"text": "See you today", "send_at": "2026-01-16T09:00:00Z"})).await;
    ids.extend([("message_uid", message), ("note_uid", note), ("scheduled_uid", later)]);
    ids.extend([("chat_id", chat), ("file_uid", uploaded(&token).await)]);
    Scene { half: Half::Any, workspace: scene.workspace, account: scene.account, token, ids }
}

async fn uploaded(token: &Actor) -> String {
    let upload = find(ours(), "POST /files_upload").expect("it is served");
    let answer = catalogue::send(token, upload, &upload.path, catalogue::content(upload, &BTreeMap::new())).await;
    answer.body()["data"]["uid"].as_str().expect("a uid").to_owned()
}

#[tokio::test]
async fn what_is_on_other_accounts_answers_as_what_is_not_there_and_nothing_changes() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let first = Scene::first(&stage).await;
        let limited = limited(&stage, &first).await;
        let before = dump(&stage, first.workspace).await;
        let is_bound =
            |operation: &Operation, name: &str| !operation.path.starts_with(NOT_COUNTED) && BOUND.contains(&name);
        let found = leaks(&first, &limited, is_bound).await;
        assert!(found.is_empty(), "{engine:?}: {} leaks:\n{}", found.len(), found.join("\n"));
        let lost: Vec<String> = changes(&before, &dump(&stage, first.workspace).await, &[])
            .into_iter()
            .filter(|change| change.starts_with("messages: gone") || change.starts_with("chat_labels: gone"))
            .collect();
        assert!(lost.is_empty(), "{engine:?}: {lost:#?}");
    }
}

#[tokio::test]
async fn lists_hold_what_is_on_its_accounts_and_nothing_else() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let first = Scene::first(&stage).await;
        let limited = limited(&stage, &first).await;
        for operation in counted(Half::Any).filter(|operation| operation.method == "GET" && !operation.is_stream()) {
            let answer = limited.answer(operation).await;
            // What is about the whole workspace is refused as a whole.
            assert!(matches!(answer.status.as_u16(), 200 | 403), "{engine:?} {}: {}", operation.name, answer.text());
            let told = answer.body().to_string();
            for theirs in [CUSTOMER, "12025550100", "Demo phone", first.ids["message_uid"].as_str()] {
                assert!(!told.contains(theirs), "{engine:?} {}: {theirs} in {told}", operation.name);
            }
        }
        let chats = limited.token.get("/chats").await.body();
        let names: Vec<&Value> =
            chats["data"]["chats"].as_array().expect("chats").iter().map(|it| &it["name"]).collect();
        assert_eq!(names, [&json!(ONLY_NAME)]);
        let files = limited.token.get("/files").await.body();
        assert_eq!(files["data"].as_array().map(Vec::len), Some(1), "its own upload");
        let other = first.token.get("/whatsapp_accounts").await.body();
        let other = other["data"]["whatsapp_accounts"][0]["id"].as_str().expect("a JID").to_owned();
        let named = limited.token.get(&format!("/chats?whatsapp_account_id={other}")).await.body();
        assert_eq!(named["data"]["chats"], json!([]), "as for an account that isn't there");
        let behind = async |chat: &str| limited.token.get(&format!("/chats?after_chat={chat}")).await.told();
        assert_eq!(
            behind(&first.ids["chat_id"]).await.replace(&first.ids["chat_id"], "777777"),
            behind("777777").await
        );
        for (path, body) in [
            ("/sandbox/reset", json!({})),
            ("/webhooks", json!({"event_type": "message:new", "url": "https://crm.example/all"})),
            ("/workspace/invitations", json!({"email": "new@harbour.example"})),
        ] {
            let refused = limited.token.post(path, body).await;
            assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (403, &json!("permission_denied")));
        }
    }
}

#[tokio::test]
async fn a_token_of_two_accounts_lists_the_chats_of_both() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let first = Scene::first(&stage).await;
        let all = first.token.get("/chats").await.body();
        let accounts = first.token.get("/whatsapp_accounts").await.body();
        let phones = accounts["data"]["whatsapp_accounts"].as_array().expect("accounts").iter();
        let accounts: Vec<String> = phones.map(|row| row["phone"].as_str().expect("a phone").to_owned()).collect();
        assert_eq!(accounts.len(), 2);
        let (secret, limits) = (TokenSecret::generate(), TokenLimits { accounts, ..TokenLimits::default() });
        let text = secret.reveal().to_owned();
        let new = NewToken {
            name: "both".into(),
            scope: Scope::Read,
            sandbox_only: false,
            teammate: TeammateId::OWNER,
            limits,
        };
        stage.write(first.workspace, move |write| create_limited_token(write, &new, &secret)).await;
        let both = stage.somebody(&text);
        assert_eq!(both.get("/chats").await.body(), all);
        let chat = all["data"]["chats"][1]["id"].clone();
        let behind = format!("/chats?after_chat={chat}");
        assert_eq!(both.get(&behind).await.body(), first.token.get(&behind).await.body());
    }
}

#[tokio::test]
async fn what_is_on_other_official_accounts_is_not_there_either() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let first = Scene::first_of(&stage, Half::Official).await;
        let accounts = first.token.get("/waba/accounts").await.body();
        let own = &accounts["data"]["waba_accounts"][0];
        let (phone, id) = (own["display_phone_number"].as_str().expect("a phone").to_owned(), own["id"].to_string());
        assert_ne!(id, first.ids["account_id"]);
        let (secret, limits) =
            (TokenSecret::generate(), TokenLimits { accounts: vec![phone.clone()], ..TokenLimits::default() });
        let text = secret.reveal().to_owned();
        let new = NewToken {
            name: "crm".into(),
            scope: Scope::Full,
            sandbox_only: false,
            teammate: TeammateId::OWNER,
            limits,
        };
        stage.write(first.workspace, move |write| create_limited_token(write, &new, &secret)).await;
        let token = stage.somebody(&text);
        let account = partyline::id::AccountId(id.parse().expect("a number"));
        let mut limited =
            Scene { half: Half::Official, workspace: first.workspace, account, token, ids: first.ids.clone() };
        limited.hear(&stage, CUSTOMER, "And here?").await;
        let sent = limited.token.post("/waba/messages", json!({"phone": CUSTOMER, "text": "Here as well"})).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let message = sent.body()["data"].clone();
        limited.ids.insert("chat_id", message["chat_id"].to_string());
        limited.ids.insert("message_uid", message["uid"].as_str().expect("a uid").to_owned());
        limited.ids.insert("account_id", id.clone());
        limited.ids.insert("account_phone", phone);
        let is_bound = |_: &Operation, name: &str| {
            BOUND.contains(&name) || ["account_id", "waba_account_id", "handle_id", "template_id"].contains(&name)
        };
        let found = leaks(&first, &limited, is_bound).await;
        assert!(found.is_empty(), "{engine:?}: {} leaks:\n{}", found.len(), found.join("\n"));
        for path in ["/waba/chats?with_msg=true", "/waba/accounts", "/waba/templates"] {
            let told = limited.token.get(path).await.text();
            assert!(!told.contains(ONLY_NAME) && !told.contains("bike_ready"), "{engine:?} {path}: {told}");
        }
    }
}
