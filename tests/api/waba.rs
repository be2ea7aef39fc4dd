//! Official accounts: what `/waba` refuses in its own words, forms with a file, and what Meta is asked in the background.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use partyline::accounts::adding::add_sandbox_cloud;
use partyline::accounts::cloud::hear_callback;
use partyline::accounts::{clerk, world};
use partyline::event_kind::Cause;
use partyline::http::router::router;
use partyline::id::AccountId;
use partyline::inbox::receive::receive_message;
use partyline::store::cloud_accounts::{CloudAccount, cloud_account_find};
use partyline::transports::cloud::Cloud;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{Actor, ECHO, Engine, Receiver, TestApp};
use crate::webhook_deliveries::{deliver, deliveries, listen_to};

const INES: &str = "+12025550173";

/// A workspace with an official account, whose far side is its sandbox.
struct Shop {
    stage: TestApp,
    token: Actor,
    account: AccountId,
    _server: AbortOnDropHandle<()>,
}

impl Shop {
    async fn open() -> Shop {
        let stage = TestApp::on(Engine::Sqlite).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        stage.app.own_address.set(listener.local_addr().expect("an address")).expect("set once");
        let routes = router(stage.app.clone());
        let serving = async move { axum::serve(listener, routes).await.expect("it serves") };
        let server = AbortOnDropHandle::new(tokio::spawn(serving));
        let added = add_sandbox_cloud(&stage.app, stage.workspace, Cause::Operator, None, "Shop").await.expect("added");
        let token = stage.token().await;
        Shop { stage, token, account: added.account, _server: server }
    }

    async fn row(&self) -> CloudAccount {
        let (workspace, account) = (self.stage.workspace, self.account);
        let row = self.stage.app.read(move |tx| Ok(cloud_account_find(tx, workspace, account)?)).await;
        row.expect("a read").expect("it is official")
    }

    /// Meta tells something at the account's address.
    async fn told(&self, field: &str, value: Value) {
        let row = self.row().await;
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": row.business_id, "changes": [{"field": field, "value": value}]}]});
        hear_callback(&self.stage.app, &row, &body).await.expect("it is stored");
    }

