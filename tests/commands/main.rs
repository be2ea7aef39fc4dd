//! The program as an operator meets it: the real binary, started and asked from outside.

mod accounts;
mod api_log;
mod cloud;
mod control;
mod doctor;
mod ephemeral;
mod listen;
mod settings;
mod start;
mod stop;
mod support;
mod uploads;
