//! What is kept of images beside their configs must be what the configs say.

use futures_util::TryStreamExt;

use super::{super::rows::ImageRow, Connection, Finding, MAKE_ANEW, Result, Tell};
use crate::{
    model::ImageConfig,
    store::encoding::{read, read_json},
};

const IMAGES: &str = "SELECT i.namespace, i.id, i.size, i.created, i.os, i.architecture, i.variant, i.labels, \
     c.content, c.layer_sizes FROM images i \
     JOIN image_configs c ON c.namespace = i.namespace AND c.id = i.id";

type Row = (String, String, i64, String, String, String, String, String, Vec<u8>, String);

/// A config that cannot be read is told of elsewhere.
pub(super) async fn derived(connection: &mut Connection, tell: &mut Tell<'_>) -> Result<()> {
    let mut rows = sqlx::query_as::<_, Row>(IMAGES).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (namespace, id, ..) = &row;
        let object = format!("image {namespace} {id}");
        if let Some(column) = first_wrong(&row)? {
            let wrong = format!("its {column} is not what its config and its layers say");
            tell(Finding { object, wrong, remedy: MAKE_ANEW });
        }
    }
    Ok(())
}

fn first_wrong(row: &Row) -> Result<Option<&'static str>> {
    let (_, id, size, created, os, architecture, variant, labels, content, layer_sizes) = row;
    let Ok(config) = ImageConfig::parse(content) else { return Ok(None) };
    let Ok(id) = read(id) else { return Ok(None) };
    let layer_sizes: Vec<u64> = read_json(layer_sizes)?;
    let derived = ImageRow::new(&id, config, &layer_sizes, content.clone().into())?;
    let platform = &derived.config.platform;
    let columns = [
        ("size", derived.size == *size),
        ("created", derived.created == *created),
        ("os", platform.os() == os),
        ("architecture", platform.architecture() == architecture),
        ("variant", platform.variant() == variant),
        ("labels", derived.labels == *labels),
    ];
    Ok(columns.into_iter().find(|(_, is_right)| !is_right).map(|(column, _)| column))
}
