//! `Idempotency-Key`: one key, one message, the same answer.

use std::time::Duration;

use serde_json::json;

use crate::kit::{ECHO, Engine, TestApp};

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_and_sends_nothing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await.with_header("idempotency-key", "order-17");
        let body = json!({"phone": ECHO, "text": "once"});
        let first = token.post("/messages", body.clone()).await;
        let again = token.post("/messages", body).await;
        assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        let workspace = token.get("/workspace").await.body();
        assert_eq!(workspace["data"]["messaging_quota"]["used"], 1, "a replay costs no credit");
        assert_eq!(workspace["data"]["api_calls_quota"]["used"], 3, "a replay is a call");
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_a_mistake() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await.with_header("idempotency-key", "order-17");
    token.send(ECHO, "once").await;
    let other = token.post("/messages", json!({"phone": ECHO, "text": "twice"})).await;
    insta::assert_snapshot!("mismatch", other.told());
}

#[tokio::test]
async fn many_callers_with_one_key_send_one_message() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await.with_header("idempotency-key", "order-17");
        let calls = (0..16).map(|_| {
            let token = token.clone();
            tokio::spawn(async move { token.send(ECHO, "once").await })
        });
        let mut uids = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            uids.push(call.await.expect("an answer"));
        }
        uids.dedup();
        assert_eq!(uids.len(), 1);
        let messages = token.get("/chats/1/messages").await.body();
        assert_eq!(messages["data"]["messages"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_key_is_forgotten_after_seven_days_and_belongs_to_its_workspace() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await.with_header("idempotency-key", "order-17");
    let outsider = stage.outsider().await.with_header("idempotency-key", "order-17");
    let first = token.send(ECHO, "once").await;
    assert_ne!(outsider.send(ECHO, "once").await, first);
    stage.advance(Duration::from_secs(7 * 24 * 3600 - 1));
    assert_eq!(token.send(ECHO, "once").await, first);
    stage.advance(Duration::from_secs(1));
    assert_ne!(token.send(ECHO, "once").await, first);
}

#[tokio::test]
async fn a_bad_key_is_refused() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let body = json!({"phone": ECHO, "text": "hi"});
    for key in ["", " ", &"k".repeat(256)] {
        assert_eq!(token.with_header("idempotency-key", key).post("/messages", body.clone()).await.status, 400);
    }
    let two = token.with_header("idempotency-key", "a").with_header("idempotency-key", "b");
    assert_eq!(two.post("/messages", body).await.status, 400);
}
