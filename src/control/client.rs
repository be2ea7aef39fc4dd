//! A command's end of the control socket. Blocking: a command does one thing at a time.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::socket::SocketPath;
use super::{ANSWER_BYTES_MAX, Answer, Command, Output, Request};
use crate::failure::Failure;

/// How long an answer may take: most commands, and those that read or copy a whole database.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const LONG_ANSWER_MAX: Duration = Duration::from_secs(3600);

/// A connection to a running server.
#[derive(Debug)]
pub struct Connection {
    reading: BufReader<UnixStream>,
    /// The fingerprint of the database that the operator named, if any.
    database: Option<String>,
}

impl Connection {
    /// Connects to the server of a data folder; `None` if none runs there.
    pub fn open(data: &Path, database: Option<String>) -> Result<Option<Connection>, Failure> {
        let opened = SocketPath::of(data).and_then(|socket| UnixStream::connect(&socket.path));
        match opened {
            Ok(stream) => Ok(Some(Connection { reading: BufReader::new(stream), database })),
            // Refused: a socket that a dead server left behind.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
            Err(error) => {
                let place = data.join("control.sock");
                let why = format!("The running server can't be reached over {}: {error}.", place.display());
                Err(Failure::new(format!("{why}\nTo fix it, run this command as the account that runs the server.")))
            }
        }
    }

    /// Asks the server to run `command`.
    pub fn run(&mut self, command: Command) -> Result<Output, Failure> {
        let wait = match command {
            Command::Backup { .. } | Command::DatabaseCheck => LONG_ANSWER_MAX,
            _ => ANSWER_MAX,
        };
        let request = Request { command, database: self.database.clone() };
        match self.ask(&request, wait) {
            Ok(Answer::Output(output)) => Ok(output),
            Ok(Answer::Failure(message)) => Err(Failure::new(message)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Failure::new(
                format!("The server didn't answer within {} seconds; look at its log", wait.as_secs()),
            )),
            Err(error) => Err(Failure::new(format!(
                "The connection to the server broke ({error}), so what became of the command isn't known; \
                 see that the server runs and look before you repeat it"
            ))),
        }
    }

    fn ask(&mut self, request: &Request, wait: Duration) -> io::Result<Answer> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let stream = self.reading.get_mut();
        stream.set_read_timeout(Some(wait))?;
        stream.set_write_timeout(Some(ANSWER_MAX))?;
        stream.write_all(&line)?;
        let mut answer = Vec::new();
        let bytes_max = u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
        (&mut self.reading).take(bytes_max).read_until(b'\n', &mut answer)?;
        if answer.last() != Some(&b'\n') {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "the answer was cut off"));
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}
