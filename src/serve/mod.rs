//! A running server, put together: folder, lock, socket, database, first start, workers, HTTP, and the way out.

mod readiness;
mod stop;
mod welcome;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use database::{FolderLock, Migrated};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::{Linkers, Supervisor, clerk, link_sandbox, scheduled};
use crate::app::{App, GraphPlace, Settings, keep_ledger};
use crate::cli::Out;
use crate::clock::Clock;
use crate::config::{Config, LogFormat, reachable};
use crate::control::client::Connection;
use crate::control::listener::Control;
use crate::control::reach::open_database;
use crate::courier::Couriers;
use crate::data_folder::DataFolder;
use crate::failure::Failure;
use crate::http;
use crate::http::client_address::TrustedProxies;
use crate::http::server::ServerOptions;
use crate::indexer;
use crate::key_marks::keep_marks;
use crate::outbound::Policy;
use crate::sealing::SealingKey;
use crate::sweeper;
use crate::telemetry::{self, Metrics};
use crate::workspace::setup::{FirstStart, SANDBOX_ACCOUNT, start_first};
use readiness::Health;
use stop::Signals;

/// Stack of a worker's thread: twice what the deepest request was seen to need in a build without optimization.
const STACK_BYTES: usize = 2 * 1024 * 1024;
const WORKERS_MIN: usize = 2;
const BLOCKING_THREADS_MAX: usize = 16;

const LOCKED_WAIT_MAX: Duration = Duration::from_secs(5);
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// What the server says on standard output once it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Words for a person.
    Words,
    /// One line of JSON for a program.
    Json,
}

/// Serves until SIGTERM or SIGINT. Blocks.
///
/// # Errors
/// It couldn't start. Whatever happens after that is in the log.
pub fn run(config: &Config, greeting: Greeting, out: &mut Out) -> Result<(), Failure> {
    let format = match config.log_format.value {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::init(format, &config.log.value).map_err(|why| Failure::usage(format!("--log: {why}")))?;
    let folder = DataFolder::create(&config.data.value)?;
    let lock = take_folder(&folder)?;
    if folder.ensure_key(&lock)? && config.database.value.is_none() && folder.database_file().exists() {
        tracing::warn!("the key file was missing and a new one was made; secrets sealed with the old one are lost");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(WORKERS_MIN, |cores| cores.get().max(WORKERS_MIN)))
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("The server can't start its threads: {error}")))?;
    let served = runtime.block_on(async {
        // Before the database: a first start prints its secrets once, so nothing may fail behind it.
        let listener = listen(config).await?;
        let (database, migrated) = open_database(config, Some(Handle::current()))?;
        tell_migrated(migrated, out);
        let bound = listener.local_addr().map_err(|error| Failure::new(format!("Listening failed: {error}")))?;
        let settings = Settings {
            public_url: config.public_url_at(bound),
            sandbox_speed: config.sandbox_speed.value,
            support_contact: config.support_contact.value.clone(),
            outbound: Policy::allowing(config.outbound_allow.value.clone()),
            files_folder: folder.files_folder(),
        };
        let app = App::new(database, Clock::system(), settings).sealing_with(SealingKey::new(folder.read_key()?));
        let graph = GraphPlace { url: config.graph_url.value.clone(), version: config.graph_version.value.clone() };
        let app = app.with_graph(graph);
        let marks = folder.key_marks_file();
        app.key_marks.keep_in(marks.clone()).map_err(|error| {
            Failure::new(format!("{} can't be used: {error}.\nTo fix it, put it back, or move it away and link the numbers again that were linked by a phone.", marks.display()))
        })?;
        let _ = app.own_address.set(reachable(bound));
        serve(config, app, listener, bound, greeting, out).await
    });
    // What still runs was given its time; see `stop`.
    runtime.shutdown_background();
    drop(lock);
    served
}

/// Takes the folder's lock. A command may have it for a moment, or a server that is about to end; one that answers
/// has come to stay.
fn take_folder(folder: &DataFolder) -> Result<FolderLock, Failure> {
    let clock = Clock::system();
    loop {
        if let Some(lock) = folder.try_lock()? {
            return Ok(lock);
        }
        if clock.monotonic() > LOCKED_WAIT_MAX || Connection::open(folder.path(), None)?.is_some() {
            let place = folder.path().display();
            return Err(Failure::new(format!(
                "Another Partyline server uses the data folder {place}.\n\
                 To fix it, stop that server, or give this one a folder of its own with --data (and its own --listen)."
            )));
        }
        std::thread::sleep(LOCKED_PAUSE);
    }
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    let address = config.listen.value;
    TcpListener::bind(address).await.map_err(|error| {
        let fix = match error.kind() {
            std::io::ErrorKind::AddrInUse => "stop what listens there, or choose another port with --listen",
            std::io::ErrorKind::PermissionDenied => "choose a port from 1024 up with --listen",
            std::io::ErrorKind::AddrNotAvailable => "name an address of this machine, or 0.0.0.0 for all of them",
            _ => "choose another address with --listen",
        };
        Failure::new(format!("The server can't listen on {address}: {error}.\nTo fix it, {fix}."))
    })
}

