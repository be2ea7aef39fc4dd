//! What Meta's servers tell at the address of an account: believed only with its signature, stored once, in any order.

use axum::http::StatusCode;
use partyline::accounts::adding::{AddedCloud, add_sandbox_cloud};
use partyline::accounts::graph::signature;
use partyline::event_kind::Cause;
use partyline::store::cloud_accounts::{CloudAccount, cloud_account_find};
use partyline::transports::cloud::{SecretsAt, open_secret};
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, Engine, TestApp};

const HOST: &str = "https://line.example";

struct Told {
    stage: TestApp,
    added: AddedCloud,
    row: CloudAccount,
    app_secret: String,
    meta: Actor,
}

impl Told {
    async fn on(engine: Engine) -> Told {
        let stage = TestApp::on(engine).await;
        let added =
            add_sandbox_cloud(&stage.app, stage.workspace, Cause::Operator, None, "Cloud").await.expect("added");
        let (workspace, account) = (stage.workspace, added.account);
        let row = stage.app.read(move |tx| Ok(cloud_account_find(tx, workspace, account)?)).await.expect("read");
        let row = row.expect("its row");
        let app_secret = open_secret(stage.app.sealing_key().expect("a key"), SecretsAt::AppSecret, &row);
        let meta = Actor::new(stage.router(), None);
        Told { app_secret: app_secret.expect("its secret"), stage, added, row, meta }
    }

    fn path(&self) -> String {
        format!("/{}", self.added.callback_url.strip_prefix(HOST).expect("on this host"))
    }

    async fn post(&self, body: &str, signature: &str) -> Answer {
        let meta = self.meta.with_header("x-hub-signature-256", signature);
        meta.post_raw(&self.path(), body.to_owned()).await
    }

    /// As Meta tells it.
    async fn tell(&self, value: Value) -> Answer {
        let body = callback(&self.row.phone_number_id, value);
        self.post(&body, &signature(&self.app_secret, body.as_bytes())).await
    }

    async fn texts(&self) -> Vec<String> {
        let token = self.stage.token().await;
        let chats = token.get("/chats").await.body();
        let mut texts = Vec::new();
        for chat in chats["data"]["chats"].as_array().expect("chats") {
            let body = token.get(&format!("/chats/{}/messages?sorting_order=asc", chat["id"])).await.body();
            let rows = body["data"]["messages"].as_array().expect("messages").clone();
            texts.extend(rows.iter().map(|row| row["text"].as_str().expect("text").to_owned()));
        }
        texts
    }
}

fn callback(number: &str, mut value: Value) -> String {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "1", "phone_number_id": number});
    let change = json!({"field": "messages", "value": value});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).to_string()
}

fn said(wamid: &str, text: &str, seconds: i64) -> Value {
    json!({"from": "12025550177", "id": wamid, "timestamp": seconds.to_string(), "type": "text", "text": {"body": text}})
}

