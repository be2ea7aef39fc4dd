//! Messages that may have gone: nothing repeats them, and somebody decides.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::explain::{explained, last, until, words};
use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::support::{credits_used, events};

/// Of the sandbox: the answer to every send is lost.
const LOST: &str = "+1 202 555 0157";

async fn decide(token: &Actor, uid: &str, what: &str) -> Answer {
    token.ask(Method::POST, &format!("/messages/{uid}/{what}"), Body::empty()).await
}

async fn names(stage: &TestApp) -> Vec<&'static str> {
    events(stage).await.into_iter().map(|event| event.0).collect()
}

async fn history(token: &Actor, uid: &str) -> Vec<String> {
    let told = token.get(&format!("/messages/{uid}/status_history")).await.body();
    let steps = told["data"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
    steps.iter().map(|step| step["status"].as_str().expect("a status").to_owned()).collect()
}

#[tokio::test]
async fn an_uncertain_message_goes_again_when_somebody_says_so() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send(LOST, "Your bike is ready").await;
        let told = until(&stage, &token, &uid, "uncertain").await;
        assert!(told["next"].as_str().expect("advice").contains("/resend"), "{told:#}");
        let later = token.send(LOST, "And the lock").await;
        until(&stage, &token, &later, "uncertain").await;
        insta::assert_snapshot!("sent_again", decide(&token, &uid, "resend").await.told());
        assert_eq!(decide(&token, &uid, "resend").await.status, 400, "it waits its turn like any other");
        let told = until(&stage, &token, &uid, "delivered").await;
        assert_eq!(
            words(&told),
            [
                "Accepted",
                "Handed over",
                "The answer to the hand-over was lost",
                "To be sent again",
                "Sent",
                "Delivered",
                "Not known to be read"
            ]
        );
        assert_eq!(told["steps"][3]["why"], "Asked for with the token \"crm\"");
        assert_eq!(history(&token, &uid).await, ["Pending", "Sending", "Sent", "Delivered"]);
        assert_eq!(credits_used(&stage, &token).await, 2, "once for each of both");
        let phone = token.get("/sandbox/phones/12025550157/messages").await.body();
        let shown = phone["data"]["messages"].as_array().expect("messages");
        assert_eq!(shown.iter().map(|one| &one["text"]).collect::<Vec<_>>(), [&json!("Your bike is ready")]);
        let heard = token.get("/events?types=message:uncertain,message:resent").await.body();
        let heard = heard["data"]["events"].as_array().expect("events").clone();
        let heard: Vec<_> = heard.iter().map(|event| (&event["event_type"], &event["caused_by"]["kind"])).collect();
        let (lost, again) = (json!("message:uncertain"), json!("message:resent"));
        assert_eq!(heard, [(&lost, &json!(null)), (&lost, &json!(null)), (&again, &json!("token"))]);
    }
}

#[tokio::test]
async fn a_message_that_went_is_marked_as_sent_and_goes_on_from_there() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send(LOST, "Your bike is ready").await;
        until(&stage, &token, &uid, "uncertain").await;
        insta::assert_snapshot!("marked", decide(&token, &uid, "mark_sent").await.told());
        let told = explained(&token, &uid).await;
        assert_eq!(told["standing"], "sent");
        assert!(words(&told).contains(&"Marked as sent".to_owned()), "{told:#}");
        assert_eq!(last(&told).0, "Not delivered yet");
        assert_eq!(history(&token, &uid).await, ["Pending", "Sending", "Sent"]);
        assert!(names(&stage).await.ends_with(&["message:uncertain", "message:marked_sent", "message:status"]));
        insta::assert_snapshot!("not_uncertain", decide(&token, &uid, "mark_sent").await.told());
        assert_eq!(decide(&token, &uid, "resend").await.status, 400);
        token.post(&format!("/sandbox/messages/{uid}/status"), json!({"status": "read"})).await;
        until(&stage, &token, &uid, "read").await;
        assert_eq!(credits_used(&stage, &token).await, 1);
    }
}

#[tokio::test]
async fn a_receipt_that_comes_late_settles_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send(LOST, "Your bike is ready").await;
        until(&stage, &token, &uid, "uncertain").await;
        token.post(&format!("/sandbox/messages/{uid}/status"), json!({"status": "delivered"})).await;
        until(&stage, &token, &uid, "delivered").await;
        assert_eq!(history(&token, &uid).await, ["Pending", "Sending", "Sent", "Delivered"]);
        assert!(crate::support::waiting(&stage, 1).await.is_empty(), "nothing of it is left in the outbox");
        for what in ["resend", "mark_sent"] {
            assert_eq!(decide(&token, &uid, what).await.status, 400);
        }
    }
}

#[tokio::test]
async fn only_what_is_uncertain_can_be_decided_and_only_by_whom_it_belongs_to() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        let uid = token.send(LOST, "Your bike is ready").await;
        until(&stage, &token, &uid, "uncertain").await;
        let waits = token.send(ECHO, "This one waits").await;
        let before = names(&stage).await;
        for what in ["resend", "mark_sent"] {
            let refused = decide(&token, &waits, what).await;
            assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (400, &json!("validation_error")));
            let unknown = decide(&outsider, "019b0000-0000-7000-8000-000000000000", what).await;
            assert_eq!((unknown.status.as_u16(), decide(&outsider, &uid, what).await.told()), (404, unknown.told()));
            assert_eq!(decide(&token, "nonsense", what).await.status, 404);
            let reader = stage.token_of(stage.workspace, partyline::workspace::tokens::Scope::Read, false).await;
            assert_eq!(decide(&reader, &uid, what).await.status, 403);
        }
        assert_eq!(names(&stage).await, before, "nothing happened");
        let keyed = token.with_header("idempotency-key", "again-1");
        assert_eq!(decide(&keyed, &uid, "resend").await.status, 200);
        let replay = decide(&keyed, &uid, "resend").await;
        assert_eq!((replay.status.as_u16(), replay.header("idempotent-replayed")), (200, "true"));
    }
}

#[tokio::test]
async fn nothing_goes_again_by_itself_after_a_restart() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        let uid = token.send(LOST, "Your bike is ready").await;
        until(&stage, &token, &uid, "uncertain").await;
        let stage = stage.restarted().await;
        let token = stage.token().await;
        // Another message shows that the new server has worked through what it found.
        let next = token.send(ECHO, "Hello").await;
        until(&stage, &token, &next, "read").await;
        assert_eq!(explained(&token, &uid).await["standing"], "uncertain");
    }
}
