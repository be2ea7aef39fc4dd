//! Checks of the machine: room, clock, time zones.

use std::path::Path;

use super::Check;
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::local_zone;
use crate::workspace::zone::parse_zone;

const MIB: u64 = 1024 * 1024;
/// Below this a busy server's write-ahead log alone may fill the disk within minutes.
const FREE_MIB_MIN: u64 = 256;
/// Below this it is time to look for room.
const FREE_MIB_WANTED: u64 = 2048;
/// When this was written: a clock before it is wrong.
const WRITTEN_MS: i64 = 1_767_225_600_000;
/// 2100-01-01.
const BEYOND_MS: i64 = 4_102_444_800_000;

pub fn disk(config: &Config) -> Check {
    const NAME: &str = "Disk";
    // A folder that isn't there yet will lie on its parent's disk.
    let path = config.data.value.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let found = match rustix::fs::statvfs(path) {
        Ok(found) => found,
        Err(error) => {
            let fix = "See that the disk is there, or name another folder with --data";
            return Check::problem("disk", NAME, format!("{}: {error}", path.display()), fix);
        }
    };
    let free_mib = found.f_bavail.saturating_mul(found.f_frsize) / MIB;
    let finding = format!("{free_mib} MiB free for the data folder");
    if free_mib < FREE_MIB_MIN {
        Check::problem("disk", NAME, finding, "Make room: with a full disk nothing is accepted any more")
    } else if free_mib < FREE_MIB_WANTED {
        Check::warning("disk", NAME, finding, format!("Make room for at least {FREE_MIB_WANTED} MiB"))
    } else {
        Check::ok("disk", NAME, finding)
    }
}

pub fn clock(clock: &Clock) -> Check {
    const NAME: &str = "Clock";
    let now = clock.now();
    if (WRITTEN_MS..BEYOND_MS).contains(&now.ms()) {
        return Check::ok("clock", NAME, format!("{now:?}"));
    }
    let finding = format!("{now:?} can't be; limits, cycles and links go by it");
    Check::problem("clock", NAME, finding, "Set the machine's clock, best by NTP")
}

pub fn zones() -> Check {
    const NAME: &str = "Time zones";
    let known = ["Europe/Lisbon", "America/New_York", "Asia/Kolkata"].iter().all(|name| parse_zone(name).is_ok());
    if known {
        Check::ok("zones", NAME, format!("Known; this machine's is {}", local_zone()))
    } else {
        Check::problem("zones", NAME, "The time zone database can't be read", "Install the package tzdata")
    }
}
