//! A client of another making links to the peer and talks with ours, so that a fault which client and fake share can't hide.

mod kit;

use std::path::PathBuf;
use std::process::Stdio;

use kit::{LIMIT, Linked};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use whatsapp_peer::Peer;

const SHOP: &str = "+12025550100";
const CUSTOMER: &str = "+12025550101";

/// The folder with Baileys; `None` leaves the test out, unless all were promised.
fn baileys() -> Option<PathBuf> {
    let folder = std::env::var_os("PARTYLINE_TEST_BAILEYS").map(PathBuf::from);
    assert!(
        folder.is_some() || std::env::var_os("PARTYLINE_TEST_ALL").is_none(),
        "PARTYLINE_TEST_ALL promised Baileys in PARTYLINE_TEST_BAILEYS"
    );
    folder
}

struct Device {
    _process: Child,
    words: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<Value>,
}

impl Device {
    fn start(folder: &PathBuf, peer: &Peer) -> Device {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/independent/device.mjs");
        let root: String = peer.root().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut process = Command::new("node")
            .arg(script)
            .arg(folder)
            .args([peer.url(), root])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node");
        let words = process.stdin.take().expect("stdin");
        let lines = BufReader::new(process.stdout.take().expect("stdout")).lines();
        Device { _process: process, words, lines, heard: Vec::new() }
    }

    async fn say(&mut self, word: Value) {
        self.words.write_all(format!("{word}\n").as_bytes()).await.expect("the device listens");
    }

    /// The first word of a kind that is as wanted, heard before or yet to come.
    async fn wait(&mut self, kind: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let found =
            |heard: &[Value]| heard.iter().filter_map(|word| word.get(kind)).find(|word| is_wanted(word)).cloned();
        let waited = tokio::time::timeout(LIMIT, async {
            loop {
                if let Some(word) = found(&self.heard) {
                    return word;
                }
                let line = self.lines.next_line().await.expect("readable").expect("the device lives");
                self.heard.push(serde_json::from_str(&line).expect("a line is JSON"));
            }
        });
        let waited = waited.await;
        waited.unwrap_or_else(|_| panic!("no {kind} as wanted in {:#?}", self.heard))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_making_talks_with_ours() {
    let Some(folder) = baileys() else { return };
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let customer = peer.phone(CUSTOMER).await.expect("the customer's phone");
    customer.reads(false);
    let mut theirs = Device::start(&folder, &peer);
    let qr = theirs.wait("qr", |_| true).await;
    customer.scan(qr.as_str().expect("a text")).expect("the phone takes the code");
    theirs.wait("open", |_| true).await;
    let ours = Linked::of(&peer, &shop).await;

    // From theirs to ours, and what ours answers to the sender's device.
    theirs.say(json!({ "send": { "to": "12025550100@s.whatsapp.net", "text": "Do you deliver?" } })).await;
    let sent = theirs.wait("sent", |_| true).await;
    ours.wait_for("theirs in 12025550101@s.whatsapp.net: Do you deliver?").await;
    theirs.wait("status", |told| told["id"] == sent["id"] && told["status"].as_i64() >= Some(3)).await;
    shop.wait(LIMIT, |phone| phone.texts_from(CUSTOMER) == ["Do you deliver?"]).await.expect("on the shop's phone too");

    // From ours to theirs, which reads it; the customer's phone doesn't.
    let to = wacore_binary::Jid::pn(customer.digits());
    for text in ["On Mondays.", "And on Fridays."] {
        let id = ours.client.send_text(to.clone(), text).await.expect("sent").message_id;
        theirs.wait("message", |heard| heard["text"] == text).await;
        ours.wait_for(&format!("Delivered {id}")).await;
        ours.wait_for(&format!("Read {id}")).await;
    }
    assert_eq!(customer.texts_from(SHOP), ["On Mondays.", "And on Fridays."]);
    assert_eq!(customer.unreadable() + shop.unreadable(), 0);
    ours.stop().await;
    peer.stop().await;
}
