//! Webhooks that deliver: signed, repeated under the same id, given up in the end.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use partyline::courier::deliver_due;
use partyline::id::WebhookId;
use partyline::store::webhook_attempts::attempt_next_webhook;
use partyline::store::webhook_deliveries::{delivery_claim, delivery_next_webhook};
use partyline::webhooks::schedule::DISABLED_AFTER;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::kit::{Actor, ECHO, Engine, Receiver, TestApp};
use crate::people::{delete, events, put};

/// A webhook at this address; its number and its secret.
pub async fn listen_to(owner: &Actor, event_type: &str, url: &str) -> (i64, String) {
    let made = owner.post("/webhooks", json!({"event_type": event_type, "url": url})).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let body = made.body();
    let secret = body["data"]["secret"].as_str().expect("a secret").to_owned();
    (body["data"]["id"].as_i64().expect("a number"), secret)
}

/// Whether one of the signatures is what Standard Webhooks' own library makes of the secret. It judges the time by the
/// system's clock, which these stories don't follow.
pub fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let at = text("webhook-timestamp").parse().expect("seconds");
    let good = Webhook::new(secret).expect("a secret").sign(&text("webhook-id"), at, body).expect("signed");
    text("webhook-signature").split(' ').any(|one| one == good)
}

pub async fn deliver(stage: &TestApp) {
    deliver_due(&stage.app).await.expect("delivered");
}

pub async fn deliveries(owner: &Actor, webhook: i64) -> Vec<Value> {
    let page = owner.get(&format!("/webhooks/{webhook}/deliveries")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.body()["data"]["deliveries"].as_array().expect("a list").clone()
}

pub async fn delivery(owner: &Actor, webhook: i64, id: &str) -> Value {
    let found = owner.get(&format!("/webhooks/{webhook}/deliveries/{id}")).await;
    assert_eq!(found.status, 200, "{}", found.text());
    found.body()["data"].clone()
}

pub async fn webhook(owner: &Actor, id: i64) -> Value {
    owner.get(&format!("/webhooks/{id}")).await.body()["data"].clone()
}

fn later(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn an_event_arrives_signed_as_standard_webhooks_sign() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, secret) = listen_to(&owner, "message:sent:new", &url).await;
        let uid = owner.send(ECHO, "Your bike is ready").await;
        deliver(&stage).await;
        let heard = receiver.heard();
        let [(headers, body)] = heard.as_slice() else { panic!("{heard:?}") };
        assert!(is_signed(&secret, headers, body), "{headers:?}");
        assert_eq!(headers["webhook-timestamp"], (stage.clock.now().ms() / 1000).to_string());
        assert_eq!(headers["content-type"], "application/json");
        let told: Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!((&told["event_type"], &told["message"]["message_uid"]), (&json!("message:sent:new"), &json!(uid)));
        let all = deliveries(&owner, id).await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0]["delivery_id"].as_str(), headers["webhook-id"].to_str().ok());
        let one = delivery(&owner, id, all[0]["delivery_id"].as_str().expect("an id")).await;
        assert_eq!(one["body"].as_str().map(str::as_bytes), Some(body.as_ref()), "what is shown is what was sent");
        assert_eq!(one["delivery"]["state"], "delivered");
        insta::assert_snapshot!("attempts", serde_json::to_string_pretty(&one["attempts"]).expect("JSON"));
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 1, "once");
        let mut forged = body.to_vec();
        forged[10] ^= 1;
        assert!(!is_signed(&secret, headers, &forged));
    }
}

#[tokio::test]
async fn what_fails_is_repeated_under_the_same_id_with_the_same_bytes() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, _) = listen_to(&owner, "message:new", &url).await;
        receiver.answer_next_with((StatusCode::INTERNAL_SERVER_ERROR, "x".repeat(100_000)).into_response());
        let uid = owner.send(ECHO, "hi").await;
        deliver(&stage).await;
        assert_eq!(webhook(&owner, id).await["errors_counter"], 1);
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 1, "not before its time");
        receiver.answer_next(StatusCode::FOUND);
        stage.advance(later(6));
        deliver(&stage).await;
        // The message says something else by now; the frozen bytes don't.
        let change = partyline::id::MessageUid(uid.parse().expect("a uid"));
        stage
            .write(stage.workspace, move |write| {
                Ok(partyline::store::message_details::message_set_text(write, change, "changed")?)
            })
            .await;
        assert_eq!(webhook(&owner, id).await["errors_counter"], 2);
        stage.advance(later(331));
        deliver(&stage).await;
        let heard = receiver.heard();
        assert_eq!(heard.len(), 3);
        for (headers, body) in &heard[1..] {
            assert_eq!(headers["webhook-id"], heard[0].0["webhook-id"]);
            assert_eq!(body, &heard[0].1);
        }
        assert_ne!(heard[1].0["webhook-timestamp"], heard[0].0["webhook-timestamp"]);
        assert_eq!(webhook(&owner, id).await["errors_counter"], 0, "a success forgets the failures");
        let one = delivery(&owner, id, heard[0].0["webhook-id"].to_str().expect("text")).await;
        assert_eq!(one["delivery"]["attempts"], 3);
        let attempts = one["attempts"].as_array().expect("a list");
        assert_eq!(attempts[2]["answer"].as_str().map(str::len), Some(1_024));
        assert_eq!((&attempts[1]["status"], &attempts[0]["status"]), (&json!(302), &json!(200)));
        assert!(attempts[1]["error"].as_str().expect("text").contains("redirects aren't followed"));
    }
}

