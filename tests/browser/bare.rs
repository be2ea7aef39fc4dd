//! Pages as few look at them: of a workspace in which nothing has happened yet, and with what is wrong in a form.

use crate::axe::violations;
use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::pages::PAGES;
use crate::screens::newcomer_in;
use crate::server::Server;
use crate::tab::Tab;

/// Forms and what nobody should send by them.
const WRONG: [(&str, &[(&str, &str)]); 11] = [
    ("/team/invite", &[("email", "nobody"), ("role", "teammate")]),
    ("/integrations/public-api/tokens", &[("name", ""), ("scope", "read"), ("expires", "soon"), ("from", "here")]),
    ("/integrations/public-api/increase", &[("calls_per_cycle", "many"), ("reason", "")]),
    ("/integrations/webhooks", &[("event_type", "message:new"), ("url", "ftp://crm")]),
    ("/workspace", &[("name", ""), ("zone", "Moon/Base")]),
    ("/templates", &[("name", ""), ("text", "")]),
    ("/accounts/link", &[("name", ""), ("way", "qr")]),
    ("/accounts/cloud", &[("phone_number_id", "x")]),
    ("/account/password", &[("current", "x"), ("password", "short")]),
    ("/inbox/1/send", &[("text", " "), ("mode", "reply")]),
    ("/contacts/merge", &[("contact", "1")]),
];

/// All that the checks find, at a desk and at a phone, by day and by night; the pictures go to `target/screenshots/bare/`.
fn look(tab: &mut Tab<'_>, name: &str) -> Vec<String> {
    let name: String = name.trim_matches('/').replace('/', "-");
    let mut faults = Vec::new();
    for (width, height) in [(320, 640), (390, 844), (1440, 900)] {
        tab.size(width, height);
        faults.extend(tab.cut().into_iter().map(|fault| format!("{name} at {width}: {fault}")));
        for theme in if width == 320 { [].iter() } else { ["light", "dark"].iter() } {
            tab.theme(theme);
            let form = format!("{width}-{theme}");
            let found = tab.faults().into_iter().chain(violations(tab));
            faults.extend(found.map(|fault| format!("{name} at {form}: {fault}")));
            tab.photograph_whole(&format!("bare/{name}-{form}"));
        }
    }
    tab.size(1440, 900);
    tab.theme("light");
    faults
}

#[test]
fn every_page_is_whole_where_nothing_has_happened_yet() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    newcomer_in(&mut ana, &server);
    let mut faults = Vec::new();
    for (place, _) in PAGES.iter().filter(|page| page.0 != "/styleguide") {
        ana.visit(&server.at(place));
        faults.extend(look(&mut ana, &format!("empty{place}")));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

#[test]
fn every_form_says_what_is_wrong_in_a_page_that_is_whole() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    let mut faults = Vec::new();
    for (action, fields) in WRONG {
        ana.visit(&server.at("/account"));
        let fields = serde_json::json!(fields);
        ana.value(&format!(
            "(() => {{ window.isLeft = true; const form = Object.assign(document.createElement('form'), {{method: 'post', action: '{action}'}}); \
             for (const [name, value] of {fields}) form.append(Object.assign(document.createElement('input'), {{type: 'hidden', name, value}})); \
             document.body.append(form); form.submit(); }})()"
        ));
        ana.until("!window.isLeft && document.readyState === 'complete'");
        let is_told = "[...document.querySelectorAll('[aria-invalid=true], .fault, [data-tone=danger], [role=alert]')].some((one) => one.checkVisibility()) \
             || document.querySelector('h1').textContent.includes('work')";
        if ana.value(is_told) != true {
            faults.push(format!("{action} doesn't say what is wrong"));
        }
        faults.extend(look(&mut ana, &format!("wrong{action}")));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let others = |complaint: &String| !complaint.contains("400");
    assert_eq!(ana.complaints().into_iter().filter(others).collect::<Vec<String>>(), Vec::<String>::new());
}
