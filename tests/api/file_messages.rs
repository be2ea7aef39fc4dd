//! Files that go out with a message at once.

use std::time::Duration;

use partyline::store::outbox::OutboxBody;
use serde_json::{Value, json};

use crate::files::{Part, follow, form, with_forms};
use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::support::waiting;

/// The first page of an OGG stream with Opus sound.
fn opus() -> Vec<u8> {
    [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead\x01\x01"].concat()
}

async fn sent(actor: &Actor, path: &str, parts: &[Part<'_>]) -> Answer {
    with_forms(actor).post_raw(path, form(parts)).await
}

async fn accepted(actor: &Actor, path: &str, parts: &[Part<'_>]) -> Value {
    let answer = sent(actor, path, parts).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let uid = answer.body()["data"]["message_uid"].as_str().expect("a uid").to_owned();
    actor.get(&format!("/messages/{uid}")).await.body()["data"].clone()
}

async fn credits(stage: &TestApp, actor: &Actor) -> i64 {
    stage.flush().await;
    let told = actor.get("/workspace").await.body();
    told["data"]["messaging_quota"]["used"].as_i64().expect("a number")
}

#[tokio::test]
async fn a_file_is_sent_to_a_chat_with_its_caption() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "makes chat 1").await;
        let file: Part<'_> = ("name=\"file\"; filename=\"price list.txt\"", b"bikes");
        let message = accepted(&token, "/chats/1/file_message", &[("name=\"caption\"", b"Our prices"), file]).await;
        assert_eq!((&message["text"], &message["has_attachment"]), (&json!("Our prices"), &json!(true)), "{message}");
        assert_eq!(message["attachment_filename"], "price list.txt");
        assert_eq!(follow(&stage.stranger(), &message["attachment_url"]).await.text(), "bikes");
        assert_eq!(credits(&stage, &token).await, 3, "one for the text, two for text and attachment");
        let plain = accepted(&token, "/chats/1/file_message", &[file]).await;
        assert_eq!((plain["text"].as_str(), credits(&stage, &token).await), (Some(""), 4));

        let files = token.get("/files").await.body();
        let uid = files["data"][0]["uid"].as_str().expect("uploaded as well").to_owned();
        let gone = token.ask(axum::http::Method::DELETE, &format!("/files/{uid}"), axum::body::Body::empty()).await;
        assert_eq!(gone.status.as_u16(), 200);
        let link = &plain["attachment_url"];
        assert_eq!(follow(&stage.stranger(), link).await.text(), "bikes", "the message keeps it");
        stage.advance(Duration::from_secs(15 * 60));
        assert_eq!(follow(&stage.stranger(), link).await.status.as_u16(), 410);
    }
}

/// A second of silence.
fn mp3() -> Vec<u8> {
    let mut frame = vec![0; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0xc4]);
    frame.repeat(38)
}

#[tokio::test]
async fn a_voice_message_is_opus_or_is_made_so_and_other_sound_an_audio_file() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    token.send(ECHO, "makes chat 1").await;
    let vorbis = [b"OggS\0\x02".as_slice(), &[0; 22], b"\x01vorbis"].concat();
    for (bytes, kind) in [(opus(), "voice"), (mp3(), "voice"), (vorbis, "audio")] {
        let parts: &[Part<'_>] =
            &[("name=\"file\"; filename=\"memo.mp3\"", &bytes), ("name=\"caption\"", b"not shown")];
        let message = accepted(&token, "/chats/1/voice_message", parts).await;
        assert_eq!((&message["has_attachment"], &message["text"]), (&json!(true), &json!("")));
        let sound = follow(&stage.stranger(), &message["attachment_url"]).await;
        assert_eq!(sound.header("content-type"), "audio/ogg");
        assert!(sound.bytes.starts_with(b"OggS"));
        let is_made = bytes.starts_with(b"\xff");
        assert_eq!(message["attachment_filename"], if is_made { "memo.ogg" } else { "memo.mp3" });
        let waiting = waiting(&stage, 1).await;
        let OutboxBody::Message { attachment: Some(sent), .. } = &waiting.last().expect("it waits").body else {
            panic!("no file: {waiting:?}");
        };
        assert_eq!(sent.kind.as_str(), kind);
    }
    let before = credits(&stage, &token).await;
    for bytes in [b"no sound".as_slice(), b"ID3\x04\0\0\0\0\0\0"] {
        let refused = sent(&token, "/chats/1/voice_message", &[("name=\"file\"; filename=\"a.ogg\"", bytes)]).await;
        assert_eq!((refused.status.as_u16(), &refused.body()["errors"][0]["fields"]), (400, &json!(["file"])));
        assert!(refused.text().contains("file_message"), "{}", refused.text());
    }
    assert_eq!(credits(&stage, &token).await, before);
    let plain = accepted(&token, "/chats/1/file_message", &[("name=\"file\"; filename=\"memo.mp3\"", &mp3())]).await;
    let kept = follow(&stage.stranger(), &plain["attachment_url"]).await;
    assert_eq!((kept.header("content-type"), &kept.bytes), ("audio/mpeg", &mp3()), "sent as a file it stays one");
}

#[tokio::test]
async fn a_file_for_a_chat_that_is_not_there_is_refused_before_it_comes() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        token.send(ECHO, "makes chat 1").await;
        let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"bikes");
        for (path, status) in [("/chats/1/file_message", 404), ("/chats/x/voice_message", 400)] {
            assert_eq!(sent(&outsider, path, &[file]).await.status.as_u16(), status, "{path}");
        }
        assert_eq!(outsider.get("/files").await.body()["data"], json!([]));
        let missing = sent(&token, "/chats/1/file_message", &[("name=\"caption\"", b"alone")]).await;
        assert_eq!((missing.status.as_u16(), &missing.body()["errors"][0]["fields"]), (400, &json!(["file"])));
        assert_eq!(credits(&stage, &token).await, 1);
    }
}

#[tokio::test]
async fn a_file_message_repeated_under_its_key_is_sent_once() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "makes chat 1").await;
        let keyed = token.with_header("idempotency-key", "order-17");
        let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"bikes");
        let first = sent(&keyed, "/chats/1/file_message", &[file]).await;
        let again = sent(&keyed, "/chats/1/file_message", &[file]).await;
        assert_eq!((first.status.as_u16(), again.bytes), (200, first.bytes));
        assert_eq!(credits(&stage, &token).await, 2);
        assert_eq!(token.get("/files").await.body()["data"].as_array().map(Vec::len), Some(1));
    }
}
