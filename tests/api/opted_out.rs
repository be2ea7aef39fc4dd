//! Contacts who want no mass messages: what is refused, what isn't, and when they count as having asked again.

use std::time::Duration;

use partyline::accounts::scheduled::release;
use partyline::id::ContactId;
use partyline::inbox::contact_book::opt_out;
use partyline::inbox::receive::receive_message;
use serde_json::{Value, json};
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{Actor, ECHO, Engine, TestApp};

async fn choose(stage: &TestApp, out: bool) {
    stage.write(stage.workspace, move |write| opt_out(write, ContactId(1), out)).await;
}

/// Echo writes by themselves.
async fn echo_writes(stage: &TestApp, text: &'static str) {
    let address = Address::from_phone("+12025550100");
    let sender = Sender { address: address.clone(), name: "Echo".into() };
    let (at_ms, wamid) = (stage.clock.now().ms(), format!("3A{text}"));
    let body = IncomingBody::Text(text.into());
    let incoming = Incoming { chat: address, chat_name: String::new(), sender, wamid, at_ms, body, reply_to: None };
    let (account, uid) = (stage.account, stage.app.ids.message_uid(stage.clock.now()));
    stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
}

async fn messages(token: &Actor) -> Vec<Value> {
    let all = token.get("/chats/1/messages").await.body();
    all["data"]["messages"].as_array().expect("messages").clone()
}

#[tokio::test]
async fn whoever_opted_out_hears_from_no_program_until_they_write() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "Hello").await;
        stage.advance(Duration::from_secs(60));
        choose(&stage, true).await;
        for (path, body, field) in [
            ("/messages", json!({"phone": ECHO, "text": "Offer"}), "phone"),
            ("/chats/1/messages", json!({"text": "Offer"}), "chat_id"),
            ("/messages", json!({"phone": ECHO, "text": "Offer", "label": "sale"}), "phone"),
        ] {
            let refused = token.post(path, body).await;
            assert_eq!(refused.status, 400, "{path}: {}", refused.text());
            let told = refused.body();
            assert_eq!(told["error_code"], "validation_error");
            assert_eq!(told["errors"][0]["fields"], json!([field]), "{told}");
            assert!(told["message"].as_str().is_some_and(|text| text.contains("opted out")), "{told}");
        }
        assert_eq!(messages(&token).await.len(), 1, "nothing of it was written");
        let preview = token.post("/messages/preview", json!({"phone": ECHO, "text": "Offer"})).await.body();
        assert!(preview.to_string().contains("opted out"), "a preview tells before: {preview}");
        // They write: whoever answers then was asked.
        stage.advance(Duration::from_secs(60));
        echo_writes(&stage, "What about my order?").await;
        assert_eq!(token.post("/messages", json!({"phone": ECHO, "text": "It is on its way"})).await.status, 200);
        // They opt out once more, and in again.
        stage.advance(Duration::from_secs(60));
        choose(&stage, false).await;
        choose(&stage, true).await;
        assert_eq!(token.post("/messages", json!({"phone": ECHO, "text": "Offer"})).await.status, 400);
        choose(&stage, false).await;
        assert_eq!(token.post("/messages", json!({"phone": ECHO, "text": "Offer"})).await.status, 200);
    }
}

#[tokio::test]
async fn what_waits_for_its_time_fails_where_its_recipient_opted_out_meanwhile() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let before = token.get("/quotas").await.body()["data"]["messaging_quota"]["used"].clone();
        let at = "2026-01-15T10:00:00Z";
        let sent = token.post("/messages", json!({"phone": ECHO, "text": "Offer", "send_at": at})).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        choose(&stage, true).await;
        stage.advance(Duration::from_secs(7_200));
        assert_eq!(release(&stage.app).await.expect("a look"), 1);
        let told = messages(&token).await;
        assert_eq!((told[0]["status"].as_str(), told[0]["text"].as_str()), (Some("Failed"), Some("Offer")), "{told:?}");
        let after = token.get("/quotas").await.body()["data"]["messaging_quota"]["used"].clone();
        assert_eq!(before, after, "its credits went back");
    }
}
