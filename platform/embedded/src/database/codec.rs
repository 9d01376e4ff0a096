//! Between the domain's types and columns.

use rusqlite::ToSql;
use rusqlite::types::{FromSqlError, ToSqlOutput, Type, Value, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most records and events fit: a buffer that starts small is copied three times on its way.
const USUAL: usize = 1_024;

pub fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut json, value)?;
    Ok(json)
}

pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, rusqlite::Error> {
    json(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, rusqlite::Error> {
    serde_json::from_slice(json).map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, e.into()))
}

/// How many rows, as a column; one more than asked for says whether there are more.
pub fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// An id as a column: a UUID's 16 bytes, or text.
#[derive(Debug, Clone, Copy)]
pub struct IdKey<'a>(pub &'a str);

impl ToSql for IdKey<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match canonical(self.0) {
            Some(bytes) => ToSqlOutput::Owned(Value::Blob(bytes.to_vec())),
            None => ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_bytes())),
        })
    }
}

/// The bytes of a UUID, if writing them again gives this very text.
fn canonical(text: &str) -> Option<[u8; 16]> {
    let plain = text.len() == 36 && text.bytes().all(|b| !b.is_ascii_uppercase());
    plain.then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(uuid::Uuid::into_bytes)
}

/// The id that [`IdKey`] wrote.
pub fn read_id(value: ValueRef<'_>) -> Result<String, FromSqlError> {
    match value {
        ValueRef::Blob(bytes) => {
            uuid::Uuid::from_slice(bytes).map(|u| u.to_string()).map_err(|e| FromSqlError::Other(e.into()))
        }
        other => other.as_str().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        let uuid = "0199b0c2-8f3a-7abc-8def-0123456789ab";
        assert!(canonical(uuid).is_some());
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        for id in [uuid, "local_abc", "0199B0C2-8f3a-7abc-8def-0123456789ab", "0199b0c28f3a7abc8def0123456789ab"] {
            let back = conn.query_row("SELECT ?1", [IdKey(id)], |r| Ok(read_id(r.get_ref(0)?)?)).unwrap();
            assert_eq!(back, id);
        }
    }
}
