//! Who may ask.

use std::time::Duration;

use partyline::clock::Time;
use partyline::id::TokenId;
use partyline::store::tokens::token_list;
use partyline::workspace::token_care::retire_token;
use partyline::workspace::tokens::{Scope, TokenSecret};
use serde_json::json;

use crate::kit::{ECHO, Engine, START, TestApp};

#[tokio::test]
async fn without_one_good_token_everything_answers_401_alike() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    insta::assert_snapshot!("no_token", stage.stranger().get("/chats").await.told());
    let unknown = TokenSecret::generate();
    let wrong = stage.somebody(unknown.reveal()).get("/chats").await;
    insta::assert_snapshot!("wrong_token", wrong.told());
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    for text in ["", "x", "pl_live_", "a b", "pl_live_000000000000000000000000000000_0000"] {
        assert_eq!(stage.somebody(text).get("/chats").await.told(), wrong.told(), "{text}");
    }
    let twice = token.with_header("authorization", "Bearer x").get("/chats").await;
    assert_eq!(twice.told(), wrong.told(), "two headers are no proof");
    let basic = stage.stranger().with_header("authorization", "Basic cGw6eA==").get("/chats").await;
    assert_eq!(basic.told(), wrong.told());
}

#[tokio::test]
async fn a_token_in_the_query_or_a_cookie_is_no_token() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let secret = TokenSecret::generate();
    let query = format!("/chats?token={}&access_token={}", secret.reveal(), secret.reveal());
    assert_eq!(stage.stranger().get(&query).await.status, 401);
    let cookie = stage.stranger().with_header("cookie", &format!("token={}", secret.reveal()));
    assert_eq!(cookie.get("/chats").await.status, 401);
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_a_second() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        assert_eq!(token.get("/chats").await.status, 200);
        stage.write(stage.workspace, |write| retire_token(write, TokenId(1))).await;
        stage.advance(Duration::from_secs(1));
        assert_eq!(token.get("/chats").await.status, 401);
    }
}

#[tokio::test]
async fn a_scope_says_what_a_token_may_do() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let reader = stage.token_of(stage.workspace, Scope::Read, false).await;
    let sender = stage.token_of(stage.workspace, Scope::Send, false).await;
    let message = json!({"phone": ECHO, "text": "hi"});
    insta::assert_snapshot!("reader_sends", reader.post("/messages", message.clone()).await.told());
    assert_eq!(reader.get("/chats").await.status, 200);
    assert_eq!(sender.post("/messages", message).await.status, 200);
    insta::assert_snapshot!("sender_reads", sender.get("/chats").await.told());
}

#[tokio::test]
async fn an_outsider_finds_nothing_of_another_workspace() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "private").await;
        let outsider = stage.outsider().await;
        let nobodys = "018f0000-0000-7000-8000-000000000000";
        for (path, id, unknown) in [
            (format!("/messages/{uid}"), uid.as_str(), nobodys),
            (format!("/messages/{uid}/status_history"), &uid, nobodys),
            ("/chats/1".to_owned(), "1", "9"),
        ] {
            let foreign = outsider.get(&path).await;
            assert_eq!(foreign.status, 404);
            let other = outsider.get(&path.replace(id, unknown)).await;
            assert_eq!(foreign.told_but(id), other.told_but(unknown), "a foreign id is like an unknown one");
        }
        assert_eq!(outsider.get("/chats").await.body()["data"]["chats"], json!([]));
    }
}

#[tokio::test]
async fn a_tokens_last_use_is_known_to_the_minute() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let workspace = stage.workspace;
        let last_used = || stage.app.read(move |tx| Ok(token_list(tx, workspace)?[0].last_used_at));
        assert_eq!(last_used().await.expect("read"), Time::NEVER);
        assert_eq!(token.get("/chats").await.status, 200);
        while last_used().await.expect("read") != START {
            tokio::task::yield_now().await;
        }
    }
}
