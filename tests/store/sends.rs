//! What a send costs in statements: on PostgreSQL each is a round trip.

use database::Statistics;
use partyline::inbox::receive::receive_message;
use partyline::store::files::file_insert;
use serde_json::json;

use crate::kit::{Actor, ECHO, TestApp};
use crate::support::{both_engines, incoming};

/// Between BEGIN and COMMIT, which are two round trips more.
const STATEMENTS_MAX: u64 = 6;

/// A plain send on SQLite, where a statement is no round trip but work for the one writer.
const STATEMENTS_MAX_SQLITE: u64 = 11;

#[tokio::test]
async fn a_send_of_any_form_takes_at_most_six_statements_on_postgresql() {
    both_engines(|stage| async move {
        let token = stage.token().await;
        stage.settle_use_of(&token).await;
        let (workspace, files) = (stage.workspace, &stage.app.ids);
        let row = crate::round_trips_files::file(&stage, "offer.pdf", 1);
        let (file, theirs) = (row.uid.to_string(), files.message_uid(stage.clock.now()));
        stage.write(workspace, move |write| file_insert(write, &row)).await;
        let first = cost(&stage, &token, "/messages", json!({"phone": ECHO, "text": "first"})).await;
        let next = cost(&stage, &token, "/messages", json!({"phone": ECHO, "text": "next"})).await;
        let (account, told) = (stage.account, incoming("+12025550100", "Maria", "3A01", "hi", stage.clock.now().ms()));
        stage.write(workspace, move |write| receive_message(write, account, theirs, &told)).await;
        let (group, theirs) = ("120363021234567890@g.us", theirs.to_string());
        let forms = [
            ("/messages", json!({"phone": ECHO, "text": "hi", "label": "vip"})),
            ("/messages", json!({"phone": ECHO, "text": "hi", "label": "vip", "file_uid": file})),
            ("/messages", json!({"phone": "+1 202 555 0102", "text": "hi", "chat_name": "Maria", "label": "new"})),
            ("/messages/to_jid", json!({"jid": group, "text": "hi", "chat_name": "Club", "file_uid": file})),
            ("/chats/1/messages", json!({"text": "hi", "reply_to": theirs, "label": "other", "chat_name": "Renamed"})),
            (
                "/messages/to_chat_name",
                json!({"chat_name": "RENAMED", "file_uid": file, "reply_to": theirs, "label": "x"}),
            ),
        ];
        let mut dearest = first.max(next);
        for (path, body) in forms {
            dearest = dearest.max(cost(&stage, &token, path, body).await);
        }
        match stage.app.database.engine() {
            database::Engine::Postgres => assert!(dearest <= STATEMENTS_MAX, "{dearest} statements"),
            database::Engine::Sqlite => assert!(next <= STATEMENTS_MAX_SQLITE, "{next} statements to an existing chat"),
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

async fn cost(stage: &TestApp, token: &Actor, path: &str, body: serde_json::Value) -> u64 {
    let unique = token.with_header("idempotency-key", &body.to_string());
    let before = stage.app.database.statistics();
    let answer = unique.post(path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    between(before, stage.app.database.statistics())
}

fn between(before: Statistics, after: Statistics) -> u64 {
    assert_eq!((after.writes - before.writes, after.reruns), (1, before.reruns), "one write, run once");
    after.statements - before.statements
}
