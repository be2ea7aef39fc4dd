//! The program that is shipped looks at the server's certificate: it links to no fake, and says why.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use whatsapp_peer::Peer;

const LIMIT: Duration = Duration::from_secs(60);

/// The program as the product's own build made it; `None` leaves the test out, unless all were promised.
fn program() -> Option<PathBuf> {
    let program = std::env::var_os("PARTYLINE_TEST_BINARY").map(PathBuf::from);
    assert!(
        program.is_some() || std::env::var_os("PARTYLINE_TEST_ALL").is_none(),
        "PARTYLINE_TEST_ALL promised the program in PARTYLINE_TEST_BINARY"
    );
    program
}

fn partyline(program: &PathBuf, data: &tempfile::TempDir) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PARTYLINE_")) {
        command.env_remove(name);
    }
    command.env("PARTYLINE_DATA", data.path().join("data")).env("PARTYLINE_LISTEN", "127.0.0.1:0");
    command.current_dir(data.path()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn serve(program: &PathBuf, data: &tempfile::TempDir, url: &str) -> Child {
    let mut command = partyline(program, data);
    command.args(["--web-url", url, "--web-version", "2.3000.1030000000"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = command.spawn().expect("the program starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if line.starts_with("Partyline is listening on ") {
                return;
            }
        }
        panic!("the server ended");
    };
    tokio::time::timeout(LIMIT, listening).await.expect("it listens in time");
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_program_refuses_a_fake_whatsapp_and_says_why() {
    let Some(program) = program() else { return };
    let data = tempfile::tempdir().expect("a folder");
    let peer = Peer::start().await.expect("a peer");
    let mut server = serve(&program, &data, &peer.url()).await;
    let link = ["account", "link", "--name", "Shop", "--json"];
    let mut linking = partyline(&program, &data).args(link).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut steps = BufReader::new(linking.stdout.take().expect("piped")).lines();

    let why = "isn't WhatsApp by its certificate";
    let told = async {
        while let Some(step) = steps.next_line().await.expect("text") {
            assert!(!step.contains("\"stage\":\"qr\""), "it shows a code of the fake's: {step}");
            if step.contains(why) {
                return;
            }
        }
        panic!("it ended without a word about it");
    };
    tokio::time::timeout(LIMIT, told).await.expect("it says why");
    linking.kill().await.expect("ended");
    server.kill().await.expect("ended");
    peer.stop().await;
}
