//! Logging in and out, and what nobody learns by trying.

use std::time::Duration;

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::{OTHER_PASSWORD, PASSWORD, came_in, log_in, owner};

const ANA: &str = "ana%40northpier.example";

#[tokio::test]
async fn the_owner_logs_out_and_in_again() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        assert_eq!(ana.get("//account").await.status, StatusCode::OK);
        let out = ana.post_form("//logout", "").await;
        assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/login"));
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(ana.get("//account").await.header("location"), "/login?next=%2Faccount", "the cookie still opens");

        let back = log_in(&app, "ANA%40northpier.example", PASSWORD).await;
        assert_eq!(back.header("location"), "/inbox");
        let ana = came_in(&app.stranger(), &back);
        assert_eq!(ana.get("//").await.status, StatusCode::SEE_OTHER);
        assert!(ana.get("//account").await.text().contains("Ana Martins"));
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_told_the_same() {
    let app = TestApp::on(Engine::Sqlite).await;
    owner(&app).await;
    let wrong = log_in(&app, ANA, OTHER_PASSWORD).await;
    let unknown = log_in(&app, "bob%40northpier.example", OTHER_PASSWORD).await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text().replace("ana@", ""), unknown.text().replace("bob@", ""));
    assert!(wrong.text().contains("belong together"), "{}", wrong.text());
    assert!(wrong.headers.get("set-cookie").is_none());
    for odd in ["email=&password=", "email=%00&password=x", &format!("email={ANA}&password={}", "x".repeat(9_000))] {
        assert_eq!(app.stranger().post_form("//login", odd).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn whoever_guesses_has_to_wait_and_then_comes_in() {
    let app = TestApp::on(Engine::Sqlite).await;
    owner(&app).await;
    for _ in 0..10 {
        assert_eq!(log_in(&app, ANA, OTHER_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = log_in(&app, ANA, PASSWORD).await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
    assert!(slowed.text().contains("15 minutes"), "{}", slowed.text());
    app.advance(Duration::from_secs(15 * 60));
    assert_eq!(log_in(&app, ANA, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_is_sent_on_to_the_page_that_was_asked_for_and_to_nobody_elses() {
    let app = TestApp::on(Engine::Sqlite).await;
    owner(&app).await;
    let asked = app.stranger().get("//team?done=role").await;
    assert_eq!(asked.header("location"), "/login?next=%2Fteam%3Fdone%3Drole");
    let form = app.stranger().get("//login?next=%2Fteam%3Fdone%3Drole").await;
    assert!(form.text().contains(r#"name="next" value="/team?done=role""#), "{}", form.text());
    let go = async |next: &str| {
        let form = format!("email={ANA}&password={PASSWORD}&next={next}");
        app.stranger().post_form("//login", &form).await.header("location").to_owned()
    };
    assert_eq!(go("%2Fteam%3Fdone%3Drole").await, "/team?done=role");
    for elsewhere in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "team", "%2Fa%0D%0Ab"] {
        assert_eq!(go(elsewhere).await, "/inbox", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_unused_and_lives_on_while_used() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for _ in 0..3 {
        app.advance(Duration::from_secs(10 * 24 * 3600));
        assert_eq!(ana.get("//account").await.status, StatusCode::OK);
        // Its use is noted beside the request.
        while !noted(&app).await {
            tokio::task::yield_now().await;
        }
    }
    app.advance(Duration::from_secs(14 * 24 * 3600));
    assert_eq!(ana.get("//account").await.status, StatusCode::SEE_OTHER);
}

async fn noted(app: &TestApp) -> bool {
    let (workspace, now) = (app.workspace, app.clock.now());
    let look = move |tx: &mut database::Snapshot<'_>| {
        let owner = partyline::id::TeammateId::OWNER;
        Ok::<_, partyline::error::Error>(partyline::store::sessions::session_list(tx, workspace, owner, now)?)
    };
    app.app.read(look).await.expect("read").iter().all(|session| session.seen_at == now)
}

#[tokio::test]
async fn another_sites_forms_change_nothing() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let paths = [
        "//login",
        "//logout",
        "//account/password",
        "//account/sessions/end",
        "//account/theme",
        "//team/invite",
        "//team/2/role",
        "//team/2/link",
        "//team/2/remove",
        "//team/2/withdraw",
        "//workspace",
        "//welcome/send",
    ];
    for path in paths {
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            let refused = ana.with_header(name, value).post_form(path, "").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {name}: {value}");
        }
    }
    assert_eq!(ana.get("//account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_page_opens_without_a_session_and_a_token_of_the_api_is_none() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (stranger, crm) = (app.stranger(), app.token().await);
    for path in ["//account", "//team", "//workspace", "//welcome"] {
        for actor in [
            &stranger,
            &crm,
            &stranger.with_header("cookie", "__Host-partyline=0"),
            &stranger.with_header("cookie", "partyline=x"),
        ] {
            let answer = actor.get(path).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.header("location").starts_with("/login"), "{path}");
        }
    }
    let ana = owner(&app).await;
    assert_eq!(ana.get("/workspace").await.status, StatusCode::UNAUTHORIZED, "a cookie opens the API");
}
