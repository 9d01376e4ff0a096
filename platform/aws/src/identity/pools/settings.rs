//! What a pool for users of tenants is like: written down once, to make one, to see where it has drifted, to mend it.

pub mod tags;

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::BuildError;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool::builders::CreateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AttributeDataType, EmailConfigurationType,
    EmailSendingAccountType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType, SchemaAttributeType,
    UserAttributeUpdateSettingsType, UserPoolPolicyType, UserPoolType, UsernameAttributeType,
    UsernameConfigurationType, VerifiedAttributeType,
};
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_ports::identity::IdentityError;

use super::super::errors::refused;
use super::super::{Mail, Pools};

/// What a user's tokens say besides Cognito's own: no client can write any of it.
pub(crate) const CUSTOM: [&str; 4] = ["tenantId", "tenantTier", "tenantName", "userRole"];
const PASSWORD_LENGTH: i32 = 8;
const TEMPORARY_PASSWORD_DAYS: i32 = 7;

pub(crate) struct PoolSettings {
    pub(in crate::identity) name: String,
    tags: Vec<(String, String)>,
    mail: Mail,
}

/// The name of a tenant's pool: a dot is in neither part.
fn name_of(stage: &str, tenant: &TenantId) -> String {
    format!("{stage}.{tenant}")
}

/// Whose a pool of that name is.
pub(super) fn owner_of(stage: &str, name: &str) -> Option<TenantId> {
    TenantId::parse(name.strip_prefix(stage)?.strip_prefix('.')?).ok()
}

impl PoolSettings {
    pub(in crate::identity) fn of_tenant(config: &Pools, tenant: &TenantId, tier: &str) -> Self {
        let tags = tags::of_tenant(&config.stage, tenant, tier);
        Self { name: name_of(&config.stage, tenant), tags, mail: config.mail.clone() }
    }

    /// Of the pool that pooled tenants share.
    pub(crate) fn shared(stage: &str, mail: Mail) -> Self {
        Self { name: format!("{stage}-pooled"), tags: tags::of_stage(stage), mail }
    }

    pub(in crate::identity) fn create(&self, client: &Client) -> Result<CreateUserPoolFluentBuilder, IdentityError> {
        Ok(client
            .create_user_pool()
            .pool_name(&self.name)
            .set_user_pool_tags(Some(self.tags.iter().cloned().collect()))
            .username_attributes(UsernameAttributeType::Email)
            .username_configuration(
                UsernameConfigurationType::builder().case_sensitive(false).build().map_err(unbuilt)?,
            )
            .set_schema(Some(CUSTOM.iter().map(|name| custom(name)).collect()))
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .user_attribute_update_settings(verified_first())
            .admin_create_user_config(admins_only())
            .account_recovery_setting(by_mail().map_err(unbuilt)?)
            .policies(policies())
            .email_configuration(self.email()))
    }

    /// What is not as it should be, in words.
    pub(crate) fn drift(&self, pool: &UserPoolType) -> Option<String> {
        let mut drift = self.settings_drift(pool);
        if !self.missing(pool).is_empty() {
            drift.push("it lacks attributes");
        }
        (!drift.is_empty()).then(|| drift.join(", "))
    }

