//! Where the issuers answer, which is known only once the listener is bound.

use std::sync::Arc;

use tokio::sync::SetOnce;

/// The origin of the issuers, such as `http://127.0.0.1:8080`. Set once; only then are URLs rendered.
#[derive(Debug, Clone, Default)]
pub struct BaseUrl(Arc<SetOnce<String>>);

impl BaseUrl {
    /// One that is known from the start.
    pub fn fixed(url: &str) -> Self {
        let base = Self::default();
        base.set(url);
        base
    }

    /// Takes effect the first time alone: an issuer's name never changes while it runs.
    pub fn set(&self, url: &str) {
        if self.0.set(url.trim_end_matches('/').to_owned()).is_err() {
            tracing::warn!("the base URL was set already");
        }
    }

    /// Empty until it is set: nothing answers before that.
    pub fn get(&self) -> &str {
        self.0.get().map_or("", String::as_str)
    }

    pub(super) async fn known(&self) {
        self.0.wait().await;
    }

    pub(super) fn is_https(&self) -> bool {
        self.get().starts_with("https://")
    }
}
