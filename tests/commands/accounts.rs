//! WhatsApp accounts from the command line.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Place, eventually};

#[test]
fn accounts_are_listed_linked_named_and_given_up() {
    let place = Place::new();
    let server = place.serve();
    let first = place.says_json(&["account", "list", "--json"]);
    assert_eq!((&first[0]["health"], &first[0]["transport"]), (&"connected".into(), &"sandbox".into()), "{first}");
    let phone = place.says(&["account", "link", "--name", "Lisbon shop", "--sandbox"]).trim().to_owned();
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
    let alone = place.run(&["account", "link", "--name", "By code", "--sandbox", "--by", "code"]);
    assert!(alone.stderr.contains("running server"), "{alone:?}");
}

/// A linking that is carried by a program: each step a line of JSON, each answer a line of standard input.
#[test]
fn a_script_links_with_a_passkey_and_gives_up_when_it_is_told_to() {
    let place = Place::new();
    let server = place.serve();
    let token = place.says(&["token", "create", "--name", "tests", "--scope", "full"]).trim().to_owned();
    let mut linking = Follower::start(&place);
    let shown = linking.until("qr");
    assert!(shown["shown"].as_str().is_some_and(|text| !text.is_empty()) && shown["rounds"] != 0, "{shown}");
    let (status, told) = server.api(&token, "POST", "/sandbox/scenes", Some(&json!({"scene": "scan_with_passkey"})));
    assert_eq!(status, 200, "{told}");
    linking.until("passkey");
    linking.say("{\"id\":");
    linking.say("\"rehearsal\"}");
    linking.until("confirm");
    linking.say("yes");
    let linked = linking.until("linked");
    assert!(linked["phone"].as_str().is_some_and(|phone| phone.starts_with("+1")), "{linked}");
    assert!(linking.child.wait().expect("ended").success());

    let mut given_up = Follower::start(&place);
    given_up.until("qr");
    let id = Pid::from_child(&given_up.child);
    kill_process(id, Signal::INT).expect("told to end");
    assert_eq!(given_up.child.wait().expect("ended").code(), Some(1));
    let listed = place.says_json(&["account", "list", "--json"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "an account that was never linked doesn't stay: {listed}");
    server.stop();
}

#[test]
fn a_linking_that_makes_no_sense_is_refused_with_what_to_say() {
    let place = Place::new();
    let server = place.serve();
    for (arguments, why) in [
        (&["account", "link", "--name", "Shop", "--by", "at-once"][..], "--sandbox"),
        (&["account", "link", "--name", "Shop", "--by", "code"][..], "--phone"),
        (&["account", "link", "--by", "qr"][..], "--name"),
        (&["account", "link", "--again", "+12025550198"][..], "unlink it first"),
        (&["account", "link", "--again", "+351912345678"][..], "no account"),
        (&["account", "link", "--name", "Shop", "--phone", "+1 202 555 0198"][..], "link that one again"),
        (&["account", "link", "--name", "Shop", "--phone", "12"][..], "phone"),
    ] {
        let ran = place.run(arguments);
        assert!(ran.code.is_some_and(|code| code > 0) && ran.stderr.contains(why), "{arguments:?}: {ran:?}");
    }
    server.stop();
    let alone = place.run(&["account", "link", "--name", "Shop"]);
    assert!(alone.stderr.contains("running server"), "{alone:?}");
}

/// `partyline account link --json` of a sandbox number, followed.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
}

impl Follower {
    fn start(place: &Place) -> Follower {
        let mut command = place.command(&["account", "link", "--name", "Shop", "--sandbox", "--by", "qr", "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let input = child.stdin.take().expect("its input");
        Follower { child, lines, input }
    }

    /// Reads steps up to this one.
    fn until(&mut self, stage: &str) -> Value {
        loop {
            let line = self.lines.next().expect("it goes on").expect("text");
            let step: Value = serde_json::from_str(&line).expect("JSON");
            assert_ne!(step["stage"], "ended", "{step}");
            if step["stage"] == stage {
                return step;
            }
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it listens");
    }
}

/// Monitoring reads how every account is, by its kind, and follows within seconds.
#[test]
fn metrics_tell_how_many_accounts_are_well_and_how_many_are_held() {
    let place = Place::new();
    let server = place.serve();
    let token = place.says(&["token", "create", "--name", "tests", "--scope", "full"]).trim().to_owned();
    let count = |health: &str| {
        let metrics = text(&server.address, "/metrics");
        let is_it = |line: &&str| {
            line.starts_with("partyline_accounts{")
                && line.contains("transport=\"sandbox\"")
                && line.contains(&format!("health=\"{health}\""))
        };
        metrics.lines().find(is_it).and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    eventually("one account is connected", Duration::from_secs(20), || count("connected") == Some(1.0));
    assert_eq!(count("held"), Some(0.0), "a word that nobody has is told as none");
    for (scene, health) in [("held", "held"), ("token_invalid", "token_invalid")] {
        let (status, told) =
            server.api(&token, "POST", "/sandbox/scenes", Some(&json!({"scene": scene, "seconds": 600})));
        assert_eq!(status, 200, "{told}");
        eventually(health, Duration::from_secs(20), || count(health) == Some(1.0) && count("connected") == Some(0.0));
        server.api(&token, "POST", "/sandbox/reconnect", Some(&json!({})));
        eventually("it is back", Duration::from_secs(20), || count("connected") == Some(1.0));
    }
    server.stop();
}

fn text(address: &str, path: &str) -> String {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}
