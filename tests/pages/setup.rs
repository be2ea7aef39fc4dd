//! The setup link: once, within 24 hours, with a name and a zone that can be.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::workspace::setup::SETUP_LINK_LIVES;

use crate::kit::{Engine, TestApp};
use crate::{SET_UP, came_in, setup_link};

#[tokio::test]
async fn a_newcomer_names_the_workspace_and_is_told_how_to_go_on() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (link, newcomer) = (setup_link(&app).await, app.stranger());
        let form = newcomer.get(&link).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.text());
        assert!(form.text().contains(r#"value="Harbour Bikes""#), "{}", form.text());
        assert!(form.text().contains(r#"<option value="Europe/Lisbon" selected>Lisbon</option>"#), "{}", form.text());

        let done = newcomer.post_form(&link, SET_UP).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/welcome?done=setup"));
        let told = came_in(&newcomer, &done).get("//welcome?done=setup").await.text();
        for step in ["Your workspace is set up.", "North Pier Books", "Generate New Token", "Ana Martins"] {
            assert!(told.contains(step), "{step}: {told}");
        }
        let workspace = app.token().await.get("/workspace").await.body();
        assert_eq!(workspace["data"]["display_name"], "North Pier Books");
        let starts = workspace["data"]["api_calls_quota"]["period_start"].as_str().expect("a time").to_owned();
        assert!(starts.ends_with("-0500"), "not New York's time: {starts}");
    }
}

#[tokio::test]
async fn of_sixteen_who_send_the_form_at_once_one_is_heard() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let link = setup_link(&app).await;
        let everyone = (0..16).map(|number| {
            let (somebody, link) = (app.stranger(), link.clone());
            tokio::spawn(async move {
                let form = SET_UP.replace("North+Pier+Books", &format!("Number+{number}"));
                (number, somebody.post_form(&link, &form).await.status)
            })
        });
        let mut heard = Vec::new();
        for one in everyone.collect::<Vec<_>>() {
            match one.await.expect("an answer") {
                (number, StatusCode::SEE_OTHER) => heard.push(number),
                (_, status) => assert_eq!(status, StatusCode::NOT_FOUND),
            }
        }
        let [winner] = heard[..] else { panic!("heard: {heard:?}") };
        let workspace = app.token().await.get("/workspace").await.body();
        assert_eq!(workspace["data"]["display_name"], format!("Number {winner}"));
    }
}

#[tokio::test]
async fn a_link_lives_a_day() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, newcomer) = (setup_link(&app).await, app.stranger());
    app.advance(SETUP_LINK_LIVES - Duration::from_millis(1));
    assert_eq!(newcomer.get(&link).await.status, StatusCode::OK);
    app.advance(Duration::from_millis(1));
    assert_eq!(newcomer.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(newcomer.post_form(&link, SET_UP).await.status, StatusCode::NOT_FOUND);
    let workspace = app.token().await.get("/workspace").await.body();
    assert_eq!(workspace["data"]["display_name"], "Harbour Bikes");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_the_link_lives_on() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, newcomer) = (setup_link(&app).await, app.stranger());
    let refused = newcomer.post_form(&link, "name=++&email=ana&password=short&workspace=++&zone=Mars%2FOlympus").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let page = refused.text();
    for fault in [
        "Say how your team calls you",
        "email &quot;ana&quot; is no email address",
        "A password has at least 15 characters; this one has 5",
        "A workspace's name has 1 to 64 characters",
        "There is no time zone &quot;Mars/Olympus&quot;",
    ] {
        assert!(page.contains(fault), "{fault}: {page}");
    }
    assert_eq!(page.matches(r#"aria-invalid="true""#).count(), 5);
    assert!(!page.contains(r#"value="short""#), "the password is sent back");

    let half = newcomer.post_form(&link, &SET_UP.replace("America%2FNew_York", "")).await.text();
    for kept in [r#"value="North Pier Books""#, r#"value="Ana Martins""#, r#"value="ana@northpier.example""#] {
        assert!(half.contains(kept), "what was right has to be typed again: {half}");
    }
    assert_eq!(half.matches("aria-invalid").count(), 1);
    let guessable = SET_UP.replace("salt+wind+over+the+pier", "anamartins12345");
    assert!(newcomer.post_form(&link, &guessable).await.text().contains("easy to guess"));
    assert_eq!(newcomer.post_form(&link, SET_UP).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn used_too_old_and_never_made_look_the_same() {
    let app = TestApp::on(Engine::Sqlite).await;
    let newcomer = app.stranger();
    let old = setup_link(&app).await;
    app.advance(SETUP_LINK_LIVES);
    let used = setup_link(&app).await;
    assert_eq!(newcomer.post_form(&used, SET_UP).await.status, StatusCode::SEE_OTHER);
    let never = format!("//setup/{}", "0".repeat(48));
    let mut seen = Vec::new();
    for link in [old.as_str(), &used, &never, "//setup/short", "//setup/%F0%9F%90%AC"] {
        seen.push(newcomer.get(link).await);
        seen.push(newcomer.post_form(link, SET_UP).await);
    }
    for answer in &seen {
        assert_eq!((answer.status, answer.text()), (StatusCode::NOT_FOUND, seen[0].text()));
    }
    assert!(seen[0].text().contains("A setup link works once"), "{}", seen[0].text());
}

#[tokio::test]
async fn an_old_zone_that_a_workspace_has_can_be_kept() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, newcomer) = (setup_link(&app).await, app.stranger());
    let rename = |write: &mut partyline::store::Write<'_, '_>| {
        partyline::workspace::settings::describe_workspace(write, "Old", "US/Eastern")
    };
    app.write(app.workspace, rename).await;
    let form = newcomer.get(&link).await.text();
    assert!(form.contains("<option selected>US/Eastern</option>"), "{form}");
    assert_eq!(form.matches(" selected").count(), 1);
    assert_eq!(
        newcomer.post_form(&link, &SET_UP.replace("America%2FNew_York", "US%2FEastern")).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_renewed_link_makes_a_new_owner_and_ends_the_old_ones_sessions() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = crate::owner(&app).await;
    crate::teammate(&app, &ana, "joe%40x.example", "agent").await;
    let link = setup_link(&app).await;
    let taken = app.stranger().post_form(&link, &SET_UP.replace("ana%40northpier.example", "JOE%40x.example")).await;
    assert_eq!(taken.status, StatusCode::BAD_REQUEST);
    assert!(taken.text().contains("is the email of another teammate"), "{}", taken.text());
    let form = SET_UP.replace("ana%40northpier", "bea%40northpier").replace("Ana", "Bea");
    let bea = came_in(&app.stranger(), &app.stranger().post_form(&link, &form).await);
    assert!(bea.get("//account").await.text().contains("Bea Martins"));
    assert_eq!(ana.get("//account").await.status, StatusCode::SEE_OTHER);
}
