//! Integrations, Webhooks: from its making to its end, what was delivered to the byte, and the replay of a range.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use partyline::courier::deliver_due;
use partyline::workspace::tokens::Scope;

use crate::kit::{Actor, Answer, ECHO, Engine, Receiver, TestApp};
use crate::owner;

const PAGE: &str = "//integrations/webhooks";

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn add(somebody: &Actor, event_type: &str, url: &str) -> Answer {
    somebody.post_form(PAGE, &format!("event_type={}&url={}", encoded(event_type), encoded(url))).await
}

/// The secret that a page shows once.
fn shown_secret(page: &Answer) -> String {
    let text = page.text();
    let field = text.split("id=\"secret\"").nth(1).unwrap_or_else(|| panic!("no secret: {text}"));
    field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned()
}

async fn deliver(app: &TestApp) {
    deliver_due(&app.app).await.expect("delivered");
}

/// The first delivery that a webhook's page links to.
async fn first_delivery(ana: &Actor, query: &str) -> String {
    let page = ana.get(&format!("{PAGE}/1?{query}")).await.text();
    let link = page.split("delivery=").nth(1).and_then(|rest| rest.split('#').next());
    link.unwrap_or_else(|| panic!("no delivery: {page}")).to_owned()
}

#[tokio::test]
async fn a_webhook_is_added_tried_and_its_deliveries_are_told_to_the_byte() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        assert!(ana.get(PAGE).await.text().contains("Nobody listens yet"));
        let (receiver, url) = Receiver::listen().await;
        let made = add(&ana, "message:sent:new", &url).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let secret = shown_secret(&made);
        assert!(secret.starts_with("whsec_"), "{secret}");
        let list = ana.get(PAGE).await.text();
        assert!(
            list.contains("Waiting for its first event") && list.contains(&url) && list.contains("1 of 10"),
            "{list}"
        );
        assert!(!list.contains(&secret) && !ana.get(&format!("{PAGE}/1")).await.text().contains(&secret));

        let tested = ana.post_form(&format!("{PAGE}/1/test"), "").await;
        let place = tested.header("location").to_owned();
        assert!(place.starts_with("/integrations/webhooks/1?done=webhook-tested&delivery=msg_"), "{place}");
        let waiting = ana.get(&format!("/{}", place.split('#').next().expect("a path"))).await.text();
        assert!(waiting.contains("The example is on its way") && waiting.contains("1st try now"), "{waiting}");
        assert!(waiting.contains("http-equiv=\"refresh\""), "it doesn't look again");
        deliver(&app).await;
        let opened = ana.get(&format!("/{}", place.split('#').next().expect("a path"))).await.text();
        assert!(opened.contains("1st try: 200") && opened.contains("An example; nothing of it happened"), "{opened}");
        let (headers, body) = receiver.heard().pop().expect("it was heard");
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let line = format!("{name}: {}", headers[name].to_str().expect("text"));
            assert!(opened.contains(&line), "{line} of {opened}");
        }
        let told: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(told["event_type"], "message:sent:new");
        let list = ana.get(PAGE).await.text();
        assert!(list.contains("Healthy") && list.contains("0.0 %") && list.contains("200 in"), "{list}");

        let again = add(&ana, "message:sent:new", &url).await;
        assert_eq!(again.header("location"), "/integrations/webhooks/1?done=webhook-there");
    }
}

#[tokio::test]
async fn failures_are_told_with_their_answers_and_a_delivery_goes_again() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let (receiver, url) = Receiver::listen().await;
        add(&ana, "message:sent:new", &url).await;
        receiver.answer_next_with((StatusCode::SERVICE_UNAVAILABLE, "<b>not ready</b>").into_response());
        let uid = app.token().await.send(ECHO, "Your bike is ready").await;
        deliver(&app).await;
        let list = ana.get(PAGE).await.text();
        assert!(list.contains("Failing, 1 in a row") && list.contains("100.0 %"), "{list}");
        let id = first_delivery(&ana, "state=waiting").await;
        let opened = ana.get(&format!("{PAGE}/1?delivery={id}")).await.text();
        for told in ["Retrying", "1st try: 503", "&lt;b&gt;not ready&lt;/b&gt;", "2nd try at", "Up to 8 more follow"] {
            assert!(opened.contains(told), "{told}: {opened}");
        }
        assert!(opened.contains(&format!("#m-{uid}")), "it leads to its message: {opened}");
        app.advance(Duration::from_secs(7));
        deliver(&app).await;
        assert!(ana.get(&format!("{PAGE}/1?delivery={id}")).await.text().contains("2nd try: 200"));

        let resent = ana.post_form(&format!("{PAGE}/1/resend"), &format!("delivery={id}")).await;
        assert_eq!(resent.status, StatusCode::SEE_OTHER, "{}", resent.text());
        deliver(&app).await;
        let ids: Vec<_> = receiver.heard().iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
        assert_eq!(ids.len(), 3);
        assert!(ids.iter().all(|one| one == id.as_str()), "{ids:?}");
        let none = ana.get(&format!("{PAGE}/1?state=failed")).await.text();
        assert!(none.contains("None of these"), "{none}");
    }
}

