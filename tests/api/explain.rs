//! Why a message is where it is: the same words for the same rows, and always something to do where something can be done.

use std::time::Duration;

use partyline::accounts::Supervisor;
use partyline::accounts::health::{Health, set_health};
use partyline::clock::Time;
use partyline::events::log::events_of_message;
use partyline::id::WebhookId;
use partyline::store::webhook_attempts::{AttemptRow, attempt_insert};
use partyline::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_insert};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::kit::{Actor, ECHO, Engine, START, TestApp};
use crate::support::receive;

const NOT_ON_WHATSAPP: &str = "+1 202 555 0140";

pub async fn explained(token: &Actor, uid: &str) -> Value {
    let answer = token.get(&format!("/messages/{uid}/explain")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body()["data"].clone()
}

/// The last step's words.
pub fn last(told: &Value) -> (String, String) {
    let step = told["steps"].as_array().expect("steps").last().expect("a step").clone();
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    (text("what"), text("why"))
}

/// Lets the accounts work until the message stands as wanted.
pub async fn until(stage: &TestApp, token: &Actor, uid: &str, standing: &str) -> Value {
    let stop = CancellationToken::new();
    let supervisor = Supervisor::start(stage.app.clone(), stop.clone());
    let bell = stage.app.wakes.of(stage.workspace);
    let mut told = Value::Null;
    for _ in 0..1_000 {
        let rung = bell.notified();
        told = explained(token, uid).await;
        if told["standing"] == standing {
            break;
        }
        stage.advance(Duration::from_secs(2));
        let _ = tokio::time::timeout(Duration::from_millis(20), rung).await;
    }
    stop.cancel();
    supervisor.finished().await;
    assert_eq!(told["standing"], standing, "{told:#}");
    told
}

pub fn words(told: &Value) -> Vec<String> {
    let steps = told["steps"].as_array().expect("steps");
    steps.iter().map(|step| step["what"].as_str().expect("words").to_owned()).collect()
}

#[tokio::test]
async fn a_message_that_waits_says_for_what() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let (first, second) = (token.send(ECHO, "one").await, token.send(ECHO, "two").await);
        let answer = token.get(&format!("/messages/{first}/explain")).await;
        insta::allow_duplicates! { insta::assert_snapshot!("waits_its_turn", answer.told()) };
        let behind = explained(&token, &second).await;
        assert_eq!(last(&behind).1, "1 of its chat go before it, in the order accepted");
    }
}

#[tokio::test]
async fn a_message_of_an_account_that_is_held_says_until_when() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "one").await;
        let (account, until) = (stage.account, START + Duration::from_secs(3_600));
        let hold = move |health: Health, until: Time| {
            move |write: &mut partyline::store::Write<'_, '_>| {
                set_health(write, account, health, "Too many first contacts", until)
            }
        };
        stage.write(stage.workspace, hold(Health::Held, until)).await;
        let told = explained(&token, &uid).await;
        assert_eq!(
            (told["standing"].as_str(), told["next"].as_str()),
            (Some("held"), Some("It goes on by itself at 2026-01-15 10:00:00 +0000"))
        );
        assert_eq!(last(&told).1, "The account +12025550198 may not send for a time: Too many first contacts");
        stage.write(stage.workspace, hold(Health::LoggedOut, Time::NEVER)).await;
        let told = explained(&token, &uid).await;
        assert_eq!(told["next"], "Link the account again; the message goes then");
    }
}

#[tokio::test]
async fn a_message_that_was_read_tells_its_whole_way() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "Your bike is ready").await;
        let told = until(&stage, &token, &uid, "read").await;
        assert_eq!(words(&told), ["Accepted", "Handed over", "Sent", "Delivered", "Read"]);
        let times: Vec<&str> =
            told["steps"].as_array().expect("steps").iter().map(|step| step["at"].as_str().expect("a time")).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert_eq!(told["next"], Value::Null);
    }
}

