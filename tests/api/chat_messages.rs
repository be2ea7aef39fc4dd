//! Reading a chat's messages: every filter and order, pages, and what is wrong with them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::receive;

/// Six messages a minute apart, from 09:00 in Lisbon, every second one from the contact.
async fn six(stage: &TestApp, token: &Actor) -> Vec<String> {
    let mut uids = Vec::new();
    for number in 0..6 {
        let text = number.to_string();
        uids.push(match number % 2 {
            0 => token.send(ECHO, &text).await,
            _ => receive(stage, "+12025550100", &format!("3A0{number}"), &text).await,
        });
        stage.advance(Duration::from_secs(60));
    }
    uids
}

async fn texts(token: &Actor, query: &str) -> String {
    let query = query.replace(' ', "%20");
    let answer = token.get(&format!("/chats/1/messages?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let v2 = token.get(&format!("/v2/chats/1/messages?{query}")).await;
    assert_eq!(answer.bytes, v2.bytes, "{query}");
    let messages = answer.body()["data"]["messages"].as_array().expect("messages").clone();
    messages.iter().filter_map(|message| message["text"].as_str()).collect()
}

#[tokio::test]
async fn every_filter_narrows_and_they_narrow_together() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uids = six(&stage, &token).await;
        let (second, fifth) = (&uids[1], &uids[4]);
        let cases = [
            (String::new(), "543210"),
            ("sorting_order=asc".into(), "012345"),
            ("sorting_order=desc".into(), "543210"),
            ("from_me=true&sorting_order=asc".into(), "024"),
            ("from_me=FALSE&sorting_order=asc".into(), "135"),
            ("after=2026-01-15 09:02&sorting_order=asc".into(), "345"),
            ("after=2026-01-15T09:02:00Z&sorting_order=asc".into(), "345"),
            ("after=2026-01-15T11:02:00%2B02:00&sorting_order=asc".into(), "345"),
            ("before=2026-01-15 09:02".into(), "10"),
            ("after=2026-01-15&before=2026-01-16".into(), "543210"),
            ("before=2026-01-15".into(), ""),
            (format!("after_message={second}&sorting_order=asc"), "2345"),
            (format!("before_message={fifth}&sorting_order=asc"), "0123"),
            (format!("after_message={second}&before_message={fifth}"), "32"),
            (format!("after_message={second}&from_me=true&before=2026-01-15 09:04"), "2"),
            ("limit=4".into(), "5432"),
            ("size=4&page=2".into(), "10"),
            ("limit=2&size=4&page=3".into(), "10"),
            ("page=9".into(), ""),
            ("page=1000000".into(), ""),
        ];
        for (query, expected) in cases {
            assert_eq!(texts(&token, &query).await, expected, "{query}");
        }
    }
}

#[tokio::test]
async fn pages_say_whether_there_are_more() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    six(&stage, &token).await;
    let more = |body: Value| body["data"]["has_more_pages"].clone();
    assert_eq!(more(token.get("/chats/1/messages?limit=3").await.body()), true);
    assert_eq!(more(token.get("/chats/1/messages?limit=3&page=2").await.body()), false);
    assert_eq!(more(token.get("/chats/1/messages").await.body()), false);
}

#[tokio::test]
async fn bad_filters_name_their_field() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    six(&stage, &token).await;
    let elsewhere = token.send("+1 202 555 0102", "another chat").await;
    let cases = [
        ("from_me=maybe".to_owned(), "from_me"),
        ("after=yesterday".into(), "after"),
        ("before=2026-13-01".into(), "before"),
        ("after=2026-01-15 25:00".into(), "after"),
        ("after_message=7".into(), "after_message"),
        ("before_message=019b0000-0000-7000-8000-000000000000".into(), "before_message"),
        (format!("after_message={elsewhere}"), "after_message"),
        ("sorting_order=up".into(), "sorting_order"),
        ("page=0".into(), "page"),
        ("page=1000001".into(), "page"),
        ("limit=101".into(), "limit"),
        ("limit=0".into(), "limit"),
        ("size=x".into(), "size"),
    ];
    for (query, field) in cases {
        let answer = token.get(&format!("/chats/1/messages?{}", query.replace(' ', "%20"))).await;
        let body = answer.body();
        assert_eq!((answer.status.as_u16(), &body["errors"][0]["fields"]), (400, &json!([field])), "{query}: {body}");
    }
    assert_eq!(token.get("/chats/77/messages").await.status, 404);
}
