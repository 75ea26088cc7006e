//! Takes the layers of one archive, on the thread that reads it.

use std::sync::Arc;

use super::{session::Job, sink::Sink};
use crate::{
    error::Result,
    ports::{LayerIntake, LayerSink, OfferedLayer},
};

pub(super) struct Intake(pub(super) Arc<Job>);

impl LayerIntake for Intake {
    fn begin(&mut self, offered: &OfferedLayer) -> Result<Box<dyn LayerSink>> {
        self.0.check()?;
        Ok(Box::new(Sink::new(Arc::clone(&self.0), offered)?))
    }
}
