//! Other people's tests on a sandbox: they play contacts, push messages on, set rules, let time pass and begin anew.

use std::time::Duration;

use partyline::accounts::Supervisor;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::kit::{Actor, ECHO, Engine, TestApp};

const ANYBODY: &str = "+1 202 555 0177";
const SILENCE: &str = "+1 202 555 0199";
/// The sandbox's own.
const GROUP: &str = "120363025550109000@g.us";
const TOKEN_INVALID: &str = "+1 202 555 0190";

/// A server whose accounts work.
struct Working {
    stage: TestApp,
    token: Actor,
    stop: CancellationToken,
    supervisor: Supervisor,
}

impl Working {
    async fn on(engine: Engine) -> Working {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let stop = CancellationToken::new();
        let supervisor = Supervisor::start(stage.app.clone(), stop.clone());
        Working { stage, token, stop, supervisor }
    }

    /// Asks until the answer is as wanted. Time passes meanwhile, on the test's clock.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let bell = self.stage.app.wakes.of(self.stage.workspace);
        let mut last = Value::Null;
        for _ in 0..1_000 {
            let rung = bell.notified();
            // A look at the store, not at the API, whose calls are limited.
            last = self.token.get(path).await.body();
            if wanted(&last) {
                return last;
            }
            self.stage.advance(Duration::from_secs(2));
            let _ = tokio::time::timeout(Duration::from_millis(20), rung).await;
        }
        panic!("{path} never became as wanted: {last:#}");
    }

    async fn status(&self, uid: &str, wanted: &str) -> Value {
        self.until(&format!("/messages/{uid}"), |body| body["data"]["status"] == wanted).await
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.token.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.body()
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.supervisor.finished()).await.expect("stopped in time");
    }
}

fn newest(body: &Value) -> &Value {
    &body["data"]["messages"][0]
}

#[tokio::test]
async fn a_contact_is_played_from_the_first_word_to_the_last() {
    for engine in Engine::all() {
        let server = Working::on(engine).await;
        server.control("/sandbox/inbound", json!({"from": ANYBODY, "name": "Ines", "text": "Is it ready?"})).await;
        server.until("/chats/1", |body| body["data"]["name"] == "Ines").await;
        let list = server.until("/chats/1/messages", |body| newest(body)["text"] == "Is it ready?").await;
        let first = newest(&list)["uid"].as_str().expect("a uid").to_owned();

        let photo = json!({"from": ANYBODY, "sample": "photo", "text": "This one", "reply_to": first});
        server.control("/sandbox/inbound", photo).await;
        let list = server.until("/chats/1/messages", |body| newest(body)["text"] == "This one").await;
        assert_eq!(newest(&list)["has_attachment"], true, "{list:#}");
        let place = json!({"from": ANYBODY, "latitude": 38.7075, "longitude": "-9.1365", "text": "Cais 4"});
        server.control("/sandbox/inbound", place).await;
        let shows = |body: &Value| newest(body)["text"].as_str().is_some_and(|text| text.contains("38.707500"));
        server.until("/chats/1/messages", shows).await;

        server.control("/sandbox/inbound", json!({"from": ANYBODY, "react_to": first, "emoji": "👍"})).await;
        let reactions = format!("/messages/{first}/reactions");
        server.until(&reactions, |body| body.to_string().contains("👍")).await;
        server.control("/sandbox/inbound", json!({"from": ANYBODY, "edits": first, "text": "Is it done?"})).await;
        server.until(&format!("/messages/{first}"), |body| body["data"]["text"] == "Is it done?").await;
        server.control("/sandbox/inbound", json!({"from": ANYBODY, "deletes": first})).await;
        server.until(&format!("/messages/{first}"), |body| body["data"]["text"] == "").await;

        let phone =
            server.until("/sandbox/phones/12025550177/messages", |body| body["data"]["messages"][0]["deleted"] == true);
        let phone = phone.await;
        assert_eq!(phone["data"]["messages"][1]["type"], "image");
        assert_eq!(phone["data"]["messages"][2]["type"], "location");
        server.end().await;
    }
}

#[tokio::test]
async fn a_message_is_pushed_on_whatever_its_recipient_does() {
    for engine in Engine::all() {
        let server = Working::on(engine).await;
        let (read, failed) = (server.token.send(SILENCE, "one").await, server.token.send(SILENCE, "two").await);
        server.status(&failed, "Sent").await;
        server.control(&format!("/sandbox/messages/{read}/status"), json!({"status": "read"})).await;
        server.status(&read, "Read").await;
        let failing = json!({"status": "failed", "code": 131_049});
        server.control(&format!("/sandbox/messages/{failed}/status"), failing).await;
        let told = server.status(&failed, "Failed").await;
        assert!(told.to_string().contains("131049"), "{told:#}");
        server.end().await;
    }
}

