//! Sends without an `Idempotency-Key` that are sent again.

use std::time::Duration;

use partyline::id::TeammateId;
use partyline::store::api_calls::{ApiCallRow, api_call_list};
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};
use serde_json::json;

use crate::kit::{Actor, ECHO, Engine, TestApp};

async fn logged(stage: &TestApp) -> Vec<ApiCallRow> {
    stage.flush().await;
    let workspace = stage.workspace;
    let mut rows = stage.app.read(move |tx| Ok(api_call_list(tx, workspace, 100)?)).await.expect("a read");
    rows.retain(|row| row.method == "POST");
    rows.reverse();
    rows
}

async fn collapsing(stage: &TestApp) -> Actor {
    let secret = TokenSecret::generate();
    let limits = TokenLimits { collapses: true, ..TokenLimits::default() };
    let (text, token) = (
        secret.reveal().to_owned(),
        NewToken {
            name: "old crm".into(),
            scope: Scope::Full,
            sandbox_only: false,
            teammate: TeammateId::OWNER,
            limits,
        },
    );
    stage.write(stage.workspace, move |write| create_limited_token(write, &token, &secret)).await;
    stage.somebody(&text)
}

async fn credits_used(token: &Actor) -> i64 {
    token.get("/workspace").await.body()["data"]["messaging_quota"]["used"].as_i64().expect("a number")
}

#[tokio::test]
async fn a_repeated_send_is_marked_in_the_log_and_sent_all_the_same() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let first = token.send(ECHO, "once").await;
        token.send(ECHO, "other").await;
        stage.advance(Duration::from_secs(59));
        let second = token.send(ECHO, "once").await;
        token.with_header("idempotency-key", "k").send(ECHO, "once").await;
        stage.token().await.send(ECHO, "once").await;
        stage.advance(Duration::from_secs(1));
        token.send(ECHO, "once").await;
        assert_ne!(first, second);
        let rows = logged(&stage).await;
        let reasons: Vec<_> = rows.iter().map(|row| row.reason.as_str()).collect();
        let mark = format!("possible duplicate of {first}");
        assert_eq!(reasons, ["", "", &mark, "", "", ""], "on {engine:?}");
        assert_eq!(rows[2].message.expect("a message").to_string(), second);
        assert_eq!(credits_used(&token).await, 6);
    }
}

#[tokio::test]
async fn a_token_that_collapses_answers_with_the_first_and_charges_nothing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = collapsing(&stage).await;
        let first = token.send(ECHO, "once").await;
        let other = token.send(ECHO, "other").await;
        let again = token.post("/messages", json!({"phone": ECHO, "text": "once"})).await;
        assert_eq!(again.body()["data"]["message_uid"], first);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_ne!(first, other);
        let (_node, elsewhere) = stage.other_node(&token);
        assert_eq!(elsewhere.send(ECHO, "once").await, first, "on every node");
        assert_eq!(credits_used(&token).await, 2);
        let rows = logged(&stage).await;
        assert_eq!(rows[2].reason, format!("collapsed: possible duplicate of {first}"));
        assert_eq!(rows[2].message.expect("a message").to_string(), first);
        assert_ne!(stage.token().await.send(ECHO, "once").await, first, "another token is another sender");
        stage.advance(Duration::from_secs(60));
        assert_ne!(token.send(ECHO, "once").await, first);
    }
}

#[tokio::test]
async fn a_refusal_is_no_first_send_and_may_be_tried_again() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = collapsing(&stage).await;
    let to_nowhere = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+1 202 555 0199"});
    for _ in 0..2 {
        let refused = token.post("/messages", to_nowhere.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.header("idempotent-replayed")), (400, ""));
    }
    assert!(logged(&stage).await.iter().all(|row| !row.reason.contains("duplicate")));
}

#[tokio::test]
async fn of_repeats_at_once_all_but_one_are_marked() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let sends = (0..8).map(|_| {
            let token = token.clone();
            tokio::spawn(async move { token.send(ECHO, "once").await })
        });
        for send in sends.collect::<Vec<_>>() {
            send.await.expect("sent");
        }
        let rows = logged(&stage).await;
        assert_eq!(rows.iter().filter(|row| row.reason.starts_with("possible duplicate of ")).count(), 7);
    }
}
