//! The rate, the calls of the cycle and the credits: exact, and told.

use std::time::Duration;

use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::{Value, json};

use crate::kit::{ECHO, Engine, Receiver, TestApp};
use crate::webhook_deliveries::{deliver, listen_to};

async fn limited(stage: &TestApp, change: LimitChange) {
    let workspace = stage
        .write(stage.workspace, move |write| {
            set_limits(write, &change)?;
            Ok(write.workspace.clone())
        })
        .await;
    stage.app.limits.changed(&workspace);
}

#[tokio::test]
async fn the_fifty_first_request_of_a_minute_waits() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        // The first call after a start holds one slot for what a crash may have forgotten.
        let mut allowed = 0;
        while token.get("/chats").await.status == 200 {
            allowed += 1;
            assert!(allowed <= 50, "{allowed} calls passed");
        }
        assert!(allowed >= 49, "{allowed} calls passed");
        let refused = token.get("/chats").await;
        assert_eq!(refused.body()["error_code"], "rate_limit_exceeded");
        let wait: u64 = refused.header("retry-after").parse().expect("whole seconds");
        assert!((1..=60).contains(&wait));
        if engine == Engine::Sqlite {
            stage.advance(Duration::from_secs(60));
            assert_eq!(token.get("/chats").await.status, 200);
        }
    }
}

#[tokio::test]
async fn thirty_two_callers_at_once_get_exactly_the_limit() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        limited(
            &stage,
            LimitChange { calls_per_cycle: Some(30), rate_per_minute: Some(1000), ..LimitChange::default() },
        )
        .await;
        let token = stage.token().await;
        let callers = (0..32).map(|number| {
            let token = token.clone();
            tokio::spawn(async move {
                let mut passed = 0;
                for _ in 0..4 {
                    let answer = if number % 2 == 0 {
                        token.get("/chats").await
                    } else {
                        token.post("/messages", json!({"phone": ECHO, "text": "hi"})).await
                    };
                    passed += i64::from(answer.status == 200);
                }
                passed
            })
        });
        let mut passed = 0;
        for caller in callers.collect::<Vec<_>>() {
            passed += caller.await.expect("answers");
        }
        stage.flush().await;
        assert_eq!(passed, 30, "on {engine:?}");
        limited(&stage, LimitChange { calls_per_cycle: Some(40), ..LimitChange::default() }).await;
        let workspace = token.get("/workspace").await.body();
        assert_eq!(workspace["data"]["api_calls_quota"]["used"], 31);
    }
}

#[tokio::test]
async fn calls_begin_again_with_the_next_cycle() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        limited(&stage, LimitChange { calls_per_cycle: Some(2), ..LimitChange::default() }).await;
        let token = stage.token().await;
        assert_eq!(token.get("/chats").await.status, 200);
        assert_eq!(token.get("/chats").await.status, 200);
        stage.flush().await;
        insta::assert_snapshot!("calls_used_up", token.get("/chats").await.told());
        stage.advance(Duration::from_secs(31 * 24 * 3600));
        assert_eq!(token.get("/chats").await.status, 200);
    }
}

#[tokio::test]
async fn a_message_costs_a_credit_and_none_is_sent_without() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let change = LimitChange { credits_per_cycle: Some(1), top_up: Some(1), ..LimitChange::default() };
        limited(&stage, change).await;
        let token = stage.token().await;
        token.send(ECHO, "recurring").await;
        token.send(ECHO, "topped up").await;
        let refused = token.post("/messages", json!({"phone": ECHO, "text": "too many"})).await;
        insta::assert_snapshot!("credits_used_up", refused.told());
        let workspace = token.get("/workspace").await.body();
        assert_eq!(workspace["data"]["messaging_quota"]["used"], 1);
        assert_eq!(workspace["data"]["non_recurring_quota"]["remaining_balance"], 0);
        assert_eq!(workspace["data"]["api_calls_quota"]["used"], 3, "a quota refusal is no call");
    }
}

#[tokio::test]
async fn a_quota_tells_when_four_fifths_and_when_all_of_it_are_used() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        limited(&stage, LimitChange { credits_per_cycle: Some(5), ..LimitChange::default() }).await;
        let (token, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        for name in ["quota:nearly_used", "quota:used"] {
            listen_to(&token, name, &url).await;
        }
        let mut told = Vec::new();
        for _ in 0..5 {
            token.send(ECHO, "one more").await;
            deliver(&stage).await;
            told.push(receiver.heard().len());
        }
        assert_eq!(told, [0, 0, 0, 1, 2]);
        let bodies =
            receiver.heard().into_iter().map(|(_, body)| serde_json::from_slice::<Value>(&body).expect("JSON"));
        let said: Vec<_> = bodies.map(|body| (body["event_type"].clone(), body["quota"].clone())).collect();
        for ((name, quota), (wanted, used)) in said.iter().zip([("quota:nearly_used", 4), ("quota:used", 5)]) {
            assert_eq!(name, wanted);
            assert_eq!((&quota["name"], &quota["used"], &quota["limit"]), (&json!("credits"), &json!(used), &json!(5)));
        }
    }
}
