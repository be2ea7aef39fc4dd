//! Scheduled messages: accepted and paid now, sent later, cancelled until then.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use database::{Sql, Value as Column};
use partyline::accounts::scheduled::release;
use serde_json::{Value, json};

use crate::files::{Part, form, with_forms};
use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::support::{account_like, credits_used, events, message_uid, receive, waiting};

/// An hour after the clock's start.
const AT_TEN: &str = "2026-01-15T10:00:00Z";
const UNLINK: Sql = Sql::both("UPDATE accounts SET unlinked_at_ms = $3 WHERE workspace_id = $1 AND account_id = $2");
const HOUR: Duration = Duration::from_secs(3600);

async fn schedule(token: &Actor, text: &str, send_at: &str) -> String {
    let answer = token.post("/messages", json!({"phone": ECHO, "text": text, "send_at": send_at})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    message_uid(&answer.body())
}

async fn cancel(token: &Actor, uid: &str) -> Answer {
    token.ask(Method::DELETE, &format!("/messages/scheduled/{uid}"), Body::empty()).await
}

async fn listed(token: &Actor, query: &str) -> Vec<Value> {
    let body = token.get(&format!("/messages/scheduled{query}")).await.body();
    body["data"]["messages"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
}

async fn shown(token: &Actor, uid: &str) -> Value {
    token.get(&format!("/messages/{uid}")).await.body()["data"].clone()
}

#[tokio::test]
async fn a_scheduled_message_is_paid_now_and_goes_when_its_time_has_come() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "Your bike is ready").await;
        let before = token.get("/chats/1").await.body();
        let uid = schedule(&token, "We close at noon", "2026-01-15T12:00:00+02:00").await;
        insta::assert_snapshot!("scheduled", token.get(&format!("/messages/{uid}")).await.told());
        assert_eq!(credits_used(&stage, &token).await, 2);
        assert_eq!(waiting(&stage, 1).await.len(), 1, "it isn't in the outbox");
        assert_eq!(token.get("/chats/1").await.body(), before, "it is no news of its chat yet");
        assert_eq!(events(&stage).await.last(), Some(&("message:scheduled", "1768471200000".to_owned())));
        insta::assert_snapshot!("listed", token.get("/messages/scheduled").await.told());

        stage.advance(HOUR - Duration::from_millis(1));
        assert_eq!(release(&stage.app).await.expect("looked"), 0);
        token.send(ECHO, "said in between").await;
        stage.advance(Duration::from_millis(1));
        assert_eq!(release(&stage.app).await.expect("released"), 1);
        assert_eq!(release(&stage.app).await.expect("looked"), 0);
        let texts: Vec<_> = waiting(&stage, 1).await.into_iter().map(|message| format!("{:?}", message.body)).collect();
        assert!(texts.len() == 3 && texts[2].contains("We close at noon"), "{texts:?}");
        assert!(listed(&token, "").await.is_empty());
        let message = shown(&token, &uid).await;
        assert_eq!(message["timestamp"], "2026-01-15 10:00:00 +0000", "it was said when it went");
        assert_eq!(message["data"]["scheduled_timestamp"], "2026-01-15 10:00:00 +0000");
        assert_eq!(token.get("/chats/1").await.body()["data"]["last_message_uid"], json!(uid));
        assert_eq!(events(&stage).await.last().map(|event| event.0), Some("message:sent:new"));
        assert_eq!(credits_used(&stage, &token).await, 3, "nothing is paid twice");
        assert_eq!(cancel(&token, &uid).await.status, 404, "it has gone");
    }
}

#[tokio::test]
async fn a_cancelled_message_never_goes_and_gives_its_credits_back() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = schedule(&token, "We close at noon", AT_TEN).await;
        assert_eq!(credits_used(&stage, &token).await, 1);
        let outsider = stage.outsider().await;
        assert_eq!(cancel(&outsider, &uid).await.status, 404);
        insta::assert_snapshot!("cancelled", cancel(&token, &uid).await.told());
        assert_eq!(credits_used(&stage, &token).await, 0);
        let message = shown(&token, &uid).await;
        let reason = json!({"code": "", "title": "Cancelled", "details": "It was cancelled before its time."});
        assert_eq!((&message["status"], &message["failure_reason"]), (&json!("Failed"), &reason));
        let told: Vec<_> = events(&stage).await.into_iter().map(|event| event.0).collect();
        assert_eq!(told[told.len() - 2..], ["message:status", "message:unscheduled"]);
        insta::assert_snapshot!("not_waiting", cancel(&token, &uid).await.told());
        stage.advance(HOUR);
        assert_eq!(release(&stage.app).await.expect("looked"), 0);
        assert!(waiting(&stage, 1).await.is_empty());
    }
}

