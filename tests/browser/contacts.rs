//! Contacts: taken in, found, made one of two, let out of mass messages, handed out.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::server::Server;
use crate::tab::Tab;

#[test]
fn contacts_come_in_are_put_in_order_and_go_out() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("contacts.csv");
    let long = "Wilhelmina Aurelia van den Hoogenband-Oosterhuis of the Northern Harbour";
    let rows = format!(
        "phone,name,opted_out\n+12025550120,\u{644}\u{64a}\u{644}\u{649},no\n+12025550121,{long},yes\n+12025550122,{long},no\n"
    );
    std::fs::write(&table, rows).expect("a table");
    ana.visit(&server.at("/contacts"));
    ana.click("[popovertarget=import]");
    ana.until("document.querySelector('#import:popover-open')");
    ana.inspect("contacts-import");
    ana.choose_file("#csv", table.to_str().expect("a path"));
    ana.click("#import button[data-kind=primary]");
    ana.until("document.querySelectorAll('tbody tr').length === 4 && document.readyState === 'complete'");
    ana.inspect("contacts");

    // A broken table says what is wrong, and nothing of it is taken.
    std::fs::write(&table, "telephone\n+12025550123\n").expect("a table");
    ana.click("[popovertarget=import]");
    ana.choose_file("#csv", table.to_str().expect("a path"));
    ana.click("#import button[data-kind=primary]");
    ana.until("document.body.textContent.includes('must be phone') && document.readyState === 'complete'");
    ana.inspect("contacts-import-failed");
    ana.visit(&server.at("/contacts"));

    ana.fill("[name=q]", "wilhelmina");
    ana.press("Enter");
    ana.until("location.search.includes('q=') && document.querySelectorAll('tbody tr').length === 2 && document.readyState === 'complete'");
    // Found by keys as well, and made one.
    ana.click("tbody tr:first-child [name=contact]");
    ana.click("tbody tr:last-child [name=contact]");
    ana.click("#merge button");
    ana.until("document.querySelector('.banner[role=status]') && document.readyState === 'complete'");
    ana.inspect("contacts-merged");
    ana.visit(&server.at("/contacts?q=wilhelmina"));
    let out = "[...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes('Opted out'))";
    assert_eq!(ana.value(out), true, "whoever opted out under either stays out: {}", ana.text());
    ana.visit(&server.at("/contacts?q=0120"));
    ana.click("tbody form button");
    ana.until("document.querySelector('.banner[role=status]') && document.readyState === 'complete'");
    let csv =
        ana.value("fetch('/contacts/contacts.csv').then((answer) => answer.text())").as_str().unwrap_or("").to_owned();
    assert_eq!(csv.lines().filter(|line| line.ends_with(",yes")).count(), 3, "{csv}");
    ana.visit(&server.at("/contacts?q=nobody-here"));
    ana.inspect("contacts-none");
    assert!(ana.complaints().iter().all(|complaint| complaint.contains("400")), "{:?}", ana.complaints());
}
