//! Feature hashing (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"): each feature of a document adds to the one
//! component that its hash says, with the sign that its hash says, so that what collides cancels out on average.
//!
//! Features are words, wherever they stand, so that a query meets them in any field; of names, labels and queries also the trigrams of longer
//! words, so that `postgres` meets `postgresql`; and layers. A word that is there n times counts √n times. The features of each field together
//! have a length of 1 times the field's weight, however many they are. Nothing depends on the machine: SHA-256, sums in a fixed order,
//! and only operations that IEEE 754 defines to the last bit.
//!
//! Invariant: whatever changes a vector changes the version.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};

use crate::{
    error::{Error, Result},
    model::{Document, Field, Vector},
    ports::Embedder,
};

/// Of the document, the features, their weights and their hash.
const ALGORITHM: &str = "hashing-1";
/// Trigrams of words of at least so many letters.
const LONG_WORD: usize = 4;
const TRIGRAM: usize = 3;
/// What a word's trigrams together count beside the word.
const TRIGRAMS: f64 = 0.5;

/// Hashes documents to vectors. The same on every machine.
#[derive(Debug)]
pub struct FeatureHashing {
    dimensions: usize,
    version: String,
}

impl FeatureHashing {
    /// With so many dimensions.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, version: format!("{ALGORITHM}/{dimensions}") }
    }
}

#[async_trait]
impl Embedder for FeatureHashing {
    fn version(&self) -> &str {
        &self.version
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// On a thread of its own: long documents take milliseconds.
    async fn embed(&self, documents: Vec<Document>) -> Result<Vec<Option<Vector>>> {
        let dimensions = self.dimensions;
        let hash = move || documents.iter().map(|document| vector(document, dimensions)).collect();
        tokio::task::spawn_blocking(hash).await.map_err(Error::internal)
    }
}

const fn weight(field: Field) -> f64 {
    match field {
        Field::Names => 4.0,
        Field::Layers => 3.0,
        Field::Command | Field::Labels => 2.0,
        Field::History => 1.5,
        Field::Environment | Field::Query => 1.0,
        Field::Ports | Field::WorkingDirectory => 0.5,
        Field::User => 0.25,
    }
}

fn vector(document: &Document, dimensions: usize) -> Option<Vector> {
    let mut sum = vec![0.0; dimensions];
    for (field, words) in document.fields() {
        let features = features(field, words);
        let length = features.values().map(|count| count * count).sum::<f64>().sqrt();
        for (feature, count) in features {
            let (component, sign) = place(&feature, dimensions);
            if let Some(component) = sum.get_mut(component) {
                *component += sign * count * weight(field) / length;
            }
        }
    }
    Vector::of(&sum)
}

/// Each feature of a field, and how much it counts.
fn features(field: Field, words: &[String]) -> BTreeMap<String, f64> {
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    words.iter().for_each(|word| *times.entry(word).or_default() += 1);
    let mut features = BTreeMap::new();
    for (word, times) in times {
        let count = f64::from(times).sqrt();
        let kind = if field == Field::Layers { "layer" } else { "word" };
        *features.entry(format!("{kind} {word}")).or_default() += count;
        if matches!(field, Field::Names | Field::Labels | Field::Query) {
            let trigrams = trigrams(word);
            let each = count * TRIGRAMS / (trigrams.len() as f64).sqrt();
            for trigram in trigrams {
                *features.entry(format!("part {trigram}")).or_default() += each;
            }
        }
    }
    features
}

fn trigrams(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < LONG_WORD {
        return Vec::new();
    }
    letters.windows(TRIGRAM).map(|letters| letters.iter().collect()).collect()
}

/// The component that a feature belongs to, and its sign there.
fn place(feature: &str, dimensions: usize) -> (usize, f64) {
    let hash = digest(&SHA256, feature.as_bytes());
    let (first, rest) = hash.as_ref().split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
    let number = rest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let component = usize::try_from(number % dimensions as u64).unwrap_or_default();
    (component, if first & 1 == 0 { 1.0 } else { -1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        let vector = |text| vector(&Document::of_query(text).unwrap(), 256).unwrap();
        vector(one).cosine(&vector(other).to_bytes()).unwrap()
    }

    #[test]
    fn what_has_more_in_common_is_more_alike() {
        assert!((cosine("postgres 16", "postgres 16") - 1.0).abs() < 1e-6);
        let (same, near, far) = (
            cosine("postgres 16", "16 postgres"),
            cosine("postgres 16", "postgresql 16"),
            cosine("postgres 16", "nginx 1.25"),
        );
        assert!(same > 0.99 && near < same && near > far + 0.3, "{same} {near} {far}");
    }

    #[test]
    fn a_word_that_is_often_there_does_not_drown_the_others() {
        assert!(cosine("app app app app server", "server") > 0.3);
    }
}
