//! A developer comes for a token, copies it, uses it, and finds the call in the log.

use serde_json::Value;

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn a_token_is_generated_copied_used_and_found_in_the_log() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    ana.allow_clipboard(&server.address);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/integrations/public-api"));
    ana.inspect("public-api-empty");

    ana.click("button[popovertarget=new-token]");
    ana.until("document.querySelector('#new-token').matches(':popover-open') && document.activeElement.id === 'name'");
    ana.photograph_all("public-api-dialog");
    ana.fill("#name", "crm-prod");
    ana.click("#new-token button[data-kind=primary]");
    ana.until("document.querySelector('#token') && document.readyState === 'complete'");
    ana.inspect("public-api-fresh");
    let token = ana.value("document.querySelector('#token').value").as_str().expect("a token").to_owned();
    ana.click(".secret");
    ana.until("getComputedStyle(document.querySelector('.secret [role=status]')).display !== 'none'");
    assert_eq!(ana.value("navigator.clipboard.readText()"), Value::from(token.as_str()));

    ana.click(".tabs label:nth-child(3)");
    ana.until("document.querySelector('[data-panel=python]').getClientRects().length");
    assert!(ana.text().contains("urllib.request"), "{}", ana.text());

    // The log is live: what is called appears, and the page is not loaded for it.
    ana.value("window.stays = true");
    server.api_as(&token, "/chats/999");
    ana.until("document.querySelectorAll('a.log-row').length === 1");
    server.api_as(&token, "/workspace");
    ana.until("document.querySelectorAll('a.log-row').length === 2");
    assert_eq!(ana.value("window.stays"), true, "the page was loaded anew");
    assert_eq!(ana.value("document.querySelector('#token').value"), Value::from(token.as_str()), "the token is gone");
    // A reload goes to the page, not to the form again: no second token, and this one is masked.
    ana.reload();
    settled(&mut ana, "/integrations/public-api");
    assert!(!ana.text().contains(&token), "{}", ana.text());
    assert_eq!(ana.value("[...document.querySelectorAll('#tokens')].length"), 1);
    ana.until("document.querySelectorAll('a.log-row').length === 2");
    let folder = tempfile::tempdir().expect("a temporary folder");
    ana.download_into(folder.path());
    ana.click("a[href$='/log.txt']");
    let log = Tab::downloaded(&folder.path().join("partyline-api-log.txt"));
    assert!(log.lines().count() == 2 && log.contains("/workspace"), "{log}");
    ana.click("ol a.log-row[href*='call=1#call'], ol li:last-child a.log-row");
    ana.until("document.querySelector('#call') && document.readyState === 'complete'");
    ana.inspect("public-api-call");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn without_a_clipboard_the_token_is_selected_to_be_copied_by_hand() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/integrations/public-api?new=1"));
    ana.inspect("public-api-form");
    ana.fill("#name", "crm");
    ana.press("Enter");
    ana.until("document.querySelector('#token') && document.readyState === 'complete'");
    ana.value("void Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject()}})");
    ana.click(".secret");
    ana.until("getSelection().toString() === document.querySelector('#token').value");
}
