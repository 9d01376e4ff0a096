//! What ECS would run: a service's process, registered in Cloud Map.

use std::process::{Child, Command, Stdio};

use crate::stage::{REGION, Stage};

pub struct Task {
    child: Child,
}

impl Task {
    /// Runs the sample's orders with that environment at a loopback address of its own.
    pub async fn run(stage: &Stage, label: &str, host: &str, port: u16, environment: Vec<(String, String)>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(["service", "orders"]).env_clear().envs(environment).env("TENANTRY_BIND", host);
        command.envs([
            ("AWS_ENDPOINT_URL", stage.url.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", &stage.account),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        register(stage, label, host, port).await;
        Self { child }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn register(stage: &Stage, label: &str, host: &str, port: u16) {
    let cloud_map = aws_sdk_servicediscovery::Client::new(&stage.sdk);
    let services = cloud_map.list_services().send().await.unwrap();
    let known = services.services().iter().find(|service| service.name() == Some(label)).unwrap();
    let id = known.id().unwrap();
    let request = cloud_map.register_instance().service_id(id).instance_id(host);
    let request = request.attributes("AWS_INSTANCE_IPV4", host).attributes("AWS_INSTANCE_PORT", port.to_string());
    request.send().await.unwrap();
}
