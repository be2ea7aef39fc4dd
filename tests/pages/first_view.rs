//! What a first look at a page costs: everything that the browser asks for, as it travels, and how much script there is.

use axum::http::StatusCode;

use crate::kit::pages::PAGES;
use crate::kit::{Actor, Engine, TestApp};
use crate::owner;

/// A page with its sheets, scripts and drawings, compressed as every browser asks for it.
const FIRST_VIEW_BYTES_MAX: usize = 60 * 1024;
/// The scripts of a page beside the inbox, uncompressed, and all that there are, as they travel.
const SCRIPT_BYTES_MAX: usize = 25 * 1024;
const SCRIPT_LINES_MAX: usize = 150;

/// What travels for a page: its bytes, and what it links to.
async fn travels(ana: &Actor, path: &str) -> (usize, Vec<String>) {
    let page = ana.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let text = page.text();
    let mut links: Vec<String> = text
        .split(['"', '\''])
        .filter(|word| word.starts_with("/assets/"))
        .map(|word| format!("/{}", word.split('#').next().unwrap_or(word)))
        .collect();
    if links.iter().any(|link| link.contains("live.js") || link.contains("inbox.js")) {
        links.push("//assets/stream.js".to_owned());
    }
    links.sort();
    links.dedup();
    (ana.with_header("accept-encoding", "br").get(path).await.bytes.len(), links)
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "what it measured is what one comes for")]
async fn the_first_view_of_every_page_is_small() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let mut told = String::new();
    for path in PAGES.iter().map(|page| page.0).filter(|path| *path != "/phone") {
        let (mut bytes, links) = travels(&ana, &format!("/{path}")).await;
        assert!(links.len() >= 5, "{path}: {links:?}");
        for link in &links {
            let asset = ana.with_header("accept-encoding", "br").get(link).await;
            assert_eq!(asset.status, StatusCode::OK, "{link}");
            bytes += asset.bytes.len();
        }
        told += &format!("{path}: {bytes} bytes in {} answers\n", links.len() + 1);
        assert!(bytes <= FIRST_VIEW_BYTES_MAX, "{told}");
    }
    println!("{told}");
}

#[tokio::test]
async fn there_is_little_script_and_in_small_modules() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/");
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let mut all = 0;
    for entry in std::fs::read_dir(folder).expect("the assets") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        if !name.ends_with(".js") {
            continue;
        }
        let text = std::fs::read_to_string(format!("{folder}{name}")).expect("a script");
        assert!(text.lines().count() <= SCRIPT_LINES_MAX, "{name} has {} lines", text.lines().count());
        all += ana.with_header("accept-encoding", "br").get(&format!("//assets/{name}")).await.bytes.len();
    }
    assert!(all <= SCRIPT_BYTES_MAX, "all scripts travel as {all} bytes");
    for path in ["//integrations/public-api", "//accounts", "//team"] {
        let (_, links) = travels(&ana, path).await;
        let mut bytes = 0;
        for link in links.iter().filter(|link| link.contains(".js")) {
            bytes += ana.get(link).await.bytes.len();
        }
        assert!((1_000..=SCRIPT_BYTES_MAX).contains(&bytes), "{path} has {bytes} bytes of script");
    }
}
