//! The exec form: a JSON array of texts.

use serde_json::{Deserializer, Value};

use super::error::ChangeError;

/// The texts of the array that a line begins with; nothing if it begins with none. What stands behind the array is ignored.
pub(super) fn texts(line: &str) -> Result<Option<Vec<String>>, ChangeError> {
    let line = line.trim_start();
    if !line.starts_with('[') {
        return Ok(None);
    }
    let Some(Ok(elements)) = Deserializer::from_str(line).into_iter::<Vec<Value>>().next() else {
        return Ok(None);
    };
    let text = |element| match element {
        Value::String(text) => Ok(text),
        _ => Err(ChangeError::NotTexts),
    };
    elements.into_iter().map(text).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_anything_but_texts_is_refused() {
        for line in ["[1]", r#"["a",null]"#, "[[]]"] {
            assert_eq!(texts(line), Err(ChangeError::NotTexts), "{line}");
        }
    }

    #[test]
    fn what_is_no_array_is_left_to_the_shell_and_what_follows_one_is_ignored() {
        for line in ["echo", "[a]", "['a']", r#"["a""#] {
            assert_eq!(texts(line), Ok(None), "{line}");
        }
        assert_eq!(texts(r#" ["a", "b"] c"#), Ok(Some(vec!["a".into(), "b".into()])));
    }
}
