//! What whoever runs a webhook asks of it: its secret once, another one, an example, one delivery again, a range again.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::kit::{Actor, ECHO, Engine, Receiver, TestApp};
use crate::people::put;
use crate::webhook_deliveries::{deliver, deliveries, delivery, is_signed, listen_to};

async fn ask(owner: &Actor, path: &str) -> Value {
    let answer = owner.post_raw(path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.body()["data"].clone()
}

#[tokio::test]
async fn a_secret_is_told_once_and_kept_nowhere_as_it_is() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        let wanted = json!({"event_type": "message:new", "url": "https://crm.example/"});
        let keyed = owner.with_header("idempotency-key", "one");
        let made = keyed.post("/webhooks", wanted.clone()).await.body();
        let secret = made["data"]["secret"].as_str().expect("told");
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        let replayed = keyed.post("/webhooks", wanted.clone()).await;
        assert_eq!(replayed.header("idempotent-replayed"), "true");
        for answer in [replayed, owner.post("/webhooks", wanted).await, owner.get("/webhooks/1").await] {
            assert!(answer.body()["data"].get("secret").is_none(), "{}", answer.text());
            assert_eq!(answer.body()["data"]["id"], 1);
        }
        assert!(!owner.get("/webhooks").await.text().contains("secret"));
    }
}

#[tokio::test]
async fn after_a_rotation_both_secrets_are_good_for_a_day() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, first) = listen_to(&owner, "message:new", &url).await;
        let second = ask(&owner, &format!("/webhooks/{id}/rotate")).await["secret"].as_str().expect("told").to_owned();
        assert_ne!(first, second);
        let is_good = |secret: &str, at: usize| {
            let (headers, body) = receiver.heard()[at].clone();
            is_signed(secret, &headers, &body)
        };
        owner.send(ECHO, "one").await;
        deliver(&stage).await;
        assert_eq!((is_good(&first, 0), is_good(&second, 0)), (true, true));
        stage.advance(Duration::from_secs(24 * 3600));
        owner.send(ECHO, "two").await;
        deliver(&stage).await;
        assert_eq!((is_good(&first, 1), is_good(&second, 1)), (false, true));
    }
}

#[tokio::test]
async fn an_example_is_delivered_like_the_real_thing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, secret) = listen_to(&owner, "chat:closed", &url).await;
        let example = ask(&owner, &format!("/webhooks/{id}/example")).await;
        assert_eq!((&example["seq"], &example["state"]), (&Value::Null, &json!("waiting")));
        deliver(&stage).await;
        let (headers, body) = receiver.heard().remove(0);
        assert!(is_signed(&secret, &headers, &body));
        assert_eq!(headers["webhook-id"].to_str().ok(), example["delivery_id"].as_str());
        assert_eq!(serde_json::from_slice::<Value>(&body).expect("JSON")["event_type"], "chat:closed");
        for _ in 0..30 {
            stage.advance(Duration::from_secs(3));
            ask(&owner, &format!("/webhooks/{id}/example")).await;
        }
        assert_eq!(deliveries(&owner, id).await.len(), 20, "only the last are kept");
        let official = owner.post("/webhooks", json!({"event_type": "waba:chat:closed", "url": url})).await.body();
        let example = owner.post_raw(&format!("/webhooks/{}/example", official["data"]["id"]), "").await;
        assert_eq!(example.status, 200, "{}", example.text());
        put(&owner, &format!("/webhooks/{id}"), json!({"enabled": false})).await;
        assert_eq!(owner.post_raw(&format!("/webhooks/{id}/example"), "").await.status, 400, "it is switched off");
    }
}

