//! Asking for more: from the form to the operator's screen and back, and the limits that hold then.

use axum::http::StatusCode;

use crate::kit::{Actor, Engine, TestApp};
use crate::{owner, teammate};

const ASK: &str = "//integrations/public-api/increase";

async fn limits(token: &Actor) -> serde_json::Value {
    token.get("/workspace").await.body()["data"].clone()
}

/// The Owner of a second workspace, logged in.
async fn other_owner(app: &TestApp) -> (partyline::id::WorkspaceId, Actor) {
    let (other, _) = app.other_workspace().await;
    let secret = partyline::workspace::setup::SetupSecret::generate();
    let kept = secret.clone();
    app.write(other, move |write| partyline::workspace::setup::renew_setup_link(write, &kept)).await;
    let link = format!("//setup/{}", secret.reveal());
    let form = "name=Sam+Lee&email=sam%40quay.example&password=salt+wind+over+the+pier&workspace=Quay+Cafe&zone=UTC";
    (other, crate::came_in(&app.stranger(), &app.stranger().post_form(&link, form).await))
}

#[tokio::test]
async fn an_increase_is_asked_for_granted_and_holds() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let (other, sam) = other_owner(&app).await;
        let crm = app.token_of(other, partyline::workspace::tokens::Scope::Full, false).await;
        assert!(sam.get(ASK).await.text().contains("mailto:help@line.example"));

        let asked = sam
            .post_form(ASK, "calls_per_cycle=400%2C000&credits_per_cycle=&reason=Two+%3Cb%3Emore%3C%2Fb%3E+shops")
            .await;
        assert_eq!(
            asked.header("location"),
            "/integrations/public-api/increase?done=increase-asked",
            "{}",
            asked.text()
        );
        let page = sam.get(ASK).await.text();
        assert!(page.contains("Waiting for the operator") && page.contains("400000 calls a cycle"), "{page}");
        assert!(page.contains("Two &lt;b&gt;more&lt;/b&gt; shops") && !page.contains("id=\"reason\""), "{page}");
        assert!(sam.get("//integrations/public-api").await.text().contains("Waiting for the operator"));
        let twice = sam.post_form(ASK, "calls_per_cycle=500000&reason=More").await;
        assert!(twice.text().contains("A request is open already"), "{}", twice.text());

        let screen = ana.get("//instance").await.text();
        for told in ["Quay Cafe", "Sam Lee", "Two &lt;b&gt;more", "value=\"400000\"", "1 open"] {
            assert!(screen.contains(told), "{told}: {screen}");
        }
        let answer =
            "verdict=granted&calls_per_cycle=300000&credits_per_cycle=2000&rate_per_minute=60&answer=Half+of+it";
        let granted = ana.post_form(&format!("//instance/requests/{other}/1"), answer).await;
        assert_eq!(granted.header("location"), "/instance?done=increase-answered", "{}", granted.text());
        assert!(!ana.get("//instance").await.text().contains("1 open"));
        let page = sam.get(ASK).await.text();
        for told in ["Granted", "Half of it", "of 300,000 used", "60 a minute now"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert_eq!(limits(&crm).await["api_calls_quota"]["total"], 300_000, "{}", limits(&crm).await);
        assert_eq!(
            ana.post_form(&format!("//instance/requests/{other}/1"), answer).await.status,
            StatusCode::NOT_FOUND
        );

        let events = crm.get("/events?after=0").await.text();
        for kind in ["limits:requested", "limits:answered", "limits:changed"] {
            assert!(events.contains(kind), "{kind}: {events}");
        }
        let audit = sam.get("//audit-log?about=settings").await.text();
        for told in [
            "Asked for an increase",
            "Answered an increase",
            "granted Half of it",
            "200000",
            "300000",
            "The operator",
            "Sam Lee",
        ] {
            assert!(audit.contains(told), "{told}: {audit}");
        }
    }
}

