//! Each role in front of the screens: the sidebar leads where the table of permissions says, and nowhere else.

use partyline::workspace::permissions::Right;
use partyline::workspace::teammates::Role;
use serde_json::Value;

use crate::chromium::Chromium;
use crate::pages::PAGES;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// The way in for a newcomer of this role, as the Owner hands it over.
fn invitation(ana: &mut Tab<'_>, server: &Server, role: Role) -> String {
    ana.visit(&server.at("/team"));
    ana.fill("#email", &format!("{}@harbourbikes.example", role.as_str()));
    ana.value(&format!("document.querySelector('#role').value = '{}'", role.as_str()));
    ana.click("form[action='/team/invite'] button");
    ana.until("document.querySelector('#link') && document.readyState === 'complete'");
    ana.value("document.querySelector('#link').value").as_str().expect("a link").to_owned()
}

#[test]
fn each_role_is_led_where_its_table_says() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut tab = Tab::open(&mut browser);
    newcomer_in(&mut tab, &server);
    let links: Vec<(Role, String)> =
        Role::INVITED.into_iter().map(|role| (role, invitation(&mut tab, &server, role))).collect();
    for (role, link) in links {
        tab.click("form[action='/logout'] button");
        settled(&mut tab, "/login");
        tab.visit(&link);
        tab.fill("#name", "Joe Reyes");
        tab.fill("#password", "green tandems at noon");
        tab.click("form button");
        tab.until("document.querySelector('nav.nav') && document.readyState === 'complete'");
        let shown = tab.value("[...document.querySelectorAll('.sidebar a')].map(a => a.pathname)");
        let shown: Vec<String> = serde_json::from_value(shown).expect("addresses");
        for (path, right) in PAGES {
            let may = right.is_none_or(|right| role.may(right)) && path != "/instance";
            let is_shown = shown.iter().any(|link| link == path);
            assert!(!is_shown || may, "{role:?} is led to {path}");
            tab.visit(&server.at(path));
            let refused = tab.text().contains("That didn't work");
            assert_eq!(refused, !may, "{role:?} {path}: {}", tab.text());
            // What is on the page is what may be done there.
            let forms = tab.value(
                "[...document.querySelectorAll('main form[method=post]')].map(form => form.getAttribute('action'))",
            );
            let forms: Vec<Option<String>> = serde_json::from_value(forms).expect("addresses");
            for form in forms.into_iter().flatten() {
                let may = right_of(&form).is_none_or(|right| role.may(right));
                assert!(may, "{role:?} is offered {form} on {path}");
            }
            if refused {
                tab.visit(&server.at("/account"));
            }
        }
        tab.visit(&server.at("/account"));
    }
    // What was refused to somebody who typed its address, and nothing else.
    let odd: Vec<String> = tab.complaints().into_iter().filter(|complaint| !complaint.contains("403")).collect();
    assert_eq!(odd, Vec::<String>::new());
}

/// What sending a form takes.
fn right_of(form: &str) -> Option<Right> {
    let rights = [
        ("/accounts", Right::ManageAccounts),
        ("/integrations/public-api", Right::ManageTokens),
        ("/integrations/webhooks", Right::ManageWebhooks),
        ("/team", Right::ManageTeam),
        ("/workspace", Right::ManageWorkspace),
        ("/templates", Right::SendMessages),
        ("/welcome", Right::SendMessages),
        ("/contacts", Right::SendMessages),
    ];
    rights.iter().find(|(start, _)| form.starts_with(start)).map(|(_, right)| *right)
}

#[test]
fn every_pair_of_tokens_can_be_read_in_both_themes() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut tab = Tab::open(&mut browser);
    tab.visit(&server.at("/styleguide"));
    for theme in ["light", "dark"] {
        tab.theme(theme);
        let faults: Vec<String> = serde_json::from_value(tab.value(include_str!("contrast.js"))).expect("words");
        assert_eq!(faults, Vec::<String>::new(), "{theme}");
    }
    // The check finds a pair that can't be read.
    let planted = include_str!("contrast.js").replacen("['text',", "['line',", 1);
    assert_ne!(tab.value(&planted), Value::Array(Vec::new()));
}
