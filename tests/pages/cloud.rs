//! Numbers of Meta's Cloud API on the page: what Meta refuses stands beside its field, and what Meta's app has to be told is
//! shown once.

use std::io::{Read, Write};
use std::net::TcpListener;

use axum::http::StatusCode;
use partyline::accounts::health::{Health, set_health};
use partyline::app::GraphPlace;
use partyline::clock::Time;
use partyline::id::AccountId;

use crate::kit::{Actor, Engine, TestApp};
use crate::{owner, teammate};

const GOOD: &str = "EAAgood-token";
const FORM: &str = "name=Support&phone_number_id=106540352242922&business_id=102290129340398&app_secret=not-so-secret";

/// A Graph that knows one number and takes one token.
fn graph() -> GraphPlace {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 16 * 1024];
            let length = stream.read(&mut asked).unwrap_or(0);
            let (status, body) = match String::from_utf8_lossy(&asked[..length]).contains(GOOD) {
                true => (
                    "200 OK",
                    r#"{"id": "106540352242922", "display_phone_number": "+1 415 555 0123", "verified_name": "Harbour Bikes", "quality_rating": "GREEN"}"#,
                ),
                false => (
                    "401 Unauthorized",
                    r#"{"error": {"message": "Error validating access token", "type": "OAuthException", "code": 190}}"#,
                ),
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    GraphPlace { url, version: "v25.0".to_owned() }
}

async fn with_graph() -> (TestApp, Actor) {
    let app = TestApp::on(Engine::Sqlite).await;
    let _ = app.app.clone().with_graph(graph());
    let ana = owner(&app).await;
    (app, ana)
}

#[tokio::test]
async fn a_number_is_added_once_its_token_is_good_and_meta_is_told_where_to_call() {
    let (_app, ana) = with_graph().await;
    let refused = ana.post_form("//accounts/cloud", &format!("{FORM}&access_token=EAAbad-token")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let page = refused.text();
    assert!(page.contains("WhatsApp refuses: ") && page.contains("make a new one in the app"), "{page}");
    assert!(page.contains("value=\"106540352242922\""), "what was filled in stays");
    assert!(!page.contains("EAAbad-token") && !page.contains("not-so-secret"), "but no secret does");

    let added = ana.post_form("//accounts/cloud", &format!("{FORM}&access_token={GOOD}")).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    let page = added.text();
    assert!(page.contains("https://line.example/provider/cloud/") && page.contains("Verify token"), "{page}");
    assert!(page.contains("+14155550123"), "{page}");
    let later = ana.get("//accounts").await.text();
    assert!(later.contains("Support") && !later.contains("/provider/cloud/"), "shown once: {later}");
    assert!(ana.get("//audit-log?about=accounts").await.text().contains("+14155550123"));
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_on_the_card() {
    let (app, ana) = with_graph().await;
    ana.post_form("//accounts/cloud", &format!("{FORM}&access_token={GOOD}")).await;
    app.write(app.workspace, |write| set_health(write, AccountId(2), Health::TokenInvalid, "It expired", Time::NEVER))
        .await;
    let bad = ana.post_form("//accounts/2/token", "access_token=EAAbad-token").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(bad.text().contains("WhatsApp refuses"), "{}", bad.text());
    let good = ana.post_form("//accounts/2/token", &format!("access_token={GOOD}")).await;
    assert_eq!(good.status, StatusCode::SEE_OTHER, "{}", good.text());
    let page = ana.get("//accounts").await.text();
    assert!(!page.contains("It expired"), "{page}");
    assert!(ana.get("//audit-log?about=accounts").await.text().contains("Gave another token to"));
    assert_eq!(ana.post_form("//accounts/1/token", "access_token=EAAgood-token").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_field_says_what_it_wants_and_only_managers_add() {
    let (app, ana) = with_graph().await;
    let odd = "name=x&phone_number_id=abc&business_id=1&access_token=EAAgood-token&app_secret=not-so-secret";
    let answer = ana.post_form("//accounts/cloud", odd).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("phone_number_id is made of digits"), "{}", answer.text());
    let rehearsed = ana.post_form("//accounts/link", "name=Rehearsed&way=cloud").await;
    assert_eq!(rehearsed.status, StatusCode::SEE_OTHER, "{}", rehearsed.text());
    assert!(ana.get("//accounts").await.text().contains("Rehearsed"));
    let joe = teammate(&app, &ana, "joe%40x.example", "agent").await;
    assert_eq!(joe.post_form("//accounts/cloud", FORM).await.status, StatusCode::FORBIDDEN);
    assert!(!joe.get("//accounts").await.text().contains("add-cloud"));
}
