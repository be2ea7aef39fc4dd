//! The inbox as a day's work: ticking, undoing, snoozing, finding, and two teammates in one chat.

use crate::chromium::Chromium;
use crate::inbox::{at_work, open_first_chat};
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn chats_are_ticked_put_away_and_brought_back() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    server.post("/messages", r#"{"phone": "+12025550103", "text": "Your bike is ready", "label": "rental"}"#);
    ana.until("document.querySelectorAll('#chats .chat').length === 2");
    ana.press("j");
    ana.press("x");
    ana.until("document.querySelector('#chats [name=chat]:checked')");
    ana.inspect("inbox-ticked");
    ana.click("#bulk [value=close]");
    ana.until("document.querySelector('.toast') && document.readyState === 'complete'");
    assert_eq!(ana.value("document.querySelectorAll('#chats .chat').length"), 1);
    assert_eq!(ana.value("location.search"), "", "a reload offers nothing");
    ana.inspect("inbox-toast");
    ana.press("z");
    ana.until("document.querySelectorAll('#chats .chat').length === 2 && document.readyState === 'complete'");
    open_first_chat_named(&mut ana);
    ana.press("s");
    ana.until("document.querySelector('#snooze:popover-open')");
    ana.inspect("inbox-snooze");
    ana.click("#snooze [value=tomorrow]");
    ana.until("document.querySelector('.toast') && document.readyState === 'complete'");
    ana.visit(&server.at("/inbox?view=snoozed"));
    ana.until("document.querySelectorAll('#chats .chat').length === 1");
    ana.inspect("inbox-snoozed");
    ana.visit(&server.at("/inbox?label=rental"));
    ana.click(".filter-box summary");
    ana.inspect("inbox-filter");
    ana.visit(&server.at("/answering"));
    ana.inspect("answering");
    ana.visit(&server.at("/notices"));
    ana.inspect("notices");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

fn open_first_chat_named(ana: &mut Tab<'_>) {
    ana.click("#chats .chat");
    ana.until("document.querySelector('#thread[data-chat]') && document.readyState === 'complete'");
}

#[test]
fn what_was_said_is_found_by_keys_from_anywhere() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.visit(&server.at("/team"));
    ana.value("document.querySelector('[data-palette]').click()");
    ana.until("document.querySelector('.palette:popover-open')");
    ana.write("anybo");
    ana.until("document.querySelector('#found mark')");
    ana.inspect("palette");
    ana.value("document.querySelector('#found a:has(mark)').click()");
    settled(&mut ana, "/inbox/1");
    ana.until("location.hash.startsWith('#m-') && document.querySelector(location.hash)");
    ana.visit(&server.at("/search?q=anybody"));
    ana.inspect("search");
    ana.press("Escape");
    ana.press("?");
    ana.until("document.querySelector('#help-keys:popover-open')");
    ana.inspect("help-keys");
    ana.click("#help-keys input");
    ana.press("Escape");
    ana.visit(&server.at("/inbox/1"));
    ana.press("n");
    assert_eq!(ana.value("document.querySelector('#composer').elements.mode.value"), "reply", "single keys are off");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn a_long_thread_grows_upwards_without_a_jump_and_what_plays_goes_on() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    open_first_chat(&mut ana);
    for number in 0..45 {
        ana.value(&format!(
            "fetch('/inbox/1/send', {{method: 'POST', redirect: 'manual', body: new URLSearchParams({{text: 'line {number}'}})}}).then(() => 1)"
        ));
    }
    ana.until("document.querySelector('.thread').textContent.includes('line 44')");
    ana.visit(&server.at("/inbox/1"));
    ana.until("document.querySelector('a[data-older]')");
    ana.value("window.stays = document.querySelectorAll('.msg')[3]; scroller = document.querySelector('[data-live=thread]'); 0");
    ana.value("scroller.scrollTop = 100; window.before = window.stays.getBoundingClientRect().top; 0");
    ana.until("!document.querySelector('a[data-older]') || document.querySelectorAll('.msg').length > 50");
    assert_eq!(ana.value("Math.abs(window.stays.getBoundingClientRect().top - window.before) < 4"), true, "it jumped");
    server.post("/messages", r#"{"phone": "+12025550100", "text": "from a program"}"#);
    ana.until(
        "document.querySelector('.pill') && document.querySelector('.thread').textContent.includes('from a program')",
    );
    assert_eq!(ana.value("document.contains(window.stays)"), true, "what stood there was drawn anew");
    ana.photograph("inbox-pill");
    ana.click(".pill");
    ana.until("!document.querySelector('.pill')");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
