//! Every page in every form: both themes, 320 to 1920 pixels, text at 200 %. axe-core and our own checks find nothing, no page
//! scrolls sideways, nothing is cut off, the content policy is not breached. The pictures go to `target/screenshots/walk/`.
//!
//! Swagger's page is left out: its markup is the library's.

use serde_json::Value;

use crate::axe::violations;
use crate::chromium::Chromium;
use crate::pages::{PAGES, PAGES_OF_ONE};
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// The same as a name, which is shorter.
const ODD_NAME: &str = "<b>Ines</b> مرحبا & a-word-without-an-end";
/// As long as a name gets, without a place to break it.
const ENDLESS_NAME: &str = "WarehouseAndShippingAndReturnsAndInvoicesAndEverythingElse";
/// Hostile where people and strangers write.
const ODD: &str = "<img src=x onerror=window.isHacked=1> \u{202e}مرحبا \"quoted\" & a-word-that-has-no-end-and-goes-on-and-on-without-a-single-blank";
const DOCS: [&str; 3] = [
    "/integrations/api/docs",
    "/integrations/api/docs/guides/first-message",
    "/integrations/api/docs/reference/messages",
];

/// A page with its sheets, scripts and drawings, as it travels.
const FIRST_VIEW_BYTES_MAX: i64 = 60 * 1024;
/// All scripts of ours together, as they travel.
const SCRIPTS_BYTES_MAX: i64 = 25 * 1024;
/// What has travelled for the page that stands here.
const TRAVELLED: &str = "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).reduce((sum, entry) => sum + entry.encodedBodySize, 0)";

