//! What a server answers, checked: as many vectors as there were documents, each with the dimensions that are configured.

use serde::Deserialize;

use crate::model::Vector;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// Whose it is; if nobody says, they come in order.
    index: Option<usize>,
    embedding: Vec<f64>,
}

/// The vectors in the order of the documents; nothing for one that points nowhere. The error is one clause.
pub(super) fn vectors(
    answer: &[u8],
    documents: usize,
    dimensions: usize,
) -> Result<Vec<Option<Vector>>, String> {
    let Answer { data } = serde_json::from_slice(answer).map_err(|error| {
        // Its text may repeat the answer's.
        format!("its answer cannot be read, at line {} column {}", error.line(), error.column())
    })?;
    if data.len() != documents {
        return Err(format!("it answers with {} vectors for {documents} documents", data.len()));
    }
    let mut vectors = vec![None; documents];
    let mut missing = vec![true; documents];
    for (place, item) in data.into_iter().enumerate() {
        let found = item.embedding.len();
        if found != dimensions {
            return Err(format!(
                "its vectors have {found} dimensions, similarity.dimensions is {dimensions}"
            ));
        }
        let index = item.index.unwrap_or(place);
        let (Some(vector), Some(missing)) = (vectors.get_mut(index), missing.get_mut(index)) else {
            return Err(format!("it answers with a vector for document {index} of {documents}"));
        };
        if !std::mem::take(missing) {
            return Err(format!("it answers with two vectors for document {index}"));
        }
        *vector = Vector::of(&item.embedding);
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_go_to_their_documents() {
        let answer = br#"{"object":"list","data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,0]}],"usage":{}}"#;
        let expected = [&[1.0, 0.0], &[0.0, 1.0]].map(|components| Vector::of(components));
        assert_eq!(vectors(answer, 2, 2).unwrap(), expected);
        let unnumbered = br#"{"data":[{"embedding":[3,0]},{"embedding":[0,0]}]}"#;
        assert_eq!(vectors(unnumbered, 2, 2).unwrap(), [Vector::of(&[1.0, 0.0]), None]);
    }

    #[test]
    fn what_is_no_answer_to_the_question_says_why_and_is_not_repeated() {
        for (answer, why) in [
            ("hunter2", "its answer cannot be read, at line 1"),
            (r#"{"data":"hunter2"}"#, "its answer cannot be read, at line 1"),
            (r#"{"data":[{"embedding":[1,1e999]}]}"#, "its answer cannot be read"),
            (r#"{"data":[]}"#, "0 vectors for 1 documents"),
            (r#"{"data":[{"embedding":[1]}]}"#, "1 dimensions, similarity.dimensions is 2"),
            (r#"{"data":[{"index":1,"embedding":[1,1]}]}"#, "a vector for document 1 of 1"),
        ] {
            let error = vectors(answer.as_bytes(), 1, 2).unwrap_err();
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
        let twice = r#"{"data":[{"index":0,"embedding":[1,1]},{"index":0,"embedding":[1,1]}]}"#;
        assert!(vectors(twice.as_bytes(), 2, 2).unwrap_err().contains("two vectors"));
    }
}