#[tokio::test]
async fn a_message_that_failed_says_what_to_do() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        token.post("/sandbox/rules", json!({"number": NOT_ON_WHATSAPP, "fails_with": 131_026})).await;
        let uid = token.send(NOT_ON_WHATSAPP, "Hello?").await;
        let told = until(&stage, &token, &uid, "failed").await;
        assert_eq!(words(&told), ["Accepted", "Handed over", "Failed", "It will not go"]);
        assert_eq!(last(&told).1, "Its credits were given back");
        assert!(told["next"].as_str().expect("advice").starts_with("Check the number"), "{told:#}");
    }
}

#[tokio::test]
async fn tries_that_failed_are_told_also_after_it_went() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        // Of this number's sends every second try is too soon.
        let mut uids = Vec::new();
        for text in ["one", "two"] {
            uids.push(token.send("+1 202 555 0156", text).await);
        }
        let mut all = Vec::new();
        for uid in &uids {
            let told = until(&stage, &token, uid, "delivered").await;
            all.extend(words(&told));
        }
        assert!(all.iter().any(|word| word.starts_with("Try ") && word.ends_with(" failed")), "{all:?}");
    }
}

#[tokio::test]
async fn a_hold_is_told_and_is_an_event() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send("+1 202 555 0148", "Hello").await;
        let told = until(&stage, &token, &uid, "held").await;
        assert!(words(&told).contains(&"Held: the account may not send".to_owned()), "{told:#}");
        let events = token.get("/events?types=message:held").await.body();
        assert_eq!(events["data"]["events"][0]["message_uid"], uid, "{events:#}");
    }
}

#[tokio::test]
async fn what_came_in_and_what_is_kept_are_explained_too() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let uid = receive(&stage, "+12025550173", "M1", "Is it ready?").await;
    let told = explained(&token, &uid).await;
    assert_eq!((told["standing"].as_str(), last(&told).1.as_str()), (Some("received"), "Maria wrote to +12025550198"));
    let chat = told["chat_id"].as_i64().expect("a number");
    let note = token.post(&format!("/chats/{chat}/notes"), json!({"text": "Call back"})).await.body();
    let note = note["data"]["message_uid"].as_str().expect("a uid").to_owned();
    assert_eq!(explained(&token, &note).await["standing"], "kept");
}

#[tokio::test]
async fn webhooks_that_heard_of_it_are_named_with_what_they_answered() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let webhook = json!({"event_type": "message:sent:new", "url": "https://crm.example/hook"});
        assert_eq!(token.post("/webhooks", webhook).await.status, 200);
        let uid = token.send(ECHO, "one").await;
        let parsed = partyline::id::MessageUid(uid.parse().expect("a uid"));
        let workspace = stage.workspace;
        let events = move |tx: &mut database::Snapshot<'_>| events_of_message(tx, workspace, parsed, START);
        let seq = stage.app.read(events).await.expect("a read").last().expect("an event").seq;
        let delivery = DeliveryRow {
            webhook: WebhookId(1),
            seq,
            event_type: "message:sent:new".into(),
            state: DeliveryState::Waiting,
            attempts: 1,
            tries: 1,
            next_at: START + Duration::from_secs(300),
            created_at: START,
            body: "{}".into(),
        };
        let attempt = AttemptRow {
            webhook: WebhookId(1),
            seq,
            number: 1,
            at: START,
            duration_ms: 12,
            status: 500,
            error: String::new(),
            answer: String::new(),
        };
        stage
            .write(workspace, move |write| {
                delivery_insert(write.tx, workspace, &delivery)?;
                Ok(attempt_insert(write.tx, workspace, &attempt)?)
            })
            .await;
        let told = explained(&token, &uid).await;
        assert_eq!(words(&told), ["Accepted", "Webhook 1 is not told message:sent:new yet", "Waits its turn"]);
        assert_eq!(told["steps"][1]["why"], "1 attempt; it answered 500");
        assert_eq!(told["steps"][1]["next"], "It goes on by itself at 2026-01-15 09:05:00 +0000");
    }
}

#[tokio::test]
async fn nobody_explains_what_is_not_theirs() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        let uid = token.send(ECHO, "one").await;
        let foreign = outsider.get(&format!("/messages/{uid}/explain")).await;
        let unknown = outsider.get("/messages/019b0000-0000-7000-8000-000000000000/explain").await;
        assert_eq!((foreign.status.as_u16(), foreign.told()), (404, unknown.told()));
    }
}
