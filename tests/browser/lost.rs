//! The server goes away under an open page and comes back: a banner says so as long as it lasts, and what was missed is there.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::server::Server;
use crate::tab::Tab;

const BANNER: &str = "[...document.querySelectorAll('.banner.lost')].some((banner) => banner.checkVisibility())";

#[test]
fn a_page_says_that_its_server_is_gone_and_catches_up_when_it_is_back() {
    let Some(mut browser) = Chromium::start() else { return };
    let mut server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    for place in ["/integrations/public-api", "/inbox/1"] {
        ana.visit(&server.at(place));
        ana.value("window.stays = true");
        ana.size(390, 844);
        server = server.restarted(|_| {
            ana.until(BANNER);
            let picture = if place.starts_with("/inbox") { "lost-inbox" } else { "lost-public-api" };
            ana.photograph(picture);
        });
        // Before the page has its stream again.
        server.post("/messages", r#"{"phone": "+12025550100", "text": "said meanwhile"}"#);
        server.api_as(&server.token, "/chats/424242");
        ana.until(&format!("!({BANNER})"));
        let missed = if place.starts_with("/inbox") { "said meanwhile" } else { "/chats/424242" };
        ana.until(&format!("document.querySelector('main').textContent.includes('{missed}')"));
        assert_eq!(ana.value("window.stays"), true, "{place} was loaded anew");
        ana.size(1440, 900);
    }
    // While it was away nobody answered.
    let others = |complaint: &String| !complaint.contains("ERR_");
    assert_eq!(ana.complaints().into_iter().filter(others).collect::<Vec<String>>(), Vec::<String>::new());
}
