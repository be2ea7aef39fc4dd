//! Sessions and passwords of one's own, and the colours.

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::{OTHER_PASSWORD, PASSWORD, came_in, log_in, owner};

const ANA: &str = "ana%40northpier.example";

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_the_old_password() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let here = owner(&app).await;
        let there = came_in(&app.stranger(), &log_in(&app, ANA, PASSWORD).await);
        let change = format!("current={PASSWORD}&password={OTHER_PASSWORD}");
        let wrong = format!("current={OTHER_PASSWORD}&password={OTHER_PASSWORD}");
        let refused = here.post_form("//account/password", &wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(
            refused.text().contains("isn&#39;t your password now")
                || refused.text().contains("isn't your password now")
        );
        let changed = here.post_form("//account/password", &change).await;
        assert_eq!(changed.header("location"), "/account?done=password");
        assert!(here.get("//account?done=password").await.text().contains("Your password is changed"));
        assert_eq!(there.get("//account").await.status, StatusCode::SEE_OTHER);
        assert_eq!(log_in(&app, ANA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(log_in(&app, ANA, OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_or_all() {
    let app = TestApp::on(Engine::Sqlite).await;
    let here = owner(&app).await;
    let firefox = app.stranger().with_header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0 <b>");
    let form = format!("email={ANA}&password={PASSWORD}");
    let there = came_in(&firefox, &firefox.post_form("//login", &form).await);
    let page = here.get("//account").await.text();
    assert!(page.contains("Firefox on Linux") && page.contains("This one"), "{page}");
    assert_eq!(here.post_form("//account/sessions/end", "session=2").await.status, StatusCode::SEE_OTHER);
    assert_eq!(there.get("//account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("//account").await.status, StatusCode::OK);

    let there = came_in(&firefox, &firefox.post_form("//login", &form).await);
    assert_eq!(here.post_form("//account/sessions/end", "").await.header("location"), "/account?done=sessions-ended");
    assert_eq!(there.get("//account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("//account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = crate::teammate(&app, &ana, "joe%40northpier.example", "admin").await;
    joe.post_form("//account/sessions/end", "session=1").await;
    assert_eq!(ana.get("//account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_chosen_colours_are_kept_and_only_those_there_are() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let chosen = ana.post_form("//account/theme", "theme=dark").await;
    assert!(chosen.header("set-cookie").starts_with("partyline-theme=dark; Path=/;"));
    let odd = ana.post_form("//account/theme", "theme=%22%3E%3Cscript%3E").await;
    assert!(odd.header("set-cookie").starts_with("partyline-theme=system; Path=/;"));
    let page = ana.with_header("cookie", "partyline-theme=dark").get("//account").await.text();
    assert!(page.contains(r#"<html lang="en" data-theme="dark">"#), "{}", &page[..200]);
}
