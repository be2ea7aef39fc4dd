//! Words of the scripts: a page brings those of its scripts along, and `words.js` reads them. What stands in braces is filled in.

use std::collections::BTreeMap;

use serde_json::to_string;

/// What each script says, by the name that it has for it there. A name stands for the same words in each.
const SAID: [(&str, &[(&str, &str)]); 11] = [
    ("stream.js", &[("lost", "The connection is lost. It comes back by itself; nothing is missed.")]),
    ("inbox.js", &[("to-newest", "To the newest"), ("new-messages", "New messages")]),
    (
        "composer.js",
        &[
            ("going", "On its way"),
            ("too-long", "A message has at most {most} characters; this one has {length}."),
            ("first-unanswered", "No answer came: the first of this may have gone. Look before you send it."),
            ("unanswered", "No answer came: this may have gone or not. Send it again, it goes only once."),
            ("us", "Us"),
            ("a-file", "A file"),
            ("add-note", "Add the note"),
            ("send-later", "Send later"),
            ("send", "Send"),
            ("only-team", "Only the team sees it"),
            ("goes-at", "Goes {day} at {time}"),
            ("free", "Free to send"),
        ],
    ),
    ("ways.js", &[("not-loaded", "This part of the page could not be loaded. Try again.")]),
    (
        "here.js",
        &[
            ("one-writes", "{names} is writing in this chat"),
            ("some-write", "{names} are writing in this chat"),
            ("one-looks", "{names} is looking at this chat"),
            ("some-look", "{names} are looking at this chat"),
            ("contact-writes", "{name} is writing …"),
        ],
    ),
    (
        "files.js",
        &[
            ("kilobytes", "{size} KB"),
            ("megabytes", "{size} MB"),
            ("large-shown", "{name} has {size}. Pictures, sound and videos may have {most} MB."),
            ("large-document", "{name} has {size}. Documents may have {most} MB."),
            ("empty-file", "{name} is empty."),
            ("many-files", "At most {most} files go at once."),
            ("leave-out", "Leave out {name}"),
            ("sending", "Sending {name}"),
            ("picture-of", "Picture: {name}"),
            ("not-sent", "It could not be sent."),
            ("unanswered", "No answer came: this may have gone or not. Send it again, it goes only once."),
        ],
    ),
    (
        "voice.js",
        &[
            (
                "no-recorder",
                "This browser can’t record voice messages. Record one with another program and send it as a file.",
            ),
            ("no-microphone", "There is no microphone to record with."),
            ("not-allowed", "The browser may not use the microphone. Allow it for this page and try again."),
            ("stop-at", "Stop, {time}"),
            ("stop", "Stop recording"),
            ("record", "Record a voice message"),
            ("voice-file", "voice message"),
            ("unreadable", "The recording could not be read. Try again, or send a file."),
        ],
    ),
    ("notices.js", &[("named", "You are named in a note"), ("new-message", "A new message")]),
    (
        "palette.js",
        &[
            ("jump", "Search or jump to"),
            ("search-all", "Search chats, messages and pages"),
            ("found", "Found"),
            ("page", "Page"),
            ("search-for", "Search all messages for “{words}”"),
            ("search", "Search"),
        ],
    ),
    (
        "help.js",
        &[
            ("keys", "Keys"),
            ("single-keys", "Single keys work"),
            ("key-palette", "search or jump"),
            ("key-go", "next, previous, open"),
            ("key-tick", "tick the chat"),
            ("key-write", "write a reply, a note"),
            ("key-quote", "in an empty reply: quote an earlier message"),
            ("key-close", "close, or open again"),
            ("key-snooze", "snooze"),
            ("key-set", "who is responsible, a label"),
            ("key-undo", "undo"),
            ("key-find", "find"),
            ("key-leave", "leave a field"),
            ("key-help", "this list"),
            ("key-enter", "Enter"),
            ("key-escape", "Escape"),
        ],
    ),
    (
        "playground.js",
        &[
            ("bad-token", "This token is not good here."),
            ("unread", "The balance could not be read."),
            ("as-of", "As of {time}. Looking is a call too."),
            ("asking", "Asking …"),
            ("authorize", "Authorize with a token to see them."),
        ],
    ),
];

/// Scripts that take in others.
const TAKES_IN: [(&str, &str); 2] = [("inbox.js", "stream.js"), ("live.js", "stream.js")];

/// What these scripts say, as JSON by their names for it.
pub fn of(scripts: &[&str]) -> String {
    let is_wanted = |name: &str| {
        scripts.contains(&name) || TAKES_IN.iter().any(|(script, taken)| *taken == name && scripts.contains(script))
    };
    let said: BTreeMap<&str, &str> =
        SAID.iter().filter(|row| is_wanted(row.0)).flat_map(|row| row.1.iter().copied()).collect();
    to_string(&said).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that a script asks for: `say('name'`.
    fn asked(script: &str) -> Vec<String> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/").to_owned() + script;
        let text = std::fs::read_to_string(file).expect(script);
        let names = text.split("say('").skip(1).filter_map(|rest| rest.split('\'').next());
        names.map(str::to_owned).collect()
    }

    #[test]
    fn every_script_says_what_stands_here_and_nothing_here_is_said_by_none() {
        for (script, said) in SAID {
            let asked = asked(script);
            for name in &asked {
                assert!(said.iter().any(|row| row.0 == name), "{script} says {name:?}, which has no words");
            }
            for (name, _) in said {
                assert!(asked.iter().any(|one| one == name), "{script} doesn't say {name:?}");
            }
        }
        for script in ["screens.js", "keys.js", "live.js", "older.js", "suggest.js", "customer.js"] {
            assert_eq!(asked(script), Vec::<String>::new(), "{script} has no words here");
        }
    }

    #[test]
    fn a_name_means_the_same_everywhere() {
        let mut all: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, words) in SAID.iter().flat_map(|row| row.1.iter()) {
            assert_eq!(*all.entry(name).or_insert(words), *words, "{name}");
        }
    }

    #[test]
    fn a_page_brings_the_words_of_its_scripts_only() {
        assert_eq!(of(&["keys.js"]), "{}");
        let live = of(&["live.js"]);
        assert!(live.starts_with(r#"{"lost":"The connection"#) && !live.contains("Send later"), "{live}");
    }
}
