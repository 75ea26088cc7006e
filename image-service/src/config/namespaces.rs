//! Where the namespaces of a configuration stage, each apart from the others: what one has staged must not show another which layers there are.

use anyhow::{Context as _, ensure};

use super::Config;
use crate::model::{Namespace, Repository};

impl Config {
    /// Where each namespace stages: `default` in `base` itself, the others in repositories below it.
    pub fn staging_places(&self, base: &Repository) -> anyhow::Result<Vec<(Namespace, Repository)>> {
        let place = |namespace: Namespace| {
            let repository = match namespace == Namespace::default() {
                true => base.clone(),
                false => format!("{base}/{namespace}").parse().with_context(|| {
                    format!(
                        "access.identities: the namespace {namespace} cannot be part of a repository's name"
                    )
                })?,
            };
            Ok((namespace, repository))
        };
        self.access.namespaces().into_iter().map(place).collect()
    }

    /// Refuses what would let one namespace read what another has staged.
    pub fn check_namespaces(&self) -> anyhow::Result<()> {
        match &self.staging.repository {
            Some(base) => self.staging_places(base).map(drop),
            None => {
                ensure!(
                    !self.embeds_registry() || self.access.namespaces().len() == 1,
                    "access.identities: with several namespaces set staging.repository, or embedded_registry.enabled = false: \
                     the embedded registry asks nobody who they are"
                );
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str, namespace: &str) -> Config {
        let identity = format!(
            "[[access.identities]]\nname = 'a'\nrole = 'reader'\nnamespace = '{namespace}'\nuids = [1]"
        );
        toml::from_str(&format!("{text}\n{identity}")).unwrap()
    }

    #[test]
    fn each_namespace_stages_in_a_repository_of_its_own() {
        let config = config("staging.repository = 'registry.example.com/staging'", "team-a");
        let places = config.staging_places(config.staging.repository.as_ref().unwrap()).unwrap();
        let places: Vec<_> =
            places.iter().map(|(owner, place)| (owner.as_str(), place.to_string())).collect();
        assert_eq!(places[0], ("default", "registry.example.com/staging".to_owned()));
        assert_eq!(places[1], ("team-a", "registry.example.com/staging/team-a".to_owned()));
    }

    #[test]
    fn namespaces_that_could_not_be_kept_apart_are_refused() {
        for (text, namespace, part) in [
            ("", "team-a", "embedded_registry.enabled"),
            ("staging.repository = 'registry.example.com/staging'", "Team-A", "Team-A"),
        ] {
            let why = config(text, namespace).check_namespaces().unwrap_err().to_string();
            assert!(why.contains(part), "{why}");
        }
        for (text, namespace) in [("", "default"), ("embedded_registry.enabled = false", "Team-A")] {
            assert!(config(text, namespace).check_namespaces().is_ok(), "{namespace}");
        }
    }
}
