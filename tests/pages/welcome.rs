//! The first steps of somebody new: a message, and the reply to it.

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::owner;

#[tokio::test]
async fn a_first_message_is_accepted_and_watched() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        assert!(ana.get("//welcome?done=setup").await.text().contains("Your workspace is set up."));
        let sent = ana.post_form("//welcome/send", "text=Is+anybody+there%3F").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        let place = sent.header("location").split('#').next().expect("a path").to_owned();
        let page = ana.get(&format!("/{place}")).await.text();
        assert!(page.contains("Is anybody there?") && page.contains("Pending"), "{page}");
        assert!(page.contains(r#"http-equiv="refresh""#), "nothing looks for the reply");
        app.advance(std::time::Duration::from_secs(61));
        assert!(!ana.get(&format!("/{place}")).await.text().contains(r#"http-equiv="refresh""#), "it looks for ever");
    }
}

#[tokio::test]
async fn what_cant_be_sent_is_said_beside_the_field() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let empty = ana.post_form("//welcome/send", "text=").await.text();
    assert!(empty.contains("There is nothing to send") && empty.contains(r#"aria-invalid="true""#), "{empty}");
    let unknown = ana.get("//welcome?message=00000000-0000-0000-0000-000000000000").await;
    assert_eq!(unknown.status, StatusCode::OK);
    assert_eq!(ana.get("//welcome?message=x&done=%3Cb%3E").await.status, StatusCode::OK);
}
