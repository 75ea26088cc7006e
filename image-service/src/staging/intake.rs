//! Takes the layers of one archive, on the thread that reads it.

use std::sync::Arc;

use super::{session::Job, sink::Sink};
use crate::{
    error::Result,
    ports::{Compression, LayerIntake, LayerSink, OfferedLayer, ReadLayer},
};

pub(super) struct Intake(pub(super) Arc<Job>);

impl LayerIntake for Intake {
    fn recognise(&mut self, offered: &OfferedLayer) -> Result<Option<ReadLayer>> {
        self.0.check()?;
        let Some(staged) = self.0.wait(self.0.yard.known.promised(offered, &self.0.access))? else {
            return Ok(None);
        };
        let layer = ReadLayer {
            diff_id: staged.diff_id.clone(),
            uncompressed_size: staged.uncompressed_size,
            digest: staged.diff_id.clone(),
            size: staged.uncompressed_size,
            compression: Compression::None,
        };
        self.0.take_known(&layer, staged)?;
        Ok(Some(layer))
    }

    fn begin(&mut self, offered: &OfferedLayer) -> Result<Box<dyn LayerSink>> {
        self.0.check()?;
        Ok(Box::new(Sink::new(Arc::clone(&self.0), offered)?))
    }
}
