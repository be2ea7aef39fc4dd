//! A newcomer follows the link that the first start printed.

use crate::chromium::Chromium;
use crate::server::Server;
use crate::tab::Tab;

/// Fills in who the newcomer is.
pub fn introduce(newcomer: &mut Tab<'_>) {
    newcomer.fill("#name", "Ana Martins");
    newcomer.fill("#email", "ana@harbourbikes.example");
    newcomer.fill("#password", "salt wind over the pier");
}

#[test]
fn a_newcomer_sets_up_the_workspace_once() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    newcomer.visit(&server.at(&server.setup));
    newcomer.inspect("setup");
    assert_eq!(newcomer.value("document.querySelector('#workspace').value"), "My workspace");

    introduce(&mut newcomer);
    newcomer.fill("#workspace", "   ");
    // Nobody can choose it, but a page may be older than the server's list of zones.
    newcomer.value("document.querySelector('#zone').selectedOptions[0].value = 'Mars/Olympus'");
    newcomer.click("form button");
    // The list of zones is long: its mark is there before the words behind it.
    newcomer.until("document.querySelectorAll('[aria-invalid]').length === 2 && document.readyState === 'complete'");
    assert!(newcomer.text().contains("There is no time zone \"Mars/Olympus\""), "{}", newcomer.text());
    assert_eq!(newcomer.value("document.activeElement.id"), "workspace");
    newcomer.inspect("setup-faults");

    newcomer.fill("#password", "salt wind over the pier");
    newcomer.fill("#workspace", "Harbour Bikes");
    newcomer.value("document.querySelector('#zone').value = 'Europe/Lisbon'");
    newcomer.click("form button");
    newcomer.until("location.pathname === '/welcome' && document.readyState === 'complete'");
    newcomer.inspect("welcome");
    let workspace = server.api("/workspace");
    assert_eq!(workspace["data"]["display_name"], "Harbour Bikes", "{workspace}");

    // Its page refused something, and nothing else was complained of.
    assert!(newcomer.complaints().iter().all(|complaint| complaint.contains("400")), "{:?}", newcomer.complaints());
    newcomer.visit(&server.at(&server.setup));
    assert!(newcomer.text().contains("This setup link doesn't work"), "{}", newcomer.text());
    newcomer.inspect("setup-used");
    newcomer.visit(&server.at("/"));
    newcomer.until("location.pathname === '/inbox'");
}

#[test]
fn the_keyboard_alone_reaches_everything_and_shows_where_it_is() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    newcomer.visit(&server.at(&server.setup));
    let typed =
        [("name", "Ana Martins"), ("email", "ana@harbourbikes.example"), ("password", "salt wind over the pier")];
    for stop in ["name", "email", "password", "workspace", "zone", "BUTTON"] {
        newcomer.press("Tab");
        let focus = newcomer.value("document.activeElement.id || document.activeElement.tagName");
        assert_eq!(focus, stop);
        assert_eq!(newcomer.value("getComputedStyle(document.activeElement).outlineStyle"), "solid");
        if let Some((_, text)) = typed.iter().find(|(name, _)| *name == stop) {
            newcomer.write(text);
        }
    }
    newcomer.photograph("setup-focus");
    newcomer.press("Enter");
    newcomer.until("location.pathname === '/welcome'");
}

#[test]
fn over_plain_http_under_a_name_of_the_house_no_password_is_asked_for() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut newcomer = Tab::open(&mut browser);
    for path in [server.setup.as_str(), "/login"] {
        newcomer.visit(&server.at(path).replace("127.0.0.1", "line.test"));
        assert!(newcomer.text().contains("This page needs https"), "{}", newcomer.text());
        assert_eq!(newcomer.value("document.querySelectorAll('input').length"), 0);
    }
    newcomer.inspect("needs-https");
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
