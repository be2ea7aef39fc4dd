//! Notes: kept among a chat's messages, never sent, free.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::{credits_used, events, message_uid, waiting};

#[tokio::test]
async fn a_note_stands_in_the_chat_and_goes_nowhere() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "Your bike is ready").await;
        let before = token.get("/chats/1").await.body();
        stage.advance(std::time::Duration::from_secs(60));
        let answer = token.post("/chats/1/notes", json!({"text": "Wants the blue one"})).await;
        insta::assert_snapshot!("kept", answer.told());
        let uid = message_uid(&answer.body());
        insta::assert_snapshot!("note", token.get(&format!("/messages/{uid}")).await.told());
        let listed = token.get("/chats/1/messages").await.body()["data"]["messages"].clone();
        assert_eq!((&listed[0]["uid"], listed.as_array().map(Vec::len)), (&json!(uid), Some(2)));
        assert_eq!(token.get("/chats/1").await.body(), before, "a note is no news for the contact");
        assert_eq!(waiting(&stage, 1).await.len(), 1, "only the message waits");
        assert_eq!(credits_used(&stage, &token).await, 1, "only the message cost something");
        assert_eq!(events(&stage).await.last().map(|event| event.0), Some("chat:note:new"));
    }
}

#[tokio::test]
async fn a_note_may_be_plain_text_or_open_to_others() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let plain = token.with_header("content-type", "text/plain; charset=utf-8");
        let uid = message_uid(&plain.post_raw("/chats/1/notes", "Olá\n\"quoted\"").await.body());
        let shown = token.get(&format!("/messages/{uid}")).await.body()["data"].clone();
        assert_eq!((&shown["text"], &shown["data"]), (&json!("Olá\n\"quoted\""), &json!({"is_private": true})));
        let open = json!({"text": "for all", "is_private": "false", "id": 7});
        let uid = message_uid(&token.post("/chats/1/notes", open).await.body());
        let shown = token.get(&format!("/messages/{uid}")).await.body()["data"].clone();
        assert_eq!(shown["data"], json!({"is_private": false}));
        assert_eq!(plain.post_raw("/chats/1/notes", vec![0xff, 0xfe]).await.status, 400);
        assert_eq!(plain.post_raw("/chats/1/notes", "").await.status, 400);
        assert_eq!(plain.post_raw("/chats/1/notes", "a\0b").await.status, 400);
    }
}

#[tokio::test]
async fn a_note_has_at_most_ten_thousand_characters() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    token.send(ECHO, "hi").await;
    let note = |length: usize| json!({"text": "é".repeat(length)});
    assert_eq!(token.post("/chats/1/notes", note(10_000)).await.status, 200);
    let long = token.post("/chats/1/notes", note(10_001)).await;
    assert_eq!((long.status.as_u16(), &long.body()["errors"][0]["fields"]), (400, &json!(["text"])));
    let plain = token.with_header("content-type", "text/plain");
    assert_eq!(plain.post_raw("/chats/1/notes", "é".repeat(10_000)).await.status, 200);
    assert_eq!(plain.post_raw("/chats/1/notes", "é".repeat(10_001)).await.status, 400);
    for body in [json!({}), json!({"text": " "}), json!({"text": 7}), json!({"text": "a", "is_private": "maybe"})] {
        assert_eq!(token.post("/chats/1/notes", body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(token.post("/chats/77/notes", note(1)).await.status, 404);
    assert_eq!(stage.outsider().await.post("/chats/1/notes", note(1)).await.status, 404);
}

#[tokio::test]
async fn a_repeated_note_is_kept_once() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let keyed = token.with_header("idempotency-key", "note-1");
        let first = keyed.post("/chats/1/notes", json!({"text": "once"})).await;
        let again = keyed.post("/chats/1/notes", json!({"text": "once"})).await;
        assert_eq!(first.bytes, again.bytes);
        let listed = token.get("/chats/1/messages").await.body();
        assert_eq!(listed["data"]["messages"].as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test]
async fn notes_are_read_by_themselves_and_deleted_for_good() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let message = token.send(ECHO, "hi").await;
        let mut uids = Vec::new();
        for text in ["first", "second"] {
            uids.push(message_uid(&token.post("/chats/1/notes", json!({"text": text})).await.body()));
        }
        let listed = token.get("/chats/1/notes").await.body()["data"].clone();
        assert_eq!((&listed["messages"][0]["text"], &listed["has_more_pages"]), (&json!("second"), &json!(false)));
        assert_eq!(listed["messages"].as_array().map(Vec::len), Some(2), "messages are none");
        let one = token.get(&format!("/chats/1/notes/{}", uids[0])).await;
        assert_eq!(one.bytes, token.get(&format!("/messages/{}", uids[0])).await.bytes);
        insta::assert_snapshot!("not_a_note", token.get(&format!("/chats/1/notes/{message}")).await.told());

        let delete = async |actor: &Actor, path: &str| actor.ask(Method::DELETE, path, Body::empty()).await;
        let path = format!("/chats/1/notes/{}", uids[0]);
        assert_eq!(delete(&stage.outsider().await, &path).await.status, 404);
        assert_eq!(delete(&token, &format!("/chats/1/notes/{message}")).await.status, 404, "messages stay");
        assert_eq!(delete(&token, &path).await.body(), json!({"status": "ok", "data": {}}));
        for gone in [path.as_str(), &format!("/messages/{}", uids[0])] {
            assert_eq!(token.get(gone).await.status, 404);
        }
        assert_eq!(delete(&token, &path).await.status, 404);
        assert_eq!(events(&stage).await.last().map(|event| event.0), Some("chat:note:deleted"));
        assert_eq!(token.get("/chats/1/messages").await.body()["data"]["messages"].as_array().map(Vec::len), Some(2));
        assert_eq!(token.get("/chats/9/notes").await.status, 404);
    }
}
