//! The shared inbox, live: a message and its reply, an API send that appears, drafts, keys, the phone.

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// Ana in the inbox with one chat, Echo's, which has answered her once.
pub fn at_work(ana: &mut Tab<'_>, server: &Server) {
    newcomer_in(ana, server);
    first_message(ana, server);
}

fn first_message(ana: &mut Tab<'_>, server: &Server) {
    ana.size(1440, 900);
    ana.look_at();
    ana.visit(&server.at("/welcome"));
    ana.fill("#text", "Is anybody there?");
    ana.click("#message form button");
    ana.until("document.querySelector('[data-from=them] .bubble') && document.readyState === 'complete'");
    ana.visit(&server.at("/inbox"));
}

pub fn open_first_chat(ana: &mut Tab<'_>) {
    ana.click("#chats .chat");
    settled(ana, "/inbox/1");
}

#[test]
fn a_message_goes_out_and_its_reply_comes_in_without_a_reload() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/inbox"));
    ana.inspect("inbox-empty");
    first_message(&mut ana, &server);
    ana.until("document.querySelector('#chats .count')");
    ana.inspect("inbox-list");
    open_first_chat(&mut ana);
    ana.until("!document.querySelector('#chats .chat[aria-current] .count')");
    ana.value("window.stays = true");
    ana.click(".composer textarea");
    ana.write("Is the blue one still there?");
    ana.press("Enter");
    ana.until("[...document.querySelectorAll('[data-from=us]')].at(-1).textContent.includes('Read')");
    ana.until("document.querySelectorAll('[data-from=them]').length >= 2");
    assert_eq!(ana.value("window.stays"), true, "the page was loaded anew");
    assert_eq!(ana.value("document.querySelector('.composer textarea').value"), "");
    assert_eq!(ana.value("document.activeElement.name"), "text", "the cursor is lost");
    ana.click("input[value=note]");
    ana.fill(".composer textarea", "Ask for the deposit");
    ana.click("#composer button[data-kind=primary]");
    ana.until("document.querySelector('[data-kind=note] .msg-meta')?.textContent.includes('only the team')");
    ana.inspect("inbox-chat");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn a_label_and_a_teammate_are_set_and_a_draft_outlives_the_page() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    open_first_chat(&mut ana);
    ana.click(".composer textarea");
    ana.write("Half a thought");
    ana.fill(".label-field", "cargo bike");
    ana.press("Enter");
    ana.until("document.querySelector('#side .chip')?.textContent.includes('cargo bike') && document.readyState === 'complete'");
    assert_eq!(ana.value("document.querySelector('.composer textarea').value"), "Half a thought");
    ana.value("document.querySelector('#responsible').value = '1'");
    ana.value("document.querySelector('#responsible').dispatchEvent(new Event('change', {bubbles: true}))");
    ana.until("document.querySelector('#chats .chat-tags')?.textContent.includes('You') && document.readyState === 'complete'");
    ana.inspect("inbox-labelled");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn the_inbox_is_worked_by_keys_alone() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.press("j");
    ana.press("Enter");
    settled(&mut ana, "/inbox/1");
    ana.press("r");
    ana.until("document.activeElement.name === 'text'");
    ana.write("By keys");
    ana.press("Enter");
    ana.until("document.querySelector('.thread').textContent.includes('By keys')");
    ana.press("Escape");
    ana.press("/");
    assert_eq!(ana.value("document.activeElement.name"), "name");
    ana.press("Escape");
    ana.press("e");
    ana.until("document.querySelector('#thread .pane-head').textContent.includes('Open again') && document.readyState === 'complete'");
}

#[test]
fn on_a_phone_one_pane_is_shown_at_a_time() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.size(320, 640);
    assert_eq!(ana.value("getComputedStyle(document.querySelector('#thread')).display"), "none");
    let named = "[...document.querySelectorAll('.topbar strong, h1, h2')].filter((one) => one.getBoundingClientRect().height > 2 && \
                 one.closest('.pane-head')?.offsetHeight !== 1 && one.textContent.trim() === 'Inbox').length";
    assert_eq!(ana.value(named), 1, "the page says its name once");
    open_first_chat(&mut ana);
    assert_eq!(ana.value("getComputedStyle(document.querySelector('#chats')).display"), "none");
    assert_eq!(ana.value("document.documentElement.scrollWidth <= 320"), true);
    ana.click("#thread .only-narrow");
    settled(&mut ana, "/inbox");
}

#[test]
fn files_are_looked_at_before_they_go_and_templates_come_by_a_slash() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    let template = r#"{"name": "Ready", "text": "Your bike {{bike}} is ready. {{my_name}}"}"#;
    server.post("/templates", template);
    open_first_chat(&mut ana);
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/src/transports/sandbox/assets/photo.jpg");
    ana.choose_file("#file", picture);
    ana.until("document.querySelector('.picked canvas')");
    ana.click(".composer textarea");
    ana.write("This is the one.");
    ana.inspect("composer-picked");
    ana.click("#composer button[data-kind=primary]");
    ana.until("document.querySelector('[data-from=us] .bubble img')?.complete");
    ana.until("document.querySelector('.picked').hidden && document.querySelector('#composer textarea').value === ''");
    ana.write("/rea");
    ana.until("document.querySelector('.suggested [role=option]')");
    ana.inspect("composer-template");
    ana.click(".composer textarea");
    ana.press("Enter");
    ana.until("document.querySelector('#composer textarea').value.startsWith('Your bike')");
    assert_eq!(ana.value("getSelection().toString()"), "{{bike}}", "the place that is the writer's to fill");
    ana.write("blue");
    ana.press("Enter");
    ana.until("document.querySelector('.thread').textContent.includes('Your bike blue is ready. Ana')");
    ana.value("document.querySelector('.later').open = true");
    ana.value("document.querySelector('#send-at').value = new Date(Date.now() + 864e5).toISOString().slice(0, 16)");
    ana.value("document.querySelector('#send-at').dispatchEvent(new Event('change', {bubbles: true}))");
    ana.inspect("composer-later");
    ana.value("document.querySelector('.later').open = false");
    ana.click(".composer textarea");
    ana.write("See you tomorrow");
    ana.press("Enter");
    ana.until("document.querySelector('.scheduled')");
    ana.click(".scheduled summary");
    ana.inspect("composer-scheduled");
    ana.click(".scheduled form button");
    ana.until("!document.querySelector('.scheduled') && document.readyState === 'complete'");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
