//! The server's end of the control socket: one JSON request a line, one JSON answer a line, with limits on everything.
//! Whoever can open the socket is the operator: it lies in a folder that is closed to others.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::socket::SocketPath;
use super::{Answer, REQUEST_BYTES_MAX, Request, fingerprint, run};
use crate::app::App;
use crate::data_folder::FILE_MODE;
use crate::failure::Failure;

const CONNECTIONS_MAX: usize = 16;
/// How long a connection may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long an answer may take to be read by the other side.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// The listening socket; its file goes with it.
pub struct Control {
    listener: UnixListener,
    socket: SocketPath,
    /// The fingerprint of this server's database address; `None` for the file in its folder.
    database: Option<String>,
}

impl Control {
    /// Listens in the data folder. The folder's lock is held, so a socket that is there is a dead server's.
    pub fn bind(data: &Path, database: Option<&str>) -> Result<Control, Failure> {
        let trouble = |error: io::Error| Failure::new(format!("The control socket can't be made: {error}"));
        let socket = SocketPath::of(data).map_err(trouble)?;
        match fs::remove_file(&socket.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(trouble(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&socket.path).map_err(trouble)?;
        fs::set_permissions(&socket.path, Permissions::from_mode(FILE_MODE)).map_err(trouble)?;
        Ok(Control { listener, socket, database: database.map(fingerprint) })
    }

    /// Answers until `shutdown`, then lets running commands end.
    pub async fn serve(self, app: App, shutdown: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let database: Arc<Option<String>> = Arc::new(self.database);
        let tracker = TaskTracker::new();
        let path: PathBuf = self.socket.path.clone();
        while let Some(accepted) = shutdown.run_until_cancelled(self.listener.accept()).await {
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors, most likely: the socket stays readable, so a loop without a pause would spin.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let (app, database, shutdown) = (app.clone(), Arc::clone(&database), shutdown.clone());
            tracker.spawn(async move {
                let talk = converse(stream, &app, database.as_deref(), &shutdown).await;
                if let Err(error) = talk {
                    tracing::debug!(%error, "a control connection broke");
                }
                drop(place);
            });
        }
        let _ = fs::remove_file(path);
        tracker.close();
        tracker.wait().await;
    }
}

async fn converse(
    stream: UnixStream,
    app: &App,
    database: Option<&str>,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    let mut line = Vec::new();
    loop {
        line.clear();
        let bytes_max = u64::try_from(REQUEST_BYTES_MAX).unwrap_or(u64::MAX) + 1;
        let mut limited = (&mut reading).take(bytes_max);
        let next = timeout(IDLE_MAX, limited.read_until(b'\n', &mut line));
        match shutdown.run_until_cancelled(next).await {
            None | Some(Err(_)) => return Ok(()),
            Some(Ok(Ok(0))) => return Ok(()),
            Some(Ok(read)) => read?,
        };
        let is_whole = line.last() == Some(&b'\n');
        let answer = if is_whole {
            answer(app, &line, database).await
        } else {
            Answer::Failure(format!("A request is one line of at most {REQUEST_BYTES_MAX} bytes"))
        };
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        timeout(WRITE_MAX, writing.write_all(&text)).await??;
        if !is_whole {
            return Ok(());
        }
    }
}

async fn answer(app: &App, line: &[u8], database: Option<&str>) -> Answer {
    let request: Request = match serde_json::from_slice(line) {
        Ok(request) => request,
        // The words of the parser could repeat a secret, so they stay out.
        Err(_) => {
            let version = env!("CARGO_PKG_VERSION");
            return Answer::Failure(format!(
                "The running server (version {version}) doesn't know this command; restart it with the version that \
                 you are using"
            ));
        }
    };
    if request.database.is_some() && request.database.as_deref() != database {
        return Answer::Failure(
            "The server that runs on this data folder uses another database than the one you named; \
             leave --database (and PARTYLINE_DATABASE) out to ask that server"
                .to_owned(),
        );
    }
    match run(app, request.command).await {
        Ok(output) => Answer::Output(output),
        Err(error) => Answer::Failure(Failure::from(error).message),
    }
}
