//! Every filter of the list of chats, as a client writes it.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::kit::{Actor, Engine, TestApp};
use crate::staff::{invited, unhurried};

const ANA: &str = "+12025550101";
const BRUNO: &str = "+12025550102";
const CLEO: &str = "+12025550103";

/// Three chats a day apart, the oldest first: Ana of vip and late, Bruno who is closed and Dina's, Cleo of vip and unread.
async fn three_chats(stage: &TestApp, token: &Actor) {
    unhurried(stage).await;
    invited(stage, "dina@harbour.example", "Dina").await;
    for (phone, name) in [(ANA, "Ana 100%"), (BRUNO, "Bruno"), (CLEO, "CLEO ana")] {
        let body = json!({"phone": phone, "text": "hi", "chat_name": name});
        assert_eq!(token.post("/messages", body).await.status, 200);
        stage.advance(Duration::from_secs(24 * 3600));
    }
    for (method, path, body) in [
        (Method::POST, "/chats/1/labels", json!({"labels": ["vip", "late"]})),
        (Method::POST, "/chats/3/labels", json!({"labels": ["vip", "Lisbon, PT"]})),
        (Method::PATCH, "/chats/2", json!({"closed": true, "responsible": "dina@harbour.example"})),
        (Method::PATCH, "/chats/3", json!({"read": false, "chatgpt_autoresponse_enabled": true})),
    ] {
        let answer = token.ask(method, path, Body::from(body.to_string())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn ids(body: &Value) -> Vec<i64> {
    let chats = body["data"]["chats"].as_array().expect("chats");
    chats.iter().map(|chat| chat["id"].as_i64().expect("a number")).collect()
}

#[tokio::test]
async fn each_filter_finds_its_chats() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        three_chats(&stage, &token).await;
        for (query, found) in [
            ("", vec![3, 2, 1]),
            ("label=vip", vec![3, 1]),
            ("label=late,nothing", vec![1]),
            ("label=vip,%20late", vec![3, 1]),
            ("label=VIP", vec![]),
            ("label=Lisbon,%20PT", vec![3]),
            ("label=", vec![3, 2, 1]),
            ("whatsapp_account_id=12025550198@s.whatsapp.net", vec![3, 2, 1]),
            ("whatsapp_account_id=12025550177@s.whatsapp.net", vec![]),
            ("whatsapp_phone=%2B1%20202%20555%200198", vec![3, 2, 1]),
            ("whatsapp_phone=%2B12025550177", vec![]),
            ("group=true", vec![]),
            ("group=false", vec![3, 2, 1]),
            ("responsible=DINA@harbour.example", vec![2]),
            ("responsible=nobody@harbour.example", vec![]),
            ("responsible=nobody@harbour.example,dina@harbour.example", vec![2]),
            ("responsible=", vec![3, 1]),
            ("name=ANA", vec![3, 1]),
            ("name=100%25", vec![1]),
            ("name=_", vec![]),
            ("phone=0102", vec![2]),
            ("phone=2025550", vec![3, 2, 1]),
            ("phone=%2B12025550102", vec![2]),
            ("phone=+1%20(202)%20555-0102", vec![2]),
            ("phone=%2B1202555010", vec![]),
            ("read=false", vec![3]),
            ("read=TRUE", vec![2, 1]),
            ("closed=1", vec![2]),
            ("closed=false", vec![3, 1]),
            ("chatgpt_autoresponse_enabled=true", vec![3]),
            ("created_after=2026-01-17", vec![3]),
            ("created_after=2026-01-16T09:00:00Z", vec![3]),
            ("created_before=2026-01-16%2009:00", vec![1]),
            ("created_after=2026-01-16&created_before=2026-01-17", vec![2]),
            ("page=2", vec![]),
            ("after_chat=3", vec![2, 1]),
            ("after_chat=1", vec![]),
        ] {
            let answer = token.get(&format!("/chats?{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text());
            assert_eq!(ids(&answer.body()), found, "{query}");
            assert_eq!(token.get(&format!("/v2/chats?{query}")).await.bytes, answer.bytes, "{query}");
        }
    }
}

#[tokio::test]
async fn filters_narrow_together_and_show_messages_when_asked() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        three_chats(&stage, &token).await;
        for (query, found) in [
            ("label=vip&read=false", vec![3]),
            ("label=vip,late&responsible=", vec![3, 1]),
            ("closed=true&responsible=dina@harbour.example", vec![2]),
            ("closed=true&label=vip", vec![]),
            ("name=ana&created_before=2026-01-16", vec![1]),
            ("phone=%2B12025550103&read=false", vec![3]),
            ("phone=%2B12025550103&read=true", vec![]),
            ("label=vip&after_chat=3", vec![1]),
        ] {
            assert_eq!(ids(&token.get(&format!("/chats?{query}")).await.body()), found, "{query}");
            let foreign = outsider.get(&format!("/chats?{query}")).await;
            let is_unknown = query.contains("after_chat");
            assert!(is_unknown && foreign.status == 400 || ids(&foreign.body()).is_empty(), "{query} of an outsider");
        }
        let with = token.get("/chats?with_msg=true&name=bruno").await.body();
        assert_eq!(with["data"]["chats"][0]["last_message"]["text"], "hi");
        let without = token.get("/chats?with_msg=false&name=bruno").await.body();
        assert_eq!(without["data"]["chats"][0].get("last_message"), None);
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_understood_is_named_with_its_value() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    for (query, field, value) in [
        ("label=".to_owned() + &"x".repeat(65), "label", "65"),
        ("whatsapp_account_id=12025550198".into(), "whatsapp_account_id", "\"12025550198\""),
        ("whatsapp_phone=12".into(), "whatsapp_phone", "\"12\""),
        ("group=maybe".into(), "group", "true or false"),
        ("responsible=dina".into(), "responsible", "\"dina\""),
        ("name=".to_owned() + &"x".repeat(257), "name", "257"),
        ("phone=anna".into(), "phone", "\"anna\""),
        ("phone=%2B".into(), "phone", "\"+\""),
        ("read=2".into(), "read", "true or false"),
        ("closed=".into(), "closed", "true or false"),
        ("chatgpt_autoresponse_enabled=on".into(), "chatgpt_autoresponse_enabled", "true or false"),
        ("created_after=yesterday".into(), "created_after", "date"),
        ("created_before=2026-02-30".into(), "created_before", "date"),
        ("page=0".into(), "page", "1 to"),
        ("page=1000001".into(), "page", "1 to"),
        ("page=2&after_chat=1".into(), "after_chat", "page"),
        ("after_chat=77".into(), "after_chat", "77"),
        ("label=a,b&page=1001".into(), "page", "1001"),
        ("with_msg=x".into(), "with_msg", "true or false"),
    ] {
        let answer = token.get(&format!("/chats?{query}")).await;
        let body = answer.body();
        assert_eq!((answer.status.as_u16(), &body["error_code"]), (400, &json!("validation_error")), "{query}");
        assert_eq!(body["errors"][0]["fields"], json!([field]), "{query}: {body}");
        assert!(body["message"].as_str().is_some_and(|text| text.contains(value)), "{query}: {body}");
    }
    let many: Vec<String> = (0..101).map(|number| format!("l{number}")).collect();
    assert_eq!(token.get(&format!("/chats?label={}", many.join(","))).await.status, 400);
    assert_eq!(token.get(&format!("/chats?label={}", many[..98].join(","))).await.status, 200);
    let strange = token.get("/chats?colour=red").await;
    assert_eq!((strange.status.as_u16(), strange.header("partyline-ignored")), (200, "colour"));
}
