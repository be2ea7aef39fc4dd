//! What the operator may set: options, each with an environment variable, each with a default that works by itself.
//! Values are read and checked here once; every complaint says what to write instead.

mod listing;
mod parse;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use ipnet::IpNet;

use crate::failure::Failure;
pub use listing::{Setting, mask};

/// The database's file in the data folder, where PostgreSQL isn't used.
pub const DATABASE_FILE: &str = "partyline.db";

const DATA: &str = "./partyline-data";
const LISTEN: &str = "127.0.0.1:8080";
const SANDBOX_SPEED: &str = "1";
const GRAPH_URL: &str = "https://graph.facebook.com";
const GRAPH_VERSION: &str = "v25.0";
const WEB_URL: &str = "wss://web.whatsapp.com/ws/chat";
const LOG_FORMAT: &str = "text";
const LOG: &str = "info";

/// The options that every subcommand takes, as they were given.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Settings")]
pub struct Options {
    /// The folder of everything that Partyline keeps [default: ./partyline-data]
    #[arg(long, global = true, value_name = "DIR", env = "PARTYLINE_DATA")]
    data: Option<String>,

    /// Where to listen: an address and a port, or localhost and a port [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDR", env = "PARTYLINE_LISTEN")]
    listen: Option<String>,

    /// A PostgreSQL database, as postgres://NAME:PASSWORD@HOST/DATABASE [default: the file partyline.db in the data
    /// folder]
    #[arg(long, global = true, value_name = "URL", env = "PARTYLINE_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// Where people and clients reach this server [default: http:// and the address it listens on]
    #[arg(long, global = true, value_name = "URL", env = "PARTYLINE_PUBLIC_URL")]
    public_url: Option<String>,

    /// A network whose X-Forwarded-For is believed, as 10.0.0.0/8; may be given several times [default: none]
    #[arg(long, global = true, value_name = "CIDR", env = "PARTYLINE_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<String>,

    /// A private network that files may be fetched from and webhooks sent to, as 10.1.0.0/16; may be given several times
    /// [default: none]
    #[arg(long, global = true, value_name = "CIDR", env = "PARTYLINE_OUTBOUND_ALLOW", value_delimiter = ',')]
    outbound_allow: Vec<String>,

    /// How many times faster than people the sandbox's contacts act; 0 is at once [default: 1]
    #[arg(long, global = true, value_name = "TIMES", env = "PARTYLINE_SANDBOX_SPEED")]
    sandbox_speed: Option<String>,

    /// Where Meta's Graph is, for accounts of kind cloud [default: https://graph.facebook.com]
    #[allow(rustdoc::bare_urls, reason = "the help shows it as it stands")]
    #[arg(long, global = true, value_name = "URL", env = "PARTYLINE_GRAPH_URL")]
    graph_url: Option<String>,

    /// Which version of Meta's Graph is spoken [default: v25.0]
    #[arg(long, global = true, value_name = "VERSION", env = "PARTYLINE_GRAPH_VERSION")]
    graph_version: Option<String>,

    /// Where linked devices find WhatsApp, for a proxy in between [default: wss://web.whatsapp.com/ws/chat]
    #[arg(long, global = true, value_name = "URL", env = "PARTYLINE_WEB_URL")]
    web_url: Option<String>,

    /// Which version of WhatsApp's web client linked devices are, as 2.3000.1030000000 [default: what WhatsApp names]
    #[arg(long, global = true, value_name = "VERSION", env = "PARTYLINE_WEB_VERSION")]
    web_version: Option<String>,

    /// Whom people on this server ask for more calls or credits: an email address or a page [default: none]
    #[arg(long, global = true, value_name = "CONTACT", env = "PARTYLINE_SUPPORT_CONTACT")]
    support_contact: Option<String>,

    /// How log lines look on standard error: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT", env = "PARTYLINE_LOG_FORMAT")]
    log_format: Option<String>,

    /// What is logged: error, warn, info, debug, or parts such as info,partyline::accounts=debug [default: info]
    #[arg(long, global = true, value_name = "FILTER", env = "PARTYLINE_LOG")]
    log: Option<String>,
}

/// Where a setting's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment,
    Default,
}

impl Source {
    pub const fn as_str(self) -> &'static str {
        match self {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::Default => "default",
        }
    }
}

