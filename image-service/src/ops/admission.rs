//! Draining: new work is refused, what runs comes to its end, and whatever is short goes on.
//!
//! Work is what brings or sends content: pull, load, import, push, save and index. A service that is drained is one of this process; others that
//! share its database take the work.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::{Error, Result};

/// Whether there is work, and whether more is let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Workload {
    /// No new work is let in.
    pub is_draining: bool,
    /// The process is about to end: nothing lets work in again.
    pub is_ending: bool,
    /// Work that runs.
    pub running: usize,
}

/// Lets work in, or not.
#[derive(Clone, Debug, Default)]
pub struct Admission(Arc<watch::Sender<Workload>>);

/// Work that was let in, as long as it lives.
#[derive(Debug)]
pub(super) struct Admitted(Admission);

impl Admission {
    /// Lets new work in, unless the service is drained.
    pub(super) fn admit(&self) -> Result<Admitted> {
        let admitted = self.0.send_if_modified(|load| {
            load.running += usize::from(!load.is_draining);
            !load.is_draining
        });
        if admitted { Ok(Admitted(self.clone())) } else { Err(Error::Draining) }
    }

    /// Lets no new work in.
    pub fn drain(&self) {
        self.0.send_modify(|load| load.is_draining = true);
    }

    /// Lets work in again, unless the process is about to end.
    pub fn resume(&self) -> Result<()> {
        self.0.send_modify(|load| load.is_draining = load.is_ending);
        if self.workload().is_ending { Err(Error::Draining) } else { Ok(()) }
    }

    /// Lets no new work in, for good.
    pub fn end(&self) {
        self.0.send_modify(|load| (load.is_draining, load.is_ending) = (true, true));
    }

    /// As it is now.
    #[must_use]
    pub fn workload(&self) -> Workload {
        *self.0.borrow()
    }

    /// As it is now, and whenever it changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Workload> {
        self.0.subscribe()
    }

    /// Waits until no work runs.
    pub async fn is_idle(&self) {
        // The sender is held here: it does not go.
        let _ = self.watch().wait_for(|load| load.running == 0).await;
    }

    /// Waits until the process is about to end.
    pub async fn is_ending(&self) {
        let _ = self.watch().wait_for(|load| load.is_ending).await;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.0.send_modify(|load| load.running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn work_that_runs_is_waited_for_and_new_work_refused() {
        let admission = Admission::default();
        let running = admission.admit().unwrap();
        admission.drain();
        assert!(matches!(admission.admit(), Err(Error::Draining)));
        assert!(admission.is_idle().now_or_never().is_none());
        drop(running);
        assert!(admission.is_idle().now_or_never().is_some());
    }

    #[test]
    fn a_drained_service_works_again_when_told_unless_it_ends() {
        let admission = Admission::default();
        admission.drain();
        admission.resume().unwrap();
        drop(admission.admit().unwrap());
        admission.end();
        assert!(admission.resume().is_err() && admission.admit().is_err());
        assert_eq!(admission.workload(), Workload { is_draining: true, is_ending: true, running: 0 });
    }
}
