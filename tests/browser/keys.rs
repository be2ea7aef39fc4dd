//! Each page's main job, done by the keyboard alone: only Tab, Enter, Space and letters are pressed.

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// Stops on the way to anything.
const STOPS_MAX: usize = 90;

impl Tab<'_> {
    /// Goes on with Tab until what a selector finds has the focus, which must be seen.
    fn reach(&mut self, selector: &str) {
        for _ in 0..STOPS_MAX {
            self.press("Tab");
            if self.value(&format!("document.activeElement.matches(`{selector}`)")) == true {
                let outline = self.value("getComputedStyle(document.activeElement).outlineStyle");
                assert_ne!(outline, "none", "{selector} has the focus and nobody sees it");
                return;
            }
        }
        panic!("{selector} can't be reached with Tab");
    }

    fn enter_on(&mut self, selector: &str) {
        self.reach(selector);
        self.press("Enter");
    }

    fn type_into(&mut self, selector: &str, text: &str) {
        self.reach(selector);
        self.value("document.activeElement.select?.()");
        self.write(text);
    }

    fn until_shown(&mut self, words: &str) {
        let words = serde_json::Value::from(words);
        self.until(&format!("document.body.innerText.includes({words}) && document.readyState === 'complete'"));
    }
}

#[test]
fn the_public_api_is_set_up_by_keys_alone() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start_with(&["--support-contact", "help@harbourbikes.example"]);
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.look_at();
    ana.visit(&server.at("/integrations/public-api"));
    ana.enter_on("[popovertarget=new-token]");
    ana.until("document.activeElement.id === 'name'");
    ana.write("crm");
    ana.press("Enter");
    ana.until_shown("This is the only time it is shown");
    ana.visit(&server.at("/integrations/public-api"));
    server.api("/workspace");
    ana.until("document.querySelector('a.log-row')");
    ana.reach("#log-text");
    ana.write("nothing like it");
    ana.press("Enter");
    ana.until_shown("No call fits");
    ana.visit(&server.at("/integrations/public-api"));
    ana.enter_on("a.log-row");
    ana.until_shown("What it caused");

    ana.visit(&server.at("/integrations/public-api/increase"));
    ana.type_into("#calls_per_cycle", "400000");
    ana.type_into("#reason", "Two more shops open in spring.");
    ana.enter_on("form[action$=increase] button");
    ana.until_shown("The request is with the operator");
    ana.visit(&server.at("/instance"));
    ana.type_into("[name=answer]", "With pleasure");
    ana.enter_on("[value=granted]");
    ana.until_shown("The request is answered");

    ana.visit(&server.at("/integrations/webhooks"));
    ana.enter_on("[popovertarget=new-webhook]");
    ana.until("document.activeElement.id === 'url'");
    ana.write("https://crm.invalid/hear");
    ana.press("Enter");
    ana.until_shown("Signing secret");
    ana.enter_on("form[action$=test] button");
    ana.until_shown("The example is on its way");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn the_workspace_is_run_by_keys_alone() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    ana.look_at();
    ana.type_into("#text", "By keys");
    ana.press("Enter");
    ana.until("document.querySelector('[data-from=them] .bubble')");

    ana.visit(&server.at("/accounts"));
    ana.type_into("#name", "Lisbon shop");
    ana.enter_on("form[action='/accounts/link'] button");
    ana.until("document.querySelector('svg.qr')");
    ana.enter_on("[value=scan]");
    ana.until_shown("sends and receives now");
    ana.visit(&server.at("/accounts"));
    ana.enter_on("details summary");
    ana.type_into("#name-1", "Porto shop");
    ana.press("Enter");
    ana.until_shown("Porto shop");

    ana.visit(&server.at("/templates"));
    ana.type_into("#new-name", "Ready");
    ana.type_into("#new-text", "Your bike is ready.");
    ana.enter_on("#new form button");
    ana.until_shown("The template is there");

    ana.visit(&server.at("/team"));
    ana.type_into("#email", "joe@harbourbikes.example");
    ana.press("Enter");
    ana.until_shown("Invitation link");

    ana.visit(&server.at("/workspace"));
    ana.type_into("#kept_days", "60");
    ana.press("Enter");
    ana.until_shown("The workspace is saved");
    ana.visit(&server.at("/audit-log"));
    ana.enter_on("a[href*='about=settings']");
    ana.until_shown("60 days");

    ana.visit(&server.at("/account"));
    ana.reach("[name=theme]");
    ana.press("Space");
    ana.enter_on("form[action='/account/theme'] button");
    ana.until_shown("The colours are as you chose");
    ana.enter_on("form[action='/logout'] button");
    settled(&mut ana, "/login");
    // The cursor is in the first field already.
    ana.write("ana@harbourbikes.example");
    ana.type_into("#password", "salt wind over the pier");
    ana.press("Enter");
    settled(&mut ana, "/inbox");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
