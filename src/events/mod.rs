//! Reading the log of events: pages behind a cursor, and a live stream. Writing it is `store/events.rs`, in the write that
//! made the fact.

pub mod live;
pub mod log;
pub mod shown;
