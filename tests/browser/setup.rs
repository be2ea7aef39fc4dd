//! A newcomer follows the link that the first start printed.

use crate::chromium::Chromium;
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn a_newcomer_names_the_workspace_once() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    newcomer.visit(&server.at(&server.setup));
    newcomer.inspect("setup");
    assert_eq!(newcomer.value("document.querySelector('#name').value"), "My workspace");

    newcomer.fill("#name", "   ");
    // Nobody can choose it, but a page may be older than the server's list of zones.
    newcomer.value("document.querySelector('#zone').selectedOptions[0].value = 'Mars/Olympus'");
    newcomer.click("form button");
    // The list of zones is long: its mark is there before the words behind it.
    newcomer.until("document.querySelectorAll('[aria-invalid]').length === 2 && document.readyState === 'complete'");
    assert!(newcomer.text().contains("There is no time zone \"Mars/Olympus\""), "{}", newcomer.text());
    assert_eq!(newcomer.value("document.activeElement.id"), "name");
    newcomer.inspect("setup-faults");

    newcomer.fill("#name", "Harbour Bikes");
    newcomer.value("document.querySelector('#zone').value = 'Europe/Lisbon'");
    newcomer.press("Enter");
    newcomer.until("location.pathname === '/setup/done' && document.readyState === 'complete'");
    newcomer.inspect("setup-done");
    let workspace = server.api("/workspace");
    assert_eq!(workspace["data"]["display_name"], "Harbour Bikes", "{workspace}");

    // Both pages refused something, and nothing else was complained of.
    assert!(newcomer.complaints().iter().all(|complaint| complaint.contains("400")), "{:?}", newcomer.complaints());
    newcomer.visit(&server.at(&server.setup));
    assert!(newcomer.text().contains("This setup link doesn't work"), "{}", newcomer.text());
    newcomer.inspect("setup-used");
    newcomer.visit(&server.at("/"));
    newcomer.inspect("home");
}

#[test]
fn the_keyboard_alone_reaches_everything_and_shows_where_it_is() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    newcomer.visit(&server.at(&server.setup));
    for stop in ["name", "zone", "BUTTON"] {
        newcomer.press("Tab");
        let focus = newcomer.value("document.activeElement.id || document.activeElement.tagName");
        assert_eq!(focus, stop);
        assert_eq!(newcomer.value("getComputedStyle(document.activeElement).outlineStyle"), "solid");
    }
    newcomer.photograph("setup-focus");
    newcomer.press("Enter");
    newcomer.until("location.pathname === '/setup/done'");
}

#[test]
fn setup_works_over_plain_http_under_a_name_of_the_house() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    // There a browser sends no Sec-Fetch-Site; Origin alone tells whose form it is.
    newcomer.visit(&server.at(&server.setup).replace("127.0.0.1", "line.test"));
    newcomer.click("form button");
    newcomer.until("location.pathname === '/setup/done'");
    assert_eq!(newcomer.complaints(), Vec::<String>::new());
}

#[test]
fn the_check_of_our_pages_finds_what_is_wrong_with_one() {
    let Some(mut browser) = Chromium::start() else { return };
    let mut tab = Tab::open(&mut browser);
    tab.visit("data:text/html,<body style='background:%23222'><p style='color:%23777'>pale</p><input id=x><h1>h</h1>");
    let faults = tab.faults().join("; ");
    for fault in ["P \"pale\": contrast 3.5", "H1 \"h\": contrast 1.", "INPUT \"x\": no label", "no title or language"]
    {
        assert!(faults.contains(fault), "{faults}");
    }
}
