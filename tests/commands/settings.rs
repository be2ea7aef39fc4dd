//! Options, variables and defaults, and what is said of wrong ones.

use crate::support::{Place, bare, run};

#[test]
fn settings_say_where_they_come_from_and_hide_secrets() {
    let mut command = bare(&["config", "--json", "--listen", "127.0.0.1:9000"]);
    command.env("PARTYLINE_DATABASE", "postgres://line:hunter2@db.example:5432/line").env("PARTYLINE_PUBLIC_URL", "");
    command.env("PARTYLINE_OUTBOUND_ALLOW", "10.1.0.0/16,192.0.2.7");
    let ran = run(&mut command);
    assert!(!ran.stdout.contains("hunter2"), "{ran:?}");
    let settings: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let shown = |id: &str| {
        let all = settings.as_array().expect("an array");
        let one = all.iter().find(|setting| setting["id"] == id).expect(id);
        (one["value"].as_str().expect("text").to_owned(), one["source"].as_str().expect("text").to_owned())
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(shown("listen"), pair("127.0.0.1:9000", "flag"));
    assert_eq!(shown("database"), pair("postgres://line:***@db.example:5432/line", "environment"));
    assert_eq!(shown("outbound_allow"), pair("10.1.0.0/16,192.0.2.7/32", "environment"));
    assert_eq!(shown("data"), pair("./partyline-data", "default"));
    assert_eq!(shown("public_url"), pair("http://127.0.0.1:9000", "default"), "an empty variable is none");
}

#[test]
fn an_option_is_taken_before_or_behind_its_command() {
    for arguments in [&["--listen", "127.0.0.1:9000", "config"][..], &["config", "--listen", "127.0.0.1:9000"]] {
        let ran = run(&mut bare(arguments));
        assert!(ran.stdout.contains("http://127.0.0.1:9000"), "{ran:?}");
    }
}

#[test]
fn a_wrong_value_is_answered_with_what_to_write() {
    let wrong: [(&[&str], &str); 13] = [
        (&["--graph-url", "graph"], "https://graph.facebook.com"),
        (&["--graph-version", "25"], "write it as v25.0"),
        (&["--web-url", "https://web.whatsapp.com"], "write it as wss://web.whatsapp.com/ws/chat"),
        (&["--web-version", "2.3000"], "write it as 2.3000.1030000000"),
        (&["--listen", "8080"], "write 127.0.0.1:8080"),
        (&["--listen", "line.example:80"], "write 127.0.0.1:8080"),
        (&["--database", "mysql://me:hunter2@db/line"], "must begin with postgres://"),
        (&["--public-url", "line.example.com"], "write it as https://"),
        (&["--trusted-proxy", "proxy"], "10.0.0.0/8"),
        (&["--outbound-allow", "10.0.0.0/99"], "10.0.0.0/8"),
        (&["--sandbox-speed", "fast"], "0 for at once"),
        (&["--log-format", "xml"], "write text or json"),
        (&["--log", "loud"], "write error, warn, info or debug"),
    ];
    for (arguments, advice) in wrong {
        let ran = Place::new().run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(arguments[0]) && ran.stderr.contains(advice), "{ran:?}");
        assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
    }
    let ran = run(bare(&["config"]).env("PARTYLINE_LISTEN", "nowhere"));
    assert!(ran.stderr.contains("PARTYLINE_LISTEN: "), "names what was set: {ran:?}");
}

#[test]
fn unknown_words_are_usage_errors() {
    let place = Place::new();
    for arguments in [&["dance"][..], &["token", "create"], &["token", "create", "--name", "x", "--scope", "all"]] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    }
    assert!(!place.data.exists());
}

#[test]
fn help_never_shows_what_the_environment_holds() {
    let ran = run(bare(&["--help"]).env("PARTYLINE_DATABASE", "postgres://line:hunter2@db/line"));
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.contains("PARTYLINE_DATABASE") && !ran.stdout.contains("hunter2"), "{ran:?}");
}
