//! The log of events by its cursor: everything once, in order, and a clear word where something is gone.

use std::time::Duration;

use partyline::accounts::link_sandbox;
use partyline::event_kind::Cause;
use partyline::events::log::SCANNED_MAX;
use partyline::id::TeammateId;
use partyline::store::events::event_append;
use partyline::workspace::settings::KEPT;
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};
use serde_json::{Value, json};

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::staff::unhurried;
use crate::support::{OWN_PHONE, receive};

fn types(body: &Value) -> Vec<String> {
    let events = body["data"]["events"].as_array().expect("events");
    events.iter().map(|event| event["event_type"].as_str().expect("a type").to_owned()).collect()
}

fn seqs(body: &Value) -> Vec<i64> {
    let events = body["data"]["events"].as_array().expect("events");
    events.iter().map(|event| event["seq"].as_i64().expect("a number")).collect()
}

/// Somebody whose token is limited to one account.
async fn limited_to(stage: &TestApp, phone: &str) -> Actor {
    let secret = TokenSecret::generate();
    let limits = TokenLimits { accounts: vec![phone.to_owned()], ..TokenLimits::default() };
    let token =
        NewToken { name: "shop".into(), scope: Scope::Full, sandbox_only: false, teammate: TeammateId::OWNER, limits };
    let text = secret.reveal().to_owned();
    stage.write(stage.workspace, move |write| create_limited_token(write, &token, &secret)).await;
    stage.somebody(&text)
}

#[tokio::test]
async fn whoever_asks_sees_what_happened_and_who_did_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.post("/messages", json!({"phone": ECHO, "text": "Your bike is ready", "label": "vip"})).await;
        receive(&stage, "+12025550173", "M1", "Is it ready?").await;
        let page = token.get("/events").await;
        insta::allow_duplicates! { insta::assert_snapshot!("events", page.told()) };
    }
}

#[tokio::test]
async fn a_cursor_walks_the_log_once_and_in_order() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        unhurried(&stage).await;
        for round in 0..5 {
            receive(&stage, "+12025550173", &format!("M{round}"), "hi").await;
        }
        let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
        loop {
            let page = token.get(&format!("/events?after={after}&limit=2")).await.body();
            seen.extend(seqs(&page));
            after = page["data"]["next_after"].as_i64().expect("a cursor");
            pages += 1;
            if page["data"]["has_more_pages"] == false {
                break;
            }
        }
        let all: Vec<i64> = (1..=i64::try_from(seen.len()).expect("few")).collect();
        assert_eq!(seen, all);
        assert_eq!(pages, seen.len().div_ceil(2));
        let end = token.get(&format!("/events?after={after}")).await.body();
        assert_eq!((seqs(&end), end["data"]["next_after"].as_i64()), (vec![], Some(after)), "the end is a place too");
        receive(&stage, "+12025550173", "M9", "hi").await;
        let next = token.get(&format!("/events?after={after}")).await.body();
        assert_eq!(types(&next), ["message:received:new"]);
    }
}

#[tokio::test]
async fn types_narrow_and_the_cursor_moves_past_the_rest() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "one").await;
        receive(&stage, "+12025550173", "M1", "hi").await;
        token.send(ECHO, "two").await;
        let page = token.get("/events?types=message:sent:new,%20quota:used").await.body();
        assert_eq!(types(&page), ["message:sent:new", "message:sent:new"]);
        assert_eq!(page["data"]["next_after"], page["data"]["newest"], "what was not wanted is behind as well");
        let none = token.get("/events?types=").await.body();
        assert_eq!(
            seqs(&none).len(),
            usize::try_from(none["data"]["newest"].as_i64().expect("a number")).expect("few")
        );
        let unknown = token.get("/events?types=message:sent:new,message:eaten").await;
        assert_eq!(unknown.status, 400);
        assert!(unknown.text().contains("there is no event \\\"message:eaten\\\""), "{}", unknown.text());
    }
}

