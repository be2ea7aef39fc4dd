//! What limits a token, and what becomes of a bad one.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::Method;
use partyline::accounts::link_sandbox;
use partyline::http::bad_tokens::{FREE_PER_MINUTE, SLOW};
use partyline::http::client_address::ClientAddress;
use partyline::id::{TeammateId, TokenId};
use partyline::store::api_calls::{ApiCallRow, api_call_list};
use partyline::workspace::token_care::retire_token;
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};
use serde_json::json;

use crate::kit::{Actor, ECHO, Engine, START, TestApp};

async fn limited(stage: &TestApp, limits: TokenLimits) -> Actor {
    let secret = TokenSecret::generate();
    let (text, token) = (
        secret.reveal().to_owned(),
        NewToken { name: "crm".into(), scope: Scope::Full, sandbox_only: false, teammate: TeammateId::OWNER, limits },
    );
    stage.write(stage.workspace, move |write| create_limited_token(write, &token, &secret)).await;
    stage.somebody(&text)
}

/// The same actor, calling from this address.
fn from(stage: &TestApp, actor: &Actor, address: &str) -> Actor {
    let address: IpAddr = address.parse().expect("an address");
    actor.talking_to(stage.router().layer(axum::Extension(ClientAddress(address))))
}

async fn logged(stage: &TestApp) -> Vec<ApiCallRow> {
    stage.flush().await;
    let workspace = stage.workspace;
    stage.app.read(move |tx| Ok(api_call_list(tx, workspace, 100)?)).await.expect("a read")
}

#[tokio::test]
async fn a_token_is_good_from_its_networks_only() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let networks = vec![TokenLimits::parse_network("203.0.113.0/24").expect("a network")];
        let token = limited(&stage, TokenLimits { networks, ..TokenLimits::default() }).await;
        let unknown = stage.somebody(TokenSecret::generate().reveal()).get("/workspace").await;
        assert_eq!(from(&stage, &token, "203.0.113.7").get("/workspace").await.status, 200);
        for outside in [from(&stage, &token, "203.0.114.7"), token.clone()] {
            assert_eq!(outside.get("/workspace").await.told(), unknown.told(), "it says nothing of why");
        }
        assert_eq!(from(&stage, &token, "203.0.113.7").get("/workspace").await.status, 200, "and is still good");
        let rows = logged(&stage).await;
        let refused: Vec<_> = rows.iter().filter(|row| row.status == 401).collect();
        assert_eq!(refused.iter().map(|row| row.repeats).sum::<i64>(), 2);
        assert_eq!(refused[0].reason, "The token may not be used from this client's address");
    }
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_the_log_says_why_it_was_refused() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let expires_at = START + Duration::from_secs(10);
        let token = limited(&stage, TokenLimits { expires_at, ..TokenLimits::default() }).await;
        assert_eq!(token.get("/workspace").await.status, 200);
        stage.advance(Duration::from_millis(9_999));
        assert_eq!(token.get("/workspace").await.status, 200);
        stage.advance(Duration::from_millis(1));
        assert_eq!(token.get("/workspace").await.status, 401);
        let other = stage.token().await;
        stage.write(stage.workspace, |write| retire_token(write, TokenId(2))).await;
        assert_eq!(other.get("/chats").await.status, 401);
        let rows = logged(&stage).await;
        let told: Vec<_> = rows.iter().map(|row| (row.status, row.outcome, row.reason.as_str())).collect();
        assert!(told.contains(&(401, 4, "The token has expired")), "{told:?}");
        assert!(told.contains(&(401, 4, "The token was revoked")), "{told:?}");
        let workspace = stage.workspace;
        let found = stage.app.read(move |tx| Ok(partyline::store::counters::counters_find(tx, workspace)?)).await;
        assert_eq!(found.expect("read").expect("a workspace").1.calls_used, 2, "401 is no call");
    }
}

