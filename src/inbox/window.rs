//! The service window: the time after a contact's last message in which anything may be said to them. Outside of it some
//! ways to WhatsApp take nothing but templates.

use std::time::Duration;

use transport::{Capabilities, Kind};

use crate::clock::Time;
use crate::error::Error;

/// How the window of a chat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// This way to WhatsApp has none: anything may be said at any time.
    None,
    Open {
        until: Time,
    },
    Closed {
        /// How long it is, in hours.
        hours: u32,
    },
}

/// How the window stands at `at`, of a chat whose contact wrote last at `last_inbound_at` (never, if they never did).
pub fn window(transport: Kind, last_inbound_at: Time, at: Time) -> Window {
    let Some(hours) = Capabilities::of(transport).service_window_hours else { return Window::None };
    let until = last_inbound_at + Duration::from_secs(u64::from(hours) * 3_600);
    if last_inbound_at.is_never() || until <= at { Window::Closed { hours } } else { Window::Open { until } }
}

/// The words for a window that is closed.
pub fn closed_words(hours: u32) -> String {
    format!(
        "The contact hasn't written in the last {hours} hours; WhatsApp takes nothing but templates until they write again"
    )
}

/// Refuses what can't be said in a window that is closed.
///
/// # Errors
/// `validation_error` naming `text`.
pub fn ensure_open(window: Window) -> Result<(), Error> {
    match window {
        Window::None | Window::Open { .. } => Ok(()),
        Window::Closed { hours } => Err(Error::invalid("text", closed_words(hours))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_for_a_day_after_their_last_word() {
        let wrote = Time::from_ms(1_790_000_000_000);
        let day = Duration::from_secs(24 * 3_600);
        let until = wrote + day;
        assert_eq!(window(Kind::Cloud, wrote, wrote), Window::Open { until });
        assert_eq!(window(Kind::Cloud, wrote, until - Duration::from_millis(1)), Window::Open { until });
        assert_eq!(window(Kind::Cloud, wrote, until), Window::Closed { hours: 24 });
        assert_eq!(window(Kind::Cloud, Time::NEVER, wrote), Window::Closed { hours: 24 });
        assert_eq!(window(Kind::Web, Time::NEVER, wrote), Window::None);
    }
}
