//! What a send costs in statements: on PostgreSQL each is a round trip.

use database::Statistics;
use serde_json::json;

use crate::kit::{Actor, ECHO, TestApp};
use crate::support::both_engines;

/// Between BEGIN and COMMIT, which are two round trips more.
const STATEMENTS_MAX: u64 = 6;

#[tokio::test]
async fn a_send_takes_at_most_six_statements_on_postgresql() {
    both_engines(|stage| async move {
        let token = stage.token().await;
        stage.settle_use_of(&token).await;
        let first = cost(&stage, &token, json!({"phone": ECHO, "text": "first"})).await;
        let next = cost(&stage, &token, json!({"phone": ECHO, "text": "next"})).await;
        let labelled = cost(&stage, &token, json!({"phone": ECHO, "text": "hi", "label": "vip"})).await;
        let named = cost(&stage, &token, json!({"phone": "+1 202 555 0102", "text": "hi", "chat_name": "Maria"})).await;
        let engine = stage.app.database.engine();
        println!("{engine:?}: to a new chat {first}, to an existing one {next}, with a label {labelled}, new and named {named}");
        if engine == database::Engine::Postgres {
            assert!(next <= STATEMENTS_MAX, "{next} statements to an existing chat");
            assert!(first <= STATEMENTS_MAX, "{first} statements to a new chat");
        }
    })
    .await;
}

#[tokio::test]
async fn a_repeated_send_costs_less_than_the_first() {
    both_engines(|stage| async move {
        let token = stage.token().await.with_header("idempotency-key", "order-17");
        stage.settle_use_of(&token).await;
        let body = json!({"phone": ECHO, "text": "once"});
        let before = stage.app.database.statistics();
        token.post("/messages", body.clone()).await;
        let first = between(before, stage.app.database.statistics());
        let before = stage.app.database.statistics();
        token.post("/messages", body).await;
        assert!(between(before, stage.app.database.statistics()) < first);
    })
    .await;
}

async fn cost(stage: &TestApp, token: &Actor, body: serde_json::Value) -> u64 {
    let unique = token.with_header("idempotency-key", &body.to_string());
    let before = stage.app.database.statistics();
    let answer = unique.post("/messages", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    between(before, stage.app.database.statistics())
}

fn between(before: Statistics, after: Statistics) -> u64 {
    assert_eq!((after.writes - before.writes, after.reruns), (1, before.reruns), "one write, run once");
    after.statements - before.statements
}
