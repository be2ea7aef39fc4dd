//! Contacts: found, opted out, made one of two, taken in and handed out.

use axum::http::StatusCode;

use crate::kit::{Actor, Answer, Engine, TestApp};
use crate::{owner, teammate};

async fn page(actor: &Actor, path: &str) -> String {
    let answer = actor.get(&format!("/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

async fn done(actor: &Actor, path: &str, form: &str) -> String {
    let answer = actor.post_form(&format!("/{path}"), form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text());
    page(actor, answer.header("location")).await
}

async fn take_in(actor: &Actor, table: &str) -> Answer {
    let browser = actor.with_header("content-type", "multipart/form-data; boundary=line");
    let head = "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    browser.post_raw("//contacts/import", format!("{head}{table}\r\n--line--\r\n")).await
}

#[tokio::test]
async fn contacts_are_taken_in_found_and_handed_out() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        assert!(page(&ana, "/contacts").await.contains("No contacts yet"));
        let table = "name,phone,opted_out\nZo\u{eb} <b>,+1 202 555 0120,yes\n\"Berg, Jo\",+12025550121,\n";
        assert_eq!(take_in(&ana, table).await.status, StatusCode::SEE_OTHER);
        let shown = page(&ana, "/contacts").await;
        assert!(
            shown.contains("Zo\u{eb} &lt;b&gt;") && shown.contains("Berg, Jo") && shown.contains("Opted out"),
            "{shown}"
        );
        assert!(!page(&ana, "/contacts?q=ZO%C3%8B").await.contains("Berg"), "whatever the case");
        assert!(page(&ana, "/contacts?q=0121").await.contains("Berg"));
        assert_eq!(take_in(&ana, "phone,name\n+12025550121,Jo\n").await.status, StatusCode::SEE_OTHER);
        let out = page(&ana, "/contacts/contacts.csv").await;
        assert_eq!(out, "name,phone,lid,opted_out\r\nZo\u{eb} <b>,'+12025550120,,yes\r\nJo,'+12025550121,,no\r\n");
        let bad = take_in(&ana, "name\nJo\n").await;
        assert!(bad.status == StatusCode::BAD_REQUEST && bad.text().contains("must be phone"), "{}", bad.text());
        let large = take_in(&ana, &"a".repeat(1024 * 1024 + 1)).await;
        assert!(matches!(large.status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE), "{}", large.status);
    }
}

#[tokio::test]
async fn two_contacts_become_one_and_whoever_opted_out_stays_out() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let token = app.token().await;
        token.send("+12025550120", "Hello").await;
        token.send("+12025550121", "Hello").await;
        assert!(done(&ana, "/contacts/2/opt", "out=true").await.contains("no mass messages any more"));
        let merged = done(&ana, "/contacts/merge", "contact=2&contact=1").await;
        assert_eq!((merged.matches("value=\"1\"").count(), merged.matches("Opted out").count()), (2, 4), "{merged}");
        assert!(page(&ana, "/inbox/2").await.contains("Hello"), "its chats stay");
        let unasked = token.post("/messages", serde_json::json!({"phone": "+12025550121", "text": "Again"})).await;
        assert!(
            unasked.status == StatusCode::BAD_REQUEST && unasked.text().contains("opted out"),
            "{}",
            unasked.text()
        );
        assert_eq!(ana.post_form("//inbox/2/send", "mode=reply&text=By+hand").await.status, StatusCode::SEE_OTHER);
        for (path, form, status) in [
            ("merge", "contact=1", StatusCode::BAD_REQUEST),
            ("merge", "contact=1&contact=9", StatusCode::NOT_FOUND),
            ("2/opt", "out=true", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(ana.post_form(&format!("//contacts/{path}"), form).await.status, status, "{path}");
        }
    }
}

#[tokio::test]
async fn contacts_are_of_their_workspace_and_a_reader_changes_none() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    let token = app.token_of(other, partyline::workspace::tokens::Scope::Full, false).await;
    token.send("+12025550120", "theirs").await;
    assert!(page(&ana, "/contacts").await.contains("No contacts yet"));
    assert_eq!(ana.post_form("//contacts/1/opt", "out=true").await.status, StatusCode::NOT_FOUND);
    let reader = teammate(&app, &ana, "rea%40x.example", "collaborator").await;
    page(&reader, "/contacts").await;
    for (path, form) in [("1/opt", "out=true"), ("merge", "contact=1&contact=2")] {
        assert_eq!(reader.post_form(&format!("//contacts/{path}"), form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(take_in(&reader, "phone\n+12025550120\n").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.stranger().get("//contacts/contacts.csv").await.status, StatusCode::SEE_OTHER);
}
