//! Labels of chats.

use axum::body::Body;
use axum::http::Method;
use partyline::event_kind::Kind;
use partyline::store::events::event_after;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};

async fn replace(actor: &Actor, labels: Value) -> Answer {
    actor.post("/chats/1/labels", json!({"labels": labels})).await
}

async fn add(actor: &Actor, labels: Value) -> Answer {
    actor.ask(Method::PUT, "/chats/1/labels", Body::from(json!({"labels": labels}).to_string())).await
}

async fn labelled(stage: &TestApp) -> Vec<(Kind, String)> {
    let workspace = stage.workspace;
    let rows = stage.app.read(move |tx| Ok(event_after(tx, workspace, 0, 1_000)?)).await.expect("a read");
    let of_labels = rows.into_iter().filter(|row| matches!(row.kind, Kind::ChatLabelled | Kind::ChatUnlabelled));
    of_labels.map(|row| (row.kind, row.detail)).collect()
}

#[tokio::test]
async fn labels_are_replaced_added_and_told() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        insta::assert_snapshot!("no_labels", token.get("/chats/1/labels").await.told());
        let first = replace(&token, json!([" vip ", "late", "vip", "Zoë"])).await;
        insta::assert_snapshot!("three_labels", first.told());
        let more = add(&token, json!(["vip", "VIP"])).await;
        assert_eq!(more.body()["data"]["labels"], json!(["VIP", "Zoë", "late", "vip"]), "case is kept and counts");
        let fewer = replace(&token, json!(["vip"])).await;
        assert_eq!(fewer.body()["data"]["labels"], json!(["vip"]));
        assert_eq!(token.get("/chats/1/labels").await.bytes, fewer.bytes);
        assert_eq!(token.get("/chats/1").await.body()["data"]["labels"], json!(["vip"]));
        assert_eq!(replace(&token, json!([])).await.body()["data"]["labels"], json!([]));
        let told: Vec<(Kind, String)> = [
            (Kind::ChatLabelled, vec!["Zoë", "late", "vip", "VIP"]),
            (Kind::ChatUnlabelled, vec!["VIP", "Zoë", "late", "vip"]),
        ]
        .into_iter()
        .flat_map(|(kind, labels)| labels.into_iter().map(move |label| (kind, label.to_owned())))
        .collect();
        assert_eq!(labelled(&stage).await, told, "what stayed told nothing");
    }
}

#[tokio::test]
async fn labels_have_limits_and_their_faults_are_named() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let many = |from: usize, to: usize| (from..to).map(|number| format!("l{number}")).collect::<Vec<_>>();
        assert_eq!(replace(&token, json!(["é".repeat(64)])).await.status, 200);
        assert_eq!(replace(&token, json!(many(0, 100))).await.status, 200);
        for (answer, part) in [
            (replace(&token, json!(["é".repeat(65)])).await, "labels[0] has 65 characters"),
            (replace(&token, json!(["vip", "  "])).await, "labels[1] is blank"),
            (replace(&token, json!(["a\0b"])).await, "NUL"),
            (replace(&token, json!(["vip", 7])).await, "labels[1] must be a string"),
            (replace(&token, json!("vip")).await, "labels must be a list"),
            (replace(&token, json!(null)).await, "labels is missing"),
            (token.post("/chats/1/labels", json!({})).await, "labels is missing"),
            (replace(&token, json!(many(0, 101))).await, "101"),
            (add(&token, json!(["one more"])).await, "101 labels; at most 100"),
        ] {
            let told = answer.body();
            assert_eq!((answer.status.as_u16(), &told["errors"][0]["fields"]), (400, &json!(["labels"])), "{told}");
            assert!(told["message"].as_str().is_some_and(|text| text.contains(part)), "{part}: {told}");
        }
        assert_eq!(add(&token, json!(many(50, 100))).await.status, 200, "it has those");
        let after = token.get("/chats/1/labels").await.body();
        assert_eq!(after["data"]["labels"].as_array().map(Vec::len), Some(100));
    }
}

#[tokio::test]
async fn labels_of_a_chat_that_is_not_there_are_404() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (token, outsider) = (stage.token().await, stage.outsider().await);
    token.send(ECHO, "hi").await;
    replace(&token, json!(["vip"])).await;
    for actor in [&token, &outsider] {
        let path = if std::ptr::eq(actor, &token) { "/chats/77/labels" } else { "/chats/1/labels" };
        assert_eq!(actor.get(path).await.status, 404);
        for method in [Method::POST, Method::PUT] {
            let answer = actor.ask(method, path, Body::from(json!({"labels": ["x"]}).to_string())).await;
            assert_eq!(answer.status, 404, "{}", answer.text());
        }
    }
    assert_eq!(outsider.get("/chats?label=vip").await.body()["data"]["chats"], json!([]));
    assert_eq!(token.get("/chats/1/labels").await.body()["data"]["labels"], json!(["vip"]));
}

#[tokio::test]
async fn a_send_does_not_give_a_chat_more_labels_than_it_may_bear() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let many: Vec<String> = (1..=99).map(|number| format!("l{number:02}")).collect();
        assert_eq!(replace(&token, json!(many)).await.status, 200);
        let labelled = |label: &str| json!({"phone": ECHO, "text": "hi", "label": label});
        assert_eq!(token.post("/messages", labelled("the hundredth")).await.status, 200);
        insta::assert_snapshot!("one_label_too_many", token.post("/messages", labelled("one more")).await.told());
        assert_eq!(token.post("/messages", labelled("l07")).await.status, 200, "one that it bears is no further one");
        let other = json!({"phone": "+1 202 555 0102", "text": "hi", "label": "one more"});
        assert_eq!(token.post("/messages", other).await.status, 200, "another chat has room");
    }
}
