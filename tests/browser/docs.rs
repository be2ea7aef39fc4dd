//! A developer reads the documentation, on a desk and on a phone.

use crate::chromium::Chromium;
use crate::server::Server;
use crate::tab::Tab;

const DOCS: &str = "/integrations/api/docs";

#[test]
fn a_developer_finds_a_guide_and_an_operation() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    developer.visit(&server.at("/"));
    developer.click("a[href$='/docs']");
    developer.until("document.title.startsWith('API documentation') && document.readyState === 'complete'");
    developer.inspect("docs");

    developer.click(".docs-nav a[href$='/guides/first-message']");
    developer.until("location.pathname.endsWith('/first-message') && document.readyState === 'complete'");
    assert!(developer.text().contains("Hello, Partyline"), "{}", developer.text());
    developer.inspect("docs-guide");

    developer.click(".docs-nav a[href$='/reference/messages']");
    developer.until("location.pathname.endsWith('/messages') && document.readyState === 'complete'");
    developer.inspect("docs-reference");
    developer.click(".docs-nav a[href='#send_message']");
    developer.until("location.hash === '#send_message'");
    developer.click("#send_message details summary");
    developer.until("document.querySelector('#send_message details').open");
    developer.inspect("docs-operation");
    assert_eq!(developer.complaints(), Vec::<String>::new());
}

#[test]
fn on_a_phone_the_contents_are_a_drawer() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    developer.size(390, 844);
    developer.visit(&server.at(DOCS));
    assert_eq!(developer.value("getComputedStyle(document.querySelector('.docs-nav')).display"), "none");
    developer.click(".docs-open");
    developer.until("document.querySelector('.docs-nav').matches(':popover-open')");
    developer.photograph("docs-contents-390");
    developer.click(".docs-nav a[href$='/guides/sandbox']");
    developer.until("location.pathname.endsWith('/sandbox')");
    assert_eq!(developer.complaints(), Vec::<String>::new());
}

#[test]
fn every_page_can_be_read_on_the_smallest_phone_and_in_the_dark() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    developer.visit(&server.at(DOCS));
    let links = developer.value("[...document.querySelectorAll('.docs-nav a[href*=\"/docs/\"]')].map(a => a.pathname)");
    let links: Vec<String> = serde_json::from_value(links).expect("addresses");
    assert!(links.len() > 8, "{links:?}");
    for link in links {
        developer.visit(&server.at(&link));
        for (width, theme) in [(320, "light"), (390, "dark"), (1440, "light"), (1440, "dark")] {
            developer.size(width, 844);
            developer.theme(theme);
            let wide = developer.value("document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64().is_some_and(|pixels| pixels <= 0), "{link} scrolls sideways by {wide} at {width}");
            assert_eq!(developer.faults(), Vec::<String>::new(), "{link} at {width}, {theme}");
        }
    }
    assert_eq!(developer.complaints(), Vec::<String>::new());
}