/// A setting's value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    pub value: T,
    pub source: Source,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The settings in effect.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: Given<PathBuf>,
    pub listen: Given<SocketAddr>,
    /// A PostgreSQL address; `None` is the file in the data folder.
    pub database: Given<Option<String>>,
    /// Without a slash at its end; `None` follows `listen`.
    pub public_url: Given<Option<String>>,
    pub trusted_proxies: Given<Vec<IpNet>>,
    pub outbound_allow: Given<Vec<IpNet>>,
    pub sandbox_speed: Given<f64>,
    pub graph_url: Given<String>,
    pub graph_version: Given<String>,
    pub web_url: Given<String>,
    /// `None`: what WhatsApp names as current.
    pub web_version: Given<Option<(u32, u32, u32)>>,
    pub support_contact: Given<String>,
    pub log_format: Given<LogFormat>,
    pub log: Given<String>,
}

impl Config {
    /// Reads what was given; `matches` knows from where.
    ///
    /// # Errors
    /// A usage failure that names the option or variable and what to write instead.
    pub fn read(options: &Options, matches: &ArgMatches) -> Result<Config, Failure> {
        let reader = Reader { matches };
        let proxies = Some(options.trusted_proxy.join(","));
        let outbound = Some(options.outbound_allow.join(","));
        Ok(Config {
            data: reader.read("data", options.data.as_ref(), DATA, parse::folder)?,
            listen: reader.read("listen", options.listen.as_ref(), LISTEN, parse::listen)?,
            database: reader.read("database", options.database.as_ref(), "", parse::database)?,
            public_url: reader.read("public_url", options.public_url.as_ref(), "", parse::public_url)?,
            trusted_proxies: reader.read("trusted_proxy", proxies.as_ref(), "", parse::networks)?,
            outbound_allow: reader.read("outbound_allow", outbound.as_ref(), "", parse::networks)?,
            sandbox_speed: reader.read(
                "sandbox_speed",
                options.sandbox_speed.as_ref(),
                SANDBOX_SPEED,
                parse::sandbox_speed,
            )?,
            graph_url: reader.read("graph_url", options.graph_url.as_ref(), GRAPH_URL, parse::graph_url)?,
            graph_version: reader.read(
                "graph_version",
                options.graph_version.as_ref(),
                GRAPH_VERSION,
                parse::graph_version,
            )?,
            web_url: reader.read("web_url", options.web_url.as_ref(), WEB_URL, parse::web_url)?,
            web_version: reader.read("web_version", options.web_version.as_ref(), "", parse::web_version)?,
            support_contact: reader.read(
                "support_contact",
                options.support_contact.as_ref(),
                "",
                parse::support_contact,
            )?,
            log_format: reader.read("log_format", options.log_format.as_ref(), LOG_FORMAT, parse::log_format)?,
            log: reader.read("log", options.log.as_ref(), LOG, parse::log_filter)?,
        })
    }

    /// Where the database is, unless it is on PostgreSQL.
    pub fn database_file(&self) -> PathBuf {
        self.data.value.join(DATABASE_FILE)
    }

    /// The address that clients are told, for a server that is bound to `bound`.
    pub fn public_url_at(&self, bound: SocketAddr) -> String {
        self.public_url.value.clone().unwrap_or_else(|| format!("http://{}", reachable(bound)))
    }
}

/// An address that this machine itself can reach: one that stands for all addresses can be listened on, not visited.
pub fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// The option's name on the command line.
fn flag(id: &str) -> String {
    format!("--{}", id.replace('_', "-"))
}

/// The option's name in the environment.
fn variable(id: &str) -> String {
    format!("PARTYLINE_{}", id.to_uppercase())
}

struct Reader<'m> {
    matches: &'m ArgMatches,
}

impl Reader<'_> {
    /// An empty value counts as none: a container's environment often names variables without giving them.
    fn read<T>(
        &self,
        id: &str,
        given: Option<&String>,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Given<T>, Failure> {
        let given = given.map(|text| text.trim()).filter(|text| !text.is_empty());
        let source = match self.matches.value_source(id) {
            _ if given.is_none() => Source::Default,
            Some(ValueSource::EnvVariable) => Source::Environment,
            _ => Source::Flag,
        };
        let name = if source == Source::Environment { variable(id) } else { flag(id) };
        let value = parse(given.unwrap_or(default)).map_err(|rule| Failure::usage(format!("{name}: {rule}")))?;
        Ok(Given { value, source })
    }
}
