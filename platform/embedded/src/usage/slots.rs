//! A file of fixed places: a tenant's id, a day and a count each.

use std::fs::{File, OpenOptions};
use std::io::{Error, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tenantry_contract::id::TenantId;

use crate::sqlite::OpenError;

/// A place: 4 bytes day, 4 spare, 8 count, 1 the id's length, the id; all little-endian.
const SIZE: usize = 96;
const ID_AT: usize = 16;

/// How many requests on which day (`20261122`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub day: u32,
    pub used: u64,
}

/// A place in use: which, whose, and what it holds.
pub type Place = (u64, TenantId, Count);

pub struct Slots {
    file: Option<File>,
    /// The first place that was never used.
    end: AtomicU64,
    /// Places of tenants that have not been counted for long.
    free: Mutex<Vec<u64>>,
}

impl Slots {
    /// Counts that are gone with the process.
    pub const fn none() -> Self {
        Self { file: None, end: AtomicU64::new(0), free: Mutex::new(Vec::new()) }
    }

    /// The file, and what its places hold. One that the machine's crash left half-written is nobody's; one of a day
    /// before `oldest` is used again.
    pub fn open(path: &Path, oldest: u32) -> Result<(Self, Vec<Place>), OpenError> {
        let io = |cause| OpenError::Io { what: path.display().to_string(), cause };
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let places = (0..).zip(bytes.chunks(SIZE));
        let found = places.filter_map(|(slot, place)| read(place).map(|(tenant, count)| (slot, tenant, count)));
        let (found, old): (Vec<Place>, Vec<Place>) = found.partition(|(_, _, count)| count.day >= oldest);
        let end = AtomicU64::new(bytes.len().div_ceil(SIZE) as u64);
        let free = Mutex::new(old.into_iter().map(|(slot, _, _)| slot).collect());
        Ok((Self { file: Some(file), end, free }, found))
    }

    /// A new place, written whole.
    pub fn add(&self, tenant: &TenantId, count: Count) -> Result<u64, Error> {
        let mut place = [0; SIZE];
        place[..ID_AT].copy_from_slice(&head(count));
        let id = tenant.as_str().as_bytes();
        place[ID_AT] = u8::try_from(id.len()).map_err(Error::other)?;
        place[ID_AT + 1..=ID_AT + id.len()].copy_from_slice(id);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let slot = free.unwrap_or_else(|| self.end.fetch_add(1, Ordering::Relaxed));
        self.put(slot, &place)?;
        Ok(slot)
    }

    pub fn write(&self, slot: u64, count: Count) -> Result<(), Error> {
        self.put(slot, &head(count))
    }

    fn put(&self, slot: u64, bytes: &[u8]) -> Result<(), Error> {
        self.file.as_ref().map_or(Ok(()), |file| file.write_all_at(bytes, slot * SIZE as u64))
    }
}

fn head(count: Count) -> [u8; ID_AT] {
    let mut head = [0; ID_AT];
    head[..4].copy_from_slice(&count.day.to_le_bytes());
    head[8..].copy_from_slice(&count.used.to_le_bytes());
    head
}

fn read(place: &[u8]) -> Option<(TenantId, Count)> {
    let (head, rest) = place.split_at_checked(ID_AT)?;
    let day = u32::from_le_bytes(head.get(..4)?.try_into().ok()?);
    let used = u64::from_le_bytes(head.get(8..)?.try_into().ok()?);
    let (length, id) = rest.split_first()?;
    let id = std::str::from_utf8(id.get(..usize::from(*length))?).ok()?;
    Some((TenantId::parse(id).ok()?, Count { day, used }))
}
