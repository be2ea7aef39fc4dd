//! The one home of the system clock. Everything else is given the time, so a test can be a calendar.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use database::{FromValue, ToValue, Value};

/// A moment: milliseconds since 1970-01-01 00:00:00 UTC. Zero stands for "not yet" in the database's sort columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
    /// "Not yet", as the database keeps it.
    pub const NEVER: Time = Time(0);

    pub const fn from_ms(ms: i64) -> Time {
        Time(ms)
    }

    pub const fn ms(self) -> i64 {
        self.0
    }

    pub const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;

    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(out, "{timestamp:.3}"),
            Err(_) => write!(out, "{} ms", self.0),
        }
    }
}

impl ToValue for Time {
    fn to_value(&self) -> Value<'_> {
        Value::Int(self.0)
    }
}

impl FromValue for Time {
    fn from_value(value: Value<'_>) -> Result<Time, database::Error> {
        i64::from_value(value).map(Time)
    }
}

/// Tells the time: the system's, or a test's.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { started: Instant },
    Mock { ms: Arc<AtomicI64> },
}

impl Clock {
    pub fn system() -> Clock {
        Clock(Source::System { started: Instant::now() })
    }

    /// A clock that stands still until [`Clock::advance`] moves it.
    pub fn mock(start: Time) -> Clock {
        Clock(Source::Mock { ms: Arc::new(AtomicI64::new(start.0)) })
    }

    /// The wall clock. It may jump; whatever must not is measured with [`Clock::monotonic`].
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Source::Mock { ms } => Time(ms.load(Ordering::SeqCst)),
        }
    }

    /// Time since some fixed moment; never goes back and never jumps.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::Mock { ms } => Duration::from_millis(u64::try_from(ms.load(Ordering::SeqCst)).unwrap_or(0)),
        }
    }

    /// Whether this is a test's clock.
    pub fn is_mock(&self) -> bool {
        matches!(self.0, Source::Mock { .. })
    }

    /// How long a loop sleeps before it looks at its rows again: `real`, but where a test moves the clock, real time is
    /// not worth waiting for.
    pub fn look_every(&self, real: Duration) -> Duration {
        if self.is_mock() { Duration::from_millis(5) } else { real }
    }

    /// Moves a test's clock; the system's clock can't be moved.
    pub fn advance(&self, span: Duration) {
        match &self.0 {
            Source::System { .. } => panic!("only a mock clock can be moved"),
            Source::Mock { ms } => {
                ms.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            }
        }
    }
}
