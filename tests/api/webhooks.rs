//! Webhooks as records: who wants to hear what, and where.

use std::time::Duration;

use partyline::id::{TeamId, WebhookId};
use partyline::store::webhooks::{webhook_find, webhook_update};
use partyline::webhooks::EventType;
use partyline::workspace::teammates::Role;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::kit::{Engine, TestApp};
use crate::people::{delete, events, put, teammate};

const URL: &str = "https://crm.example/whatsapp?key=1#part";

fn wanted(event_type: &str, url: &str) -> Value {
    json!({"event_type": event_type, "url": url})
}

#[tokio::test]
async fn a_webhook_is_made_once_read_changed_and_deleted() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
        let made = owner.post("/webhooks", wanted("message:new", URL)).await;
        insta::assert_snapshot!("webhook_made", made.told());
        let again = json!({"event_type": "message:new", "url": URL, "enabled": "false", "id": 7});
        assert_eq!(owner.post("/webhooks", again).await.told(), made.told(), "it is there already, and stays as it is");
        let other = json!({"event_type": "chat:new", "url": URL, "enabled": false});
        assert_eq!(owner.post("/webhooks", other).await.body()["data"]["id"], 2, "another event");
        let address = wanted("message:new", "http://crm.example:8080");
        assert_eq!(owner.post("/webhooks", address).await.body()["data"]["id"], 3, "another address");
        insta::assert_snapshot!("webhooks", owner.get("/webhooks").await.told());
        let change = json!({"event_type": "waba:chat:closed", "url": null, "webhook_id": 2, "enabled": true});
        insta::assert_snapshot!("webhook_changed", put(&owner, "/webhooks/2", change).await.told());
        let same = put(&owner, "/webhooks/2", json!({"enabled": true})).await;
        assert_eq!(same.told(), owner.get("/webhooks/2").await.told());
        let taken = put(&owner, "/webhooks/3", json!({"url": URL})).await;
        insta::assert_snapshot!("webhook_taken", taken.told());
        insta::assert_snapshot!("webhook_deleted", delete(&owner, "/webhooks/1").await.told());
        insta::assert_snapshot!("webhook_unknown", owner.get("/webhooks/1").await.told());
        assert_eq!(owner.post("/webhooks", wanted("message:new", URL)).await.body()["data"]["id"], 4);
        let told = ["new", "new", "new", "changed", "deleted", "new"];
        let told: Vec<_> = told.into_iter().zip(["1", "2", "3", "2", "1", "4"].map(str::to_owned)).collect();
        let logged: Vec<_> = events(&stage, before)
            .await
            .into_iter()
            .map(|(name, detail)| (name.strip_prefix("webhook:").expect("of a webhook"), detail))
            .collect();
        assert_eq!(logged, told);
    }
}

#[tokio::test]
async fn every_event_of_the_contract_can_be_asked_for() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let owner = stage.token().await;
    assert_eq!(EventType::all().iter().filter(|one| one.is_of_contract()).count(), 32);
    for name in EventType::NAMES {
        stage.advance(Duration::from_secs(2));
        let answer = owner.post("/webhooks", wanted(name, URL)).await;
        assert_eq!((answer.status.as_u16(), answer.body()["data"]["event_type"].as_str()), (200, Some(name)));
        let id = answer.body()["data"]["id"].to_string();
        stage
            .write(stage.workspace, move |write| {
                let id = WebhookId(id.parse().expect("a number"));
                Ok(partyline::store::webhooks::webhook_delete(write, id)?)
            })
            .await;
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_asked_is_refused() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
    let mut told = String::new();
    for url in [
        "",
        "crm.example",
        "ftp://crm.example",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://ana:secret@crm.example/",
        "https://ana@crm.example/",
        "https://10.0.0.1/",
        "http://169.254.169.254/",
        "https://[::1]/",
        "https://crm.example:22/",
        "https://crm .example/",
        "https://crm.example/a\u{0}b",
        "https://crm.example/a\r\nb",
    ] {
        let answer = owner.post("/webhooks", wanted("message:new", url)).await;
        assert_eq!(answer.status, 400, "{url:?}: {}", answer.text());
        assert_eq!(answer.body()["errors"][0]["fields"], json!(["url"]), "{url:?}");
        told += &format!("{url:?}: {}\n", answer.body()["message"].as_str().expect("a message"));
    }
    insta::assert_snapshot!("bad_addresses", told);
    let longest = format!("https://crm.example/{}", "a".repeat(4_096 - 20));
    assert_eq!(owner.post("/webhooks", wanted("message:new", &longest)).await.status, 200);
    assert_eq!(owner.post("/webhooks", wanted("message:new", &format!("{longest}a"))).await.status, 400);
    assert_eq!(put(&owner, "/webhooks/1", json!({"url": "ftp://x.example"})).await.status, 400);
    assert_eq!(events(&stage, before).await.len(), 1);
}