#[tokio::test]
async fn an_address_is_verified_by_its_token_and_repeats_nothing_strange() {
    let told = Told::on(Engine::Sqlite).await;
    let path = told.path();
    let ask = |token: String, challenge: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge={challenge}");
        let (meta, path) = (told.meta.clone(), format!("{path}?{query}"));
        async move { meta.get(&path).await }
    };
    let good = ask(told.added.verify_token.clone(), "1158201444").await;
    assert_eq!((good.status, good.text().as_str()), (StatusCode::OK, "1158201444"));
    assert_eq!(good.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(ask("wrong".to_owned(), "1").await.status, StatusCode::FORBIDDEN);
    let page = ask(told.added.verify_token.clone(), "%3Cscript%3E").await;
    assert_eq!((page.status, page.text().contains('<')), (StatusCode::BAD_REQUEST, false));
    let nobody = told.meta.get("//provider/cloud/nobodys?hub.mode=subscribe").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_good_signature_nothing_is_read_and_nothing_stored() {
    let told = Told::on(Engine::Sqlite).await;
    let body = callback(&told.row.phone_number_id, json!({"messages": [said("wamid.A", "hi", 1_768_467_000)]}));
    let good = signature(&told.app_secret, body.as_bytes());
    let other = signature("another secret", body.as_bytes());
    let cut = &good[..good.len() - 1];
    for bad in ["", "sha256=", "sha1=00", &good[7..], cut, &other, &good.to_uppercase()] {
        assert_eq!(told.post(&body, bad).await.status, StatusCode::FORBIDDEN, "{bad}");
    }
    // The bytes as they came, not what they mean.
    assert_eq!(told.post(&format!("{body} "), &good).await.status, StatusCode::FORBIDDEN);
    let nonsense = "not json";
    let answer = told.post(nonsense, &signature(&told.app_secret, nonsense.as_bytes())).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(told.meta.get("/chats").await.status, StatusCode::UNAUTHORIZED);
    assert!(told.texts().await.is_empty());
    assert_eq!(told.post(&body, &good).await.status, StatusCode::OK);
    assert_eq!(told.texts().await, ["hi"]);
}

#[tokio::test]
async fn doubles_disorder_and_strange_parts_do_no_harm() {
    for engine in Engine::all() {
        let told = Told::on(engine).await;
        let contacts = json!([{"wa_id": "12025550177", "profile": {"name": "Ines"}}]);
        let batch = json!({"contacts": contacts, "messages": [said("wamid.B", "two", 1_768_467_010), 7, {"id": "x"},
            said("wamid.A", "one", 1_768_467_000), said("wamid.B", "two", 1_768_467_010)]});
        for _ in 0..3 {
            assert_eq!(told.tell(batch.clone()).await.status, StatusCode::OK);
        }
        assert_eq!(told.texts().await, ["two", "one"], "{engine:?}");
        // News of messages that nobody sent, and in the wrong order.
        let status = |word: &str| json!({"id": "wamid.Z", "status": word, "timestamp": "1768467000"});
        let news = json!({"statuses": [status("read"), status("delivered"), status("sent"), status("dancing")]});
        assert_eq!(told.tell(news).await.status, StatusCode::OK);
        for value in [json!({}), json!({"messages": "no"}), json!({"errors": [{"code": 1}]})] {
            assert_eq!(told.tell(value).await.status, StatusCode::OK);
        }
        // About a number that isn't here.
        let body = callback("77", json!({"messages": [said("wamid.C", "three", 1_768_467_000)]}));
        assert_eq!(told.post(&body, &signature(&told.app_secret, body.as_bytes())).await.status, StatusCode::OK);
        assert_eq!(told.texts().await.len(), 2);
    }
}

#[tokio::test]
async fn news_names_a_message_of_this_account_only() {
    let told = Told::on(Engine::Sqlite).await;
    let token = told.stage.token().await;
    assert_eq!(told.tell(json!({"messages": [said("wamid.A", "hi", 1_768_467_000)]})).await.status, StatusCode::OK);
    // It is still waiting, so nobody can have told anything of it.
    let uid = token.send("+1 202 555 0177", "Your bike is ready").await;
    let status = json!({"id": "wamid.Z", "status": "read", "timestamp": "1768467000", "biz_opaque_callback_data": uid});
    assert_eq!(told.tell(json!({"statuses": [status]})).await.status, StatusCode::OK);
    let body = token.get(&format!("/messages/{uid}")).await.body();
    assert_eq!(body["data"]["status"], "Pending", "{body}");
}

#[tokio::test]
async fn an_account_that_was_added_shows_its_kind_and_no_secret() {
    let told = Told::on(Engine::Sqlite).await;
    let again = add_sandbox_cloud(&told.stage.app, told.stage.workspace, Cause::Operator, None, "Cloud").await;
    let refusal = again.expect_err("it is there already");
    assert!(refusal.message.contains("already"), "{}", refusal.message);
    let listed = told.stage.token().await.get("/whatsapp_accounts").await.text();
    assert!(listed.contains(&told.added.phone), "{listed}");
    for secret in [&told.app_secret, &told.added.verify_token, &told.row.callback_id] {
        assert!(!listed.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn a_chat_shows_its_window_and_a_send_outside_of_it_is_refused_but_as_a_template() {
    let told = Told::on(Engine::Sqlite).await;
    let token = told.stage.token().await;
    let cold = json!({"phone": "+1 202 555 0177", "text": "Your bike is ready"});
    let refused = token.post("/messages", cold.clone()).await;
    assert_eq!((refused.status, &refused.body()["error_code"]), (StatusCode::BAD_REQUEST, &json!("validation_error")));
    assert_eq!(refused.body()["errors"][0]["fields"], json!(["text"]));
    let seconds = told.stage.clock.now().ms() / 1_000;
    assert_eq!(told.tell(json!({"messages": [said("wamid.A", "hi", seconds)]})).await.status, StatusCode::OK);
    let window = || async {
        let chat = token.get("/chats").await.body()["data"]["chats"][0].clone();
        (chat["service_window_is_open"].clone(), chat["service_window_expires_at"].clone())
    };
    assert_eq!(window().await, (json!(true), json!("2026-01-16 09:00:00 +0000")));
    assert_eq!(token.post("/messages", cold.clone()).await.status, StatusCode::OK);
    told.stage.advance(std::time::Duration::from_secs(24 * 3_600));
    assert_eq!(window().await, (json!(false), Value::Null));
    assert_eq!(token.post("/messages", cold).await.status, StatusCode::BAD_REQUEST);
    let template = |rest: Value| {
        let mut body = json!({"phone": "+1 202 555 0177", "whatsapp_template": "bike_ready"});
        body.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        let token = &token;
        async move { token.post("/messages", body).await }
    };
    let good = template(json!({"whatsapp_template_variables": ["Ines", "tandem"]})).await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.text());
    for (bad, field) in [
        (json!({"text": "and this"}), "whatsapp_template"),
        (json!({"whatsapp_template": "no blanks here"}), "whatsapp_template"),
        (json!({"whatsapp_template_language": "en-US"}), "whatsapp_template_language"),
        (json!({"whatsapp_template_variables": "Ines"}), "whatsapp_template_variables"),
        (json!({"whatsapp_template_variables": [" "]}), "whatsapp_template_variables"),
        (json!({"whatsapp_template_variables": ["a\0"]}), "whatsapp_template_variables"),
        (json!({"whatsapp_template_variables": vec!["x"; 51]}), "whatsapp_template_variables"),
        (json!({"whatsapp_account_phone": "+12025550198"}), ""),
    ] {
        let answer = template(bad.clone()).await;
        if field.is_empty() {
            assert_eq!(answer.body()["error_code"], "not_supported", "{bad}: {}", answer.text());
            continue;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}: {}", answer.text());
        assert_eq!(answer.body()["errors"][0]["fields"][0], field, "{bad}: {}", answer.text());
    }
}

#[tokio::test]
async fn whoever_meta_names_twice_keeps_their_chat_when_it_names_them_by_its_id_alone() {
    for engine in Engine::all() {
        let told = Told::on(engine).await;
        let both = json!({"from_user_id": "US.9x"});
        let mut first = said("wamid.A", "one", 1_768_467_000);
        first.as_object_mut().expect("an object").extend(both.as_object().expect("an object").clone());
        assert_eq!(told.tell(json!({"messages": [first.clone(), first]})).await.status, StatusCode::OK);
        let mut second = said("wamid.B", "two", 1_768_467_010);
        second.as_object_mut().expect("an object").remove("from");
        second["from_user_id"] = json!("US.9x");
        for _ in 0..2 {
            assert_eq!(told.tell(json!({"messages": [second.clone()]})).await.status, StatusCode::OK);
        }
        assert_eq!(told.texts().await, ["one", "two"], "{engine:?}");
        let chats = told.stage.token().await.get("/chats").await.body()["data"]["chats"].clone();
        assert_eq!((chats.as_array().map(Vec::len), &chats[0]["phone"]), (Some(1), &json!("+12025550177")), "{chats}");
    }
}

#[tokio::test]
async fn what_was_said_is_changed_and_taken_back_by_its_sender_alone() {
    let told = Told::on(Engine::Sqlite).await;
    let changed = |from: &str, text: &str, seconds: i64| {
        let message = json!({"type": "text", "text": {"body": text}});
        json!({"from": from, "id": format!("wamid.E{seconds}"), "timestamp": seconds.to_string(), "type": "edit",
            "edit": {"original_message_id": "wamid.A", "message": message}})
    };
    let taken = |from: &str, seconds: i64| {
        json!({"from": from, "id": format!("wamid.R{seconds}"), "timestamp": seconds.to_string(), "type": "revoke",
            "revoke": {"original_message_id": "wamid.A"}})
    };
    let (ines, rui) = ("12025550177", "12025550166");
    let all = [
        (said("wamid.A", "Thusday", 1_768_467_000), "Thusday"),
        (changed(rui, "Never", 1_768_467_001), "Thusday"),
        (changed(ines, "Thursday", 1_768_467_003), "Thursday"),
        (changed(ines, "Too late", 1_768_467_002), "Thursday"),
        (taken(rui, 1_768_467_004), "Thursday"),
        (taken(ines, 1_768_467_005), ""),
    ];
    for (message, text) in all {
        assert_eq!(told.tell(json!({"messages": [message]})).await.status, StatusCode::OK);
        assert_eq!(told.texts().await, [text]);
    }
}

#[tokio::test]
async fn what_meta_allows_is_shown_with_the_account() {
    let told = Told::on(Engine::Sqlite).await;
    let token = told.stage.token().await;
    let shown = || async {
        let accounts = token.get("/whatsapp_accounts").await.body()["data"]["whatsapp_accounts"].clone();
        let of_it = accounts.as_array().expect("a list").iter().find(|one| one["phone"] == told.added.phone).cloned();
        let health = of_it.expect("it is listed")["health"].clone();
        [&health["reach_per_day"], &health["cold_per_day"], &health["sends_per_second"], &health["quality"]]
            .map(Value::clone)
    };
    assert_eq!(shown().await, [json!(null), json!(null), json!(80), json!(null)]);
    let body = |field: &str, value: Value| {
        let change = json!({"field": field, "value": value});
        json!({"object": "whatsapp_business_account", "entry": [{"id": told.row.business_id, "changes": [change]}]})
            .to_string()
    };
    let flagged = json!({"display_phone_number": told.added.phone, "event": "FLAGGED"});
    for (field, value, expected) in [
        (
            "business_capability_update",
            json!({"max_daily_conversations_per_business": "TIER_250"}),
            [json!(250), json!(250), json!(80), json!(null)],
        ),
        ("phone_number_quality_update", flagged, [json!(250), json!(250), json!(80), json!("low")]),
        (
            "business_capability_update",
            json!({"max_daily_conversation_per_phone": -1}),
            [json!(null), json!(null), json!(80), json!("low")],
        ),
    ] {
        let body = body(field, value);
        assert_eq!(told.post(&body, &signature(&told.app_secret, body.as_bytes())).await.status, StatusCode::OK);
        assert_eq!(shown().await, expected, "{field}");
    }
}

#[tokio::test]
async fn a_secret_opens_in_its_own_place_and_with_its_own_key_only() {
    let told = Told::on(Engine::Sqlite).await;
    let key = told.stage.app.sealing_key().expect("a key");
    let all = [SecretsAt::AccessToken, SecretsAt::AppSecret, SecretsAt::VerifyToken];
    let opened = all.map(|at| open_secret(key, at, &told.row).expect("it opens"));
    assert_eq!(opened[2], told.added.verify_token);
    let sealed = [&told.row.access_token, &told.row.app_secret, &told.row.verify_token];
    for (secret, sealed) in opened.iter().zip(sealed) {
        assert!(!sealed.windows(8).any(|part| secret.as_bytes().windows(8).any(|plain| plain == part)), "it is sealed");
    }
    let elsewhere = CloudAccount { access_token: told.row.app_secret.clone(), ..told.row.clone() };
    assert_eq!(open_secret(key, SecretsAt::AccessToken, &elsewhere), None);
    let another = partyline::sealing::SealingKey::new([9; 32]);
    assert_eq!(open_secret(&another, SecretsAt::AppSecret, &told.row), None);
}
