//! Bad input: an answer that says what to change, and nothing done.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::kit::{ECHO, Engine, TestApp};

#[tokio::test]
async fn every_fault_of_a_message_is_named_at_once() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let body = json!({"phone": "+1 202 555", "label": "x".repeat(65), "chat_name": 7});
    insta::assert_snapshot!("faults", token.post("/messages", body).await.told());
    assert_eq!(token.get("/chats").await.body()["data"]["chats"], json!([]), "nothing was done");
}

#[tokio::test]
async fn limits_are_kept_to_the_character() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    for (field, most) in [("text", 2000), ("label", 64), ("chat_name", 256)] {
        let body = |length: usize| {
            let mut body = json!({"phone": ECHO, "text": "hi"});
            body[field] = json!("é".repeat(length));
            body
        };
        assert_eq!(token.post("/messages", body(most)).await.status, 200, "{field} of {most}");
        assert_eq!(token.post("/messages", body(most + 1)).await.status, 400, "{field} of {}", most + 1);
    }
}

#[tokio::test]
async fn hostile_bodies_are_refused_and_nothing_is_stored() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let deep = format!("{{\"phone\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let bodies: [&[u8]; 9] = [
        b"",
        b"null",
        b"[]",
        b"{\"phone\":\"+12025550100\",\"text\":\"a\",\"text\":\"b\"}",
        b"{\"phone\":\"+12025550100\",\"text\":\"\\ud800\"}",
        b"{\"phone\":\"+12025550100\",\"text\":\"a\\u0000b\"}",
        b"{\"phone\":\"+12025550100\",\"text\":\"\xff\"}",
        b"{\"phone\":[\"+12025550100\"],\"text\":{}}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let answer = token.post_raw("/messages", body.to_vec()).await;
        assert_eq!(answer.status, 400, "{:?}: {}", String::from_utf8_lossy(body), answer.text());
        assert_eq!(answer.body()["error_code"], "validation_error");
    }
    assert_eq!(token.get("/chats").await.body()["data"]["chats"], json!([]));
}

#[tokio::test]
async fn a_nul_is_refused_also_where_nobody_reads_it() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    for (body, field) in [
        (json!({"phone": ECHO, "text": "hi", "campaign": "a\u{0}b"}), "campaign"),
        (json!({"phone": ECHO, "text": "hi", "meta": {"tags": ["x", "\u{0}"]}}), "meta"),
        (json!({"phone": ECHO, "text": "hi", "a\u{0}b": 1}), "a?b"),
    ] {
        let answer = token.post("/messages", body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body()["errors"][0]["fields"]), (400, &json!([field])), "{body}");
    }
    let answer = token.get("/chats?campaign=%00").await;
    assert_eq!(answer.body()["message"], "campaign holds a NUL character (U+0000); remove it");
    assert_eq!(token.get("/chats").await.body()["data"]["chats"], json!([]));
}

#[tokio::test]
async fn a_text_is_kept_to_the_letter() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let text = " \u{202e}<script>alert(1)</script> 'quoted' \"too\" \\ % _ $1 ?1 👩‍🚀\r\n";
        let uid = token.send(ECHO, text).await;
        assert_eq!(token.get(&format!("/messages/{uid}")).await.body()["data"]["text"], text);
    }
}

#[tokio::test]
async fn keys_that_nobody_asked_for_are_told_back() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let body = json!({"phone": ECHO, "text": "hi", "id": 5, "colour\r\n": "red", "label": null});
    let answer = token.post("/messages?debug=1", body).await;
    assert_eq!((answer.status.as_u16(), answer.header("partyline-ignored")), (200, "colour??, id"));
    assert_eq!(token.get("/chats?colour=red&page=1").await.header("partyline-ignored"), "colour");
}

#[tokio::test]
async fn bad_parameters_say_what_to_change() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    token.send(ECHO, "hi").await;
    let paths = [
        "/chats/x",
        "/chats/99999999999999999999",
        "/chats?page=0",
        "/chats?page=x",
        "/chats?read=maybe",
        "/chats?phone=nobody",
        "/chats?name=%ff",
        "/chats/1/messages?sorting_order=up",
        "/chats/1/messages?after=yesterday",
        "/chats/1/messages?after_message=5",
        "/chats/1/messages?limit=101",
    ];
    let mut told = String::new();
    for path in paths {
        let answer = token.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        told.push_str(&format!("{path}: {}\n", answer.body()["message"].as_str().expect("a message")));
    }
    insta::assert_snapshot!("bad_parameters", told);
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_answer_in_the_envelope() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    insta::assert_snapshot!("unknown_path", token.get("/nothing/here").await.told());
    let wrong = token.ask(Method::DELETE, "/messages", Body::empty()).await;
    insta::assert_snapshot!("wrong_method", wrong.told());
    assert_eq!(wrong.header("allow"), "POST");
}
