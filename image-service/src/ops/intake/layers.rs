//! Where the layers go: to staging, or nowhere; either way somebody is told of each.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{
    error::Result,
    ops::LoadEvent,
    ports::{LayerIntake, LayerSink, OfferedLayer, ReadLayer, StagingSession},
};

/// The session's intake, which tells of every layer that has passed; what a slow client has no room for is not told.
pub(super) fn reported(
    session: Option<&dyn StagingSession>,
    events: mpsc::Sender<Result<LoadEvent>>,
) -> Box<dyn LayerIntake> {
    let intake = session.map_or_else(|| Box::new(Nowhere) as Box<dyn LayerIntake>, StagingSession::intake);
    Box::new(Reported { intake, events })
}

struct Reported {
    intake: Box<dyn LayerIntake>,
    events: mpsc::Sender<Result<LoadEvent>>,
}

struct ReportedLayer {
    sink: Box<dyn LayerSink>,
    events: mpsc::Sender<Result<LoadEvent>>,
}

impl LayerIntake for Reported {
    fn recognise(&mut self, offered: &OfferedLayer) -> Result<Option<ReadLayer>> {
        let layer = self.intake.recognise(offered)?;
        if let Some(layer) = &layer {
            tell(&self.events, layer, true);
        }
        Ok(layer)
    }

    fn begin(&mut self, offered: &OfferedLayer) -> Result<Box<dyn LayerSink>> {
        let sink = self.intake.begin(offered)?;
        Ok(Box::new(ReportedLayer { sink, events: self.events.clone() }))
    }
}

impl LayerSink for ReportedLayer {
    fn write(&mut self, piece: Bytes) -> Result<()> {
        self.sink.write(piece)
    }

    fn finish(self: Box<Self>, layer: &ReadLayer) -> Result<bool> {
        let known = self.sink.finish(layer)?;
        tell(&self.events, layer, known);
        Ok(known)
    }
}

fn tell(events: &mpsc::Sender<Result<LoadEvent>>, layer: &ReadLayer, known: bool) {
    let _ = events.try_send(Ok(LoadEvent::Layer { layer: layer.clone(), known }));
}

/// Without a staging registry a layer is read only to be verified.
struct Nowhere;

impl LayerIntake for Nowhere {
    fn recognise(&mut self, _: &OfferedLayer) -> Result<Option<ReadLayer>> {
        Ok(None)
    }

    fn begin(&mut self, _: &OfferedLayer) -> Result<Box<dyn LayerSink>> {
        Ok(Box::new(Self))
    }
}

impl LayerSink for Nowhere {
    fn write(&mut self, _: Bytes) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>, _: &ReadLayer) -> Result<bool> {
        Ok(false)
    }
}
