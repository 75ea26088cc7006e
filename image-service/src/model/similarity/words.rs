//! Text to words: lower case, without what stands between them. A number keeps its dots: `1.25` is one word, `nginx.conf` is two.

/// A longer one is no word that anybody would look for.
const LONGEST: usize = 64;

/// The words of a text, in order.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let pieces = text.split(|c: char| !c.is_alphanumeric() && c != '.');
    let words = pieces.flat_map(|piece| {
        let number = piece.starts_with(|c: char| c.is_ascii_digit());
        piece.split(move |c| c == '.' && !number)
    });
    let words = words.map(|word| word.trim_matches('.')).filter(|word| (1..=LONGEST).contains(&word.len()));
    words.map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_dots_and_names_do_not() {
        let read = |text| words(text).collect::<Vec<_>>();
        assert_eq!(read("Library/Nginx:1.25.3-alpine"), ["library", "nginx", "1.25.3", "alpine"]);
        assert_eq!(read("python3.12 nginx.conf ... ÄPFEL"), ["python3", "12", "nginx", "conf", "äpfel"]);
        assert_eq!(read(&"x".repeat(65)), [""; 0]);
    }
}
