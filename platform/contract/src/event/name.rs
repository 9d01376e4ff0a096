//! The names of events, and which plane says them.

use std::fmt;

const PREFIX: &str = "sbt_aws_";

/// Who publishes an event; it decides the envelope's `source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    Control,
    Application,
}

macro_rules! names {
    ($($variant:ident = $text:literal from $plane:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventName {
            $($variant),*
        }

        impl EventName {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The envelope's `detail-type`.
            pub const fn detail_type(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub const fn plane(self) -> Plane {
                match self { $(Self::$variant => Plane::$plane),* }
            }
        }
    };
}

names! {
    OnboardingRequest = "sbt_aws_onboardingRequest" from Control,
    OffboardingRequest = "sbt_aws_offboardingRequest" from Control,
    ActivateRequest = "sbt_aws_activateRequest" from Control,
    DeactivateRequest = "sbt_aws_deactivateRequest" from Control,
    TenantUserCreated = "sbt_aws_tenantUserCreated" from Control,
    TenantUserDeleted = "sbt_aws_tenantUserDeleted" from Control,
    BillingSuccess = "sbt_aws_billingSuccess" from Control,
    BillingFailure = "sbt_aws_billingFailure" from Control,
    OnboardingSuccess = "sbt_aws_onboardingSuccess" from Application,
    OnboardingFailure = "sbt_aws_onboardingFailure" from Application,
    OffboardingSuccess = "sbt_aws_offboardingSuccess" from Application,
    OffboardingFailure = "sbt_aws_offboardingFailure" from Application,
    ProvisionSuccess = "sbt_aws_provisionSuccess" from Application,
    ProvisionFailure = "sbt_aws_provisionFailure" from Application,
    DeprovisionSuccess = "sbt_aws_deprovisionSuccess" from Application,
    DeprovisionFailure = "sbt_aws_deprovisionFailure" from Application,
    ActivateSuccess = "sbt_aws_activateSuccess" from Application,
    ActivateFailure = "sbt_aws_activateFailure" from Application,
    DeactivateSuccess = "sbt_aws_deactivateSuccess" from Application,
    DeactivateFailure = "sbt_aws_deactivateFailure" from Application,
    IngestUsage = "sbt_aws_ingestUsage" from Application,
    // Ours; SBT has no such events.
    OperationEnded = "tenantry_operationEnded" from Control,
    ProvisionProgress = "tenantry_provisionProgress" from Application,
    OrphanFound = "tenantry_orphanFound" from Application,
}

impl EventName {
    pub fn parse(detail_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|n| n.detail_type() == detail_type)
    }

    /// The application plane's names without their prefix, as some of SBT's planes write them.
    pub fn parse_bare(detail_type: &str) -> Option<Self> {
        let bare = |n: &Self| n.bare().is_some_and(|bare| bare == detail_type);
        Self::ALL.iter().copied().find(bare)
    }

    /// The detail type without SBT's prefix, of an event that an application plane publishes.
    pub fn bare(self) -> Option<&'static str> {
        self.detail_type().strip_prefix(PREFIX).filter(|_| self.plane() == Plane::Application)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail_type())
    }
}
