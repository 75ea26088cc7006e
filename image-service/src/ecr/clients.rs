//! The clients: one set for each identity and Region, made when it is first needed.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_config::{
    BehaviorVersion, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use tokio::sync::OnceCell;

use super::{
    answer_limit::LimitAnswers,
    identity::Identity,
    operation::{Operation, Service},
    patience::{self, Patience},
    place::Place,
    request_id::NoteRequestId,
};
use crate::{
    config::EcrConfig,
    error::{EcrError, EcrReason, Result},
    model::{AccountId, Region},
};

/// Regions and identities in use at once; the one that was not used for longest is forgotten. AWS has fewer Regions.
const MOST_SITES: u64 = 256;

/// Every client that is in use.
pub(super) struct Clients {
    base: Arc<Account>,
    others: BTreeMap<AccountId, Arc<Account>>,
    config: EcrConfig,
    /// From the environment, asked once.
    found_region: OnceCell<Option<Region>>,
    sites: moka::future::Cache<SiteKey, Arc<Site>>,
}

type SiteKey = (Option<AccountId>, Region);

/// An identity and what is configured for it.
#[derive(Debug)]
struct Account {
    /// None for the identity of `[ecr]` itself.
    id: Option<AccountId>,
    identity: Arc<Identity>,
    region: Option<Region>,
    endpoint_url: Option<String>,
    read_only: bool,
}

/// One identity in one Region.
pub(super) struct Site {
    /// Where.
    pub(super) region: Region,
    /// Whether nothing may be changed.
    pub(super) read_only: bool,
    /// What was learned of AWS's patience there.
    pub(super) patience: Patience,
    /// For ECR.
    pub(super) ecr: aws_sdk_ecr::Client,
    /// For ECR Public.
    pub(super) public: aws_sdk_ecrpublic::Client,
    /// For ECS.
    pub(super) ecs: aws_sdk_ecs::Client,
}

impl AsRef<Patience> for Site {
    fn as_ref(&self) -> &Patience {
        &self.patience
    }
}

impl Clients {
    pub(super) fn new(config: &EcrConfig) -> Self {
        let identity = Arc::new(Identity::new(config.auth.clone(), None, config));
        let base = Account {
            id: None,
            identity: Arc::clone(&identity),
            region: config.region.clone(),
            endpoint_url: config.endpoint_url.clone(),
            read_only: config.read_only,
        };
        let others = config.accounts.iter().map(|(id, account)| {
            let own = account.auth.clone().map(|auth| {
                let source = Some(Arc::clone(&identity));
                Arc::new(Identity::new(auth, source, config))
            });
            let account = Account {
                id: Some(id.clone()),
                identity: own.unwrap_or_else(|| Arc::clone(&identity)),
                region: account.region.clone().or_else(|| config.region.clone()),
                endpoint_url: account.endpoint_url.clone().or_else(|| config.endpoint_url.clone()),
                read_only: account.read_only || config.read_only,
            };
            (id.clone(), Arc::new(account))
        });
        let sites = moka::future::Cache::new(MOST_SITES);
        let watched = sites.clone();
        patience::watch(move || watched.iter().map(|(_, site)| site).collect::<Vec<Arc<Site>>>());
        Self {
            others: others.collect(),
            base: Arc::new(base),
            config: config.clone(),
            found_region: OnceCell::new(),
            sites,
        }
    }

    /// What to put as `registryId` into a call; nothing means the caller's own registry.
    pub(super) fn registry_id(&self, place: &Place) -> Option<AccountId> {
        place.registry_id.clone().or_else(|| self.config.registry_id.clone())
    }

    pub(super) fn endpoint(&self, place: &Place) -> Option<&str> {
        self.account(place).endpoint_url.as_deref()
    }

    pub(super) fn is_read_only(&self, place: &Place) -> bool {
        self.account(place).read_only
    }

    /// The clients for a place.
    pub(super) async fn site(&self, operation: Operation, place: &Place) -> Result<Arc<Site>> {
        let (_, region) = self.identity(operation, place).await?;
        let account = self.account(place);
        let key = (account.id.clone(), region.clone());
        Ok(self.sites.get_with(key, self.open(Arc::clone(account), region)).await)
    }