#[tokio::test]
async fn a_group_says_who_has_a_message_and_who_has_read_it() {
    for engine in Engine::all() {
        let server = Working::on(engine).await;
        // By itself the group is silent for an hour.
        server.control("/sandbox/rules", json!({"number": GROUP, "delay_seconds": 3_600})).await;
        let sent = server.token.post("/messages/to_jid", json!({"jid": GROUP, "text": "Is the market open?"})).await;
        let uid = sent.body()["data"]["message_uid"].as_str().expect("a uid").to_owned();
        let path = format!("/messages/{uid}/explain");
        server.until(&path, |body| body["data"]["recipients"].as_array().is_some_and(|all| all.len() == 3)).await;
        server.status(&uid, "Sent").await;
        let push = format!("/sandbox/messages/{uid}/status");
        for (who, status) in [("+1 202 555 0160", "read"), ("12025550161@s.whatsapp.net", "delivered")] {
            server.control(&push, json!({"status": status, "participant": who})).await;
            let steps =
                |body: &Value| body.to_string().matches(if status == "read" { "Read by" } else { "to Ben" }).count();
            server.until(&path, |body| steps(body) == 1).await;
        }
        let told = server.token.get(&path).await.body()["data"].clone();
        let told_of = |one: &Value| {
            (one["name"].clone(), !one["delivered_timestamp"].is_null(), !one["read_timestamp"].is_null())
        };
        let recipients: Vec<_> = told["recipients"].as_array().expect("recipients").iter().map(told_of).collect();
        let expected =
            [(json!("Ana"), true, true), (json!("Ben"), true, false), (json!("Group chatter"), false, false)];
        assert_eq!(recipients, expected, "{told:#}");
        let last = told["steps"].as_array().and_then(|steps| steps.last()).expect("a step");
        assert_eq!(last["what"], "Not delivered to all yet");
        assert_eq!(last["why"], "Of 3 in the group 2 have it and 1 have read it; not yet Group chatter");
        let history = format!("/messages/{uid}/status_history");
        assert_eq!(server.token.get(&history).await.body()["data"].as_array().map(Vec::len), Some(3));
        server.control("/sandbox/clock", json!({"advance_seconds": 3_600})).await;
        server.status(&uid, "Read").await;
        let told = server.token.get(&history).await.body()["data"].clone();
        let named = |step: &Value| -> Vec<String> {
            let all = step["participants"].as_array().expect("participants").iter();
            all.map(|one| format!("{} {}", one["name"], one["whatsapp_id"])).collect()
        };
        let all = [("Ana", 60), ("Ben", 61), ("Group chatter", 9)]
            .map(|(name, last)| format!("\"{name}\" \"120255501{last:02}@s.whatsapp.net\""));
        assert_eq!((named(&told[3]), named(&told[4])), (all.to_vec(), all.to_vec()), "{told:#}");
        assert!(told[2].get("participants").is_none(), "{told:#}");

        let alone = server.token.send(SILENCE, "you alone").await;
        let pushed = json!({"status": "read", "participant": "+1 202 555 0160"});
        let refused = server.token.post(&format!("/sandbox/messages/{alone}/status"), pushed).await;
        assert_eq!((refused.status.as_u16(), &refused.body()["errors"][0]["fields"]), (400, &json!(["participant"])));
        for (status, who) in [("failed", "+1 202 555 0160"), ("read", GROUP), ("read", "somebody")] {
            let refused = server.token.post(&push, json!({"status": status, "participant": who})).await;
            assert_eq!(refused.body()["errors"][0]["fields"], json!(["participant"]), "{status} {who}");
        }
        server.end().await;
    }
}