/// Fills a workspace with one of everything, some of it odd, and says where each page is.
pub fn furnish(ana: &mut Tab<'_>, server: &Server) -> Vec<String> {
    newcomer_in(ana, server);
    let text = serde_json::json!({"phone": "+12025550100", "text": ODD, "label": "rental"});
    server.post("/messages", &text.to_string());
    server.post("/messages", r#"{"phone": "+12025550103", "text": "Your bike is ready"}"#);
    server.api_as(&server.token, "/chats/999");
    ana.visit(&server.at("/team"));
    ana.fill("#email", "joe@harbourbikes.example");
    ana.fill("#team", "Sales & <b>service</b>");
    ana.click("form[action='/team/invite'] button");
    ana.until("document.querySelector('#link') && document.readyState === 'complete'");
    for (path, form) in [
        (
            "/templates",
            vec![
                ("name", "Ready"),
                ("text", "Hi {name}, your bike is ready. <i>Come by</i> until {time}."),
                ("visibility", "public"),
            ],
        ),
        ("/integrations/public-api/tokens", vec![("name", ODD_NAME), ("scope", "read"), ("expires", "30d")]),
        (
            "/integrations/public-api/tokens",
            vec![("name", ENDLESS_NAME), ("scope", "full"), ("from", "203.0.113.0/24, 198.51.100.0/24, 2001:db8::/32")],
        ),
        ("/integrations/public-api/increase", vec![("calls_per_cycle", "400000"), ("reason", ODD)]),
        (
            "/integrations/webhooks",
            vec![("event_type", "message:new"), ("url", "https://crm.invalid/a/rather/long/address/of/a/receiver")],
        ),
        ("/integrations/webhooks/1/test", vec![]),
        ("/accounts/link", vec![("name", "Lisbon shop"), ("way", "qr")]),
        ("/accounts/1/rename", vec![("name", ODD_NAME)]),
    ] {
        post(ana, path, &form);
    }
    ana.visit(&server.at("/accounts/linking/2"));
    ana.until("document.querySelector('svg.qr')");
    ana.visit(&server.at("/integrations/webhooks/1"));
    let delivery = ana.value("document.querySelector('a.log-row')?.getAttribute('href') ?? ''");
    let call = "/integrations/public-api?call=1#call".to_owned();
    let ones = PAGES_OF_ONE.map(|route| {
        route
            .replace("{chat}", "1")
            .replace("{who}", "12025550100")
            .replace("linking/{id}", "linking/2")
            .replace("{id}", "1")
    });
    let mut places: Vec<String> = PAGES.iter().map(|page| page.0.to_owned()).chain(ones).collect();
    places.extend([call, delivery.as_str().expect("a link").to_owned()]);
    places.extend(DOCS.map(str::to_owned));
    places
}

/// Sends a form as the page would.
fn post(ana: &mut Tab<'_>, path: &str, form: &[(&str, &str)]) {
    let form: Value = form.iter().map(|(name, value)| Value::from(vec![*name, *value])).collect();
    let done = ana.value(&format!(
        "fetch('{path}', {{method: 'POST', redirect: 'manual', body: new URLSearchParams({form})}}).then(answer => answer.type === 'opaqueredirect' || answer.ok)"
    ));
    assert_eq!(done, true, "{path} {form}");
}

/// The picture's name.
fn name_of(place: &str) -> String {
    let name: String = place.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    name.trim_matches('-').chars().take(48).collect()
}

fn assert_whole(tab: &mut Tab<'_>, place: &str, form: &str) {
    assert_eq!(tab.cut(), Vec::<String>::new(), "{place} at {form}");
}

#[test]
fn every_page_is_whole_and_readable_in_every_form() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    let mut faults = Vec::new();
    for place in furnish(&mut ana, &server) {
        ana.visit(&server.at(&place));
        for (width, height) in [(320, 640), (390, 844), (1440, 900), (1920, 1080)] {
            ana.size(width, height);
            faults.extend(ana.cut().into_iter().map(|fault| format!("{place} at {width}: {fault}")));
            if width == 320 || width == 1920 {
                continue;
            }
            for theme in ["light", "dark"] {
                ana.theme(theme);
                let form = format!("{width}-{theme}");
                let found = ana.faults().into_iter().chain(violations(&mut ana));
                faults.extend(found.map(|fault| format!("{place} at {form}: {fault}")));
                ana.photograph_whole(&format!("walk/{}-{form}", name_of(&place)));
            }
        }
        ana.size(1440, 900);
        ana.theme("light");
    }
    assert_eq!(ana.value("window.isHacked ?? 0"), 0);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
#[allow(clippy::print_stdout, reason = "what it measured is what one comes for")]
fn the_first_view_of_every_page_is_small() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    let places = furnish(&mut ana, &server);
    ana.forget_files();
    let mut large = Vec::new();
    for place in places {
        ana.visit(&server.at(&place));
        let bytes = ana.value(TRAVELLED).as_i64().expect("a number");
        println!("{bytes:>8} {place}");
        if !(2_000..=FIRST_VIEW_BYTES_MAX).contains(&bytes) {
            large.push(format!("{place}: {bytes}"));
        }
    }
    assert!(large.is_empty(), "{large:?}");
    let scripts: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets"))
        .expect("the assets")
        .filter_map(|entry| entry.expect("a file").file_name().into_string().ok())
        .filter(|name| name.ends_with(".js"))
        .collect();
    ana.visit(&server.at("/account"));
    ana.value("performance.clearResourceTimings()");
    for name in &scripts {
        ana.value(&format!("fetch('/assets/{name}').then(answer => answer.text()).then(() => 1)"));
    }
    let bytes =
        ana.value("performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.encodedBodySize, 0)");
    println!("{bytes:>8} all scripts");
    assert!(bytes.as_i64().is_some_and(|bytes| (1_000..=SCRIPTS_BYTES_MAX).contains(&bytes)), "{bytes} of {scripts:?}");
}

#[test]
fn every_page_is_whole_where_text_is_twice_as_large() {
    let Some(mut browser) = Chromium::start_with_text_of(32) else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    assert_eq!(ana.value("getComputedStyle(document.documentElement).fontSize"), "32px");
    for place in furnish(&mut ana, &server) {
        ana.visit(&server.at(&place));
        for width in [1280, 640] {
            ana.size(width, 900);
            assert_whole(&mut ana, &place, &format!("{width} and 200 %"));
        }
        ana.photograph(&format!("walk/{}-200", name_of(&place)));
    }
    settled(&mut ana, "/integrations/api/docs/reference/messages");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
