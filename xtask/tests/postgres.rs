//! The throwaway PostgreSQL ends with its chore, however that ends.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const GONE_MAX: Duration = Duration::from_secs(15);

/// Whether PostgreSQL can be expected here. A run that must leave nothing out fails instead of answering no.
fn left_out() -> bool {
    let here = std::env::var_os("PARTYLINE_TEST_POSTGRES").is_some();
    assert!(here || std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL is set, but no PostgreSQL");
    !here
}

/// Starts the chore with a command that prints the server's address and then waits; answers the server's port.
fn start(command: &str) -> (Child, u16) {
    let mut chore = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["postgres", "--no-install", "--", "sh", "-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(chore.stdout.as_mut().unwrap().by_ref()).read_line(&mut line).unwrap();
    let port = line.rsplit_once(':').and_then(|(_, end)| end.split('/').next()).and_then(|port| port.parse().ok());
    (chore, port.unwrap_or_else(|| panic!("no port in {line:?}")))
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn assert_gone(port: u16) {
    let begun = Instant::now();
    while answers(port) {
        assert!(begun.elapsed() < GONE_MAX, "the server still answers on port {port}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_server_ends_with_its_command_and_passes_its_exit_code_on() {
    if left_out() {
        return;
    }
    let (mut chore, port) = start("echo $PARTYLINE_TEST_POSTGRES; exit 7");
    assert_eq!(chore.wait().unwrap().code(), Some(7));
    assert!(!answers(port));
}

#[test]
fn the_server_ends_when_its_chore_is_killed() {
    if left_out() {
        return;
    }
    let (mut chore, port) = start("echo $PARTYLINE_TEST_POSTGRES; exec sleep 20");
    assert!(answers(port), "the server answers while its command runs");
    // SIGKILL: nothing of the chore's own runs after it.
    chore.kill().unwrap();
    chore.wait().unwrap();
    assert_gone(port);
}
