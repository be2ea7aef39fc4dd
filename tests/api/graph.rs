//! The sandbox as Meta's Graph, as code that was written for the Cloud API meets it.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use partyline::accounts::graph::signature;
use partyline::accounts::{AccountEar, world};
use partyline::store::sandbox::SandboxOf;
use partyline::transports::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, Engine, Receiver, TestApp};

/// Somebody whose code speaks to the Graph.
struct Developer {
    stage: TestApp,
    token: Actor,
    code: Actor,
    opened: Value,
}

impl Developer {
    async fn with(callback_url: Option<&str>) -> Developer {
        let stage = TestApp::on(Engine::Sqlite).await;
        let token = stage.token().await;
        let body = callback_url.map_or(json!({}), |url| json!({"callback_url": url}));
        let answer = token.post("/sandbox/graph", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let opened = answer.body()["data"].clone();
        let code = Actor::new(stage.router(), Some(opened["access_token"].as_str().expect("a token").to_owned()));
        Developer { stage, token, code, opened }
    }

    fn path(&self, rest: &str) -> String {
        let base = self.opened["base_url"].as_str().expect("an address");
        format!("/{}/{rest}", base.strip_prefix("https://line.example").expect("on this host"))
    }

    fn number(&self) -> &str {
        self.opened["phone_number_id"].as_str().expect("an id")
    }

    async fn send(&self, what: Value) -> Answer {
        let mut body = json!({"messaging_product": "whatsapp", "to": "12025550100"});
        body.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        self.code.post(&self.path(&format!("{}/messages", self.number())), body).await
    }

    /// The contacts do what is due, and the Graph tells it.
    async fn step(&self) -> usize {
        let of = SandboxOf { workspace: self.stage.workspace, account: self.stage.account };
        let sandbox = Sandbox::new(world(&self.stage.app), of);
        let ear: std::sync::Arc<dyn transport::Ear> =
            std::sync::Arc::new(AccountEar::new(self.stage.app.clone(), of.workspace, of.account));
        sandbox.act(&ear).await.expect("acts");
        sandbox.tell().await.expect("told")
    }
}

fn refusal(answer: &Answer) -> (u16, i64) {
    (answer.status.as_u16(), answer.body()["error"]["code"].as_i64().expect("a code"))
}

#[tokio::test]
async fn code_for_the_cloud_api_sends_and_is_told_with_signatures() {
    let (receiver, url) = Receiver::listen().await;
    let developer = Developer::with(Some(&url)).await;
    let answer =
        developer.send(json!({"type": "text", "text": {"body": "Olá"}, "biz_opaque_callback_data": "order 7"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let wamid = answer.body()["messages"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(answer.body()["contacts"][0]["wa_id"], "12025550100");
    for _ in 0..20 {
        developer.stage.advance(std::time::Duration::from_millis(100));
        while developer.step().await > 0 {}
    }
    let secret = developer.opened["app_secret"].as_str().expect("a secret");
    let mut told = Vec::new();
    for (headers, body) in receiver.heard() {
        assert_eq!(headers["x-hub-signature-256"], signature(secret, &body).as_str());
        assert!(body.is_ascii(), "as Meta escapes");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let value = &body["entry"][0]["changes"][0]["value"];
        assert_eq!(value["metadata"]["phone_number_id"], developer.opened["phone_number_id"]);
        match &value["statuses"][0] {
            Value::Null => told.push(value["messages"][0]["text"]["body"].as_str().expect("a text").to_owned()),
            status => {
                assert_eq!((&status["id"], &status["biz_opaque_callback_data"]), (&json!(wamid), &json!("order 7")));
                told.push(status["status"].as_str().expect("a word").to_owned());
            }
        }
    }
    assert_eq!(told, ["sent", "delivered", "read", "Olá"]);
    // It was told there and not here.
    let chats = developer.token.get("/chats").await.body();
    assert_eq!(chats["data"]["chats"], json!([]));
}

#[tokio::test]
async fn what_nobody_takes_is_told_again() {
    let (receiver, url) = Receiver::listen().await;
    receiver.answer_next(StatusCode::INTERNAL_SERVER_ERROR);
    let developer = Developer::with(Some(&url)).await;
    developer.send(json!({"to": "12025550103", "type": "text", "text": {"body": "hi"}})).await;
    developer.stage.advance(std::time::Duration::from_millis(100));
    assert_eq!((developer.step().await, developer.step().await), (1, 0), "it waits");
    developer.stage.advance(std::time::Duration::from_millis(1_000));
    assert!(developer.step().await >= 1, "and comes again");
    let heard = receiver.heard();
    assert_eq!(heard[0].1, heard[1].1, "the same bytes");
}

#[tokio::test]
async fn files_go_up_and_come_down() {
    let developer = Developer::with(None).await;
    let form = "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\nContent-Type: text/plain\r\n\r\n\
                bikes\r\n--b--\r\n";
    let up = developer.code.with_header("content-type", "multipart/form-data; boundary=b");
    let answer = up.post_raw(&developer.path(&format!("{}/media", developer.number())), form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let id = answer.body()["id"].as_str().expect("an id").to_owned();
    let sent = developer.send(json!({"type": "document", "document": {"id": id, "filename": "notes.txt"}})).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    let shown = developer.token.get("/sandbox/phones/12025550100/messages").await.text();
    assert!(shown.contains("notes.txt"), "{shown}");
    let about = developer.code.get(&developer.path(&id)).await.body();
    let url = about["url"].as_str().expect("an address").strip_prefix("https://line.example").expect("here").to_owned();
    let bytes = developer.code.get(&format!("/{url}")).await;
    assert_eq!((bytes.text().as_str(), bytes.header("content-disposition")), ("bikes", "attachment"));
    // Another's token gets neither.
    let (other, _) = developer.stage.other_workspace().await;
    let outsider = developer.stage.token_of(other, partyline::workspace::tokens::Scope::Full, false).await;
    let theirs = outsider.post("/sandbox/graph", json!({})).await.body()["data"]["access_token"].clone();
    let theirs = Actor::new(developer.stage.router(), theirs.as_str().map(str::to_owned));
    assert_eq!(refusal(&theirs.get(&developer.path(&id)).await), (400, 100));
    assert_eq!(refusal(&theirs.get(&format!("/{url}")).await), (400, 100));
}

#[tokio::test]
async fn refusals_have_metas_codes() {
    let developer = Developer::with(None).await;
    let text = |body: &str| json!({"type": "text", "text": {"body": body}});
    for (what, expected) in [
        (json!({"type": "text"}), (400, 131_008)),
        (text(""), (400, 131_008)),
        (text(&"x".repeat(4_097)), (400, 100)),
        (text("a\0b"), (400, 100)),
        (json!({"to": "nobody", "type": "text", "text": {"body": "hi"}}), (400, 131_009)),
        (json!({"to": "12025550126", "type": "text", "text": {"body": "hi"}}), (400, 131_026)),
        (json!({"to": "12025550147", "type": "text", "text": {"body": "hi"}}), (400, 131_047)),
        (json!({"to": "12025550190", "type": "text", "text": {"body": "hi"}}), (401, 190)),
        (json!({"type": "poll", "poll": {}}), (400, 131_051)),
        (json!({"type": "image", "image": {"link": "https://bikes.example/a.png"}}), (400, 131_053)),
        (json!({"type": "image", "image": {"id": "12345"}}), (400, 100)),
        (json!({"type": "template", "template": {"name": "none", "language": {"code": "en_US"}}}), (400, 132_001)),
        (json!({"messaging_product": "x"}), (400, 131_008)),
        (json!({"status": "read", "message_id": "nothing"}), (400, 100)),
    ] {
        let answer = developer.send(what.clone()).await;
        assert_eq!(refusal(&answer), expected, "{what}: {}", answer.text());
    }
    let path = developer.path(&format!("{}/messages", developer.number()));
    assert_eq!(refusal(&developer.code.post_raw(&path, "{").await), (400, 100));
    assert_eq!(refusal(&developer.stage.somebody("wrong").post(&path, json!({})).await), (401, 190));
    assert_eq!(refusal(&developer.code.get(&developer.path("777")).await), (400, 100));
    assert_eq!(refusal(&developer.code.post(&developer.path("777/messages"), json!({})).await), (400, 100));
    // A new opening ends the token before it.
    developer.token.post("/sandbox/graph", json!({})).await;
    assert_eq!(refusal(&developer.code.get(&developer.path(developer.number())).await), (401, 190));
}

#[tokio::test]
async fn a_number_shows_what_it_is() {
    let developer = Developer::with(None).await;
    let number = developer.code.get(&developer.path(developer.number())).await.body();
    assert_eq!((&number["display_phone_number"], &number["quality_rating"]), (&json!("+12025550197"), &json!("GREEN")));
    let business = developer.opened["business_id"].as_str().expect("an id").to_owned();
    let templates = developer.code.get(&developer.path(&format!("{business}/message_templates"))).await.body();
    assert_eq!(templates["data"][0]["name"], "hello_world");
    let subscribed = developer.code.post(&developer.path(&format!("{business}/subscribed_apps")), json!({})).await;
    assert_eq!(subscribed.body(), json!({"success": true}));
    let wrong = developer.code.ask(Method::PUT, &developer.path(developer.number()), Body::empty()).await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    let refused = developer.token.post("/sandbox/graph", json!({"callback_url": "http://10.0.0.1/"})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
}
