//! The pages behind the login, each in its main job, and on the smallest phone.

use crate::chromium::Chromium;
use crate::server::Server;
use crate::setup::introduce;
use crate::tab::Tab;

/// Sets the workspace up and is logged in.
pub fn newcomer_in(newcomer: &mut Tab<'_>, server: &Server) {
    newcomer.visit(&server.at(&server.setup));
    introduce(newcomer);
    newcomer.fill("#workspace", "Harbour Bikes");
    newcomer.value("document.querySelector('#zone').value = 'Europe/Lisbon'");
    newcomer.click("form button");
    settled(newcomer, "/welcome");
}

/// Waits for a page that is there as a whole.
pub fn settled(tab: &mut Tab<'_>, path: &str) {
    tab.until(&format!("location.pathname === '{path}' && document.readyState === 'complete'"));
}

#[test]
fn a_first_message_is_answered_before_ones_eyes() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.fill("#text", "Is anybody there?");
    ana.click("#message form button");
    ana.until("document.querySelector('[data-from=them] .bubble') && document.readyState === 'complete'");
    assert!(ana.text().contains("Read"), "{}", ana.text());
    ana.inspect("welcome-answered");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn the_team_grows_by_a_link() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/team"));
    ana.fill("#email", "joe@harbourbikes.example");
    ana.click("form[action='/team/invite'] button");
    ana.until("document.querySelector('#link') && document.readyState === 'complete'");
    ana.inspect("team-invited");
    let link = ana.value("document.querySelector('#link').value").as_str().expect("a link").to_owned();
    ana.visit(&server.at("/account"));
    ana.inspect("account");
    ana.visit(&server.at("/workspace"));
    ana.inspect("workspace");
    ana.click("form[action='/logout'] button");
    settled(&mut ana, "/login");
    ana.inspect("login");
    ana.visit(&link);
    ana.inspect("invitation");
    ana.fill("#name", "Joe Reyes");
    ana.fill("#password", "green tandems at noon");
    ana.click("form button");
    settled(&mut ana, "/inbox");
    assert!(ana.text().contains("You are a teammate of this workspace now."), "{}", ana.text());
    ana.visit(&server.at("/team"));
    assert!(ana.text().contains("Joe Reyes"), "{}", ana.text());
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn every_piece_of_a_page_is_readable_by_day_and_by_night() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut tab = Tab::open(&mut browser);
    tab.visit(&server.at("/styleguide"));
    tab.inspect("styleguide");
    assert_eq!(tab.complaints(), Vec::<String>::new());
}

#[test]
fn on_a_phone_the_sidebar_is_a_drawer() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.size(390, 844);
    ana.visit(&server.at("/team"));
    assert_eq!(ana.value("getComputedStyle(document.querySelector('.sidebar')).display"), "none");
    ana.click(".topbar button");
    ana.until("document.querySelector('.sidebar').matches(':popover-open')");
    ana.photograph("sidebar-390");
    ana.click(".sidebar a[href='/integrations/public-api']");
    settled(&mut ana, "/integrations/public-api");
}

#[test]
fn the_keyboard_begins_with_a_way_past_the_sidebar() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/account"));
    ana.press("Tab");
    assert_eq!(ana.value("document.activeElement.textContent"), "Skip to content");
    let mut stops: Vec<String> = Vec::new();
    while !stops.last().is_some_and(|stop| stop.contains("Log out")) {
        assert!(stops.len() < 40, "the sidebar has no end: {stops:?}");
        ana.press("Tab");
        assert_ne!(ana.value("getComputedStyle(document.activeElement).outlineStyle"), "none");
        stops.push(ana.value("document.activeElement.textContent.trim() || document.activeElement.id").to_string());
    }
    let all = stops.join(" ");
    for name in ["First steps", "Public API", "Team", "Log out"] {
        assert!(all.contains(name), "{all}");
    }
}
