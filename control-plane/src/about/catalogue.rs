//! `GET /catalogue`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};
use tenantry_contract::catalogue::{Catalogue, Service, Tier};
use utoipa::ToSchema;

use crate::edge::answer::Data;
use crate::state::Shared;

/// What is sold, and what a tenant runs. How it is run (images, commands, environment) is not said.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Catalogue)]
pub(crate) struct CatalogueView {
    pub tiers: Vec<TierView>,
    pub services: Vec<ServiceView>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Tier)]
pub(crate) struct TierView {
    pub name: String,
    /// `pooled`, `dedicated-services`, `dedicated-cluster` or `external`.
    pub placement: String,
    /// Absent for a tier without limits: its tenants are not held back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<LimitsView>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}

/// What the gateway lets one tenant do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limits)]
pub(crate) struct LimitsView {
    pub requests_per_second: u32,
    pub burst: u32,
    pub requests_per_day: u64,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Service)]
pub(crate) struct ServiceView {
    /// Also the first segment of its paths at the gateway.
    pub name: String,
    /// Public at the gateway.
    pub health_path: String,
    pub tables: Vec<String>,
}

/// Get the catalogue
#[utoipa::path(
    get,
    path = "/catalogue",
    tag = "About",
    operation_id = "getCatalogue",
    responses((status = 200, description = "The catalogue", body = Data<CatalogueView>)),
)]
pub(crate) async fn handler(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.catalogue.clone()).into_response()
}

/// It never changes while the process runs.
pub(crate) fn render(catalogue: &Catalogue) -> Result<Vec<u8>, serde_json::Error> {
    let data = CatalogueView {
        tiers: catalogue.tiers.iter().map(TierView::from).collect(),
        services: catalogue.services.iter().map(ServiceView::from).collect(),
    };
    serde_json::to_vec(&Data { data })
}

impl From<&Tier> for TierView {
    fn from(tier: &Tier) -> Self {
        Self {
            name: tier.name.clone(),
            placement: tier.placement.as_str().to_owned(),
            limits: (!tier.limits.is_unlimited()).then_some(LimitsView {
                requests_per_second: tier.limits.requests_per_second,
                burst: tier.limits.burst,
                requests_per_day: tier.limits.requests_per_day,
            }),
            price: tier.price.clone(),
            description: tier.description.clone(),
        }
    }
}

impl From<&Service> for ServiceView {
    fn from(service: &Service) -> Self {
        Self {
            name: service.name.to_string(),
            health_path: service.health_path.clone(),
            tables: service.tables.iter().map(|table| table.name.to_string()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_without_limits_says_none() {
        let catalogue = Catalogue::parse(
            "[[tiers]]\nname = \"free\"\nplacement = \"external\"\n[[tiers]]\nname = \"held\"\nplacement = \"external\"\n\
             limits = { requests_per_second = 1, burst = 2, requests_per_day = 3 }\n",
        )
        .unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&render(&catalogue).unwrap()).unwrap();
        let tiers = &shown["data"]["tiers"];
        assert_eq!(tiers[0], serde_json::json!({ "name": "free", "placement": "external" }));
        assert_eq!(tiers[1]["limits"]["requestsPerDay"], 3);
    }
}
