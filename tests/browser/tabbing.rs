//! Every page by the Tab key alone: each thing that can be clicked or filled in is reached, is seen while it has the focus, and
//! shows that it has it.

use crate::chromium::Chromium;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;
use crate::walk::furnish;

/// Stops of the page with the most.
const STOPS_MAX: usize = 400;

/// What has the focus now: nothing at the end; else whether anything is wrong with it. A field for a time has it several times.
const STOP: &str = "(() => { const e = document.activeElement; if (e && e === window.lastStop) return ''; window.lastStop = e; if (!e || e === document.body || 'reached' in e.dataset) return null; \
    e.dataset.reached = ''; const box = e.getBoundingClientRect(); \
    const called = `${e.tagName.toLowerCase()} \"${(e.ariaLabel || e.textContent || e.name || e.id).trim().slice(0, 40)}\"`; \
    const rings = (one) => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0; }; \
    let ring = e; for (let n = 0; ring && n < 4 && !rings(ring); n += 1) ring = ring.parentElement; \
    if (!ring || !rings(ring)) return `${called} doesn't show its focus`; \
    if (box.bottom <= 0 || box.top >= innerHeight) return `${called} has the focus out of sight`; \
    return ''; })()";

/// What can be used and was never reached. Of radio buttons one is, and an arrow goes to the others.
const MISSED: &str = "[...document.querySelectorAll('a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary')] \
    .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length && !e.disabled && e.tabIndex >= 0 && !('reached' in e.dataset)) \
    .map(e => `${e.tagName.toLowerCase()} \"${(e.ariaLabel || e.textContent || e.name).trim().slice(0, 40)}\" is not reached`).slice(0, 4)";

#[test]
fn everything_on_every_page_is_reached_by_tab_and_shows_its_focus() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    let places = furnish(&mut ana, &server);
    ana.size(1440, 900);
    ana.look_at();
    let mut faults = Vec::new();
    for place in places.iter().filter(|place| !place.starts_with("/integrations/api/docs/")) {
        ana.visit(&server.at(place));
        // What a page watches would put fresh parts in the place of those that were reached.
        ana.value("window.fetch = () => new Promise(() => {}); for (let timer = 1; timer < 9999; timer += 1) clearInterval(timer); 0");
        let (mut stops, mut ends) = (0, 0);
        // A page may begin in the middle, in its field; so behind its end it begins once more.
        while ends < 2 {
            ana.press("Tab");
            let stop = ana.value(STOP);
            let Some(fault) = stop.as_str() else {
                ends += 1;
                continue;
            };
            stops += 1;
            assert!(stops < STOPS_MAX, "{place} has no end");
            if !fault.is_empty() {
                faults.push(format!("{place}: {fault}"));
            }
        }
        assert!(stops > 4, "{place} has {stops} stops");
        let missed: Vec<String> = serde_json::from_value(ana.value(MISSED)).expect("words");
        faults.extend(missed.into_iter().map(|fault| format!("{place}: {fault}")));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    ana.visit(&server.at("/account"));
    settled(&mut ana, "/account");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
