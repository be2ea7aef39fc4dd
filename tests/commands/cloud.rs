//! Adding accounts of kind cloud by command.

use crate::support::{Place, bare, run};

#[test]
fn an_account_in_the_sandbox_is_added_while_the_server_runs_and_while_it_does_not() {
    for is_running in [false, true] {
        let place = Place::new();
        place.says(&["workspace", "create", "--name", "Harbour Bikes"]);
        let server = is_running.then(|| place.serve());
        let told = place.says(&["account", "add", "cloud", "--sandbox", "--name", "Front desk"]);
        assert!(told.contains("+12025550197 (Front desk)"), "{told}");
        assert!(told.contains("/provider/cloud/") && told.contains("Verify token"), "{told}");
        let again = place.run(&["account", "add", "cloud", "--sandbox"]);
        assert!(again.code != Some(0) && again.stderr.contains("already"), "{again:?}");
        if let Some(server) = server {
            server.stop();
        }
    }
}

#[test]
fn a_token_is_checked_before_anything_is_stored_and_never_shown() {
    let place = Place::new();
    place.says(&["workspace", "create", "--name", "Harbour Bikes"]);
    // Nobody listens there.
    let graph = ["--graph-url", "http://127.0.0.1:9"];
    let ids = ["account", "add", "cloud", "--phone-number-id", "106540352242922", "--business-id", "102290129340398"];
    let mut command = place.command(&[&graph[..], &ids[..]].concat());
    command.env("PARTYLINE_CLOUD_TOKEN", "EAAhunter2hunter2").env("PARTYLINE_CLOUD_SECRET", "hunter2hunter2");
    let ran = run(&mut command);
    assert!(ran.code != Some(0) && !ran.stderr.contains("hunter2") && ran.stdout.is_empty(), "{ran:?}");
    let listed = place.run(&[&graph[..], &["account", "set-token", "+1 202 555 0123"]].concat());
    assert_eq!(listed.code, Some(2), "a token must be given: {listed:?}");
    let unknown = place.run(&["account", "set-token", "+1 202 555 0123", "--access-token", "EAAhunter2hunter2"]);
    assert!(unknown.code != Some(0) && !unknown.stderr.contains("hunter2"), "{unknown:?}");
}

#[test]
fn what_is_missing_is_a_usage_error_and_help_shows_no_secret() {
    let place = Place::new();
    let ran = place.run(&["account", "add", "cloud", "--phone-number-id", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    let help = run(bare(&["account", "add", "cloud", "--help"]).env("PARTYLINE_CLOUD_TOKEN", "hunter2"));
    assert!(help.stdout.contains("PARTYLINE_CLOUD_TOKEN") && !help.stdout.contains("hunter2"), "{help:?}");
}