    /// Whose identity it is, and where.
    pub(super) async fn identity(
        &self,
        operation: Operation,
        place: &Place,
    ) -> Result<(Option<AccountId>, Region)> {
        let account = self.account(place);
        let region = match (operation.service(), &place.region) {
            (Service::Public, _) => Region::of_public_registries(),
            (_, Some(region)) => region.clone(),
            (_, None) => self.region_of(operation, account).await?,
        };
        Ok((account.id.clone(), region))
    }

    fn account(&self, place: &Place) -> &Arc<Account> {
        let id = place.registry_id.as_ref().or(self.config.registry_id.as_ref());
        id.and_then(|id| self.others.get(id)).unwrap_or(&self.base)
    }

    /// What clients are made of, for the identity of `[ecr]` itself; nothing without a Region.
    pub(super) async fn base_config(&self, region: Option<&Region>) -> Option<SdkConfig> {
        let region = match region {
            Some(region) => region.clone(),
            None => self.known_region(&self.base).await?,
        };
        Some(self.sdk_config(&self.base, &region).await)
    }

    async fn known_region(&self, account: &Account) -> Option<Region> {
        match &account.region {
            Some(region) => Some(region.clone()),
            None => self.found_region.get_or_init(region_of_this_machine).await.clone(),
        }
    }

    async fn region_of(&self, operation: Operation, account: &Account) -> Result<Region> {
        self.known_region(account).await.ok_or_else(|| {
            let message = "no Region: name one in the request, or set ecr.region or AWS_REGION";
            Box::new(EcrError::refused(EcrReason::RegionMissing, operation.name(), message)).into()
        })
    }

    async fn open(&self, account: Arc<Account>, region: Region) -> Arc<Site> {
        let base = self.sdk_config(&account, &region).await;
        let at = |endpoint: &Option<String>| {
            // What the environment says (AWS_ENDPOINT_URL) gives way only to what is configured here.
            let mut config = base.to_builder();
            config.set_endpoint_url(endpoint.clone().or_else(|| base.endpoint_url().map(str::to_owned)));
            config.build()
        };
        let ecr = aws_sdk_ecr::config::Builder::from(&at(&account.endpoint_url));
        let public = aws_sdk_ecrpublic::config::Builder::from(&at(&self.config.public_endpoint_url));
        let ecs = aws_sdk_ecs::config::Builder::from(&at(&self.config.ecs_endpoint_url));
        Arc::new(Site {
            ecr: aws_sdk_ecr::Client::from_conf(
                ecr.interceptor(LimitAnswers).interceptor(NoteRequestId).build(),
            ),
            public: aws_sdk_ecrpublic::Client::from_conf(
                public.interceptor(LimitAnswers).interceptor(NoteRequestId).build(),
            ),
            ecs: aws_sdk_ecs::Client::from_conf(
                ecs.interceptor(LimitAnswers).interceptor(NoteRequestId).build(),
            ),
            patience: Patience::new(&self.config),
            read_only: account.read_only,
            region,
        })
    }

    /// Without the SDK's own retries: they would multiply with those of this adapter, and know less of the operations.
    async fn sdk_config(&self, account: &Account, region: &Region) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(self.config.connect_timeout)
            .operation_attempt_timeout(self.config.request_timeout);
        aws_config::defaults(BehaviorVersion::latest())
            .region(aws_config::Region::new(region.as_str().to_owned()))
            .credentials_provider(account.identity.provider(region).await)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build())
            .use_fips(self.config.use_fips)
            .use_dual_stack(self.config.use_dualstack)
            .load()
            .await
    }
}

/// As AWS's tools find it, but for the instance's metadata: that is a network call, and slow where there is none.
async fn region_of_this_machine() -> Option<Region> {
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    chain.region().await?.as_ref().parse().ok()
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("sites", &self.sites.entry_count()).finish_non_exhaustive()
    }
}
