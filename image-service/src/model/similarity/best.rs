//! The score of an image, and the best of any number of images in the memory of a few.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

/// How much of what is missing to the highest score shared layers can make up for.
const LIFT: f32 = 0.5;

/// 0 to 1: a similarity from 0 to 1, lifted by the share of layers in common.
#[must_use]
pub fn score(similarity: f32, share: f32) -> f32 {
    similarity + (1.0 - similarity) * LIFT * share
}

/// The best so far, at most `limit` of them.
#[derive(Debug)]
pub struct Best<T> {
    limit: usize,
    heap: BinaryHeap<Reverse<Ranked<T>>>,
}

#[derive(Debug)]
struct Ranked<T> {
    score: f32,
    id: String,
    what: T,
}

impl<T> Best<T> {
    /// Of none yet.
    #[must_use]
    pub fn of(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::with_capacity(limit.saturating_add(1)) }
    }

    /// One more, which is kept if it is among the best. Of one score those with the lower ID are better.
    pub fn offer(&mut self, score: f32, id: &str, what: impl FnOnce() -> T) {
        let is_worse = |Reverse(worst): &Reverse<Ranked<T>>| order(score, id, worst.score, &worst.id).is_le();
        if self.heap.len() >= self.limit && self.heap.peek().is_none_or(is_worse) {
            return;
        }
        self.heap.push(Reverse(Ranked { score, id: id.to_owned(), what: what() }));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    /// Best first, with score and ID.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(f32, String, T)> {
        let sorted = self.heap.into_sorted_vec().into_iter();
        sorted.map(|Reverse(Ranked { score, id, what })| (score, id, what)).collect()
    }
}

fn order(score: f32, id: &str, other_score: f32, other_id: &str) -> Ordering {
    score.total_cmp(&other_score).then_with(|| other_id.cmp(id))
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.score, &self.id, other.score, &other.id)
    }
}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Ranked<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_ten_thousand_only_the_best_are_ever_held() {
        let (mut best, mut taken) = (Best::of(3), 0);
        for n in 0..10_000_u32 {
            // Each number below 10,000 once, in no order.
            let score = (n * 7_919 % 10_000) as f32 / 10_000.0;
            best.offer(score, &n.to_string(), || taken += 1);
            assert!(best.heap.len() <= 3 && best.heap.capacity() < 8);
        }
        let scores: Vec<_> = best.into_sorted().into_iter().map(|(score, ..)| score).collect();
        assert_eq!(scores, [0.9999, 0.9998, 0.9997]);
        assert!(taken < 200, "what is not among the best costs nothing: {taken}");
    }

    #[test]
    fn of_one_score_the_lower_id_is_better() {
        let mut best = Best::of(2);
        for id in ["b", "c", "a", "d"] {
            best.offer(0.5, id, || ());
        }
        let ids: Vec<_> = best.into_sorted().into_iter().map(|(_, id, ())| id).collect();
        assert_eq!(ids, ["a", "b"]);
        let mut none = Best::of(0);
        none.offer(1.0, "a", || ());
        assert!(none.into_sorted().is_empty());
    }

    #[test]
    fn shared_layers_lift_a_score_and_never_above_one() {
        for (similarity, share, expected) in
            [(0.0, 0.0, 0.0), (0.0, 1.0, 0.5), (0.5, 0.5, 0.625), (1.0, 1.0, 1.0), (0.5, 0.0, 0.5)]
        {
            assert_eq!(score(similarity, share), expected);
        }
    }
}
