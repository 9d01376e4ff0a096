//! A bus of a test's own.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tenantry_aws::bus::topology::{make, topology};
use tenantry_aws::bus::{AwsBus, Queues};
use tenantry_conformance::make::START;
use tenantry_conformance::subject::HandClock;
use tenantry_ports::bus::{Bus as _, Consumer, Delivery, Inbox};
use tokio::time::Instant;

use super::emulator::Emulator;
use super::ids::TestIds;

pub struct Stand {
    pub sdk: SdkConfig,
    pub names: Queues,
    pub bus: Arc<AwsBus>,
}

impl Stand {
    pub async fn new(emulator: &Emulator) -> Self {
        Self::with(emulator.config().await, &emulator.prefix).await
    }

    pub async fn with(sdk: SdkConfig, stage: &str) -> Self {
        let names = Queues::of_stage(stage);
        make(&sdk, &topology(&names, &tenantry_contract::event::Sources::default())).await.unwrap();
        let bus = bus(&sdk, &names);
        Self { sdk, names, bus }
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk)
    }

    pub fn events(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.sdk)
    }

    pub fn inbox(&self) -> Arc<dyn Inbox> {
        self.bus.inbox(Consumer::ControlPlane)
    }

    pub async fn url(&self, queue: &str) -> String {
        self.sqs().get_queue_url().queue_name(queue).send().await.unwrap().queue_url.unwrap()
    }
}

pub fn bus(sdk: &SdkConfig, names: &Queues) -> Arc<AwsBus> {
    Arc::new(AwsBus::new(sdk, names, Arc::new(TestIds::new(Arc::new(HandClock::at(START))))))
}

/// The next message, which has to come soon.
pub async fn next(inbox: &Arc<dyn Inbox>) -> Delivery {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(delivery) = inbox.receive(1, Duration::from_secs(2), Duration::from_secs(60)).await.unwrap().pop() {
            return delivery;
        }
    }
    panic!("nothing came")
}
