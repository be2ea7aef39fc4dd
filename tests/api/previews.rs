//! Previews: decided as sends are, and nothing is kept of them but their call.

use std::time::Duration;

use partyline::accounts::health::{Health, set_health};
use partyline::accounts::manage::{Manner, set_manner};
use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::{Value, json};

use crate::kit::{ECHO, Engine, TestApp};
use crate::support::{cloud_account, credits_used, events, waiting};

#[tokio::test]
async fn a_preview_tells_what_a_send_would_meet_and_sends_nothing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let new = token.post("/messages/preview", json!({"phone": ECHO, "text": "hi"})).await;
        insta::assert_snapshot!("new_chat", new.told());
        assert_eq!(token.get("/chats").await.body()["data"]["chats"], json!([]));
        token.send(ECHO, "hi").await;
        let told = events(&stage).await;
        insta::assert_snapshot!(
            "known_chat",
            token.post("/messages/preview", json!({"chat_id": 1, "text": "ho"})).await.told()
        );
        assert_eq!((events(&stage).await, waiting(&stage, 1).await.len()), (told, 1));
        assert_eq!(credits_used(&stage, &token).await, 1);
        let later = json!({"jid": "12025550100@s.whatsapp.net", "text": "ho", "send_at": "2026-01-15T10:00:00Z"});
        let later = token.post("/messages/preview", later).await.body()["data"].clone();
        assert_eq!((&later["accepted"], &later["sends_at"]), (&json!(true), &json!("2026-01-15 10:00:00 +0000")));
    }
}

#[tokio::test]
async fn what_a_send_would_refuse_a_preview_tells_in_the_same_words() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let wrong = [
            ("/messages", json!({"phone": ECHO, "text": "x", "whatsapp_account_phone": "+351912345678"})),
            ("/messages", json!({"phone": ECHO, "text": "x", "send_at": "2026-01-15T08:00:00Z"})),
            ("/messages", json!({"phone": ECHO, "file_uid": "019b0000-0000-7000-8000-000000000000"})),
            (
                "/messages/to_jid",
                json!({"jid": "12025550100@s.whatsapp.net", "text": "x",
                "reply_to": "019b0000-0000-7000-8000-000000000000"}),
            ),
            ("/messages/to_chat_name", json!({"chat_name": "Nobody", "text": "x"})),
        ];
        for (path, body) in wrong {
            let refused = token.post(path, body.clone()).await.body();
            let seen = token.post("/messages/preview", body.clone()).await.body()["data"].clone();
            let obstacle = json!({"code": refused["error_code"], "message": refused["message"], "until": null});
            assert_eq!((&seen["accepted"], &seen["obstacles"]), (&json!(false), &json!([obstacle])), "{body}");
            assert_eq!(seen["sends_at"], Value::Null);
        }
        for unreadable in
            [json!({"text": "x"}), json!({"phone": ECHO}), json!({"phone": ECHO, "chat_id": 1, "text": "x"})]
        {
            assert_eq!(token.post("/messages/preview", unreadable).await.status, 400);
        }
        let change = LimitChange { credits_per_cycle: Some(1), ..LimitChange::default() };
        stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
        let refused = token.post("/messages", json!({"phone": ECHO, "text": "x"})).await.body();
        let seen = token.post("/messages/preview", json!({"phone": ECHO, "text": "x"})).await.body()["data"].clone();
        assert_eq!(seen["obstacles"][0]["message"], refused["message"], "{seen}");
        assert_eq!((&seen["accepted"], &seen["credits_left"]), (&json!(false), &json!(0)));
    }
}

#[tokio::test]
async fn what_holds_a_message_up_is_told_with_its_end() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let (account, until) = (stage.account, stage.clock.now() + Duration::from_secs(600));
        let hold = move |write: &mut partyline::store::Write<'_, '_>| {
            set_health(write, account, Health::Held, "Too many new contacts", until)
        };
        stage.write(stage.workspace, hold).await;
        insta::assert_snapshot!(
            "held",
            token.post("/messages/preview", json!({"phone": ECHO, "text": "hi"})).await.told()
        );
        let lost = move |write: &mut partyline::store::Write<'_, '_>| {
            set_health(write, account, Health::LoggedOut, "", partyline::clock::Time::NEVER)
        };
        stage.write(stage.workspace, lost).await;
        insta::assert_snapshot!(
            "down",
            token.post("/messages/preview", json!({"phone": ECHO, "text": "hi"})).await.told()
        );
        cloud_account(&stage, "+12125550111").await;
        let body = json!({"phone": "+1 202 555 0177", "text": "hi", "whatsapp_account_phone": "+12125550111"});
        let seen = token.post("/messages/preview", body).await.body()["data"].clone();
        assert_eq!(
            (&seen["accepted"], &seen["obstacles"][0]["code"]),
            (&json!(false), &json!("service_window_closed"))
        );
    }
}

#[tokio::test]
async fn who_never_wrote_is_told_the_day_on_which_a_message_goes() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let account = stage.account;
        let manner = Manner { pacing_ms: None, cold_per_day: Some(1), warm_up_days: Some(0) };
        stage.write(stage.workspace, move |write| set_manner(write, account, manner)).await;
        let preview = async |phone: &str| {
            let body = json!({"phone": phone, "text": "hi"});
            token.post("/messages/preview", body).await.body()["data"].clone()
        };
        let first = preview(ECHO).await;
        assert_eq!((&first["accepted"], &first["obstacles"]), (&json!(true), &json!([])));
        token.send(ECHO, "hi").await;
        let second = preview("+12025550177").await;
        let tomorrow = "2026-01-16 00:00:00 +0000";
        assert_eq!((&second["accepted"], &second["sends_at"]), (&json!(true), &json!(tomorrow)), "{second}");
        let obstacle = &second["obstacles"][0];
        assert_eq!((&obstacle["code"], &obstacle["until"]), (&json!("cold_contacts_used_up"), &json!(tomorrow)));
        token.send("+12025550177", "hi").await;
        assert_eq!(preview("+12025550178").await["sends_at"], "2026-01-17 00:00:00 +0000", "one a day");
        // Whom WhatsApp limits is told until when.
        let until = stage.clock.now() + Duration::from_secs(600);
        let limit = move |write: &mut partyline::store::Write<'_, '_>| {
            set_health(write, account, Health::Limited, "Reach-out is locked", until)
        };
        stage.write(stage.workspace, limit).await;
        let limited = preview("+12025550179").await;
        assert_eq!(limited["sends_at"], "2026-01-15 09:10:00 +0000");
        assert!(limited["obstacles"][0]["message"].as_str().expect("words").contains("Reach-out is locked"));
    }
}
