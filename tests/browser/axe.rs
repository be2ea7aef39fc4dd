//! axe-core, the judge of accessibility that browsers' makers use: put into a page by the protocol, so that the page's policy,
//! which allows no foreign script, stays as it is.

use serde_json::Value;

use crate::tab::Tab;

const TRIES_MAX: usize = 5;

/// WCAG 2.2, A and AA.
const RUN: &str = "axe.run(document, {resultTypes: ['violations'], runOnly: \
    ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(({violations}) => violations.map(({id, help, nodes}) => \
    `${id}: ${help}: ${nodes.slice(0, 3).map(({target}) => target.join(' ')).join('; ')}`))";

/// The script of `PARTYLINE_TEST_AXE`; without it pages are judged by our own checks alone, unless all were promised.
fn script() -> Option<String> {
    let Some(file) = std::env::var_os("PARTYLINE_TEST_AXE") else {
        assert!(std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL promised axe-core");
        return None;
    };
    Some(std::fs::read_to_string(file).expect("axe-core's script"))
}

/// What axe-core finds wrong with the page as it is now.
pub fn violations(tab: &mut Tab<'_>) -> Vec<String> {
    let Some(script) = script() else { return Vec::new() };
    // A page that waits for something may ask for itself in between, and the script is gone with the old one.
    let found = (0..TRIES_MAX).find_map(|_| {
        if tab.try_value("typeof axe") != Ok(Value::from("object")) {
            tab.try_value(&format!("{script}; undefined")).ok()?;
        }
        tab.try_value(RUN).ok()
    });
    serde_json::from_value(found.expect("axe-core judges")).expect("a list of words")
}
