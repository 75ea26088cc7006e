//! One request on its way through a plane: what it is about, and what the faults that are set make of it.

use crate::{
    faults::{Faults, Interrupted, Ordeal, Reset},
    model::{Plane, Subject},
    wire::Answer,
};

/// A request that is being answered.
pub(crate) struct Exchange<'f> {
    pub(crate) subject: Subject,
    faults: &'f Faults,
    ordeal: Option<Box<Ordeal>>,
}

impl<'f> Exchange<'f> {
    pub(crate) fn new(plane: Plane, faults: &'f Faults) -> Self {
        Self { subject: Subject::of(plane), faults, ordeal: None }
    }

    /// Meets the faults that are set. A plane calls this when it knows the subject and has let the client in, before it does anything; if
    /// it fails, nothing is to be done.
    pub(crate) async fn meet(&mut self) -> Result<(), Interrupted> {
        self.ordeal = self.faults.meet(&self.subject);
        match &self.ordeal {
            Some(ordeal) => ordeal.begin().await,
            None => Ok(()),
        }
    }

    /// Whether a fault met it.
    pub(crate) fn is_faulted(&self) -> bool {
        self.ordeal.is_some()
    }

    /// What the client gets instead of an answer, which is the answer itself mostly.
    pub(crate) fn end(&mut self, answer: Answer) -> Result<Answer, Reset> {
        match self.ordeal.take() {
            Some(ordeal) => ordeal.end(self.subject.plane, answer),
            None => Ok(answer),
        }
    }
}
