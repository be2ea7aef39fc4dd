//! Swagger UI as it is served; `tests/browser/` uses it.

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};

#[tokio::test]
async fn the_playground_is_whole_and_comes_from_here() {
    let app = TestApp::on(Engine::Sqlite).await;
    let developer = app.stranger();
    let page = developer.get("/swagger/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    let files = page.text();
    let files = files.split([' ', '>']).filter_map(|part| part.split_once("src=\"").or(part.split_once("href=\"")));
    for file in files.map(|(_, rest)| rest.trim_end_matches(['"', ';'])) {
        let path = if file.starts_with('/') { format!("/{file}") } else { format!("/swagger/{file}") };
        let answer = developer.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let again = developer.with_header("if-none-match", answer.header("etag")).get(&path).await;
        assert!(again.status == StatusCode::NOT_MODIFIED || file.ends_with(".json"), "{path}: {}", again.status);
    }
    let start = developer.get("/swagger/swagger-initializer.js").await.text();
    assert!(start.contains("\"persistAuthorization\": false"), "{start}");
    assert!(!start.contains("http://") && !start.contains("https://"), "{start}");
    assert_eq!(developer.get("/swagger").await.header("location"), "/integrations/api/swagger/");
}

#[tokio::test]
async fn the_playground_calls_where_it_is_and_programs_call_the_public_address() {
    let app = TestApp::on(Engine::Sqlite).await;
    let developer = app.stranger();
    let here = developer.get("/swagger/openapi.json").await.body();
    assert_eq!(here["servers"], serde_json::json!([{"url": "/"}]));
    let public = developer.get("/openapi.json").await.body();
    assert_eq!(public["servers"], serde_json::json!([{"url": "https://line.example"}]));
    assert_eq!(here["paths"], public["paths"]);
}