#[tokio::test]
async fn a_filter_that_finds_nothing_reads_no_more_than_its_share() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    stage
        .write(stage.workspace, |write| {
            for _ in 0..SCANNED_MAX + 5 {
                event_append(write, support_event())?;
            }
            Ok(())
        })
        .await;
    let first = token.get("/events?after=0&types=quota:used").await.body();
    assert_eq!((seqs(&first), first["data"]["next_after"].as_i64()), (vec![], Some(SCANNED_MAX)));
    assert_eq!(first["data"]["has_more_pages"], true);
    let rest = token.get(&format!("/events?after={SCANNED_MAX}&types=quota:used")).await.body();
    assert_eq!(rest["data"]["has_more_pages"], false);
}

fn support_event() -> partyline::store::events::NewEvent {
    partyline::store::events::NewEvent {
        kind: partyline::event_kind::Kind::TemplateMade,
        chat: partyline::id::ChatId(0),
        message: None,
        detail: "1".into(),
    }
}

#[tokio::test]
async fn a_cursor_that_is_too_old_is_gone_and_one_from_nowhere_is_wrong() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "long ago").await;
        stage.advance(KEPT + Duration::from_secs(1));
        receive(&stage, "+12025550173", "M1", "hi").await;
        let newest = token.get("/events").await.body()["data"]["newest"].as_i64().expect("a number");
        partyline::sweeper::sweep(&stage.app).await.expect("swept");
        let page = token.get("/events").await.body();
        let oldest = page["data"]["oldest"].as_i64().expect("a number");
        assert!(oldest > 1 && oldest <= newest);
        assert_eq!(seqs(&page), (oldest..=newest).collect::<Vec<_>>(), "left out, it begins with what is there");
        let gone = token.get("/events?after=0").await;
        assert_eq!((gone.status.as_u16(), gone.body()["error_code"].as_str()), (410, Some("cursor_expired")));
        assert!(gone.text().contains(&format!("after={}", oldest - 1)), "{}", gone.text());
        assert_eq!(token.get(&format!("/events?after={}", oldest - 1)).await.status, 200);
        for after in [newest + 1, i64::MAX] {
            let ahead = token.get(&format!("/events?after={after}")).await;
            assert_eq!((ahead.status.as_u16(), ahead.body()["errors"][0]["fields"][0].as_str()), (400, Some("after")));
        }
    }
}

#[tokio::test]
async fn a_token_of_one_account_sees_the_events_of_that_account() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let other = stage.write(stage.workspace, |write| link_sandbox(write, "Workshop")).await;
        let (owner, shop) = (stage.token().await, limited_to(&stage, OWN_PHONE).await);
        owner.send(ECHO, "from the account linked last").await;
        receive(&stage, "+12025550173", "M1", "to the first one").await;
        owner.post("/templates", json!({"name": "Ready", "text": "Ready"})).await;
        let all = owner.get("/events").await.body();
        let seen = shop.get("/events").await.body();
        assert!(types(&all).contains(&"template:new".to_owned()), "{all}");
        assert_eq!(types(&seen), ["whatsapp:account:connected", "chat:incoming:new", "message:received:new"]);
        assert_ne!(other, stage.account);
    }
}

#[tokio::test]
async fn the_operator_is_told_apart_from_tokens() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    stage
        .write(stage.workspace, |write| {
            write.cause = Cause::Operator;
            event_append(write, support_event()).map(drop)?;
            write.cause = Cause::Teammate(partyline::id::TeammateId::OWNER);
            event_append(write, support_event()).map(drop)
        })
        .await;
    let events = token.get("/events?types=template:new").await.body()["data"]["events"].clone();
    assert_eq!(events[0]["caused_by"], json!({"kind": "operator", "id": null, "name": ""}));
    assert_eq!((&events[1]["caused_by"]["kind"], &events[1]["caused_by"]["id"]), (&json!("teammate"), &json!(1)));
}