#[tokio::test]
async fn a_token_of_one_account_sends_from_no_other() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        stage.advance(Duration::from_secs(1));
        stage.write(stage.workspace, |write| link_sandbox(write, "Second phone")).await;
        let accounts = owner.get("/whatsapp_accounts").await.body();
        let phone =
            |at: usize| accounts["data"]["whatsapp_accounts"][at]["phone"].as_str().expect("a phone").to_owned();
        let (first, second) = (phone(0), phone(1));
        let theirs = owner.send("+1 202 555 0102", "from the account linked last").await;
        let chat = owner.get("/chats").await.body()["data"]["chats"][0].clone();
        assert_eq!(chat["whatsapp_account_id"], format!("{}@s.whatsapp.net", &second[1..]));
        let token = limited(&stage, TokenLimits { accounts: vec![first.clone()], ..TokenLimits::default() }).await;
        let sent = token.send(ECHO, "from the only one").await;
        let from = token.get(&format!("/messages/{sent}")).await.body()["data"]["whatsapp_account_phone"].clone();
        assert!(from.is_null() || from == first.as_str(), "{from}");
        let named = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": second});
        let refused = token.post("/messages", named).await;
        assert_eq!((refused.status.as_u16(), refused.body()["error_code"].as_str()), (403, Some("permission_denied")));
        assert!(refused.text().contains(&second), "{}", refused.text());
        let to_chat = token.post(&format!("/chats/{}/messages", chat["id"]), json!({"text": "hi"})).await;
        assert_eq!(to_chat.status, 404, "what is on another account isn't there: {}", to_chat.text());
        let reaction = json!({"reaction": "👍"}).to_string().into();
        let reacted = token.ask(Method::PATCH, &format!("/messages/{theirs}/reactions"), reaction).await;
        assert_eq!(reacted.status, 404, "{}", reacted.text());
        assert_eq!(token.get(&format!("/messages/{theirs}")).await.status, 404);
    }
}

#[tokio::test]
async fn an_account_that_isnt_there_is_no_limit_to_set() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let limits = TokenLimits { accounts: vec!["+15551234567".into()], ..TokenLimits::default() };
    let token =
        NewToken { name: "crm".into(), scope: Scope::Full, sandbox_only: false, teammate: TeammateId::OWNER, limits };
    let secret = TokenSecret::generate();
    let made = stage
        .app
        .write(stage.workspace, database::Priority::Foreground, move |write| {
            create_limited_token(write, &token, &secret)
        })
        .await;
    let error = made.expect_err("no such account");
    assert!(error.message.contains("+15551234567") && error.faults[0].fields == ["account"], "{error}");
}

#[tokio::test]
async fn a_flood_of_bad_tokens_is_slowed_and_good_ones_beside_it_are_not() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = from(&stage, &stage.token().await, "203.0.113.7");
    let bad = from(&stage, &stage.somebody("pl_live_x"), "203.0.113.7");
    let elsewhere = from(&stage, &stage.somebody("pl_live_x"), "198.51.100.7");
    for _ in 0..FREE_PER_MINUTE {
        assert_eq!(hears(&bad).await, Some(401));
    }
    for _ in 0..2 {
        assert_eq!(hears(&bad).await, None);
        assert_eq!(hears(&token).await, Some(200));
        assert_eq!(hears(&elsewhere).await, Some(401));
    }
    stage.advance(Duration::from_secs(60));
    assert_eq!(hears(&bad).await, Some(401));
}

/// The status; `None` where the answer is held back.
async fn hears(actor: &Actor) -> Option<u16> {
    let answer = tokio::time::timeout(SLOW / 4, actor.get("/workspace")).await;
    answer.ok().map(|answer| answer.status.as_u16())
}

#[tokio::test]
async fn a_refused_call_keeps_what_was_sent_without_its_secrets() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.post("/messages", json!({"phone": "nobody", "text": "pl_live_abc is my token", "api_token": "s3"})).await;
        token.post("/messages", json!({"phone": ECHO, "text": "fine"})).await;
        token.post_raw("/messages", "{\"phone\": \"+1 202\u{0}").await;
        let rows = logged(&stage).await;
        let bodies: Vec<_> = rows.iter().map(|row| (row.status, row.body.as_str())).collect();
        let expected = r#"{"api_token":"…","phone":"nobody","text":"pl_live_… is my token"}"#;
        assert!(bodies.contains(&(400, expected)), "{bodies:?}");
        assert!(bodies.contains(&(200, "")), "{bodies:?}");
        assert!(bodies.contains(&(400, "{\"phone\": \"+1 202")), "{bodies:?}");
    }
}
