//! Cancels a session that is given up, so that the registry need not keep what came of it. Nobody waits for that.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use telemetry::Context;
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};
use url::Url;

use super::{
    super::{
        ask::Verb,
        endpoint::Site,
        fetch::{Caller, Fetcher},
        manifest::View,
        redirect::is_same_origin,
    },
    step::{self, Place, Step},
    upload::Uploads,
};
use crate::{model::Repository, ports::Access};

const PATIENCE: Duration = Duration::from_secs(30);

/// Cancels its session when it is dropped.
pub(super) struct Cancel {
    /// Where the session is now.
    pub(super) place: Place,
    /// Nothing if there is nothing to cancel.
    owner: Option<Owner>,
    permits: Arc<Semaphore>,
}

/// What a `View` sees, to outlive it.
struct Owner {
    fetcher: Arc<Fetcher>,
    site: Site,
    repository: Repository,
    access: Access,
}

impl Cancel {
    pub(super) fn of(view: &View<'_>, place: Place, uploads: &Uploads) -> Self {
        let owner = Owner {
            fetcher: Arc::clone(view.fetcher),
            site: view.site.clone(),
            repository: view.repository.clone(),
            access: view.caller.to_access(),
        };
        Self { place, owner: Some(owner), permits: Arc::clone(&uploads.cancels) }
    }

    pub(super) fn move_to(&mut self, url: Url) {
        let at_home = self.place.at_home && is_same_origin(&self.place.url, &url);
        self.place = Place { url, at_home };
    }

    pub(super) fn forget(&mut self) {
        self.owner = None;
    }
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let Some(owner) = self.owner.take() else { return };
        // Registries drop old sessions themselves; with too many to cancel, or no time left to do it, they have to.
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        if let (Ok(permit), Ok(runtime)) = (permit, Handle::try_current()) {
            let place = self.place.clone();
            runtime.spawn(Context::current().scope(async move {
                let _ = timeout(PATIENCE, owner.cancel(place)).await;
                drop(permit);
            }));
        }
    }
}

impl Owner {
    async fn cancel(&self, place: Place) {
        let view = View {
            fetcher: &self.fetcher,
            site: &self.site,
            repository: &self.repository,
            caller: Caller::from(&self.access),
        };
        // A token that may push may not always delete: the second time the right one is there.
        for _ in 0..2 {
            let step =
                Step { verb: Verb::Delete, place: place.clone(), headers: HeaderMap::new(), body: None };
            match step::take(view, step).await {
                Ok(stepped) if stepped.renewed => {}
                _ => return,
            }
        }
    }
}
