//! The last question before a service counts as ready: does it answer where callers find it?

use tenantry_contract::resource::Owner;
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::RuntimeError;

use crate::runtime::place::Probe;
use crate::runtime::spec::ServiceSpec;

/// None if it answers.
pub async fn trouble(
    routes: &dyn Routes,
    probe: Probe,
    owner: &Owner,
    spec: &ServiceSpec,
) -> Result<Option<String>, RuntimeError> {
    let Some(address) = routes.locate(owner, &spec.service).await? else {
        return Ok(Some("has no address yet".to_owned()));
    };
    let client = reqwest::Client::builder().no_proxy().timeout(probe.patience).build();
    let client = client.map_err(|cause| RuntimeError::transient("no HTTP client could be made", cause))?;
    let why = match client.get(format!("http://{address}{}", spec.health_path)).send().await {
        Ok(answer) if answer.status().is_success() => return Ok(None),
        Ok(answer) => format!("answers {} at {}", answer.status(), spec.health_path),
        Err(e) if e.is_timeout() => format!("does not answer within {} ms", probe.patience.as_millis()),
        Err(_) => format!("cannot be reached at {address}"),
    };
    routes.forget(owner, &spec.service, address);
    Ok(Some(why))
}