#[tokio::test]
async fn every_fault_of_a_webhook_is_named() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let owner = stage.token().await;
    let all = json!({"event_type": "message:old", "url": 7, "enabled": "perhaps"});
    insta::assert_snapshot!("faults_of_a_webhook", owner.post("/webhooks", all).await.told());
    insta::assert_snapshot!("empty_webhook", owner.post("/webhooks", json!({})).await.told());
    for unknown in ["7", "x", "-1", "99999999999999999999"] {
        assert_eq!(owner.get(&format!("/webhooks/{unknown}")).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn a_workspace_has_ten_webhooks_at_most() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, outsider) = (stage.token().await, stage.outsider().await);
        for number in 0..10 {
            let url = format!("https://crm.example/{number}");
            assert_eq!(owner.post("/webhooks", wanted("message:new", &url)).await.status, 200);
        }
        insta::assert_snapshot!("too_many_webhooks", owner.post("/webhooks", wanted("message:new", URL)).await.told());
        let there = owner.post("/webhooks", wanted("message:new", "https://crm.example/9")).await;
        assert_eq!(there.body()["data"]["id"], 10, "one that is there is answered all the same");
        assert_eq!(outsider.post("/webhooks", wanted("message:new", URL)).await.status, 200);
    }
}

#[tokio::test]
async fn another_address_or_being_switched_on_forgets_the_failures() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, workspace) = (stage.token().await, stage.workspace);
        owner.post("/webhooks", wanted("message:new", URL)).await;
        let fail = || {
            stage.write(workspace, move |write| {
                let mut row = webhook_find(write.tx, workspace, WebhookId(1))?.expect("it was made");
                (row.errors_counter, row.enabled) = (5, false);
                Ok(webhook_update(write, &row)?)
            })
        };
        for (change, failures) in [
            (json!({"event_type": "chat:new"}), 5),
            (json!({"enabled": true}), 0),
            (json!({"url": "https://other.example"}), 0),
        ] {
            fail().await;
            assert_eq!(put(&owner, "/webhooks/1", change.clone()).await.body()["data"]["errors_counter"], failures);
        }
    }
}

#[tokio::test]
async fn webhooks_belong_to_their_workspace_and_to_those_who_run_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, outsider) = (stage.token().await, stage.outsider().await);
        owner.post("/webhooks", wanted("message:new", URL)).await;
        assert_eq!(outsider.get("/webhooks").await.body()["data"], json!([]));
        assert_eq!(outsider.get("/webhooks/1").await.status, 404);
        assert_eq!(put(&outsider, "/webhooks/1", json!({"enabled": false})).await.status, 404);
        assert_eq!(delete(&outsider, "/webhooks/1").await.status, 404);
        let seller = teammate(&stage, 10, Role::AgentRole, TeamId::NONE).await;
        let refused = seller.post("/webhooks", wanted("message:new", "https://elsewhere.example")).await;
        assert_eq!(refused.body()["error_code"], "permission_denied");
        assert_eq!(put(&seller, "/webhooks/1", json!({"url": "https://elsewhere.example"})).await.status, 403);
        assert_eq!(delete(&seller, "/webhooks/1").await.status, 403);
        for scope in [Scope::Read, Scope::Send] {
            let limited = stage.token_of(stage.workspace, scope, false).await;
            assert_eq!(delete(&limited, "/webhooks/1").await.body()["error_code"], "insufficient_scope");
            assert_eq!(limited.get("/webhooks").await.status.as_u16(), if scope == Scope::Read { 200 } else { 403 });
        }
        assert_eq!(owner.get("/webhooks/1").await.body()["data"]["url"], URL);
    }
}
