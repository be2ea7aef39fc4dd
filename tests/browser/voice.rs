//! A voice message is spoken into the composer and arrives as one that phones play.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn a_voice_message_is_recorded_sent_and_played() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    ana.visit(&server.at("/inbox/1"));
    settled(&mut ana, "/inbox/1");
    ana.click("[data-record]");
    ana.until("document.querySelector('[data-record]').textContent.includes('Stop, 0:02')");
    ana.photograph("inbox-recording");
    ana.click("[data-record]");
    ana.until("document.querySelector('.picked .attached')?.textContent.includes('voice message.ogg')");
    ana.inspect("inbox-recorded");
    ana.click("#composer button[data-kind=primary]");
    ana.until("document.querySelector('#thread .msg[data-from=us] audio') && document.querySelector('.picked').hidden");
    let messages = server.api("/chats/1/messages?from_me=true");
    let attachment = messages["data"]["messages"][0]["data"]["attachment"].clone();
    assert_eq!(attachment["kind"], "voice", "{messages}");
    // The browser plays what it was given: the box is whole.
    ana.value("window.sound = document.querySelector('#thread .msg[data-from=us] audio'); sound.preload = 'metadata'; sound.load(); 0");
    ana.until("sound.readyState >= 1");
    assert_eq!(
        ana.value("sound.error === null && sound.duration > 1.5 && sound.duration < 6"),
        true,
        "{}",
        ana.value("String(sound.duration)")
    );
    ana.value("window.MediaRecorder.isTypeSupported = () => false");
    ana.click("[data-record]");
    ana.until("document.querySelector('.composer-fault')?.textContent.includes('can’t record')");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
