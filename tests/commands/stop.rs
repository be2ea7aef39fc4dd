//! The way out.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Place, Server, eventually};

/// A request whose body never comes, so that it is still running when the server is asked to stop.
fn hang_on(server: &mut Server) -> TcpStream {
    let token = server.welcome().token;
    let mut stream = TcpStream::connect(server.address.trim_start_matches("http://")).expect("listens");
    let head = format!(
        "POST /integrations/api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

#[test]
fn both_signals_end_an_idle_server_well_and_soon() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let server = place.serve();
        let asked = Instant::now();
        server.signal(signal);
        let (status, _) = server.ended();
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert!(!place.data.join("control.sock").exists(), "the socket goes with the server");
    }
}

#[test]
fn a_client_that_hangs_on_does_not_keep_the_server_beyond_ten_seconds() {
    let place = Place::new();
    let mut server = place.serve();
    let _stream = hang_on(&mut server);
    let asked = Instant::now();
    server.signal(Signal::TERM);
    let (status, _) = server.ended();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let mut server = place.serve();
    let _stream = hang_on(&mut server);
    // The stop has begun when nothing new is accepted.
    server.signal(Signal::TERM);
    eventually("the listener is closed", Duration::from_secs(5), || {
        TcpStream::connect(server.address.trim_start_matches("http://")).is_err()
    });
    let asked = Instant::now();
    server.signal(Signal::TERM);
    let (status, _) = server.ended();
    assert_eq!(status.code(), Some(1));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}