#[tokio::test]
async fn one_is_sent_again_with_the_same_bytes_and_the_whole_schedule_before_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, _) = listen_to(&owner, "message:sent:new", &url).await;
        owner.send(ECHO, "hi").await;
        deliver(&stage).await;
        let first = deliveries(&owner, id).await[0]["delivery_id"].as_str().expect("an id").to_owned();
        stage.advance(Duration::from_secs(3600));
        let again = ask(&owner, &format!("/webhooks/{id}/deliveries/{first}/resend")).await;
        assert_eq!((&again["state"], &again["attempts"]), (&json!("waiting"), &json!(1)));
        receiver.answer_next(StatusCode::BAD_GATEWAY);
        deliver(&stage).await;
        stage.advance(Duration::from_secs(6));
        deliver(&stage).await;
        let heard = receiver.heard();
        assert_eq!(heard.len(), 3);
        assert!(heard.iter().all(|(headers, body)| headers["webhook-id"] == first.as_str() && *body == heard[0].1));
        let one = delivery(&owner, id, &first).await;
        assert_eq!((&one["delivery"]["state"], &one["delivery"]["attempts"]), (&json!("delivered"), &json!(3)));
        for unknown in ["msg_x_1", "1", "msg__1", &format!("{first}0"), &first.to_uppercase()] {
            let refused = owner.post_raw(&format!("/webhooks/{id}/deliveries/{unknown}/resend"), "").await;
            assert_eq!(refused.status, 404, "{unknown}");
        }
    }
}

#[tokio::test]
async fn a_range_is_delivered_again_also_what_was_missed() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        let mut uids = Vec::new();
        for number in 0..3 {
            uids.push(owner.send(ECHO, &format!("before {number}")).await);
        }
        let (receiver, url) = Receiver::listen().await;
        let (id, _) = listen_to(&owner, "message:sent:new", &url).await;
        uids.push(owner.send(ECHO, "heard").await);
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 1, "what happened before interests nobody");
        let range = json!({"from_seq": 1});
        let begun = owner.post(&format!("/webhooks/{id}/replay"), range).await.body();
        assert_eq!(begun["data"]["from_seq"], 1);
        deliver(&stage).await;
        let told: Vec<String> = receiver
            .heard()
            .iter()
            .skip(1)
            .map(|(_, body)| serde_json::from_slice::<Value>(body).expect("JSON"))
            .map(|body| body["message"]["message_uid"].as_str().expect("a uid").to_owned())
            .collect();
        let mut all = told.clone();
        all.sort();
        assert_eq!(all, uids, "all of them once more, each once");
        let heard = receiver.heard();
        let first = &heard[0].0["webhook-id"];
        assert_eq!(heard.iter().filter(|(headers, _)| headers["webhook-id"] == *first).count(), 2, "under the same id");
        deliver(&stage).await;
        assert_eq!(receiver.heard().len(), 5, "and that was all");
        for bad in
            [json!({}), json!({"from_seq": 0}), json!({"from_seq": 1_000_000}), json!({"from_seq": 5, "to_seq": 4})]
        {
            let refused = owner.post(&format!("/webhooks/{id}/replay"), bad.clone()).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.body()["errors"][0]["fields"]),
                (400, &json!(["from_seq"])),
                "{bad}"
            );
        }
    }
}

#[tokio::test]
async fn deliveries_come_in_pages_and_by_state() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
    let (id, _) = listen_to(&owner, "message:sent:new", &url).await;
    for number in 0..52 {
        stage.advance(Duration::from_secs(2));
        owner.send(ECHO, &format!("{number}")).await;
    }
    receiver.answer_next(StatusCode::BAD_GATEWAY);
    deliver(&stage).await;
    stage.advance(Duration::from_secs(1));
    let page = owner.get(&format!("/webhooks/{id}/deliveries")).await.body()["data"].clone();
    let rows = page["deliveries"].as_array().expect("a list");
    assert_eq!((rows.len(), &page["has_more_pages"]), (50, &json!(true)));
    let last = rows[49]["delivery_id"].as_str().expect("an id");
    let next = owner.get(&format!("/webhooks/{id}/deliveries?before={last}")).await.body()["data"].clone();
    assert_eq!((next["deliveries"].as_array().map(Vec::len), &next["has_more_pages"]), (Some(2), &json!(false)));
    let waiting = owner.get(&format!("/webhooks/{id}/deliveries?state=waiting")).await.body()["data"].clone();
    assert_eq!(waiting["deliveries"].as_array().map(Vec::len), Some(1));
    insta::assert_snapshot!("bad_filters", owner.get("/webhooks/1/deliveries?state=lost").await.told());
    assert_eq!(owner.get(&format!("/webhooks/{id}/deliveries?before=msg_x_1")).await.status, 400);
}
