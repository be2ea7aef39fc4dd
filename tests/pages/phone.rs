//! The sandbox's phone: somebody of the team plays the customer.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::accounts::Supervisor;
use tokio_util::sync::CancellationToken;

use crate::kit::{Actor, Engine, TestApp};
use crate::{owner, teammate};

const PHONE: &str = "/phone/12025550177";

/// A server whose accounts work, and Ana before it.
struct Working {
    app: TestApp,
    ana: Actor,
    stop: CancellationToken,
    supervisor: Supervisor,
}

impl Working {
    async fn on(engine: Engine) -> Working {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let stop = CancellationToken::new();
        let supervisor = Supervisor::start(app.app.clone(), stop.clone());
        Working { app, ana, stop, supervisor }
    }

    /// Asks for the phone's page until it is as wanted. Time passes meanwhile, on the test's clock.
    async fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        let bell = self.app.app.wakes.of(self.app.workspace);
        let mut last = String::new();
        for _ in 0..500 {
            let rung = bell.notified();
            last = page(&self.ana, PHONE).await;
            if wanted(&last) {
                return last;
            }
            self.app.advance(Duration::from_secs(1));
            let _ = tokio::time::timeout(Duration::from_millis(20), rung).await;
        }
        panic!("never became as wanted: {last}");
    }

    /// Does something at the phone and waits for what comes of it.
    async fn done(&self, form: &str, wanted: impl Fn(&str) -> bool) -> String {
        let answer = self.ana.post_form(&format!("/{PHONE}/do"), form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}: {}", answer.text());
        self.until(wanted).await
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.supervisor.finished()).await.expect("stopped in time");
    }
}

async fn page(actor: &Actor, path: &str) -> String {
    let answer = actor.get(&format!("/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// WhatsApp's id of the last message that the phone shows.
fn last_message(page: &str) -> String {
    let at = page.rfind("id=\"p-").map_or(page.len(), |at| at + "id=\"p-".len());
    page[at..].split('"').next().expect("an id").to_owned()
}

#[tokio::test]
async fn the_customer_writes_corrects_reacts_and_takes_back() {
    for engine in Engine::all() {
        let working = Working::on(engine).await;
        assert_eq!(working.ana.get("//phone?who=%2B12025550100&other=").await.header("location"), "/phone/12025550100");
        assert!(page(&working.ana, PHONE).await.contains("Nothing was said yet"));
        let both = |page: &str| page.matches("Is the blue one there?").count() >= 3;
        let wrote = working.done("what=text&text=Is+the+blue+one+there%3F", both).await;
        let id = last_message(&wrote);
        let edit = format!("what=edit&text=The+red+one&message={id}");
        let corrected = working.done(&edit, |page| !page.contains("blue") && page.matches("edited").count() == 2).await;
        let chat = corrected.split("data-chat=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a chat");
        let sent = working.ana.post_form(&format!("//inbox/{chat}/send"), "text=Yes").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let answered = working.until(|page| last_message(page) != id).await;
        let react = format!("what=react&emoji=%F0%9F%91%8D&message={}", last_message(&answered));
        working.done(&react, |page| page.matches(r#"class="reactions""#).count() == 2).await;
        let delete = format!("what=delete&message={id}");
        working.done(&delete, |page| page.matches("This message was deleted").count() == 2).await;
        working.end().await;
    }
}

#[tokio::test]
async fn pictures_voices_documents_and_places_arrive() {
    let working = Working::on(Engine::Sqlite).await;
    for (what, word) in [("photo", "Picture"), ("voice", "Voice message"), ("pdf", "Document"), ("place", "Comércio")]
    {
        working.done(&format!("what={what}"), |page| page.contains(word)).await;
    }
    let browser = working.ana.with_header("content-type", "multipart/form-data; boundary=line");
    let head = "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let sent = browser.post_raw(&format!("/{PHONE}/file"), format!("{head}mine\r\n--line--\r\n")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    working.until(|page| page.contains("a.txt")).await;
    working.end().await;
}

#[tokio::test]
async fn a_phone_is_switched_off_and_on() {
    let working = Working::on(Engine::Sqlite).await;
    working.done("what=text&text=Hello", |page| page.contains("Hello")).await;
    working.done("what=offline", |page| page.contains("Switched off") && page.contains("Switch on")).await;
    working.done("what=online", |page| !page.contains("Switched off")).await;
    working.end().await;
}

#[tokio::test]
async fn what_a_phone_can_not_do_is_refused() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for (form, status) in [
        ("what=fly", StatusCode::BAD_REQUEST),
        ("what=text&text=+", StatusCode::BAD_REQUEST),
        ("what=delete&message=none", StatusCode::NOT_FOUND),
        ("what=react&emoji=%00&message=none", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ana.post_form("//phone/12025550177/do", form).await.status, status, "{form}");
    }
    for who in ["x", "12@g.us", "%40lid"] {
        assert_eq!(ana.get(&format!("//phone/{who}")).await.status, StatusCode::BAD_REQUEST, "{who}");
    }
    let reader = teammate(&app, &ana, "rea%40x.example", "collaborator").await;
    assert_eq!(reader.get("//phone/12025550177").await.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.post_form("//phone/12025550177/do", "what=text&text=a").await.status, StatusCode::FORBIDDEN);
    let foreign = ana.with_header("origin", "https://evil.example");
    assert_eq!(foreign.post_form("//phone/12025550177/do", "what=text&text=a").await.status, StatusCode::FORBIDDEN);
}
