//! The stream: events as they happen, nothing missed behind a lost line, and an end when the token ends.

use std::time::Duration;

use partyline::http::streams::STREAMS_OF_TOKEN_MAX;
use partyline::id::TokenId;
use partyline::store::api_calls::api_call_list;
use partyline::workspace::settings::KEPT;
use partyline::workspace::token_care::retire_token;
use partyline::workspace::tokens::Scope;

use crate::kit::{ECHO, Engine, TestApp, Told};
use crate::staff::unhurried;
use crate::support::receive;

fn types(told: &[Told]) -> Vec<&str> {
    told.iter().map(Told::event_type).collect()
}

#[tokio::test]
async fn a_listener_hears_what_happens_from_now_on() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "before").await;
        let mut stream = token.listen("/events/stream").await;
        assert_eq!(stream.status, 200);
        assert_eq!(stream.headers["content-type"], "text/event-stream");
        assert_eq!(stream.headers["x-accel-buffering"], "no");
        let beginning = stream.words().await.expect("it begins");
        let newest = token.get("/events").await.body()["data"]["newest"].to_string();
        assert_eq!((beginning.id, beginning.is_quiet), (newest, true), "whoever comes back from here misses nothing");
        let uid = receive(&stage, "+12025550173", "M1", "Is it ready?").await;
        let told = stream.take(2).await;
        assert_eq!(types(&told), ["chat:incoming:new", "message:received:new"]);
        assert_eq!(told[1].data["message_uid"], uid);
        let page = token.get("/events?types=message:received:new").await.body();
        assert_eq!(told[1].data, page["data"]["events"][0], "stream and list say the same");
    }
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_hears_nothing_twice() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let mut stream = token.listen("/events/stream?after=0").await;
        receive(&stage, "+12025550173", "M1", "one").await;
        let first = stream.take(3).await;
        drop(stream);
        receive(&stage, "+12025550173", "M2", "two").await;
        receive(&stage, "+12025550173", "M3", "three").await;
        let last = first.last().expect("events").id.clone();
        let mut again = token.with_header("last-event-id", &last).listen("/events/stream?after=0").await;
        let told = again.take(2).await;
        let ids: Vec<i64> = told.iter().map(|told| told.id.parse().expect("a number")).collect();
        let from: i64 = last.parse().expect("a number");
        assert_eq!(ids, [from + 1, from + 2]);
    }
}

#[tokio::test]
async fn a_place_that_is_gone_is_answered_with_a_reset() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "long ago").await;
        stage.advance(KEPT + Duration::from_secs(1));
        receive(&stage, "+12025550173", "M1", "hi").await;
        partyline::sweeper::sweep(&stage.app).await.expect("swept");
        let oldest = token.get("/events").await.body()["data"]["oldest"].as_i64().expect("a number");
        for place in ["after=1".to_owned(), format!("after={}", oldest + 1_000)] {
            let mut stream = token.listen(&format!("/events/stream?{place}")).await;
            let told = stream.take(2).await;
            assert_eq!((told[0].event.as_str(), told[0].data["oldest"].as_i64()), ("reset", Some(oldest)), "{place}");
            assert_eq!(told[0].id, (oldest - 1).to_string());
            assert_eq!(told[1].id, oldest.to_string(), "it goes on with what there is");
        }
    }
}

#[tokio::test]
async fn only_what_is_wanted_is_told() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let mut stream = token.listen("/events/stream?types=message:sent:new").await;
    receive(&stage, "+12025550173", "M1", "hi").await;
    token.send(ECHO, "Yes").await;
    assert_eq!(types(&stream.take(1).await), ["message:sent:new"]);
}

#[tokio::test]
async fn an_outsider_hears_nothing_of_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        let mut stream = outsider.listen("/events/stream").await;
        receive(&stage, "+12025550173", "M1", "not yours").await;
        token.send(ECHO, "nor this").await;
        outsider.send(ECHO, "ours").await;
        let told = stream.take(2).await;
        assert_eq!(types(&told), ["chat:outgoing:new", "message:sent:new"]);
    }
}

#[tokio::test]
async fn what_another_node_writes_is_heard_as_well() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let (_app, elsewhere) = stage.other_node(&token);
        let mut stream = elsewhere.listen("/events/stream").await;
        stream.words().await.expect("it begins");
        receive(&stage, "+12025550173", "M1", "hi").await;
        assert_eq!(types(&stream.take(1).await), ["chat:incoming:new"]);
    }
}

#[tokio::test]
async fn a_revoked_token_hears_no_more() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let mut stream = token.listen("/events/stream").await;
        stream.words().await.expect("it begins");
        stage.write(stage.workspace, |write| retire_token(write, TokenId(1))).await;
        stage.advance(Duration::from_secs(1));
        // That it was revoked may be the last that it hears.
        while let Some(told) = stream.next().await {
            assert_eq!(types(&[told]), ["token:revoked"]);
        }
        assert_eq!(token.listen("/events/stream").await.status, 401);
    }
}

#[tokio::test]
async fn opening_a_stream_is_one_call_and_one_that_finds_no_place_is_none() {
    let stage = TestApp::on(Engine::Sqlite).await;
    unhurried(&stage).await;
    let token = stage.token().await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_OF_TOKEN_MAX {
        open.push(token.listen("/events/stream").await);
    }
    let refused = token.get("/events/stream").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "10"));
    assert!(refused.text().contains("250 streams open"), "{}", refused.text());
    let used = async || {
        stage.flush().await;
        let (workspace, token) = (stage.workspace, token.clone());
        let calls = stage.app.read(move |tx| Ok(api_call_list(tx, workspace, 1_000)?)).await.expect("a read");
        drop(token);
        calls.iter().filter(|call| call.status == 200).map(|call| call.repeats).sum::<i64>()
    };
    assert_eq!(used().await, i64::try_from(STREAMS_OF_TOKEN_MAX).expect("few"));
    drop(open.pop());
    assert_eq!(token.listen("/events/stream").await.status, 200, "a place that was left is free");
}

#[tokio::test]
async fn a_bad_place_is_refused_and_a_sender_may_not_listen() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    for bad in ["x", "-1", "1.5"] {
        let answer = token.with_header("last-event-id", bad).get("/events/stream").await;
        assert_eq!(
            (answer.status.as_u16(), answer.body()["errors"][0]["fields"][0].as_str()),
            (400, Some("Last-Event-ID"))
        );
    }
    assert_eq!(token.get("/events/stream?after=-1").await.status, 400);
    assert_eq!(token.with_header("last-event-id", "").get("/events/stream").await.status, 200, "none heard yet");
    let sender = stage.token_of(stage.workspace, Scope::Send, false).await;
    assert_eq!(sender.get("/events/stream").await.body()["error_code"], "insufficient_scope");
}
