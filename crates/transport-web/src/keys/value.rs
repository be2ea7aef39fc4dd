//! What a record holds: a byte that says how it is written, then the bytes themselves or a shape as JSON. Another way of
//! writing takes another byte, and the old one stays readable.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wacore::store::error::{Result, StoreError};

const BYTES: u8 = 1;
const JSON: u8 = 2;

pub fn of_bytes(bytes: &[u8]) -> Bytes {
    let mut value = BytesMut::with_capacity(bytes.len() + 1);
    value.put_u8(BYTES);
    value.put_slice(bytes);
    value.freeze()
}

/// What [`of_bytes`] was given.
///
/// # Errors
/// Written by another version, or something else.
pub fn bytes(value: Bytes) -> Result<Bytes> {
    match value.first() {
        Some(&BYTES) => Ok(value.slice(1..)),
        _ => Err(unknown()),
    }
}

/// # Errors
/// The shape isn't JSON's.
pub fn of_shape(shape: &impl Serialize) -> Result<Bytes> {
    let mut value = vec![JSON];
    serde_json::to_writer(&mut value, shape).map_err(|error| StoreError::Serialization(Box::new(error)))?;
    Ok(value.into())
}

/// What [`of_shape`] was given.
///
/// # Errors
/// Written by another version, or something else.
pub fn shape<T: DeserializeOwned>(value: &[u8]) -> Result<T> {
    match value.split_first() {
        // What is there holds secrets: of a fault only its place is told.
        Some((&JSON, text)) => serde_json::from_slice(text).map_err(|error| {
            StoreError::Validation(format!(
                "a stored key can't be read at byte {}: {:?}",
                error.column(),
                error.classify()
            ))
        }),
        _ => Err(unknown()),
    }
}

pub fn unknown() -> StoreError {
    StoreError::Validation("a stored key was written by another version and can't be read".to_owned())
}
