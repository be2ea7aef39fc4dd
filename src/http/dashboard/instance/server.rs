//! The server itself: what it is, how it does, how much it keeps.

use std::time::Duration;

use maud::{Markup, html};

use super::PATH;
use crate::error::Error;
use crate::http::dashboard::doors::{Desk, LIVE_SCREENS_MAX};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::time::grouped;
use crate::http::dashboard::words::instance as w;
use crate::store::health::{TableSize, database_now, schema_version, table_sizes};

/// Tables that are listed, the largest.
const TABLES_SHOWN: i64 = 100;
/// A database that answers later than this is slow.
const SLOW: Duration = Duration::from_millis(100);
/// Clocks that differ by more make times lie.
const CLOCKS_APART_MS: u64 = 2_000;

pub struct Server {
    schema: i64,
    /// How long the database took for a small read.
    answered_in: Duration,
    clocks_apart_ms: u64,
    sizes: Option<Vec<TableSize>>,
}

impl Server {
    pub async fn look(desk: &Desk, is_measuring: bool) -> Result<Server, Error> {
        let began = desk.app.clock.monotonic();
        let look = |tx: &mut database::Snapshot<'_>| Ok::<_, Error>((schema_version(tx)?, database_now(tx)?));
        let (schema, at) = desk.app.read(look).await?;
        let answered_in = desk.app.clock.monotonic().saturating_sub(began);
        let clocks_apart_ms = at.ms().abs_diff(desk.app.clock.now().ms());
        let sizes = match is_measuring {
            true => Some(desk.app.read(|tx| Ok::<_, Error>(table_sizes(tx, TABLES_SHOWN)?)).await?),
            false => None,
        };
        Ok(Server { schema, answered_in, clocks_apart_ms, sizes })
    }
}

pub fn cards(desk: &Desk, server: &Server) -> Markup {
    html! {
        div.cols data-cols="even" { (about(desk, server)) (sizes(server)) }
    }
}

fn about(desk: &Desk, server: &Server) -> Markup {
    let settings = &desk.app.settings;
    let screens = LIVE_SCREENS_MAX - desk.streams.available_permits();
    let is_slow = server.answered_in > SLOW;
    let is_apart = server.clocks_apart_ms > CLOCKS_APART_MS;
    html! {
        section.card aria-labelledby="server" {
            header {
                h2 #server { (w::SERVER) }
                @if is_slow || is_apart { span.badge.push data-tone="warning" { (icon("alert")) (w::NEEDS_A_LOOK) } }
                @else { span.badge.push data-tone="success" { (icon("check")) (w::HEALTHY) } }
            }
            dl.facts.card-body {
                dt { (w::VERSION) } dd { (env!("CARGO_PKG_VERSION")) }
                dt { (w::DATABASE) } dd { (w::schema(&engine(desk), &server.schema)) }
                dt { (w::IT_ANSWERS_IN) } dd { (w::s(&server.answered_in.as_micros())) @if is_slow { (w::WHICH_IS_SLOW_LOOK) } }
                dt { (w::CLOCKS) } dd { @if is_apart { (w::ms_apart_from_the(&grouped(i64::try_from(server.clocks_apart_ms).unwrap_or(i64::MAX)))) } @else { (w::AS_THE_DATABASES) } }
                dt { (w::PUBLIC_ADDRESS) } dd { (settings.public_url) }
                dt { (w::SUPPORT_CONTACT) } dd { @if settings.support_contact.is_empty() { span.muted { (w::NONE_SET_IT_WITH) code { "--support-contact" } } } @else { (settings.support_contact) } }
                dt { (w::LIVE_SCREENS) } dd { (w::open_here(&screens)) }
            }
            footer { span.small.muted { (w::MORE) code { "partyline doctor" } (w::AND) code { "/metrics" } (w::ON_THIS_MACHINE) } }
        }
    }
}

fn sizes(server: &Server) -> Markup {
    html! {
        section.card #sizes aria-labelledby="sizes-head" {
            header { h2 #sizes-head { (w::TABLES) } @if let Some(sizes) = &server.sizes { span.meta { (w::in_all(&size(sizes.iter().map(|table| table.bytes).sum()))) } } }
            @match &server.sizes {
                None => div.empty {
                    p { (w::WITH_THEIR_INDICES_MEASURING) }
                    a.btn href={ (PATH) "?sizes=1#sizes" } { (w::MEASURE) }
                },
                Some(sizes) => table.table role="table" aria-labelledby="sizes-head" {
                    thead role="rowgroup" { tr role="row" { th scope="col" role="columnheader" { (w::TABLE) } th.end scope="col" role="columnheader" { (w::SIZE) } } }
                    tbody role="rowgroup" { @for table in sizes {
                        tr role="row" { td role="cell" data-label=(w::TABLE) { code { (table.name) } } td.end role="cell" data-label=(w::SIZE) { (size(table.bytes)) } }
                    } }
                },
            }
        }
    }
}

fn engine(desk: &Desk) -> &'static str {
    match desk.app.database.engine() {
        database::Engine::Sqlite => "SQLite",
        database::Engine::Postgres => "PostgreSQL",
    }
}

/// Bytes as people say them.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        1_048_576..1_073_741_824 => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
        _ => format!("{}.{} GiB", bytes / 1_073_741_824, bytes % 1_073_741_824 * 10 / 1_073_741_824),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        let said = [0, 1_023, 1_024, 1_572_864, 1_073_741_824].map(size);
        assert_eq!(said, ["0 B", "1023 B", "1 KiB", "1.5 MiB", "1.0 GiB"]);
    }
}
