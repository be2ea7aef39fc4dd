//! Editing and deleting messages of one's own: refused before anything is stored, and on their way in the chat's order.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use partyline::inbox::status::record_receipt;
use partyline::message::Status;
use partyline::store::messages::message_find;
use partyline::store::outbox::OutboxBody;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::support::{cloud_account, credits_used, events, message_uid, receive, receive_on, waiting};

async fn edit(token: &Actor, uid: &str, text: Value) -> Answer {
    token.ask(Method::PATCH, &format!("/messages/{uid}"), Body::from(json!({"text": text}).to_string())).await
}

async fn delete(token: &Actor, uid: &str) -> Answer {
    token.ask(Method::DELETE, &format!("/messages/{uid}"), Body::empty()).await
}

async fn receipt(stage: &TestApp, uid: &str, status: Status) {
    let uid = partyline::id::MessageUid(uid.parse().expect("a UUID"));
    let (workspace, account, now) = (stage.workspace, stage.account, stage.clock.now());
    let work = move |write: &mut partyline::store::Write<'_, '_>| {
        let wamid = message_find(write.tx, workspace, uid)?.expect("the message").message.wamid;
        record_receipt(write, account, &wamid, status, None, now)
    };
    stage.write(workspace, work).await;
}

#[tokio::test]
async fn edits_and_deletions_wait_behind_their_message_and_are_free() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "Thusday").await;
        insta::assert_snapshot!("edit_accepted", edit(&token, &uid, json!("Thursday")).await.told());
        assert_eq!(delete(&token, &uid).await.status, 200);
        let outbox = waiting(&stage, 1).await;
        let kinds: Vec<_> = outbox
            .iter()
            .map(|message| match &message.body {
                OutboxBody::Message { text, .. } => text.clone(),
                OutboxBody::Change(change) => format!("{} {}", change.change.kind.as_str(), change.change.text),
                OutboxBody::Reaction(_) => "a reaction".to_owned(),
            })
            .collect();
        assert_eq!(kinds, ["Thusday", "edit Thursday", "delete "]);
        let shown = token.get(&format!("/messages/{uid}")).await.body()["data"].clone();
        assert_eq!(shown["text"], "Thusday", "it says what its recipient sees");
        assert_eq!(credits_used(&stage, &token).await, 1);
        assert_eq!(events(&stage).await.last().map(|event| event.0), Some("message:sent:new"), "nothing changed yet");
    }
}

#[tokio::test]
async fn what_whatsapp_would_not_change_is_refused_with_the_reason() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "hello").await;
        let theirs = receive(&stage, "+12025550100", "3A01", "hi").await;
        insta::assert_snapshot!("theirs", edit(&token, &theirs, json!("mine now")).await.told());
        let note = message_uid(&token.post("/chats/1/notes", json!({"text": "psst"})).await.body());
        insta::assert_snapshot!("a_note", delete(&token, &note).await.told());
        let later = json!({"phone": ECHO, "text": "later", "send_at": "2026-01-15T10:00:00Z"});
        let later = message_uid(&token.post("/messages", later).await.body());
        insta::assert_snapshot!("waits", edit(&token, &later, json!("sooner")).await.told());
        for text in [json!(""), json!(null), json!(7), json!("é".repeat(2_001)), json!("a\u{0}")] {
            assert_eq!(edit(&token, &uid, text).await.status, 400);
        }
        assert_eq!(edit(&stage.outsider().await, &uid, json!("mine")).await.status, 404);
        assert_eq!(delete(&token, "nonsense").await.status, 404);
        receipt(&stage, &uid, Status::Delivered).await;
        stage.advance(Duration::from_secs(15 * 60));
        assert_eq!(edit(&token, &uid, json!("just in time")).await.status, 200);
        stage.advance(Duration::from_millis(1));
        insta::assert_snapshot!("late_edit", edit(&token, &uid, json!("too late")).await.told());
        assert_eq!(delete(&token, &uid).await.status, 200);
        stage.advance(Duration::from_secs(48 * 3600));
        insta::assert_snapshot!("late_delete", delete(&token, &uid).await.told());
        let failed = token.send(ECHO, "will fail").await;
        receipt(&stage, &failed, Status::Failed).await;
        assert_eq!(delete(&token, &failed).await.status, 400);
    }
}

#[tokio::test]
async fn an_account_that_cannot_change_messages_says_so() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let account = cloud_account(&stage, "+12125550111").await;
    receive_on(&stage, account, "+12025550177", "wamid.A", "Hello").await;
    let body = json!({"phone": "+1 202 555 0177", "text": "hi", "whatsapp_account_phone": "+12125550111"});
    let uid = message_uid(&token.post("/messages", body).await.body());
    let refused = edit(&token, &uid, json!("ho")).await;
    assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (405, &json!("not_supported")));
    assert_eq!(delete(&token, &uid).await.status, 405);
}
