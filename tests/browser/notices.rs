//! Notices of the desktop: of what is for me, once whatever number of tabs is open, not of the chat in view, not in quiet hours.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::server::Server;
use crate::tab::Tab;

/// What would be shown is noted instead, for all tabs alike.
const STAND_IN: &str = "window.Notification = class { static permission = 'granted'; constructor(title, {body, tag}) { \
    localStorage.told = JSON.stringify([...JSON.parse(localStorage.told ?? '[]'), [title, body, tag]]); } }; \
    window.AudioContext = class { constructor() { localStorage.sounded = Number(localStorage.sounded ?? 0) + 1; } \
    currentTime = 0; createOscillator() { return {connect: () => ({connect() {}}), start() {}, stop() {}} } \
    createGain() { return {gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}}} } };";

fn told(ana: &mut Tab<'_>) -> usize {
    ana.value("JSON.parse(localStorage.told ?? '[]').length").as_u64().map_or(0, |n| usize::try_from(n).unwrap_or(0))
}

/// The customer of this number says something.
fn customer_says(ana: &mut Tab<'_>, digits: &str, text: &str) {
    ana.value(&format!(
        "fetch('/phone/{digits}/do', {{method: 'POST', redirect: 'manual', body: new URLSearchParams({{what: 'text', text: '{text}'}})}}).then(() => 1)"
    ));
    ana.until(&format!("document.querySelector('#chats').textContent.includes('{text}')"));
}

#[test]
fn one_notice_is_shown_of_what_is_for_me_and_none_when_it_is_quiet() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.before_each_page(STAND_IN);
    ana.visit(&server.at("/notices"));
    ana.click("[name=sound]");
    ana.click("main form button[data-kind=primary]");
    ana.until("document.querySelector('.banner[role=status]') && document.readyState === 'complete'");
    ana.inspect("notices");
    ana.visit(&server.at("/inbox/1"));
    // A second screen in the same tab's place would be another tab: a frame of the same origin is one, too.
    ana.value("window.second = new EventSource('/live'); 0");
    customer_says(&mut ana, "12025550177", "to nobody yet");
    ana.until("JSON.parse(localStorage.told ?? '[]').length === 1");
    assert_eq!(ana.value("JSON.parse(localStorage.told)[0][1]"), "A new message", "what was said is not told");
    assert_eq!(ana.value("localStorage.sounded"), "1");
    ana.until("document.title.startsWith('(')");
    // Of the chat in view nothing is told.
    customer_says(&mut ana, "12025550100", "seen already");
    ana.until("document.querySelector('#thread .thread').textContent.includes('seen already')");
    assert_eq!(told(&mut ana), 1);
    // The same news in a second tab is no second notice.
    let seq = ana.value("Number(localStorage.noticed)").as_i64().expect("a number");
    ana.value(&format!(
        "import(document.querySelector('meta[name=\"module:notices\"]').content).then(({{notice}}) => notice({{chat: 2, name: 'x', is_mention: false, seq: {seq}}}))"
    ));
    assert_eq!(told(&mut ana), 1);
    // In quiet hours nothing is told; they may go over midnight.
    ana.value("document.querySelector('[data-notices]').dataset.quiet = '00:00 23:59'");
    customer_says(&mut ana, "12025550177", "in the night");
    ana.until("document.querySelector('#chats .count')");
    assert_eq!(told(&mut ana), 1);
    ana.value("document.querySelector('[data-notices]').dataset.quiet = ' '");
    customer_says(&mut ana, "12025550177", "in the morning");
    ana.until("JSON.parse(localStorage.told).length === 2");
    // The title counts what is for me, whichever chats are listed.
    ana.visit(&server.at("/inbox?view=closed"));
    ana.until("document.title.startsWith('(1) ')");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
