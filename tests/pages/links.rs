//! Invitations and ways to a new password: links that open once.

use std::time::Duration;

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::{OTHER_PASSWORD, PASSWORD, came_in, log_in, owner, shown_link, teammate};

const JOE: &str = "joe%40northpier.example";

#[tokio::test]
async fn an_invited_teammate_comes_in_once() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let made = ana.post_form("//team/invite", &format!("email={JOE}&role=agent&team=Sales")).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let link = shown_link(&made, "invitation");
        assert!(!ana.get("//team").await.text().contains("/invitation/"), "the link is shown again");

        let form = app.stranger().get(&link).await;
        assert!(
            form.text().contains("North Pier Books") && form.text().contains("joe@northpier.example"),
            "{}",
            form.text()
        );
        let weak = app.stranger().post_form(&link, "name=Joe+Reyes&password=short").await;
        assert_eq!(weak.status, StatusCode::BAD_REQUEST);
        assert!(weak.text().contains("at least 15 characters") && !weak.text().contains("short\""), "{}", weak.text());
        let joined = app.stranger().post_form(&link, &format!("name=Joe+Reyes&password={PASSWORD}")).await;
        assert_eq!(joined.header("location"), "/inbox?done=joined");
        let joe = came_in(&app.stranger(), &joined);
        assert!(joe.get("//team").await.text().contains("Joe Reyes"));
        for used in [app.stranger().get(&link).await, app.stranger().post_form(&link, "name=x&password=y").await] {
            assert_eq!(used.status, StatusCode::NOT_FOUND);
        }
        let listed = app.token().await.get("/workspace/teammates").await.body();
        let joe = listed["data"]["teammates"].as_array().and_then(|all| all.iter().find(|one| one["user_id"] == "2"));
        let joe = joe.unwrap_or(&listed["data"]).clone();
        assert!(joe.to_string().contains("Joe") && joe.to_string().contains("accepted"), "{listed}");
    }
}

#[tokio::test]
async fn an_invitation_lives_a_week_and_a_newer_one_replaces_it() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let first = shown_link(&ana.post_form("//team/invite", &format!("email={JOE}&role=admin")).await, "invitation");
    let second = shown_link(&ana.post_form("//team/2/link", "").await, "invitation");
    assert_eq!(app.stranger().get(&first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.stranger().get(&second).await.status, StatusCode::OK);
    assert_eq!(app.stranger().get(&second.replace("invitation", "reset")).await.status, StatusCode::NOT_FOUND);
    app.advance(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(app.stranger().get(&second).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_withdrawn_invitation_opens_nothing() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let link = shown_link(&ana.post_form("//team/invite", &format!("email={JOE}&role=admin")).await, "invitation");
    assert_eq!(ana.post_form("//team/2/withdraw", "").await.header("location"), "/team?done=withdrawn");
    let late = app.stranger().post_form(&link, &format!("name=Joe&password={PASSWORD}")).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reset_link_sets_a_new_password_and_ends_every_session() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, JOE, "agent").await;
    let link = shown_link(&ana.post_form("//team/2/link", "").await, "reset");
    assert_eq!(joe.get("//account").await.status, StatusCode::OK, "a link alone changes nothing");
    let reset = app.stranger().post_form(&link, &format!("password={PASSWORD}")).await;
    assert_eq!(reset.header("location"), "/account?done=password");
    assert_eq!(joe.get("//account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in(&app, JOE, OTHER_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&app, JOE, PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.stranger().get(&link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_role_or_none_ends_the_sessions() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, JOE, "admin").await;
    assert_eq!(ana.post_form("//team/2/role", "role=collaborator").await.header("location"), "/team?done=role");
    assert_eq!(joe.get("//account").await.status, StatusCode::SEE_OTHER);
    let joe = came_in(&app.stranger(), &log_in(&app, JOE, OTHER_PASSWORD).await);
    assert_eq!(joe.get("//team").await.status, StatusCode::FORBIDDEN);
    assert_eq!(ana.post_form("//team/2/remove", "").await.header("location"), "/team?done=removed");
    assert_eq!(joe.get("//account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in(&app, JOE, OTHER_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}
