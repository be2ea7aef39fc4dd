//! Read and typing marks: what a contact sees of us beside messages.

use std::sync::Arc;
use std::time::Duration;

use partyline::accounts::{Marker, world};
use partyline::store::sandbox::SandboxOf;
use partyline::transports::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::{events, receive};

fn marker(stage: &TestApp) -> Marker {
    let of = SandboxOf { workspace: stage.workspace, account: stage.account };
    let transport = Arc::new(Sandbox::new(world(&stage.app), of));
    Marker::new(stage.app.clone(), stage.workspace, stage.account, transport)
}

async fn phone(token: &Actor) -> Value {
    token.get("/sandbox/phones/12025550100/messages").await.body()["data"].clone()
}

/// The contact writes on the sandbox's phone, so that there is something on it to be read.
async fn says(stage: &TestApp, token: &Actor, text: &str) {
    let said = token.post("/sandbox/inbound", json!({"from": ECHO, "text": text})).await;
    assert_eq!(said.status, 200, "{}", said.text());
    let of = SandboxOf { workspace: stage.workspace, account: stage.account };
    let sandbox = Sandbox::new(world(&stage.app), of);
    let ear = partyline::accounts::AccountEar::new(stage.app.clone(), stage.workspace, stage.account);
    let ear: Arc<dyn transport::Ear> = Arc::new(ear);
    sandbox.act(&ear).await.expect("it is told");
}

#[tokio::test]
async fn a_contact_sees_that_its_messages_were_read() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        says(&stage, &token, "Is it ready?").await;
        says(&stage, &token, "Hello?").await;
        assert_eq!(token.get("/chats/1").await.body()["data"]["read"], false);
        let answer = token.post_raw("/chats/1/read", "").await;
        assert_eq!((answer.status.as_u16(), answer.body()), (200, json!({"status": "ok", "data": {}})));
        assert_eq!(token.get("/chats/1").await.body()["data"]["read"], true);
        assert_eq!(events(&stage).await.last().map(|event| event.0), Some("chat:read"));
        assert_eq!(phone(&token).await["messages"][0]["read"], false, "it is on its way");
        assert_eq!(marker(&stage).turn().await.expect("told"), 1);
        let shown = phone(&token).await;
        assert_eq!([&shown["messages"][0]["read"], &shown["messages"][1]["read"]], [&json!(true); 2]);
        assert_eq!(marker(&stage).turn().await.expect("looked"), 0);
        assert_eq!(token.post_raw("/chats/9/read", "").await.status, 404);
        assert_eq!(stage.outsider().await.post_raw("/chats/1/read", "").await.status, 404);
    }
}

#[tokio::test]
async fn a_contact_sees_that_somebody_writes_for_a_while() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        receive(&stage, "+12025550100", "3A01", "hi").await;
        let typing = async |state: &str| token.post("/chats/1/typing", json!({"state": state})).await;
        assert_eq!(phone(&token).await["typing"], Value::Null);
        assert_eq!(typing("typing").await.status, 200);
        assert_eq!(typing("recording").await.status, 200, "the last one counts");
        assert_eq!(marker(&stage).turn().await.expect("told"), 1);
        assert_eq!(phone(&token).await["typing"], "recording");
        stage.advance(Duration::from_secs(26));
        assert_eq!(phone(&token).await["typing"], Value::Null);
        typing("typing").await;
        stage.advance(Duration::from_secs(10));
        assert_eq!(marker(&stage).turn().await.expect("dropped"), 1);
        assert_eq!(phone(&token).await["typing"], Value::Null, "too late it isn't told");
        typing("typing").await;
        marker(&stage).turn().await.expect("told");
        typing("paused").await;
        marker(&stage).turn().await.expect("told");
        assert_eq!(phone(&token).await["typing"], Value::Null);
        let wrong = typing("shouting").await;
        assert_eq!((wrong.status.as_u16(), &wrong.body()["errors"][0]["fields"]), (400, &json!(["state"])));
        assert_eq!(token.post("/chats/9/typing", json!({"state": "typing"})).await.status, 404);
    }
}
