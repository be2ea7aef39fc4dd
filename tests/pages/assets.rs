//! Style sheets and drawings, and that every page's links lead somewhere.

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::setup_link;

#[tokio::test]
async fn no_link_of_a_page_is_dead() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, visitor) = (setup_link(&app).await, app.stranger());
    for path in [link.as_str(), "//setup/done", "//setup/unknown", "//"] {
        let page = visitor.get(path).await.text();
        let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next()).collect();
        assert!(links.len() >= 4, "{page}");
        for target in links {
            let answer = visitor.get(&format!("/{target}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path} leads to {target}");
        }
    }
}

#[tokio::test]
async fn every_drawing_that_a_page_uses_is_there() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (link, visitor) = (setup_link(&app).await, app.stranger());
    let sprite = visitor.get("//assets/icons.svg").await.text();
    let faulty = visitor.post_form(&link, "name=&zone=").await.text();
    for page in [faulty, visitor.get("//setup/done").await.text(), visitor.get("//").await.text()] {
        for name in page.split(".svg").skip(1).filter_map(|rest| rest.split(['#', '"']).nth(1)) {
            let is_symbol = name.starts_with("i-");
            assert!(!is_symbol || sprite.contains(&format!("id=\"{name}\"")), "{name} isn't in icons.svg");
        }
    }
}

#[tokio::test]
async fn an_asset_is_kept_by_its_mark() {
    let app = TestApp::on(Engine::Sqlite).await;
    let visitor = app.stranger();
    let page = visitor.get("//").await.text();
    let marked = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.contains("base.css"));
    let marked = format!("/{}", marked.expect("a style sheet"));
    let sheet = visitor.get(&marked).await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    // An old page that asks for what it knew gets what there is, and may not keep it under the old mark.
    let other = visitor.get("//assets/base.css?v=0000000000000000").await;
    assert_eq!((other.header("cache-control"), other.text()), ("no-cache", sheet.text()));

    for known in [sheet.header("etag").to_owned(), format!("\"other\", W/{}", sheet.header("etag"))] {
        let again = visitor.with_header("if-none-match", &known).get(&marked).await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
    }
    for wrong in ["//assets/nothing.css", "//assets/..%2FCargo.toml", "//assets/%2Fetc%2Fpasswd"] {
        assert_eq!(visitor.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

/// What the inbox runs before anybody has done anything: 25 KiB as it stands in the files, with the modules that the others take in.
const FIRST_VIEW_BYTES_MAX: usize = 25 * 1024;
const TAKEN_IN: [&str; 2] = [include_str!("../../assets/stream.js"), include_str!("../../assets/words.js")];
const MODULE_LINES_MAX: usize = 150;

#[tokio::test]
async fn the_inbox_begins_with_little_script_and_each_module_is_short() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = crate::owner(&app).await;
    app.token().await.send("+12025550100", "Hello").await;
    let page = ana.get("//inbox/1").await.text();
    let scripts: Vec<&str> =
        page.split(r#"<script type="module" src=""#).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let later: Vec<&str> =
        page.split(r#"<meta name="module:"#).skip(1).filter_map(|rest| rest.split('"').nth(2)).collect();
    assert!(scripts.len() >= 5 && later.len() >= 5, "{page}");
    let mut bytes: usize = TAKEN_IN.iter().map(|module| module.len()).sum();
    for script in &scripts {
        bytes += ana.get(&format!("/{script}")).await.bytes.len();
    }
    assert!(bytes <= FIRST_VIEW_BYTES_MAX, "{bytes} bytes");
    for module in scripts.iter().chain(&later) {
        let answer = ana.get(&format!("/{module}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{module}");
        let lines = answer.text().lines().count();
        assert!(lines <= MODULE_LINES_MAX, "{module} has {lines} lines");
    }
}
