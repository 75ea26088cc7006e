//! How an image was built.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{HistoryStep, Image, ImageConfig, Namespace},
    ports::Found,
};

impl Operations {
    /// The image and its steps with their layers' sizes, newest first.
    pub async fn history(
        &self,
        namespace: &Namespace,
        name: &str,
    ) -> Result<(Found, Vec<(HistoryStep, u64)>)> {
        let found = self.inspect(namespace, name).await?;
        let steps = steps(&found.image)?;
        Ok((found, steps))
    }
}

fn steps(image: &Image) -> Result<Vec<(HistoryStep, u64)>> {
    let config = ImageConfig::parse(&image.config).map_err(Error::internal)?;
    let mut sizes = image.layer_sizes.iter();
    let mut steps: Vec<_> = config
        .history
        .into_iter()
        .map(|step| {
            let size = if step.empty_layer { 0 } else { sizes.next().copied().unwrap_or_default() };
            (step, size)
        })
        .collect();
    steps.reverse();
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    #[test]
    fn sizes_go_to_the_steps_that_made_a_layer() {
        let config = br#"{"rootfs":{},"history":[
            {"created_by":"one"},{"created_by":"two","empty_layer":true},{"created_by":"three"},{"created_by":"four"}]}"#;
        let image = Image {
            id: Digest::of(config),
            config: config.to_vec().into(),
            layer_sizes: vec![10, 30],
            tags: vec![],
            digests: vec![],
            last_tagged: None,
        };
        let steps = steps(&image).unwrap();
        let shown: Vec<_> = steps.iter().map(|(step, size)| (step.created_by.as_str(), *size)).collect();
        assert_eq!(shown, [("four", 0), ("three", 30), ("two", 0), ("one", 10)]);
    }
}
