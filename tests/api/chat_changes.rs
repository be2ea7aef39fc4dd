//! Changing a chat: its name, who answers for it, closed, read; each with its event.

use axum::body::Body;
use axum::http::Method;
use partyline::event_kind::Kind;
use partyline::store::events::event_after;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::staff::invited;

async fn patch(actor: &Actor, path: &str, body: Value) -> Answer {
    actor.ask(Method::PATCH, path, Body::from(body.to_string())).await
}

/// The events since the last `skip`, each with its detail.
async fn events(stage: &TestApp, skip: usize) -> Vec<(Kind, String)> {
    let workspace = stage.workspace;
    let rows = stage.app.read(move |tx| Ok(event_after(tx, workspace, 0, 1_000)?)).await.expect("a read");
    rows.into_iter().skip(skip).map(|row| (row.kind, row.detail)).collect()
}

#[tokio::test]
async fn a_chat_changes_all_at_once_and_tells_each_change() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        invited(&stage, "dina@harbour.example", "Dina Ray").await;
        token.send(ECHO, "hi").await;
        let skip = events(&stage, 0).await.len();
        let change = json!({"id": 1, "chat_id": 1, "name": " Echo ", "responsible": "Dina@Harbour.example",
            "closed": true, "read": "false", "chatgpt_autoresponse_enabled": "true", "colour": null});
        let answer = patch(&token, "/chats/1", change.clone()).await;
        insta::assert_snapshot!("changed_chat", answer.told());
        assert_eq!(answer.header("partyline-ignored"), "chat_id, colour, id");
        let told = [
            (Kind::ChatAssigned, "2"),
            (Kind::ChatClosed, ""),
            (Kind::ChatUnread, ""),
            (Kind::ChatAutoresponse, "on"),
            (Kind::ChatRenamed, "Echo"),
        ];
        let told = told.map(|(kind, detail)| (kind, detail.to_owned()));
        assert_eq!(events(&stage, skip).await, told);
        assert_eq!(patch(&token, "/chats/1", change).await.bytes, answer.bytes);
        assert_eq!(events(&stage, skip).await, told, "what it is already is no change");
        let nulls = json!({"name": null, "responsible": null, "closed": null, "read": null,
            "chatgpt_autoresponse_enabled": null});
        assert_eq!(patch(&token, "/chats/1", nulls).await.bytes, answer.bytes, "null leaves it as it is");
        assert_eq!(patch(&token, "/chats/1", json!({})).await.bytes, answer.bytes);
        assert_eq!(token.get("/chats/1").await.bytes, answer.bytes);
    }
}

#[tokio::test]
async fn a_chat_is_opened_read_and_given_to_nobody_again() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        invited(&stage, "dina@harbour.example", "Dina Ray").await;
        token.send(ECHO, "hi").await;
        patch(&token, "/chats/1", json!({"responsible": "dina@harbour.example", "closed": true, "read": false})).await;
        let skip = events(&stage, 0).await.len();
        let answer = patch(&token, "/chats/1", json!({"responsible": "", "closed": false, "read": true})).await;
        let chat = &answer.body()["data"];
        assert_eq!((&chat["responsible_email"], &chat["responsible_name"]), (&json!(""), &json!("")));
        assert_eq!((&chat["closed"], &chat["read"]), (&json!(false), &json!(true)));
        let told = [(Kind::ChatUnassigned, "2"), (Kind::ChatReopened, ""), (Kind::ChatRead, "")];
        assert_eq!(events(&stage, skip).await, told.map(|(kind, detail)| (kind, detail.to_owned())));
    }
}

#[tokio::test]
async fn a_change_that_is_wrong_in_part_is_wrong_as_a_whole() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        token.post("/messages", json!({"phone": "+12025550102", "text": "hi", "chat_name": "Bruno"})).await;
        let before = token.get("/chats/1").await.bytes;
        for (body, field, part) in [
            (json!({"closed": true, "name": "Bruno"}), "name", "Chat 2"),
            (json!({"closed": true, "name": " "}), "name", "blank"),
            (json!({"closed": true, "name": "x".repeat(257)}), "name", "257"),
            (json!({"closed": true, "name": 7}), "name", "a string"),
            (json!({"closed": true, "name": "a\0b"}), "name", "NUL"),
            (json!({"closed": true, "responsible": "who@harbour.example"}), "responsible", "who@harbour.example"),
            (json!({"closed": true, "responsible": "a\0b@c.example"}), "responsible", "email"),
            (json!({"closed": true, "responsible": "x".repeat(321)}), "responsible", "320"),
            (json!({"closed": "perhaps", "read": true}), "closed", "true or false"),
            (json!({"closed": true, "read": 2}), "read", "true or false"),
        ] {
            let answer = patch(&token, "/chats/1", body.clone()).await;
            let told = answer.body();
            assert_eq!(
                (answer.status.as_u16(), &told["errors"][0]["fields"]),
                (400, &json!([field])),
                "{body}: {told}"
            );
            assert!(told["message"].as_str().is_some_and(|text| text.contains(part)), "{body}: {told}");
        }
        assert_eq!(patch(&token, "/chats/1", json!({"name": "x".repeat(256)})).await.status, 200);
        assert_eq!(patch(&token, "/chats/1", json!({"name": "+12025550100"})).await.status, 200);
        assert_eq!(token.get("/chats/1").await.bytes, before, "and nothing else happened");
    }
}

#[tokio::test]
async fn only_a_full_token_of_the_workspace_changes_its_chats() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (token, outsider) = (stage.token().await, stage.outsider().await);
    token.send(ECHO, "hi").await;
    for scope in [Scope::Read, Scope::Send] {
        let weak = stage.token_of(stage.workspace, scope, false).await;
        for (method, path) in [(Method::PATCH, "/chats/1"), (Method::POST, "/chats/1/labels")] {
            let answer = weak.ask(method, path, Body::from("{}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.body()["error_code"].as_str()),
                (403, Some("insufficient_scope"))
            );
        }
    }
    assert_eq!(patch(&outsider, "/chats/1", json!({"closed": true})).await.status, 404);
    assert_eq!(patch(&token, "/chats/one", json!({"closed": true})).await.status, 400);
    assert_eq!(token.get("/chats/1").await.body()["data"]["closed"], false);
}