    /// Of that, what an update mends.
    pub(super) fn settings_drift(&self, pool: &UserPoolType) -> Vec<&'static str> {
        let mut drift = Vec::new();
        if !pool.admin_create_user_config().is_some_and(AdminCreateUserConfigType::allow_admin_create_user_only) {
            drift.push("people may sign up themselves");
        }
        if !pool.auto_verified_attributes().contains(&VerifiedAttributeType::Email) {
            drift.push("e-mail addresses are not verified");
        }
        let first = pool.user_attribute_update_settings();
        if first
            .is_none_or(|s| !s.attributes_require_verification_before_update().contains(&VerifiedAttributeType::Email))
        {
            drift.push("an e-mail address that a user changes counts before it is verified");
        }
        let recovery = pool.account_recovery_setting().map(AccountRecoverySettingType::recovery_mechanisms);
        if recovery.is_none_or(|all| all.iter().any(|m| *m.name() != RecoveryOptionNameType::VerifiedEmail)) {
            drift.push("accounts are recovered otherwise than by mail");
        }
        let length = pool.policies().and_then(|p| p.password_policy()).and_then(PasswordPolicyType::minimum_length);
        if length.is_some_and(|length| length < PASSWORD_LENGTH) {
            drift.push("short passwords are allowed");
        }
        if !self.mails(pool.email_configuration()) {
            drift.push("its mail is sent otherwise");
        }
        if !tags::has(pool.user_pool_tags(), &self.tags) {
            drift.push("its tags are other ones");
        }
        drift
    }

    /// An update sets all it does not name back to what Cognito thinks best, so what is not ours is sent as it is.
    pub(super) fn update(
        &self,
        client: &Client,
        id: &PoolId,
        pool: &UserPoolType,
    ) -> Result<UpdateUserPoolFluentBuilder, IdentityError> {
        let pool = pool.clone();
        // Texts that are not set come back empty, and empty ones are refused.
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut tags = pool.user_pool_tags.unwrap_or_default();
        tags.extend(self.tags.iter().cloned());
        Ok(client
            .update_user_pool()
            .user_pool_id(id.as_str())
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .user_attribute_update_settings(verified_first())
            .admin_create_user_config(admins_only())
            .account_recovery_setting(by_mail().map_err(unbuilt)?)
            .policies(policies())
            .email_configuration(self.email())
            .set_deletion_protection(pool.deletion_protection)
            .set_lambda_config(pool.lambda_config)
            .set_verification_message_template(pool.verification_message_template)
            .set_email_verification_message(said(pool.email_verification_message))
            .set_email_verification_subject(said(pool.email_verification_subject))
            .set_sms_verification_message(said(pool.sms_verification_message))
            .set_sms_authentication_message(said(pool.sms_authentication_message))
            .set_sms_configuration(pool.sms_configuration.filter(|sms| !sms.sns_caller_arn().is_empty()))
            .set_mfa_configuration(pool.mfa_configuration)
            .set_device_configuration(pool.device_configuration)
            .set_user_pool_tags(Some(tags))
            .set_user_pool_add_ons(pool.user_pool_add_ons)
            .set_user_pool_tier(pool.user_pool_tier))
    }

    /// Attributes of ours that the pool has not.
    pub(super) fn missing_attributes(&self, pool: &UserPoolType) -> Result<Vec<SchemaAttributeType>, IdentityError> {
        if !pool.username_attributes().contains(&UsernameAttributeType::Email) {
            let id = pool.id().unwrap_or_default();
            return Err(refused(format!("users of the pool {id} do not sign in by e-mail, which cannot be changed")));
        }
        Ok(self.missing(pool).into_iter().map(custom).collect())
    }

    #[expect(clippy::unused_self, reason = "what a pool must have is its settings' to say")]
    fn missing(&self, pool: &UserPoolType) -> Vec<&'static str> {
        let has: BTreeSet<&str> = pool.schema_attributes().iter().filter_map(SchemaAttributeType::name).collect();
        let lacks = |name: &&str| !has.contains(format!("custom:{name}").as_str());
        CUSTOM.into_iter().filter(lacks).collect()
    }

    fn email(&self) -> EmailConfigurationType {
        let mail = EmailConfigurationType::builder();
        match &self.mail {
            Mail::Cognito => mail.email_sending_account(EmailSendingAccountType::CognitoDefault),
            Mail::Ses { from, source_arn } => {
                mail.email_sending_account(EmailSendingAccountType::Developer).from(from).source_arn(source_arn)
            }
        }
        .build()
    }

    fn mails(&self, mail: Option<&EmailConfigurationType>) -> bool {
        let account = mail.and_then(EmailConfigurationType::email_sending_account);
        match &self.mail {
            Mail::Cognito => account.is_none_or(|account| *account == EmailSendingAccountType::CognitoDefault),
            Mail::Ses { from, source_arn } => mail.is_some_and(|mail| {
                account == Some(&EmailSendingAccountType::Developer)
                    && mail.from() == Some(from)
                    && mail.source_arn() == Some(source_arn)
            }),
        }
    }
}

fn custom(name: &str) -> SchemaAttributeType {
    SchemaAttributeType::builder().name(name).attribute_data_type(AttributeDataType::String).mutable(true).build()
}

fn admins_only() -> AdminCreateUserConfigType {
    AdminCreateUserConfigType::builder().allow_admin_create_user_only(true).build()
}

/// Who changes the address signs in with the old one until a code proves the new one: nobody takes the address of
/// somebody who is still to come.
fn verified_first() -> UserAttributeUpdateSettingsType {
    UserAttributeUpdateSettingsType::builder()
        .attributes_require_verification_before_update(VerifiedAttributeType::Email)
        .build()
}

fn by_mail() -> Result<AccountRecoverySettingType, BuildError> {
    let mail = RecoveryOptionType::builder().name(RecoveryOptionNameType::VerifiedEmail).priority(1).build()?;
    Ok(AccountRecoverySettingType::builder().recovery_mechanisms(mail).build())
}

fn policies() -> UserPoolPolicyType {
    let password = PasswordPolicyType::builder()
        .minimum_length(PASSWORD_LENGTH)
        .require_lowercase(true)
        .require_uppercase(true)
        .require_numbers(true)
        .require_symbols(true)
        .temporary_password_validity_days(TEMPORARY_PASSWORD_DAYS);
    UserPoolPolicyType::builder().password_policy(password.build()).build()
}

fn unbuilt(error: BuildError) -> IdentityError {
    IdentityError::broken("a pool's settings could not be built", error)
}
