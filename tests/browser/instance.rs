//! More is asked for and granted; the operator sees the server; who changed what is told.

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn an_increase_is_asked_for_granted_and_told() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start_with(&["--support-contact", "help@harbourbikes.example"]);
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/integrations/public-api"));
    ana.click("a[href$='/increase']");
    settled(&mut ana, "/integrations/public-api/increase");
    ana.fill("#calls_per_cycle", "400,000");
    ana.fill("#reason", "We open two more shops in spring and expect twice as many orders.");
    ana.inspect("increase");
    ana.click("form[action$='/increase'] button");
    ana.until("document.querySelector('#requests') && document.readyState === 'complete'");
    ana.inspect("increase-asked");
    ana.visit(&server.at("/instance"));
    ana.inspect("instance-request");
    ana.fill("[name=answer]", "With pleasure; watch your costs.");
    ana.click("button[value=granted]");
    ana.until("location.search.includes('increase-answered') && document.readyState === 'complete'");
    assert!(ana.text().contains("400,000"), "{}", ana.text());
    ana.click(".more summary");
    ana.inspect("instance");
    ana.click("a[href*='sizes=1']");
    ana.until("document.querySelector('#sizes .table') && document.readyState === 'complete'");
    ana.inspect("instance-sizes");
    ana.visit(&server.at("/integrations/public-api/increase"));
    assert!(ana.text().contains("With pleasure"), "{}", ana.text());
    ana.inspect("increase-granted");
    ana.visit(&server.at("/audit-log"));
    assert!(ana.text().contains("Answered an increase"), "{}", ana.text());
    ana.inspect("audit-log");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