fn tell_migrated(migrated: Migrated, out: &mut Out) {
    if migrated.applied > 0 && migrated.from > 0 {
        let Migrated { from, to, .. } = migrated;
        out.note(&format!("The database was brought from version {from} to {to}."));
    }
}

/// Runs everything that makes a server, until a signal.
async fn serve(
    config: &Config,
    app: App,
    listener: TcpListener,
    bound: SocketAddr,
    greeting: Greeting,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let control = Control::bind(&config.data.value, config.database.value.as_deref())?;
    let metrics = Metrics::install().map_err(Failure::new)?;
    // Last of all that can fail: its secrets are told once, so they must come to be told.
    let first = first_start(&app).await?;

    // Requests stop first, then what they hand their work to; commands work till the end.
    let (requests, workers) = (CancellationToken::new(), CancellationToken::new());
    // Attempts take as long as requests may, so both end beside one another.
    let deliveries = CancellationToken::new();
    let health = Arc::new(Health::default());
    let tasks = TaskTracker::new();
    tasks.spawn(control.serve(app.clone(), workers.clone()));
    tasks.spawn(sweeper::run(app.clone(), workers.clone()));
    tasks.spawn(indexer::run(app.clone(), workers.clone()));
    tasks.spawn(scheduled::run(app.clone(), workers.clone()));
    tasks.spawn(clerk::run(app.clone(), workers.clone()));
    tasks.spawn(keep_ledger(app.clone(), workers.clone()));
    tasks.spawn(keep_marks(app.key_marks.clone(), workers.clone()));
    tasks.spawn(metrics.clone().keep_small(workers.clone()));
    tasks.spawn(readiness::watch(app.clone(), Arc::clone(&health), workers.clone()));
    let couriers = Couriers::start(app.clone(), deliveries.clone());
    let supervisor = Supervisor::start(app.clone(), workers.clone());
    let linkers = Linkers::start(app.clone(), workers.clone());

    let proxies = TrustedProxies::new(config.trusted_proxies.value.clone());
    let options = ServerOptions { shutdown_grace: stop::REQUESTS_GRACE, ..ServerOptions::default() };
    let routes = http::router::router(app.clone()).merge(http::health::router(http::health::HealthOptions {
        readiness: Box::new(readiness::said_by(Arc::clone(&health))),
        metrics,
        metrics_readers: Vec::new(),
        proxies: proxies.clone(),
    }));
    let routes = http::layers::layered(routes, &options, proxies, requests.clone());
    let mut served = tokio::spawn(http::server::serve(listener, routes, options, requests.clone()));

    greet(&app, reachable(bound), first.as_ref(), greeting, out);
    tokio::select! {
        () = signals.next() => {}
        ended = &mut served => return Err(Failure::new(format!("The server broke: {ended:?}"))),
    }
    health.stopping();
    signals
        .unless_impatient(async move {
            requests.cancel();
            deliveries.cancel();
            let ended = served.await;
            workers.cancel();
            supervisor.finished().await;
            linkers.finished().await;
            couriers.finished().await;
            tasks.close();
            tasks.wait().await;
            // Finishes what is queued.
            let closed = tokio::task::spawn_blocking(move || close(&app)).await;
            let trouble = |error: String| Failure::new(format!("The server didn't end well: {error}"));
            ended.map_err(|error| trouble(error.to_string()))?.map_err(|error| trouble(error.to_string()))?;
            closed.map_err(|error| trouble(error.to_string()))
        })
        .await
}

/// Ends the database, and notes what it came to.
fn close(app: &App) {
    app.database.close();
    if let Err(error) = app.key_marks.save() {
        tracing::warn!(%error, "how far the keys of linked numbers have come was not noted");
    }
}

async fn first_start(app: &App) -> Result<Option<FirstStart>, Failure> {
    let zone = local_zone();
    let first =
        start_first(&app.database, app.clock.now(), zone, |write| link_sandbox(write, SANDBOX_ACCOUNT).map(drop));
    Ok(first.await?)
}

/// The machine's zone by its IANA name, or UTC.
pub fn local_zone() -> String {
    let zone = jiff::tz::TimeZone::try_system().ok();
    let name = zone.as_ref().and_then(|zone| zone.iana_name()).filter(|name| *name != "Etc/UTC").unwrap_or("UTC");
    if crate::workspace::zone::parse_zone(name).is_ok() { name.to_owned() } else { "UTC".to_owned() }
}

fn greet(app: &App, local: SocketAddr, first: Option<&FirstStart>, greeting: Greeting, out: &mut Out) {
    let address = format!("http://{local}");
    match greeting {
        Greeting::Json => {
            let token = first.map(|first| first.token.reveal());
            out.json_line(&json!({"address": address, "token": token, "pid": std::process::id()}));
        }
        Greeting::Words => {
            let public_url = &app.settings.public_url;
            out.line(&welcome::listening(&address, public_url));
            if let Some(first) = first {
                out.text(&welcome::first_start(&address, public_url, first, out.style()));
            }
        }
    }
}
