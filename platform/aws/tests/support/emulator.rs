//! The emulators beside the tests: see `scripts/with-emulators.py`.

use aws_config::{ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::HttpClient;
use tenantry_aws::sdk;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MiniStack,
    Moto,
}

impl Kind {
    fn variable(self) -> &'static str {
        match self {
            Self::MiniStack => "TENANTRY_MINISTACK_URL",
            Self::Moto => "TENANTRY_MOTO_URL",
        }
    }
}

/// A place of a test's own in an emulator: an account of its own on `MiniStack`, names of its own on both.
#[derive(Debug, Clone)]
pub struct Emulator {
    pub kind: Kind,
    pub url: String,
    /// Twelve digits, also the access key.
    pub account: String,
    /// To begin every name with.
    pub prefix: String,
}

pub const REGION: &str = "eu-west-1";

impl Emulator {
    pub fn ministack() -> Self {
        Self::of(Kind::MiniStack)
    }

    pub fn moto() -> Self {
        Self::of(Kind::Moto)
    }

    #[expect(clippy::disallowed_methods, reason = "scripts/with-emulators.py says in these where they listen")]
    fn of(kind: Kind) -> Self {
        let variable = kind.variable();
        let url = std::env::var(variable).unwrap_or_else(|_| {
            panic!("{variable} is not set: run this test through scripts/with-emulators.py, as its help says")
        });
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        let number = u64::from_le_bytes(bytes);
        let account = format!("{:012}", 100_000_000_000 + number % 900_000_000_000);
        Self { kind, url, prefix: format!("t{:08x}", number >> 32), account }
    }

    /// The SDK's configuration, as roles have it but for what leads here.
    pub async fn config(&self) -> SdkConfig {
        self.config_at(&self.url).await
    }

    /// As `config`, through somebody who listens at `url` and passes calls on.
    pub async fn config_at(&self, url: &str) -> SdkConfig {
        self.loader().endpoint_url(url).load().await
    }

    /// As `config`, with calls that go by way of `client`.
    pub async fn config_by(&self, client: impl HttpClient + 'static) -> SdkConfig {
        self.loader().endpoint_url(&self.url).http_client(client).load().await
    }

    fn loader(&self) -> ConfigLoader {
        let credentials = Credentials::new(&self.account, "secret", None, None, "tests");
        sdk::loader().region(Region::new(REGION)).credentials_provider(credentials)
    }
}
