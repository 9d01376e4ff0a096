//! Ids for tests: UUIDs of version 7 that rise within a process, by a clock of the test's.

use std::sync::{Arc, Mutex};

use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;

pub struct TestIds {
    clock: Arc<dyn Clock>,
    counter: Mutex<u64>,
}

impl TestIds {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, counter: Mutex::new(0) }
    }
}

impl Ids for TestIds {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives randomness");
    }

    fn fresh(&self) -> String {
        let mut counter = self.counter.lock().unwrap();
        *counter += 1;
        let mut random = [0; 10];
        self.fill(&mut random);
        // The counter is in front of what is random, so that ids of one moment rise. Its four bits that the
        // variant takes are left out.
        random[0] = u8::try_from(*counter >> 14 & 0x0f).unwrap();
        random[1] = u8::try_from(*counter >> 6 & 0xff).unwrap();
        random[2] = u8::try_from(*counter & 0x3f).unwrap();
        let millis = u64::try_from(self.clock.now().millis()).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }
}
