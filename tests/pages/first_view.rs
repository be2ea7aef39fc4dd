//! How much script there is: small modules, and little of it on any page. How much travels for a first view is measured where
//! a browser asks, in `tests/browser/walk.rs`.

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::owner;

/// The scripts of a page beside the inbox, as they were written.
const SCRIPT_BYTES_MAX: usize = 25 * 1024;
const SCRIPT_LINES_MAX: usize = 150;

#[test]
fn a_module_of_script_is_small() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/");
    let mut modules = 0;
    for entry in std::fs::read_dir(folder).expect("the assets") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "js") {
            continue;
        }
        modules += 1;
        let lines = std::fs::read_to_string(&path).expect("a script").lines().count();
        assert!(lines <= SCRIPT_LINES_MAX, "{} has {lines} lines", path.display());
    }
    assert!(modules > 5, "the modules are elsewhere");
}

#[tokio::test]
async fn there_is_little_script_on_a_page() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for path in ["//integrations/public-api", "//accounts", "//team"] {
        let page = ana.get(path).await.text();
        let mut links: Vec<&str> =
            page.split('"').filter(|word| word.starts_with("/assets/") && word.contains(".js")).collect();
        if links.iter().any(|link| link.contains("live.js")) {
            // It is imported by the module.
            links.push("/assets/stream.js");
        }
        let mut bytes = 0;
        for link in links {
            let script = ana.get(&format!("/{link}")).await;
            assert_eq!(script.status, StatusCode::OK, "{link}");
            bytes += script.bytes.len();
        }
        assert!((1_000..=SCRIPT_BYTES_MAX).contains(&bytes), "{path} has {bytes} bytes of script");
    }
}
