//! Words of times and browsers.

pub const JUST_NOW: &str = "just now";
pub const NEVER: &str = "Never";
pub const EDGE: &str = "Edge";
pub const OPERA: &str = "Opera";
pub const FIREFOX: &str = "Firefox";
pub const CHROME: &str = "Chrome";
pub const SAFARI: &str = "Safari";
pub const A_BROWSER: &str = "A browser";
pub const ANDROID: &str = "Android";
pub const WINDOWS: &str = "Windows";
pub const MAC_OS_X: &str = "Mac OS X";
pub const LINUX: &str = "Linux";

pub fn ago(distance: &str) -> String {
    format!("{distance} ago")
}

pub fn today(day: &str) -> String {
    format!("Today, {day}")
}

pub fn yesterday(day: &str) -> String {
    format!("Yesterday, {day}")
}
