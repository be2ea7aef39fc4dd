//! WhatsApp accounts and templates in a browser: a rehearsal whose code rotates before one's eyes, a hold and its end.

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

fn begin(ana: &mut Tab<'_>, server: &Server, way: &str) {
    ana.visit(&server.at("/accounts"));
    ana.fill("#name", "Lisbon shop");
    ana.click(&format!("form[action='/accounts/link'] input[name=way][value={way}]"));
    ana.click("form[action='/accounts/link'] button");
}

#[test]
fn a_number_is_linked_by_a_code_that_rotates() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/accounts"));
    ana.inspect("accounts");
    server.post("/sandbox/scenes", r#"{"scene": "logged_out"}"#);
    ana.until("document.querySelector('form[action=\"/accounts/1/link\"] button')");
    ana.inspect("accounts-logged-out");
    ana.click("form[action='/accounts/1/link'] button");
    ana.until("document.querySelector('svg.qr')");
    ana.value("window.stays = true");
    ana.value("window.first = document.querySelector('.qr-dark').getAttribute('d')");
    ana.inspect("linking-qr");
    // The second code comes after a minute of the sandbox's time.
    server.post("/sandbox/clock", r#"{"advance_seconds": 61}"#);
    ana.until("document.querySelector('.qr-dark')?.getAttribute('d') !== window.first");
    ana.until("document.querySelector('[data-live=linking]').textContent.includes('Code 2 of 6')");
    assert_eq!(ana.value("window.stays"), true, "the page was loaded anew");
    ana.click("button[value=scan_with_passkey]");
    ana.until("document.querySelector('#assertion')");
    ana.inspect("linking-passkey");
    ana.click("form[action$='/passkey'] button");
    ana.until("document.querySelector('form[action$=\"/confirm\"]')");
    ana.inspect("linking-confirm");
    ana.click("form[action$='/confirm'] button");
    ana.until("document.body.textContent.includes('sends and receives now')");
    ana.inspect("linking-linked");
    ana.click("main .card a[data-kind=primary]");
    settled(&mut ana, "/accounts");
    ana.until("document.querySelector('.badge').textContent.includes('Connected')");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn codes_that_nobody_uses_end_and_another_account_is_held_and_let_go() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    begin(&mut ana, &server, "code");
    ana.until("document.querySelector('.pairing')");
    ana.inspect("linking-code");
    ana.click("button[value=let_expire]");
    ana.until("document.body.textContent.includes('Nobody used the codes in time')");
    ana.inspect("linking-ended");
    ana.visit(&server.at("/accounts"));
    ana.value("document.querySelectorAll('.card summary')[2].click()");
    ana.value("document.querySelector('select[name=scene]').value = 'held'");
    ana.click("form[action$='/play'] button");
    ana.until("document.querySelector('.badge')?.textContent.includes('Held')");
    ana.inspect("accounts-held");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn a_template_is_kept_and_changed() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/templates"));
    ana.inspect("templates-empty");
    ana.fill("#new-name", "Ready");
    ana.fill("#new-text", "Hi {name}, your bike is ready. Come by until {time}.");
    ana.click("#new form button");
    ana.until("document.querySelector('.template mark') && document.readyState === 'complete'");
    ana.click(".template summary");
    ana.fill("#t1-text", "Hi {name}, it is ready.");
    ana.inspect("templates-changing");
    ana.click("form[action='/templates/1'] button");
    ana.until("document.querySelector('.template-text')?.textContent === 'Hi {name}, it is ready.'");
    ana.inspect("templates");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
