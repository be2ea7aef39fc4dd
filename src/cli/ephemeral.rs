//! A server for other people's tests: a folder that goes away, a free port, nothing left behind.

use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;

use crate::config::{Config, Given, Source};
use crate::failure::Failure;

/// Points `config` to a new throwaway folder and, unless a port was asked for, to any free one. The folder goes when
/// what is returned goes. What the environment says of places is left aside: it is meant for the lasting server.
pub fn prepare(config: &mut Config) -> Result<TempDir, Failure> {
    for (name, source) in [("--data", config.data.source), ("--database", config.database.source)] {
        if source == Source::Flag {
            return Err(Failure::usage(format!("{name} and --ephemeral exclude each other; leave one of them out")));
        }
    }
    let folder = tempfile::Builder::new().prefix("partyline-").tempdir();
    let folder = folder.map_err(|error| Failure::new(format!("No throwaway folder can be made: {error}")))?;
    config.data = Given { value: folder.path().to_owned(), source: Source::Flag };
    config.database = Given { value: None, source: Source::Default };
    if config.listen.source != Source::Flag {
        config.listen = Given { value: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), source: Source::Flag };
    }
    if config.public_url.source != Source::Flag {
        config.public_url = Given { value: None, source: Source::Default };
    }
    Ok(folder)
}
