//! Sending a message and reading it back.

use serde_json::json;

use crate::kit::{ECHO, Engine, TestApp};

#[tokio::test]
async fn a_sent_message_is_pending_and_can_be_read_at_once() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let answer =
            token.post("/messages", json!({"phone": ECHO, "text": "Your bike is ready", "label": "vip"})).await;
        insta::assert_snapshot!("accepted", answer.told());
        let uid = answer.body()["data"]["message_uid"].as_str().expect("a uid").to_owned();
        insta::assert_snapshot!("message", token.get(&format!("/messages/{uid}")).await.told());
        insta::assert_snapshot!("history", token.get(&format!("/messages/{uid}/status_history")).await.told());
        insta::assert_snapshot!("chat", token.get("/chats/1").await.told());
        insta::assert_snapshot!("chats", token.get("/chats").await.told());
        insta::assert_snapshot!("chat_messages", token.get("/chats/1/messages").await.told());
        insta::assert_snapshot!("accounts", token.get("/whatsapp_accounts").await.told());
        insta::assert_snapshot!("workspace", token.get("/workspace").await.told());
    }
}

#[tokio::test]
async fn an_accepted_message_survives_a_restart() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "still here?").await;
        let before = token.get(&format!("/messages/{uid}")).await.told();
        let stage = stage.restarted().await;
        let token = stage.token().await;
        assert_eq!(token.get(&format!("/messages/{uid}")).await.told(), before);
    }
}

#[tokio::test]
async fn sends_to_one_phone_share_a_chat_and_keep_their_order() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let mut sent = Vec::new();
        for number in 0..5 {
            sent.push(token.send(ECHO, &format!("number {number}")).await);
        }
        let answer = token.get("/chats/1/messages?sorting_order=asc").await.body();
        let listed: Vec<&str> = messages(&answer).iter().map(|message| text_of(message, "uid")).collect();
        assert_eq!(listed, sent);
        let newest = token.get("/chats/1/messages").await.body();
        assert_eq!(text_of(&messages(&newest)[0], "text"), "number 4");
    }
}

#[tokio::test]
async fn a_message_goes_from_the_account_that_was_named() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let named = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+1 202 555 0198"});
        assert_eq!(token.post("/messages", named).await.status, 200);
        let unknown = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+351 912 345 678"});
        insta::assert_snapshot!("unknown_account", token.post("/messages", unknown).await.told());
    }
}

#[tokio::test]
async fn a_chat_name_belongs_to_one_chat() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let named = |phone: &str| json!({"phone": phone, "text": "hi", "chat_name": "Maria"});
        assert_eq!(token.post("/messages", named(ECHO)).await.status, 200);
        assert_eq!(token.post("/messages", named(ECHO)).await.status, 200, "its own name is no conflict");
        insta::assert_snapshot!("taken_name", token.post("/messages", named("+1 202 555 0102")).await.told());
        assert_eq!(token.get("/chats").await.body()["data"]["chats"].as_array().map(Vec::len), Some(1));
    }
}

fn messages(body: &serde_json::Value) -> &Vec<serde_json::Value> {
    body["data"]["messages"].as_array().expect("messages")
}

fn text_of<'b>(body: &'b serde_json::Value, key: &str) -> &'b str {
    body[key].as_str().expect("a text")
}