    /// Ines writes.
    async fn hears(&self, text: &str) {
        let address = Address::from_phone(INES);
        let incoming = Incoming {
            chat: address.clone(),
            chat_name: String::new(),
            sender: Sender { address, name: "Ines".into() },
            wamid: format!("wamid.{text}"),
            at_ms: self.stage.clock.now().ms(),
            body: IncomingBody::Text(text.to_owned()),
            reply_to: None,
        };
        let (account, uid) = (self.account, self.stage.app.ids.message_uid(self.stage.clock.now()));
        self.stage.write(self.stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
    }

    async fn asked_of_meta(&self) {
        while clerk::turn(&self.stage.app).await.expect("a turn") > 0 {}
    }

    async fn template(&self, name: &str, language: &str, variables: Value) -> (u16, Value) {
        let template = json!({"name": name, "language": language, "variables": variables});
        let answer = self.token.post("/waba/messages", json!({"phone": INES, "template": template})).await;
        (answer.status.as_u16(), answer.body())
    }

    async fn events(&self, event_type: &str) -> Vec<Value> {
        let all = self.token.get(&format!("/events?limit=500&types={event_type}")).await.body();
        all["data"]["events"].as_array().expect("events").clone()
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error_code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn outside_of_the_24_hours_only_a_template_goes_and_the_refusal_says_so() {
    let shop = Shop::open().await;
    shop.asked_of_meta().await;
    let refused = shop.token.post("/waba/messages", json!({"phone": INES, "text": "Your bike is ready"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (409, &json!("service_window_closed")));
    let (status, sent) = shop.template("bike_ready", "en_US", json!({"1": "Ines", "2": "tandem"})).await;
    assert_eq!(status, 200, "{sent}");
    assert_eq!(sent["data"]["text"], "Hello Ines, your tandem is ready. Come by when it suits you.");
    shop.hears("Is it ready?").await;
    let sent = shop.token.post("/waba/messages", json!({"phone": INES, "text": "It is", "waba_account_id": 2})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let chat = sent.body()["data"]["chat_id"].clone();
    let shown = shop.token.get(&format!("/waba/chats/{chat}")).await.body()["data"].clone();
    assert_eq!((&shown["waba_account_id"], &shown["service_window_is_open"]), (&json!(2), &json!(true)));
    assert_eq!(shown["service_window_expires_at"], "2026-01-16 09:00:00 +0000");
    let phone = shop.token.post(&format!("/waba/chats/{chat}/messages"), json!({"text": "x", "phone": ECHO})).await;
    assert_eq!(phone.status, 400, "another phone than the chat's");
}

#[tokio::test]
async fn a_template_is_judged_before_it_is_accepted() {
    let shop = Shop::open().await;
    shop.asked_of_meta().await;
    let fit = json!({"1": "Ines", "2": "tandem"});
    assert_eq!(code(&shop.template("bike_ready", "fr_FR", fit.clone()).await), (400, "validation_error"));
    for unfit in
        [json!({}), json!({"1": "Ines"}), json!({"1": "a", "2": "b", "3": "c"}), json!({"name": "a", "2": "b"})]
    {
        assert_eq!(code(&shop.template("bike_ready", "en_US", unfit).await), (422, "template_variables_mismatch"));
    }
    let templates = shop.token.get("/waba/templates").await.body()["data"]["templates"].clone();
    let ready =
        templates.as_array().expect("a list").iter().find(|one| one["language"] == "pt_PT").expect("known").clone();
    let event = json!({"event": "PAUSED", "message_template_id": ready["meta_template_id"],
        "message_template_name": "bike_ready", "message_template_language": "pt_PT"});
    shop.told("message_template_status_update", event).await;
    assert_eq!(code(&shop.template("bike_ready", "pt_PT", fit.clone()).await), (409, "template_not_approved"));
    let one = shop.token.get(&format!("/waba/templates/{}", ready["id"])).await.body()["data"].clone();
    assert_eq!((&one["status"], &one["accounts"]), (&json!("PAUSED"), &json!([2])));
    assert_eq!(one["components"][0]["type"], "BODY");
    assert_eq!(shop.events("waba:template:disabled").await.len(), 1);
    // The next look finds it approved as before.
    shop.stage.advance(std::time::Duration::from_secs(2 * 60 * 60));
    shop.asked_of_meta().await;
    assert_eq!(shop.events("waba:template:approved").await.len(), 1);
    assert_eq!(shop.template("bike_ready", "pt_PT", fit.clone()).await.0, 200);
    // Somebody else's business account has it as well; this one has it no more.
    let workspace = shop.stage.workspace;
    let moved = shop.row().await.business_id;
    shop.stage
        .write(workspace, move |write| {
            let own = partyline::store::waba_templates::waba_template_of(write.tx, workspace, &moved, 10)?;
            for row in own {
                let gone =
                    partyline::store::waba_templates::WabaTemplateRow { status: "DELETED".into(), ..row.clone() };
                partyline::store::waba_templates::waba_template_update(write, &gone)?;
                let other =
                    partyline::store::waba_templates::WabaTemplateRow { business_id: "elsewhere".into(), ..row };
                partyline::store::waba_templates::waba_template_insert(write, &other)?;
            }
            Ok(())
        })
        .await;
    assert_eq!(code(&shop.template("bike_ready", "en_US", fit).await), (409, "template_wrong_waba"));
}

#[tokio::test]
async fn an_account_that_was_removed_is_inactive_and_one_that_is_down_waits() {
    let shop = Shop::open().await;
    shop.hears("Is it ready?").await;
    let sent = shop.token.post("/waba/messages", json!({"phone": INES, "text": "It is"})).await.body()["data"].clone();
    shop.told("account_update", json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})).await;
    let account = shop.token.get("/waba/accounts/2").await.body()["data"].clone();
    assert_eq!((&account["status"], &account["waba_profile"]["account_ids"]), (&json!("disabled"), &json!([2])));
    assert_eq!(account["_note"], "Meta has disabled the business account.");
    let waits = shop.token.post("/waba/messages", json!({"phone": INES, "text": "It waits"})).await;
    assert_eq!(waits.body()["data"]["status"], "Pending", "what can be held isn't refused");
    let account = shop.account;
    shop.stage
        .write(shop.stage.workspace, move |write| partyline::accounts::manage::unlink_account(write, account))
        .await;
    let chat = format!("/waba/chats/{}/messages", sent["chat_id"]);
    let refused = shop.token.post(&chat, json!({"text": "Too late"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (409, &json!("account_inactive")));
    let path = format!("/waba/messages/{}/reactions", sent["uid"].as_str().expect("a uid"));
    let refused = shop.token.ask(Method::PATCH, &path, Body::from(r#"{"reaction":"👍"}"#)).await;
    assert_eq!((refused.status.as_u16(), &refused.body()["error_code"]), (409, &json!("account_inactive")));
    assert_eq!(shop.token.get("/waba/accounts/2").await.body()["data"]["status"], "removed");
}

#[tokio::test]
async fn chats_and_messages_of_other_numbers_are_none() {
    let shop = Shop::open().await;
    let sandbox = shop.token.get("/whatsapp_accounts").await.body()["data"]["whatsapp_accounts"][0]["phone"].clone();
    let body = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": sandbox});
    let sent =
        shop.token.post("/messages", body).await.body()["data"]["message_uid"].as_str().expect("a uid").to_owned();
    for path in ["/waba/chats/1", "/waba/chats/1/messages", "/waba/chats/1/labels", &format!("/waba/messages/{sent}")] {
        assert_eq!(shop.token.get(path).await.status, 404, "{path}");
    }
    assert_eq!(shop.token.get("/waba/accounts/1").await.status, 404);
    assert_eq!(shop.token.get("/waba/chats").await.body()["data"]["chats"], json!([]));
    shop.hears("Is it ready?").await;
    for (query, count) in [("", 1), ("?waba_account_id=2", 1), ("?waba_account_id=1", 0), ("?waba_account_id=9", 0)] {
        let listed = shop.token.get(&format!("/waba/chats{query}")).await.body()["data"]["chats"].clone();
        assert_eq!(listed.as_array().map(Vec::len), Some(count), "{query}");
    }
}

const FORM: &str = "multipart/form-data; boundary=x";

fn form(parts: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, text) in parts {
        let file = if *name == "file" { "; filename=\"list.txt\"" } else { "" };
        form += &format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n");
    }
    form + "--x--\r\n"
}

#[tokio::test]
async fn a_form_brings_its_file_with_the_message() {
    let shop = Shop::open().await;
    shop.hears("Is it ready?").await;
    let browser = shop.token.with_header("content-type", FORM);
    let whole = form(&[
        ("file", "one, two"),
        ("text", "the list"),
        ("phone", INES),
        ("waba_account_id", "2"),
        ("colour", "red"),
    ]);
    let sent = browser.post_raw("/waba/messages", whole).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(sent.header("partyline-ignored"), "colour");
    let message = &sent.body()["data"];
    assert_eq!((&message["text"], &message["attachment_filename"]), (&json!("the list"), &json!("list.txt")));
    let chat = format!("/waba/chats/{}/messages", message["chat_id"]);
    assert_eq!(browser.post_raw(&chat, form(&[("file", "one, two")])).await.status, 200);
    let keyed = browser.with_header("idempotency-key", "list-1");
    let first = keyed.post_raw(&chat, form(&[("file", "once")])).await.body();
    let again = keyed.post_raw(&chat, form(&[("file", "once")])).await;
    assert_eq!((again.body(), again.header("idempotent-replayed")), (first, "true"));
    for (parts, field) in [
        (vec![("text", "no file"), ("phone", INES)], "file"),
        (vec![("file", "x")], "phone"),
        (vec![("file", "x"), ("phone", "12")], "phone"),
        (vec![("file", "x"), ("phone", INES), ("waba_account_id", "two")], "waba_account_id"),
        (vec![("file", "x"), ("phone", INES), ("waba_account_id", "77")], "waba_account_id"),
        (vec![("file", "x"), ("phone", INES), ("text", &"é".repeat(2_001))], "text"),
    ] {
        let refused = browser.post_raw("/waba/messages", form(&parts)).await;
        assert_eq!(refused.status, 400, "{parts:?}: {}", refused.text());
        assert_eq!(refused.body()["errors"][0]["fields"][0], field);
    }
    assert_eq!(browser.post_raw("/waba/chats/77/messages", form(&[("file", "x")])).await.status, 404);
}

#[tokio::test]
async fn figures_are_asked_for_in_the_background() {
    let shop = Shop::open().await;
    let path = "/waba/accounts/2/analytics";
    let asked =
        shop.token.post(path, json!({"start": 1_767_225_600, "end": 1_768_435_200, "dimensions": "country"})).await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    let handle = asked.body()["data"]["handle"].as_str().expect("a handle").to_owned();
    let read = async || shop.token.get(&format!("{path}/{handle}")).await.body()["data"].clone();
    assert_eq!(read().await, json!({"handle": handle, "state": "pending"}));
    shop.asked_of_meta().await;
    let ready = read().await;
    assert_eq!((&ready["state"], &ready["result"]), (&json!("ready"), &json!({"data": [{"data_points": []}]})));
    for (body, field) in [
        (json!({"start": 0, "end": 5}), "start"),
        (json!({"start": 5, "end": 5}), "end"),
        (json!({"start": 1, "end": 40_000_000}), "end"),
        (json!({"start": 1, "end": 2, "dimensions": "WEATHER"}), "dimensions"),
        (json!({"start": 1, "end": 2, "granularity": "DAILY"}), "granularity"),
    ] {
        let refused = shop.token.post(path, body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body()["errors"][0]["fields"][0]),
            (400, &json!(field)),
            "{body}"
        );
    }
    for _ in 0..20 {
        assert_eq!(shop.token.post(path, json!({"start": 1, "end": 2})).await.status, 202);
    }
    assert_eq!(shop.token.post(path, json!({"start": 1, "end": 2})).await.status, 400, "so many wait");
    // The token has ended: it fails at once, and says so.
    let account = shop.account;
    shop.stage
        .write(shop.stage.workspace, move |write| {
            Ok(partyline::store::cloud_accounts::cloud_account_set_token(write, account, b"no more")?)
        })
        .await;
    shop.asked_of_meta().await;
    let failed = shop.token.post(path, json!({"start": 1, "end": 2})).await.body()["data"]["handle"].clone();
    shop.asked_of_meta().await;
    let failed = shop.token.get(&format!("{path}/{}", failed.as_str().expect("a handle"))).await.body()["data"].clone();
    assert_eq!(failed["state"], "error");
    assert!(failed["error"]["message"].as_str().expect("a text").contains("Meta gave no figures"), "{failed}");
    // What was answered is forgotten in time.
    shop.stage.advance(std::time::Duration::from_secs(8 * 24 * 60 * 60));
    shop.token.post(path, json!({"start": 1, "end": 2})).await;
    shop.asked_of_meta().await;
    assert_eq!(shop.token.get(&format!("{path}/{handle}")).await.status, 404);
}

#[tokio::test]
async fn what_meta_thinks_of_a_number_reaches_its_health() {
    let shop = Shop::open().await;
    let health = async || {
        let all = shop.token.get("/whatsapp_accounts").await.body();
        let rows = all["data"]["whatsapp_accounts"].as_array().expect("accounts").clone();
        rows.into_iter().find(|row| row["account_name"] == "Shop").expect("it is there")["health"].clone()
    };
    let phone = shop.token.get("/waba/accounts/2").await.body()["data"]["display_phone_number"].clone();
    for (event, quality) in [("FLAGGED", "low"), ("UNFLAGGED", "medium")] {
        let value = json!({"event": event, "display_phone_number": phone, "current_limit": "TIER_1K"});
        shop.told("phone_number_quality_update", value).await;
        assert_eq!(health().await["quality"], quality);
    }
    let told = shop.events("whatsapp:account:health").await;
    let told: Vec<&Value> = told.iter().filter(|event| event["event_type"] == "whatsapp:account:health").collect();
    assert_eq!(told.len(), 3, "its limit, low, medium: {told:#?}");
    let until = shop.stage.clock.now().ms() / 1_000 + 3_600;
    let restriction = json!([{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": until}]);
    shop.told("account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": restriction})).await;
    let limited = health().await;
    assert_eq!((&limited["state"], &limited["until"]), (&json!("limited"), &json!("2026-01-15 10:00:00 +0000")));
    // Of a business account that has no number here, and of nobody's.
    shop.told("phone_number_quality_update", json!({"event": "UPGRADE", "display_phone_number": "1 919 555 0199"}))
        .await;
    assert_eq!(health().await["quality"], "medium");
}

#[tokio::test]
async fn a_line_that_connects_tells_what_meta_thinks_of_its_number() {
    let shop = Shop::open().await;
    let cloud = Cloud::new(world(&shop.stage.app), shop.stage.workspace, shop.account);
    let ear = partyline::accounts::AccountEar::new(shop.stage.app.clone(), shop.stage.workspace, shop.account);
    transport::Transport::start(&cloud, Arc::new(ear)).await.expect("it connects");
    let accounts = shop.token.get("/whatsapp_accounts").await.text();
    assert!(accounts.contains("\"quality\":\"high\""), "{accounts}");
}

#[tokio::test]
async fn webhooks_hear_of_official_accounts_and_of_no_others() {
    let shop = Shop::open().await;
    let (receiver, url) = Receiver::listen().await;
    let (official, _) = listen_to(&shop.token, "waba:message:received", &url).await;
    let (any, _) = listen_to(&shop.token, "message:received:new", &url).await;
    shop.hears("To the shop").await;
    let (account, uid) = (shop.stage.account, shop.stage.app.ids.message_uid(shop.stage.clock.now()));
    let address = Address::from_phone("+12025550171");
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: "M1".into(),
        at_ms: shop.stage.clock.now().ms(),
        body: IncomingBody::Text("To the phone".into()),
        reply_to: None,
    };
    shop.stage.write(shop.stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
    deliver(&shop.stage).await;
    assert_eq!((deliveries(&shop.token, official).await.len(), deliveries(&shop.token, any).await.len()), (1, 2));
    let heard: Vec<Value> =
        receiver.heard().iter().map(|(_, body)| serde_json::from_slice(body).expect("JSON")).collect();
    let told: Vec<&Value> = heard.iter().filter(|body| body["event_type"] == "waba:message:received").collect();
    assert_eq!((told.len(), &told[0]["message"]["text"]), (1, &json!("To the shop")));
    // A replay finds the same.
    let again = json!({"from_seq": 1});
    assert_eq!(shop.token.post(&format!("/webhooks/{official}/replay"), again).await.status, 200);
    deliver(&shop.stage).await;
    assert_eq!(deliveries(&shop.token, official).await.len(), 1);
    assert_eq!(receiver.heard().len(), 4, "delivered again under the same id");
}

#[tokio::test]
async fn an_account_is_added_checked_renewed_and_comes_back_after_it_was_removed() {
    let shop = Shop::open().await;
    let (outsider, reader) =
        (shop.stage.outsider().await, shop.stage.token_of(shop.stage.workspace, Scope::Read, false).await);
    let sandbox = json!({"sandbox": true, "name": "Again"});
    let known = shop.token.post("/waba/accounts", sandbox.clone()).await;
    assert_eq!((known.status.as_u16(), &known.body()["data"]["id"]), (200, &json!(2)), "{}", known.text());
    assert!(known.body()["data"]["callback_url"].as_str().expect("an address").contains("/provider/cloud/"));
    assert_eq!(reader.post("/waba/accounts", sandbox.clone()).await.status, 403);
    let theirs = outsider.post("/waba/accounts", sandbox.clone()).await;
    assert_ne!(theirs.body()["data"]["callback_url"], known.body()["data"]["callback_url"]);
    let account = shop.account;
    shop.stage
        .write(shop.stage.workspace, move |write| partyline::accounts::manage::unlink_account(write, account))
        .await;
    assert_eq!(shop.token.get("/waba/accounts/2").await.body()["data"]["status"], "removed");
    let back = shop.token.post("/waba/accounts", sandbox).await;
    assert_eq!(back.body()["data"], known.body()["data"], "the same address and verify token as before");
    assert_eq!(shop.token.get("/waba/accounts/2").await.body()["data"]["status"], "active");
    shop.hears("Are you back?").await;
    assert_eq!(shop.token.post("/waba/messages", json!({"phone": INES, "text": "We are"})).await.status, 200);
    for (body, field) in [
        (json!({}), "phone_number_id"),
        (
            json!({"phone_number_id": "x", "business_id": "1", "access_token": "12345678", "app_secret": "12345678"}),
            "phone_number_id",
        ),
        (
            json!({"phone_number_id": "1", "business_id": "1", "access_token": "short", "app_secret": "12345678"}),
            "access_token",
        ),
    ] {
        let refused = shop.token.post("/waba/accounts", body).await;
        assert_eq!((refused.status.as_u16(), &refused.body()["errors"][0]["fields"][0]), (400, &json!(field)));
        assert!(!refused.text().contains("short\"") && !refused.text().contains("12345678"), "{}", refused.text());
    }
}
