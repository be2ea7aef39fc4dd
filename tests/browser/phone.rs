//! The sandbox's phone beside the team's side: one person plays both.

use std::time::Instant;

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// What a person may wait for a message to appear on the other side, in ms, on a machine that does other things as well.
const APPEARS_WITHIN_MS: u128 = 5_000;

#[test]
fn the_customer_and_the_team_talk_side_by_side() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.size(1440, 900);
    ana.look_at();
    ana.visit(&server.at("/phone/12025550177"));
    ana.inspect("phone-empty");
    ana.click(".as-customer textarea");
    ana.write("Is the blue one still there?");
    ana.click(".as-customer button[data-kind=primary]");
    settled(&mut ana, "/phone/12025550177");
    ana.until("document.querySelector('#thread [data-from=them] .bubble') && document.readyState === 'complete'");
    ana.value("window.stays = true");
    ana.click("#composer textarea");
    ana.write("It is. Shall I keep it for you?");
    let sent = Instant::now();
    ana.press("Enter");
    ana.until("document.querySelector('.phone .thread').textContent.includes('Shall I keep it')");
    let took = sent.elapsed().as_millis();
    assert!(took < APPEARS_WITHIN_MS, "{took} ms from one side to the other");
    assert_eq!(ana.value("window.stays"), true, "the page was loaded anew");
    ana.click(".phone [data-from=them] [popovertarget]");
    ana.until("document.querySelector('.phone .over:popover-open')");
    ana.photograph("phone-react");
    ana.click(".phone .over:popover-open [name=emoji]");
    ana.until("document.querySelector('#thread .reactions') && document.readyState === 'complete'");
    for what in ["photo", "voice", "place"] {
        let before = ana.value("document.querySelectorAll('#thread [data-from=them]').length").as_i64().unwrap_or(0);
        ana.click(&format!(".phone [name=what][value={what}]"));
        ana.until(&format!("document.querySelectorAll('#thread [data-from=them]').length > {before} && document.readyState === 'complete'"));
    }
    ana.until(
        "document.querySelector('#thread [data-from=them] img')?.complete && document.querySelector('#thread audio')",
    );
    ana.inspect("phone");
    ana.click("#chats .pane-head button");
    ana.until("document.querySelector('.phone .banner') && document.readyState === 'complete'");
    ana.inspect("phone-off");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
