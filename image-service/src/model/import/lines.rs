//! Lines of a Dockerfile: comments and empty lines go, continued lines become one.

/// The lines that hold instructions. A comment within a continued line goes too.
pub(super) fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(first) = lines.next() {
        let first = first.trim_start();
        if first.is_empty() || is_comment(first) {
            continue;
        }
        let Some(begun) = continued(first) else {
            found.push(first.to_owned());
            continue;
        };
        let mut line = begun.to_owned();
        for next in lines.by_ref().filter(|next| !next.trim_start().is_empty() && !is_comment(next)) {
            line.push_str(continued(next).unwrap_or(next));
            if continued(next).is_none() {
                break;
            }
        }
        found.push(line);
    }
    found
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// What stands before the backslash that ends a line; two backslashes are one that is meant.
fn continued(line: &str) -> Option<&str> {
    line.trim_end_matches([' ', '\t']).strip_suffix('\\').filter(|rest| !rest.ends_with('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_no_instructions_even_within_one() {
        let text = "# first\n\n  USER a  \r\nENV a=1 \\\n  # within\n\n  b=2\n\t# last";
        assert_eq!(logical_lines(text), ["USER a  ", "ENV a=1   b=2"]);
    }

    #[test]
    fn a_line_goes_on_behind_one_backslash_and_not_behind_two() {
        assert_eq!(logical_lines("USER a\\ \t\nb\\\\\nCMD c\\"), ["USER ab\\\\", "CMD c"]);
    }
}
