//! Values as they go into parameters and come out of columns, alike on both engines.

use std::borrow::Cow;

use uuid::Uuid;

use crate::Error;

/// One parameter or column. Integers are 64 bits, identifiers of 16 bytes are [`Value::Bytes`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// BIGINT, or a narrower integer column it fits in.
    Int(i64),
    /// BOOLEAN; SQLite stores it as 0 or 1 and gives [`Value::Int`] back.
    Bool(bool),
    /// TEXT; must not contain NUL, which PostgreSQL can't store.
    Text(Cow<'a, str>),
    /// BLOB or BYTEA.
    Bytes(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Int(int) => Value::Int(int),
            Value::Bool(bool) => Value::Bool(bool),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Bool(_) => "a boolean",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        }
    }
}

/// Makes a parameter list: `params![workspace, text, None::<i64>]` is an array of [`Value`]s borrowing its arguments.
#[macro_export]
macro_rules! params {
    () => { [] as [$crate::Value<'_>; 0] };
    ($($value:expr),+ $(,)?) => { [$($crate::ToValue::to_value(&$value)),+] };
}

/// Like [`params!`], as a `Vec` that owns its values, for [`crate::Tx::later`].
#[macro_export]
macro_rules! owned_params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::into_owned($crate::ToValue::to_value(&$value))),*] };
}

/// What can be a parameter.
pub trait ToValue {
    /// The value, borrowing from `self` where it can.
    fn to_value(&self) -> Value<'_>;
}

macro_rules! int_to_value {
    ($($int:ty),*) => {$(
        impl ToValue for $int {
            fn to_value(&self) -> Value<'_> {
                Value::Int(i64::from(*self))
            }
        }
    )*};
}
int_to_value!(i64, i32, i16, u32, u16, u8);

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for Cow<'_, str> {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl ToValue for Uuid {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self.as_bytes()))
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Int(int) => Value::Int(*int),
            Value::Bool(bool) => Value::Bool(*bool),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// Fails with [`Error::Decode`] when the value is of another kind or out of range.
    fn from_value(value: Value<'_>) -> Result<Self, Error>;
}

fn unfit(wanted: &str, got: &Value<'_>) -> Error {
    Error::Decode(format!("wanted {wanted}, got {}", got.kind()))
}

impl FromValue for i64 {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Int(int) => Ok(int),
            other => Err(unfit("an integer", &other)),
        }
    }
}

macro_rules! int_from_value {
    ($($int:ty),*) => {$(
        impl FromValue for $int {
            fn from_value(value: Value<'_>) -> Result<Self, Error> {
                let int = i64::from_value(value)?;
                int.try_into().map_err(|_| Error::Decode(format!("{int} is no {}", stringify!($int))))
            }
        }
    )*};
}
int_from_value!(i32, i16, u32, u16, u8);

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Bool(bool) => Ok(bool),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => Err(unfit("a boolean", &other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Text(text) => Ok(text.into_owned()),
            other => Err(unfit("text", &other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.into_owned()),
            other => Err(unfit("bytes", &other)),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Bytes(bytes) => {
                bytes.as_ref().try_into().map_err(|_| Error::Decode(format!("wanted {N} bytes, got {}", bytes.len())))
            }
            other => Err(unfit("bytes", &other)),
        }
    }
}

impl FromValue for Uuid {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        <[u8; 16]>::from_value(value).map(Uuid::from_bytes)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// What both engines refuse alike. PostgreSQL can't store NUL in text; SQLite could, and data would then not move.
pub(crate) fn check_storable(value: &Value<'_>, index: usize, text: &str) -> Result<(), Error> {
    match value {
        Value::Text(string) if string.as_bytes().contains(&0) => {
            Err(Error::Misuse(format!("parameter ${} contains NUL (in {})", index + 1, crate::sql::summary(text))))
        }
        _ => Ok(()),
    }
}

pub(crate) fn wrong_count(wanted: usize, got: usize, text: &str) -> Error {
    Error::Misuse(format!("{wanted} parameters wanted, {got} given (in {})", crate::sql::summary(text)))
}
