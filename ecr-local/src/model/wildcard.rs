//! Patterns in which `*` stands for any run of characters.

/// Whether a pattern takes a whole text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let (inner, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The leftmost place of each part leaves the most for those behind it.
    for part in inner.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_run_and_the_rest_is_literal() {
        for (pattern, text) in
            [("v1", "v1"), ("*", ""), ("v*", "v"), ("a*b*c", "a-b-b-c"), ("*dev*", "x-dev-1"), ("**", "x")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("v1", "v10"), ("v*", "av"), ("a*a", "a"), ("a.c", "abc"), ("*b*c", "ab"), ("", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
