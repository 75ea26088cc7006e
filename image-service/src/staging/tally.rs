//! What is counted of staging.

use telemetry::{Counter, KeyValue};

static LAYERS: Counter = Counter::new("staging.layers", "{layer}", "Layers of archives, by what they needed");
static BYTES: Counter =
    Counter::new("staging.bytes", "By", "Bytes of layers that were sent to the staging registry");
static SWEPT: Counter = Counter::new(
    "staging.sweep.manifests",
    "{manifest}",
    "Manifests that no image needs, by what became of them",
);

/// A layer that the registry had.
pub(super) fn known_layer() {
    LAYERS.add(1, &[KeyValue::new("outcome", "known")]);
}

/// A layer that was sent.
pub(super) fn uploaded_layer(bytes: u64) {
    LAYERS.add(1, &[KeyValue::new("outcome", "uploaded")]);
    BYTES.add(bytes, &[]);
}

/// A manifest that nobody needs: whether it could be deleted.
pub(super) fn swept(deleted: bool) {
    SWEPT.add(1, &[KeyValue::new("outcome", if deleted { "deleted" } else { "failed" })]);
}
