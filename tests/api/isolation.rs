//! What belongs to one workspace is nothing to another: the same 404 as for what doesn't exist. Made from the document, so
//! that a new operation is covered by existing.

use axum::body::Body;
use axum::http::Method;
use partyline::http::openapi::document_text;
use serde_json::Value;

use crate::kit::{ECHO, Engine, TestApp};

/// Every operation whose path names something, as method and path below the API's base.
fn operations_with_ids() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&document_text()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let mut found = Vec::new();
    for (path, operations) in paths.iter().filter(|(path, _)| path.contains('{')) {
        let path = path.strip_prefix("/integrations/api").expect("the base").to_owned();
        for method in operations.as_object().expect("operations").keys().filter(|key| *key != "parameters") {
            found.push((method.to_uppercase().parse().expect("a method"), path.clone()));
        }
    }
    found
}

/// The path with the first workspace's ids in it; a parameter that this test doesn't know must be taught to it.
fn filled(path: &str, uid: &str, chat: &str) -> String {
    let filled = path.replace("{message_uid}", uid).replace("{chat_id}", chat);
    assert!(!filled.contains('{'), "which id goes into {path}?");
    filled
}

#[tokio::test]
async fn foreign_ids_answer_as_ids_that_do_not_exist_on_every_operation() {
    let operations = operations_with_ids();
    assert!(operations.len() >= 4, "{operations:?}");
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        // Two chats here and one there, so that chat 2 is foreign and not merely another.
        outsider.send(ECHO, "theirs").await;
        token.send("+1 202 555 0102", "ours").await;
        let uid = token.send(ECHO, "ours").await;
        for (method, path) in &operations {
            let ask = |actor: crate::kit::Actor, path: String| {
                let method = method.clone();
                async move { actor.ask(method, &path, Body::from("{}")).await }
            };
            let own = ask(token.clone(), filled(path, &uid, "2")).await;
            assert_ne!(own.status.as_u16(), 404, "{method} {path} of its own workspace");
            let foreign = ask(outsider.clone(), filled(path, &uid, "2")).await;
            let nobodys = ask(outsider.clone(), filled(path, "019b0000-0000-7000-8000-000000000000", "77")).await;
            assert_eq!((foreign.status.as_u16(), foreign.told()), (404, nobodys.told()), "{method} {path}");
        }
        let chats = outsider.get("/chats").await.body();
        assert_eq!(chats["data"]["chats"].as_array().map(Vec::len), Some(1));
        let messages = outsider.get("/chats/1/messages").await.text();
        assert!(messages.contains("theirs") && !messages.contains("ours"), "{messages}");
    }
}