#[tokio::test]
async fn a_receiver_says_when_to_come_back_and_when_never_to() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, _) = listen_to(&owner, "message:new", &url).await;
        let (other, (notices, notice_url)) = (stage.token().await, Receiver::listen().await);
        listen_to(&other, "webhook:disabled", &notice_url).await;
        let wait: Response = (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "600")]).into_response();
        receiver.answer_next_with(wait);
        owner.send(ECHO, "hi").await;
        deliver(&stage).await;
        stage.advance(later(599));
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 1, "it asked for ten minutes");
        receiver.answer_next(StatusCode::GONE);
        stage.advance(later(2));
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 2);
        let gone = webhook(&owner, id).await;
        assert_eq!(gone["enabled"], false);
        assert!(gone["disabled_reason"].as_str().expect("why").contains("410"));
        deliver(&stage).await;
        let notice: Value = serde_json::from_slice(&notices.heard()[0].1).expect("JSON");
        assert_eq!((&notice["webhook"]["id"], &notice["webhook"]["enabled"]), (&json!(id), &json!(false)));
        owner.send(ECHO, "again").await;
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 2, "nothing more");
        put(&owner, &format!("/webhooks/{id}"), json!({"enabled": true})).await;
        owner.send(ECHO, "once more").await;
        deliver(&stage).await;
        let last: Value = serde_json::from_slice(&receiver.heard()[2].1).expect("JSON");
        assert_eq!(last["message"]["text"], "once more", "what happened while it was off stays untold");
        assert!(webhook(&owner, id).await.get("disabled_reason").is_none());
    }
}

#[tokio::test]
async fn a_dead_webhook_is_given_up_after_five_days_and_says_so() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let owner = stage.token().await;
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let (id, _) = listen_to(&owner, "message:new", &format!("http://{nobody}/")).await;
    owner.send(ECHO, "first").await;
    let (began, skip) = (stage.clock.now(), events(&stage, 0).await.len());
    while stage.clock.now().since(began) < DISABLED_AFTER + later(25 * 3600) {
        deliver(&stage).await;
        stage.advance(later(3600));
        let hours = stage.clock.now().since(began).as_secs() / 3600;
        if hours % 24 == 0 {
            owner.send(ECHO, "another day").await;
        }
        let enabled = webhook(&owner, id).await["enabled"] == true;
        assert!(enabled || hours >= 5 * 24, "given up after {hours} hours");
    }
    let dead = webhook(&owner, id).await;
    assert_eq!(dead["enabled"], false);
    assert!(dead["disabled_reason"].as_str().expect("why").starts_with("Every delivery failed for 5 days"), "{dead}");
    let told = events(&stage, skip).await;
    assert_eq!(told.iter().filter(|(name, _)| *name == "webhook:disabled").count(), 1);
    let all = deliveries(&owner, id).await;
    let first = all.last().expect("the first");
    assert_eq!((&first["state"], &first["attempts"]), (&json!("failed"), &json!(10)), "the schedule ends");
}

#[tokio::test]
async fn what_was_claimed_by_a_server_that_died_is_repeated_under_the_same_id() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, _) = listen_to(&owner, "message:new", &url).await;
        receiver.answer_next(StatusCode::BAD_GATEWAY);
        owner.send(ECHO, "hi").await;
        deliver(&stage).await;
        stage.advance(later(6));
        let (workspace, now) = (stage.workspace, stage.clock.now());
        let claimed = stage
            .write(workspace, move |write| {
                Ok(delivery_claim(write.tx, workspace, WebhookId(id), now, now + later(20), 10)?)
            })
            .await;
        assert_eq!(claimed.len(), 1, "somebody has it, and is killed");
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 1, "nobody else takes it meanwhile");
        let stage = stage.restarted().await;
        stage.advance(later(20));
        deliver(&stage).await;
        let heard = receiver.heard();
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0].0["webhook-id"], heard[1].0["webhook-id"]);
    }
}

#[tokio::test]
async fn two_nodes_deliver_each_event_once() {
    for engine in Engine::all().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        listen_to(&owner, "message:sent:new", &url).await;
        let (other, _) = stage.other_node(&owner);
        for _ in 0..4 {
            for _ in 0..5 {
                owner.send(ECHO, "hi").await;
            }
            let (one, two) = tokio::join!(deliver_due(&stage.app), deliver_due(&other));
            one.and(two).expect("delivered");
        }
        deliver(&stage).await;
        let mut ids: Vec<_> = receiver.heard().into_iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), receiver.heard().len()), (20, 20));
    }
}

#[tokio::test]
async fn old_deliveries_and_those_of_deleted_webhooks_are_forgotten() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (_receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (kept, _) = listen_to(&owner, "message:sent:new", &url).await;
        let (gone, _) = listen_to(&owner, "message:new", &url).await;
        owner.send(ECHO, "old").await;
        deliver(&stage).await;
        delete(&owner, &format!("/webhooks/{gone}")).await;
        stage.advance(partyline::workspace::settings::KEPT + later(1));
        owner.send(ECHO, "new").await;
        deliver(&stage).await;
        assert_eq!(deliveries(&owner, kept).await.len(), 2);
        partyline::sweeper::sweep(&stage.app).await.expect("swept");
        let left = deliveries(&owner, kept).await;
        assert_eq!(left.len(), 1);
        let one = delivery(&owner, kept, left[0]["delivery_id"].as_str().expect("an id")).await;
        assert_eq!(one["attempts"].as_array().map(Vec::len), Some(1), "attempts of what is kept are kept");
        let workspace = stage.workspace;
        let next = stage
            .app
            .read(move |tx| {
                let delivery = delivery_next_webhook(tx, workspace, WebhookId(kept))?;
                Ok((delivery, attempt_next_webhook(tx, workspace, WebhookId(kept))?))
            })
            .await
            .expect("a read");
        assert_eq!(next, (None, None), "nothing is left of the deleted one");
    }
}