#[tokio::test]
async fn a_number_does_as_it_is_told_until_the_reset() {
    for engine in Engine::all() {
        let server = Working::on(engine).await;
        server
            .control("/sandbox/rules", json!({"number": ANYBODY, "answers": "Tomorrow", "delay_seconds": 3_600}))
            .await;
        let uid = server.token.send(ANYBODY, "When?").await;
        server.status(&uid, "Sent").await;
        // An hour in a moment.
        let clock = server.control("/sandbox/clock", json!({"advance_seconds": 3_700})).await;
        assert_eq!(clock["data"], json!({"ahead_seconds": 3_700, "speed": null}));
        server.until("/chats/1/messages", |body| newest(body)["text"] == "Tomorrow").await;
        server.control("/sandbox/rules", json!({"number": ANYBODY, "fails_with": 131_026})).await;
        let refused = server.token.send(ANYBODY, "And now?").await;
        server.status(&refused, "Failed").await;

        let phone = server.token.get("/sandbox/phones/+12025550177/messages").await.body();
        let texts: Vec<&str> = phone["data"]["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|row| row["text"].as_str())
            .collect();
        assert_eq!(texts, ["When?", "Tomorrow"]);
        server.control("/sandbox/reset", json!({})).await;
        let phone = server.token.get("/sandbox/phones/+12025550177/messages").await.body();
        assert_eq!(phone["data"]["messages"], json!([]));
        let uid = server.token.send(ANYBODY, "Still there?").await;
        server.status(&uid, "Delivered").await;
        server.end().await;
    }
}

#[tokio::test]
async fn an_account_that_is_down_comes_back_when_somebody_reconnects_it() {
    for engine in Engine::all() {
        let server = Working::on(engine).await;
        let uid = server.token.send(TOKEN_INVALID, "hello").await;
        let down = |body: &Value| body["data"]["whatsapp_accounts"][0]["status"] == "token_invalid";
        server.until("/whatsapp_accounts", down).await;
        server.control("/sandbox/reconnect", json!({})).await;
        server.status(&uid, "Delivered").await;
        server.end().await;
    }
}

#[tokio::test]
async fn control_is_for_full_tokens_and_sandboxes_only_and_costs_nothing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        for scope in [Scope::Read, Scope::Send] {
            let weak = stage.token_of(stage.workspace, scope, false).await;
            let answer = weak.post("/sandbox/reset", json!({})).await;
            assert_eq!(
                (answer.status.as_u16(), answer.body()["error_code"].clone()),
                (403, json!("insufficient_scope"))
            );
        }
        assert_eq!(stage.stranger().post("/sandbox/reset", json!({})).await.status, 401);
        let uid = token.send(ECHO, "mine").await;
        let path = format!("/sandbox/messages/{uid}/status");
        assert_eq!(outsider.post(&path, json!({"status": "read"})).await.status, 404);
        // More than a minute's calls.
        for _ in 0..60 {
            assert_eq!(token.post("/sandbox/clock", json!({})).await.status, 200);
        }
        assert_eq!(token.get("/workspace").await.status, 200);
    }
}

#[tokio::test]
async fn bad_input_is_named() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let nobody = "019b0000-0000-7000-8000-000000000000";
    for (path, body, field) in [
        ("/sandbox/inbound", json!({"text": "hi"}), "from"),
        ("/sandbox/inbound", json!({"from": "12", "text": "hi"}), "from"),
        ("/sandbox/inbound", json!({"from": "x@y.example", "text": "hi"}), "from"),
        ("/sandbox/inbound", json!({"from": "120363021234567890@g.us", "text": "hi"}), "from"),
        ("/sandbox/inbound", json!({"from": ANYBODY}), "text"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "text": "a\u{0}b"}), "text"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "sample": "film"}), "sample"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "latitude": 91, "longitude": 0}), "latitude"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "sample": "photo", "unsupported": "poll"}), "unsupported"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "edits": nobody}), "text"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "text": "hi", "chat": ANYBODY}), "chat"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "text": "hi", "reply_to": nobody}), "reply_to"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "react_to": "7", "emoji": "x"}), "react_to"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "deletes": nobody}), "deletes"),
        ("/sandbox/inbound", json!({"from": ANYBODY, "file_uid": nobody}), "file_uid"),
        ("/sandbox/rules", json!({"fails_with": 1}), "number"),
        ("/sandbox/rules", json!({"number": ANYBODY, "fails_with": 0}), "fails_with"),
        ("/sandbox/rules", json!({"number": ANYBODY, "delay_seconds": 86_401}), "delay_seconds"),
        ("/sandbox/clock", json!({"speed": 1_001}), "speed"),
        ("/sandbox/clock", json!({"advance_seconds": -1}), "advance_seconds"),
        ("/sandbox/clock", json!({"whatsapp_account_id": "19195550198@s.whatsapp.net"}), "whatsapp_account_id"),
    ] {
        let answer = token.post(path, body.clone()).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
        assert_eq!(answer.body()["errors"][0]["fields"], json!([field]), "{path} {body}: {}", answer.text());
    }
    let long = token.post("/sandbox/inbound", json!({"from": ANYBODY, "text": "x".repeat(2_001)})).await;
    assert_eq!(long.body()["errors"].as_array().map(Vec::len), Some(1), "{}", long.text());
    let ours = token.send(ECHO, "ours").await;
    let answer = token.post("/sandbox/inbound", json!({"from": ECHO, "deletes": ours})).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = token.post(&format!("/sandbox/messages/{ours}/status"), json!({"status": "gone"})).await;
    assert_eq!(answer.body()["errors"][0]["fields"], json!(["status"]));
}
