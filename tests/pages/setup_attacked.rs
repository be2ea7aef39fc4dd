//! What strangers try with the setup page, and what it must never tell.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::server::ServerOptions;
use partyline::workspace::settings::describe_workspace;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::kit::{Actor, Engine, TestApp};
use crate::{SET_UP, setup_link};

#[tokio::test]
async fn another_sites_form_is_refused_and_ours_is_taken() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, browser) = (setup_link(&app).await, app.stranger());
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in foreign {
        let refused = browser.with_header(name, value).post_form(&link, SET_UP).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let ours = browser.with_header("origin", "https://line.example");
    assert_eq!(ours.post_form(&link, SET_UP).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_small_form_is_refused_with_a_page() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, somebody) = (setup_link(&app).await, app.stranger());
    let huge = format!("name={}", "x".repeat(20_000));
    assert_eq!(somebody.post_form(&link, &huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(somebody.post_form(&link, "name=a&name=b&zone=UTC").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let json = somebody.post(&link, serde_json::json!({"name": "a", "zone": "UTC"})).await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(json.text().contains("Nothing was changed"), "{}", json.text());
    // Signs that draw nothing.
    for name in ["%00", "a%1Bb", "%0A"] {
        let refused = somebody.post_form(&link, &format!("name={name}&zone=UTC")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name}");
    }
    assert_eq!(somebody.get(&link).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_hostile_name_is_only_text() {
    const NAME: &str = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>";
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, somebody) = (setup_link(&app).await, app.stranger());
    let form = "workspace=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&zone=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let refused = somebody.post_form(&link, form).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    app.write(app.workspace, |write| describe_workspace(write, NAME, "UTC")).await;
    for page in [refused.text(), somebody.get(&link).await.text()] {
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    }
}

#[tokio::test]
async fn every_page_keeps_to_itself() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, somebody) = (setup_link(&app).await, app.stranger());
    for path in [link.as_str(), "//login", "//setup/unknown", "//"] {
        let page = somebody.get(path).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "strict-origin");
        let policy = page.header("content-security-policy");
        for rule in ["default-src 'none'", "style-src 'self';", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!page.text().contains("<script") && !page.text().contains("style="), "{}", page.text());
    }
}

#[tokio::test]
async fn no_log_line_tells_the_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = TestApp::on(Engine::Sqlite).await;
    let link = setup_link(&app).await;
    let routes =
        layered(app.router(), &ServerOptions::default(), TrustedProxies::new(Vec::new()), CancellationToken::new());
    let newcomer = Actor::new(routes, None);
    newcomer.get(&link).await;
    newcomer.get(&format!("{link}/")).await;
    newcomer.get(&format!("//elsewhere?link={link}")).await;
    assert_eq!(newcomer.post_form(&link, SET_UP).await.status, StatusCode::SEE_OTHER);
    newcomer.get(&link).await;
    let said = log.text();
    assert!(said.contains("/setup/{secret}"), "the log says nothing of these requests: {said}");
    let secret = link.rsplit('/').next().expect("a secret");
    assert!(!said.contains(secret), "{said}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}
