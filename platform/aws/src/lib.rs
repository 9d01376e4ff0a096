//! The adapters on AWS, a module for each port: DynamoDB, EventBridge and SQS, Cognito, ECS, and data narrowed by
//! STS. Endpoints, credentials and region come from the SDK's own configuration.

pub mod adopt;
pub mod backoff;
pub mod bus;
pub mod check;
pub mod data;
pub mod fault;
pub mod identity;
mod keys;
pub mod limits;
pub mod log;
mod orphans;
pub mod relay;
pub mod routes;
pub mod runtime;
pub mod sdk;
mod secrets;
pub mod store;
pub mod table;
mod usage;
pub mod whereabouts;
mod work;
