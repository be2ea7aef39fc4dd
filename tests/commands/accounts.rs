//! WhatsApp accounts from the command line.

use crate::support::Place;

#[test]
fn accounts_are_listed_linked_named_and_given_up() {
    let place = Place::new();
    let server = place.serve();
    let first = place.says_json(&["account", "list", "--json"]);
    assert_eq!((&first[0]["health"], &first[0]["transport"]), (&"connected".into(), &"sandbox".into()), "{first}");
    let phone = place.says(&["account", "link", "--name", "Lisbon shop"]).trim().to_owned();
    assert!(phone.starts_with("+1"), "{phone}");
    place.says(&["account", "rename", &phone, "Porto shop"]);
    place.says(&["account", "unlink", &phone]);
    let listed = place.says_json(&["account", "list", "--json"]);
    assert_eq!((&listed[1]["name"], &listed[1]["health"]), (&"Porto shop".into(), &"unlinked".into()), "{listed}");
    let again = place.run(&["account", "unlink", &phone]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("unlinked already"), "{again:?}");
    let unknown = place.run(&["account", "rename", "+351 912 345 678", "x"]);
    assert!(unknown.stderr.contains(&phone), "{unknown:?}");
    drop(server);
    let alone = place.run(&["account", "link", "--name", "By code", "--by", "code"]);
    assert!(alone.stderr.contains("running server"), "{alone:?}");
}
