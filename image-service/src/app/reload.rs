//! SIGHUP: who may call is read again while the service runs. All else of the configuration counts from the next start.
//!
//! Invariant: what cannot be used never takes the place of what can, and no reload opens the service to everyone.

use std::{io, sync::Arc};

use anyhow::{anyhow, ensure};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_util::task::AbortOnDropHandle;

use crate::{config::Config, grpc::Identities, model::Namespace};

/// Reads the configuration again, from where it was read at the start.
pub type Reread = Box<dyn Fn() -> anyhow::Result<Config> + Send>;

/// What is in force, and what may come to be.
pub(super) struct Reloading {
    /// As at the start, but for `access`.
    config: Config,
    /// Those that have a place to stage in.
    namespaces: Vec<Namespace>,
    reread: Reread,
    identities: watch::Sender<Arc<Identities>>,
}

impl Reloading {
    /// Opens the identities of `config`; whoever asks the receiver knows the latest. Wants a runtime around it.
    pub(super) fn start(
        config: &Config,
        reread: Reread,
    ) -> anyhow::Result<(Self, watch::Receiver<Arc<Identities>>)> {
        let (identities, latest) = watch::channel(Arc::new(Identities::open(&config.access)?));
        let namespaces = config.access.namespaces();
        Ok((Self { config: config.clone(), namespaces, reread, identities }, latest))
    }

    /// Reads again at each SIGHUP, until what it returns is dropped.
    pub(super) fn on_hangup(self) -> io::Result<AbortOnDropHandle<()>> {
        let hangups = signal(SignalKind::hangup())?;
        Ok(AbortOnDropHandle::new(tokio::spawn(self.follow(hangups))))
    }

    async fn follow(mut self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            match self.reload() {
                Ok(()) => {
                    let identities = self.config.access.identities.len();
                    tracing::info!(
                        identities,
                        "access is as configured now; all else counts from the next start"
                    );
                }
                Err(why) => {
                    tracing::error!("the configuration cannot be used, access stays as it was: {why:#}")
                }
            }
        }
    }

    fn reload(&mut self) -> anyhow::Result<()> {
        let mut next = self.config.clone();
        next.access = (self.reread)()?.access;
        self.check(&next)?;
        self.identities.send_replace(Arc::new(Identities::open(&next.access)?));
        self.config = next;
        Ok(())
    }

    /// Everything that keeps `next` from being served where `config` is.
    fn check(&self, next: &Config) -> anyhow::Result<()> {
        let mut mistakes = next.access.mistakes(next.tls.as_ref());
        mistakes.extend(next.access.needs_restart_after(&self.config.access));
        ensure!(mistakes.is_empty(), "{}", mistakes.join("; "));
        next.check_namespaces()?;
        let is_staged = next.staging.repository.is_some();
        match next.access.namespaces().iter().find(|namespace| !self.namespaces.contains(namespace)) {
            Some(namespace) if is_staged => Err(anyhow!(
                "access.identities: {namespace} has no place to stage in, which a namespace is given at a start"
            )),
            _ => Ok(()),
        }
    }
}