#[tokio::test]
async fn a_paused_webhook_hears_nothing_until_it_is_resumed_and_what_it_missed_is_replayed() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let (receiver, url) = Receiver::listen().await;
        add(&ana, "message:sent:new", &url).await;
        let crm = app.token().await;
        assert_eq!(
            ana.post_form(&format!("{PAGE}/1/pause"), "").await.header("location"),
            "/integrations/webhooks/1?done=webhook-paused"
        );
        assert!(ana.get(PAGE).await.text().contains("Paused"));
        crm.send(ECHO, "one").await;
        app.advance(Duration::from_secs(3_600));
        crm.send(ECHO, "two").await;
        deliver(&app).await;
        assert_eq!(ana.post_form(&format!("{PAGE}/1/test"), "").await.status, StatusCode::BAD_REQUEST);
        assert_eq!(ana.post_form(&format!("{PAGE}/1/resume"), "").await.status, StatusCode::SEE_OTHER);
        deliver(&app).await;
        assert_eq!(receiver.heard().len(), 0, "what it missed comes only when it is asked for");

        // The workspace is in New York: 09:00 in Lisbon is 04:00 there.
        let ranged = ana.post_form(&format!("{PAGE}/1/replay"), "from=2026-01-15T03%3A59&to=2026-01-15T04%3A30").await;
        assert_eq!(ranged.header("location"), "/integrations/webhooks/1?done=webhook-replayed", "{}", ranged.text());
        deliver(&app).await;
        assert_eq!(receiver.heard().len(), 1, "only what happened in that time");
        ana.post_form(&format!("{PAGE}/1/replay"), "from=2026-01-15T03%3A59&to=").await;
        deliver(&app).await;
        assert_eq!(receiver.heard().len(), 3);
        for (span, fault) in [
            ("from=&to=", "Give a day and a time"),
            ("from=2026-01-15T04%3A00&to=never", "Give a day and a time"),
            ("from=2026-02-15T04%3A00&to=", "Nothing happened in that time"),
        ] {
            let refused = ana.post_form(&format!("{PAGE}/1/replay"), span).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{span}");
            assert!(refused.text().contains(fault), "{span}: {}", refused.text());
        }
    }
}

#[tokio::test]
async fn a_rotated_secret_signs_beside_the_old_one_for_a_day() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (receiver, url) = Receiver::listen().await;
    let first = shown_secret(&add(&ana, "message:sent:new", &url).await);
    let crm = app.token().await;
    crm.send(ECHO, "before").await;
    deliver(&app).await;
    app.advance(Duration::from_secs(60));
    let second = shown_secret(&ana.post_form(&format!("{PAGE}/1/rotate"), "").await);
    assert_ne!(first, second);
    let id = first_delivery(&ana, "").await;
    let opened = ana.get(&format!("{PAGE}/1?delivery={id}")).await.text();
    assert!(opened.contains("by the secret before the last rotation"), "{opened}");
    assert!(opened.contains("Old secret signs until"), "{opened}");
    crm.send(ECHO, "hi").await;
    deliver(&app).await;
    let signatures = |at: usize| {
        let heard = receiver.heard();
        heard[at].0["webhook-signature"].to_str().expect("text").split(' ').count()
    };
    assert_eq!((signatures(0), signatures(1)), (1, 2));
    let heard = receiver.heard();
    let opened =
        ana.get(&format!("{PAGE}/1?delivery={}", heard[1].0["webhook-id"].to_str().expect("text"))).await.text();
    assert!(opened.contains(heard[1].0["webhook-signature"].to_str().expect("text")), "{opened}");
    app.advance(Duration::from_secs(24 * 3600));
    crm.send(ECHO, "later").await;
    deliver(&app).await;
    assert_eq!(signatures(2), 1);

    assert_eq!(
        ana.post_form(&format!("{PAGE}/1/delete"), "").await.header("location"),
        "/integrations/webhooks?done=webhook-deleted"
    );
    assert_eq!(ana.get(&format!("{PAGE}/1")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_stands_beside_its_field() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for (event_type, url, fault) in [
        ("nothing", "https://crm.example.com/", "Choose one of the events"),
        ("message:new", "ftp://crm.example.com/", "aria-invalid=\"true\""),
        ("message:new", "http://10.0.0.1/", "aria-invalid=\"true\""),
        ("message:new", "", "aria-invalid=\"true\""),
    ] {
        let refused = add(&ana, event_type, url).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{event_type} {url}");
        assert!(refused.text().contains(fault), "{fault}: {}", refused.text());
    }
    for number in 0..10 {
        add(&ana, "message:new", &format!("https://crm.example.com/{number}")).await;
    }
    assert!(add(&ana, "message:new", "https://crm.example.com/10").await.text().contains("at most 10 webhooks"));
    assert!(!ana.get(PAGE).await.text().contains("Add webhook"));
}

#[tokio::test]
async fn nobody_reaches_another_workspaces_webhooks() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    let outsider = app.token_of(other, Scope::Full, false).await;
    let made = outsider
        .post("/webhooks", serde_json::json!({"event_type": "message:new", "url": "https://other.example.com/hear"}))
        .await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(!ana.get(PAGE).await.text().contains("other.example.com"));
    for id in ["1", "99", "0", "-1"] {
        assert_eq!(ana.get(&format!("{PAGE}/{id}")).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    for what in ["test", "pause", "resume", "rotate", "delete"] {
        let status = ana.post_form(&format!("{PAGE}/1/{what}"), "").await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{what}");
    }
    assert_eq!(outsider.get("/webhooks/1").await.body()["data"]["enabled"], true);
    let odd = ana.get(&format!("{PAGE}/one")).await;
    assert_eq!(odd.status, StatusCode::NOT_FOUND);
    assert!(odd.text().contains("There is no such page") && odd.header("content-type").starts_with("text/html"));
    let evil = ana.with_header("origin", "https://evil.example");
    assert_eq!(add(&evil, "message:new", "https://crm.example.com/").await.status, StatusCode::FORBIDDEN);
}