#[tokio::test]
async fn a_declined_request_says_why_and_another_may_follow() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    ana.post_form(ASK, "rate_per_minute=100&reason=A+sale").await;
    let declined = ana.post_form("//instance/requests/1/1", "verdict=declined&answer=Ask+again+in+May").await;
    assert_eq!(declined.status, StatusCode::SEE_OTHER, "{}", declined.text());
    let page = ana.get(ASK).await.text();
    assert!(page.contains("Declined") && page.contains("Ask again in May") && page.contains("id=\"reason\""), "{page}");
    assert_eq!(ana.post_form(ASK, "rate_per_minute=90&reason=A+smaller+sale").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_stands_beside_its_field() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for (form, fault) in [
        ("reason=More", "Say how much you need"),
        ("calls_per_cycle=many&reason=More", "Give a whole number"),
        ("calls_per_cycle=200000&reason=More", "It is 200000 now; ask for more"),
        ("rate_per_minute=9999999999&reason=More", "At most 1000000"),
        ("calls_per_cycle=300000&reason=", "Say why, in 1 to 1000 characters"),
        ("calls_per_cycle=300000&reason=a%00b", "Say why, in 1 to 1000 characters"),
    ] {
        let refused = ana.post_form(ASK, form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(refused.text().contains(fault), "{form}: {}", refused.text());
    }
    ana.post_form(ASK, "calls_per_cycle=300000&reason=More").await;
    for (form, fault) in [
        ("verdict=granted&calls_per_cycle=-5", "calls_per_cycle must be"),
        ("verdict=granted&rate_per_minute=0", "rate_per_minute must be"),
        ("verdict=maybe", "Grant the request or decline it"),
    ] {
        let refused = ana.post_form("//instance/requests/1/1", form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(refused.text().contains(fault), "{form}: {}", refused.text());
    }
    assert!(ana.get("//instance").await.text().contains("1 open"), "it was answered by a refusal");
}

#[tokio::test]
async fn the_operator_sets_limits_and_sees_the_server() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let (other, sam) = other_owner(&app).await;
        // The clock of this test stands still in January; the page sees that it isn't the database's.
        let page = ana.get("//instance?sizes=1").await.text();
        for told in [
            "North Pier Books",
            "Quay Cafe",
            "apart from the database",
            "help@line.example",
            "<code>messages</code>",
            "in all",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
        let set =
            ana.post_form(&format!("//instance/workspaces/{other}/limits"), "calls_per_cycle=1000&top_up=50").await;
        assert_eq!(set.header("location"), "/instance?done=limits", "{}", set.text());
        let page = ana.get("//instance").await.text();
        assert!(page.contains("of 1,000") && page.contains("50 topped up"), "{page}");
        let wrong = ana.post_form(&format!("//instance/workspaces/{other}/limits"), "rate_per_minute=0").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        assert!(wrong.text().contains("rate_per_minute must be 1 to"), "{}", wrong.text());
        assert_eq!(ana.post_form("//instance/workspaces/99/limits", "").await.status, StatusCode::NOT_FOUND);
        let audit = sam.get("//audit-log").await.text();
        assert!(audit.contains("Topped credits up") && audit.contains("Set the calls of a cycle"), "{audit}");
        assert!(!ana.get("//audit-log").await.text().contains("Topped credits up"), "another workspace's");
    }
}

#[tokio::test]
async fn nobody_but_the_operator_opens_the_instance() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (_, sam) = other_owner(&app).await;
    let admin = teammate(&app, &ana, "joe%40x.example", "admin").await;
    ana.post_form(ASK, "calls_per_cycle=300000&reason=More").await;
    for somebody in [&sam, &admin] {
        assert_eq!(somebody.get("//instance").await.status, StatusCode::FORBIDDEN);
        for path in ["//instance/requests/1/1", "//instance/workspaces/1/limits"] {
            let status = somebody.post_form(path, "verdict=granted&calls_per_cycle=300000").await.status;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
        assert!(!somebody.get("//account").await.text().contains("href=\"/instance\""));
    }
    assert!(ana.get("//account").await.text().contains("href=\"/instance\""));
    assert!(ana.get("//instance").await.text().contains("1 open"));
    let evil = ana.with_header("origin", "https://evil.example");
    assert_eq!(evil.post_form("//instance/requests/1/1", "verdict=granted").await.status, StatusCode::FORBIDDEN);
}