#[tokio::test]
async fn times_that_cannot_be_kept_are_refused_and_name_what_can() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let ask =
        async |send_at: Value| token.post("/messages", json!({"phone": ECHO, "text": "hi", "send_at": send_at})).await;
    insta::assert_snapshot!("passed", ask(json!("2026-01-15T09:00:00Z")).await.told());
    insta::assert_snapshot!("too_far", ask(json!("2026-02-14T09:00:01Z")).await.told());
    insta::assert_snapshot!("no_time", ask(json!("tomorrow")).await.told());
    assert_eq!(ask(json!("2026-02-14T09:00:00Z")).await.status, 200, "thirty days to the second");
    for bad in [json!("2026-01-15T10:00:00"), json!("2026-01-15"), json!(5), json!("2026-01-15T10:00:00Z\u{0}")] {
        let answer = ask(bad.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body()["errors"][0]["fields"]),
            (400, &json!(["send_at"])),
            "{bad}"
        );
    }
    assert_eq!(credits_used(&stage, &token).await, 1, "only the good one was taken");
}

#[tokio::test]
async fn every_form_of_sending_takes_a_time() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    receive(&stage, "+12025550100", "3A01", "hello").await;
    let forms = [
        ("/messages", json!({"phone": ECHO})),
        ("/v2/messages", json!({"phone": ECHO})),
        ("/messages/to_jid", json!({"jid": "12025550100@s.whatsapp.net"})),
        ("/messages/to_chat_name", json!({"chat_name": "Maria", "label": "vip"})),
        ("/chats/1/messages", json!({"chat_name": "Ana", "label": "late"})),
        ("/v2/chats/1/messages", json!({})),
    ];
    for (path, mut body) in forms {
        (body["text"], body["send_at"]) = (json!("later"), json!(AT_TEN));
        let answer = token.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let parts: [Part<'_>; 2] =
        [("name=\"send_at\"", AT_TEN.as_bytes()), ("name=\"file\"; filename=\"a.txt\"", b"bikes")];
    let answer = with_forms(&token).post_raw("/chats/1/file_message", form(&parts)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let late: [Part<'_>; 2] = [("name=\"send_at\"", b"later"), parts[1]];
    assert_eq!(with_forms(&token).post_raw("/chats/1/file_message", form(&late)).await.status, 400);
    assert_eq!(listed(&token, "?chat_id=1").await.len(), 7);
    assert_eq!(token.get("/messages/scheduled?chat_id=9").await.status, 404);
    let chat = token.get("/chats/1").await.body()["data"].clone();
    assert_eq!((&chat["name"], &chat["labels"]), (&json!("Ana"), &json!(["late", "vip"])), "these come at once");
    assert_eq!(token.get("/chats?label=vip").await.body()["data"]["chats"][0]["id"], 1);
    assert!(waiting(&stage, 1).await.is_empty());
    stage.advance(HOUR);
    assert_eq!(release(&stage.app).await.expect("released"), 7);
    assert_eq!(waiting(&stage, 1).await.len(), 7);
}

#[tokio::test]
async fn what_was_scheduled_survives_a_restart_and_goes_once_from_many_nodes() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for number in 0..5 {
            schedule(&token, &format!("number {number}"), AT_TEN).await;
        }
        let stage = stage.restarted().await;
        stage.advance(2 * HOUR);
        let token = stage.token().await;
        let released = match engine {
            Engine::Sqlite => release(&stage.app).await.expect("released"),
            Engine::Postgres => {
                let (other, _) = stage.other_node(&token);
                let (one, two) = tokio::join!(release(&stage.app), release(&other));
                one.expect("released") + two.expect("released")
            }
        };
        assert_eq!(released, 5);
        assert_eq!(waiting(&stage, 1).await.len(), 5, "each once, in the order of their times");
    }
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_the_first_even_when_its_time_has_passed() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await.with_header("idempotency-key", "order-17");
    let body = json!({"phone": ECHO, "text": "hi", "send_at": AT_TEN});
    let first = token.post("/messages", body.clone()).await;
    stage.advance(2 * HOUR);
    let again = token.post("/messages", body).await;
    assert_eq!((again.status.as_u16(), again.bytes), (200, first.bytes));
}

#[tokio::test]
async fn what_waits_for_its_time_can_be_neither_answered_nor_reacted_to() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let uid = schedule(&token, "later", AT_TEN).await;
    let answer = token.post("/chats/1/messages", json!({"text": "re", "reply_to": uid})).await;
    assert!(answer.status == 400 && answer.text().contains("waits for its time"), "{}", answer.text());
    let react = json!({"reaction": "👍"}).to_string();
    let answer = token.ask(Method::PATCH, &format!("/messages/{uid}/reactions"), Body::from(react)).await;
    assert!(answer.status == 400 && answer.text().contains("waits for its time"), "{}", answer.text());
}

#[tokio::test]
async fn a_message_whose_account_is_gone_by_then_fails_and_gives_its_credits_back() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let gone = account_like(&stage, "+12125550198", |_| {}).await;
        let body = json!({"phone": ECHO, "text": "hi", "send_at": AT_TEN, "whatsapp_account_phone": "+12125550198"});
        let uid = message_uid(&token.post("/messages", body).await.body());
        let values = [stage.workspace.0, gone.0, stage.clock.now().ms()].map(Column::Int);
        stage.write(stage.workspace, move |write| Ok(write.tx.execute(&UNLINK, &values)?)).await;
        stage.advance(HOUR);
        assert_eq!(release(&stage.app).await.expect("released"), 1);
        assert_eq!(shown(&token, &uid).await["failure_reason"]["title"], "Account unlinked");
        assert_eq!(credits_used(&stage, &token).await, 0);
    }
}
