//! Jobs done on the smallest phone, by touch alone.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;

fn fits(ana: &mut Tab<'_>, what: &str) {
    ana.until("document.readyState === 'complete' && document.body");
    assert_eq!(ana.value("document.documentElement.scrollWidth <= 320"), true, "{what} scrolls sideways");
}

#[test]
fn five_jobs_are_done_at_320_pixels() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.size(320, 640);
    ana.reload();

    // One: read a chat and answer it.
    ana.click("#chats .chat");
    settled(&mut ana, "/inbox/1");
    fits(&mut ana, "a chat");
    ana.click("#thread [data-from=them] [data-reply]");
    ana.until("document.querySelector('.answering')?.hidden === false");
    fits(&mut ana, "a quote");
    ana.write("It is, and it waits for you");
    ana.click("#composer button[data-kind=primary]");
    ana.until("[...document.querySelectorAll('#thread .msg[id]')].some((m) => m.textContent.includes('waits for you') && m.querySelector('.quote'))");

    // Two: leave a note.
    ana.click("#composer label:has([value=note])");
    ana.fill("#composer textarea", "Wants the blue one");
    ana.click("#composer button[data-kind=primary]");
    ana.until("document.querySelector('#thread [data-kind=note][id]')");
    fits(&mut ana, "a note");

    // Three: label it and take it over, in the drawer.
    ana.click("[popovertarget=side].only-drawer");
    ana.until("document.querySelector('#side:popover-open')");
    fits(&mut ana, "the drawer");
    ana.photograph("inbox-drawer-320");
    ana.fill("#side .label-field", "urgent");
    ana.click("#side form:has(.label-field) button");
    ana.until(
        "document.querySelector('#side .chip')?.textContent.includes('urgent') && document.readyState === 'complete'",
    );
    ana.click("[popovertarget=side].only-drawer");
    ana.until("document.querySelector('#side:popover-open')");
    ana.value("{ const who = document.querySelector('#responsible'); who.selectedIndex = 1; who.dispatchEvent(new Event('change', {bubbles: true})); 0 }");
    ana.until("document.querySelector('.thread').textContent.includes('Assigned to Ana Martins') && document.readyState === 'complete'");

    // Four: close it, change one's mind.
    ana.click("#thread [data-key=e]");
    ana.until("document.querySelector('.toast') && document.readyState === 'complete'");
    fits(&mut ana, "the way back");
    ana.photograph("inbox-toast-320");
    ana.click(".toast button");
    ana.until("document.querySelector('#thread [data-key=e]')?.textContent.includes('Close') && document.readyState === 'complete'");

    // Five: go back, tick it and put it off with others.
    ana.click("#thread .only-narrow");
    settled(&mut ana, "/inbox");
    ana.click("#chats .tick-box");
    ana.until("document.querySelector('#chats [name=chat]:checked')");
    fits(&mut ana, "ticked chats");
    ana.click("#bulk [value=snooze]");
    ana.until(
        "document.querySelector('.toast')?.textContent.includes('snoozed') && document.readyState === 'complete'",
    );
    fits(&mut ana, "an empty list");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
