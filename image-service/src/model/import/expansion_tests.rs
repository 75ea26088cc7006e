use super::*;

fn expand(word: &str) -> Result<Expansion, ExpansionFault> {
    let env = ["a=1 2", "empty=", "b_2=x"].map(str::to_owned);
    Expansion::of(word, &env, 1000)
}

fn text(word: &str) -> String {
    expand(word).unwrap().text
}

#[test]
fn what_does_not_end_or_cannot_be_meant_is_refused() {
    for (word, why) in [
        ("'x", "unexpected end of statement while looking for matching single-quote"),
        (r#""x\""#, "unexpected end of statement while looking for matching double-quote"),
        ("${", "syntax error: missing '}'"),
        ("${a:", "syntax error: missing '}'"),
        ("${a:-x", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${:x}", "syntax error: bad substitution"),
        ("${a", "missing ':' in substitution"),
        ("${a+x}", "missing ':' in substitution"),
        ("${a:=x}", "unsupported modifier (=) in substitution"),
        ("${none?}", "none: is not allowed to be unset"),
        ("${none:?say so}", "none: say so"),
        ("${empty:?}", "empty: is not allowed to be empty"),
    ] {
        assert_eq!(expand(word).unwrap_err().to_string(), why, "{word}");
    }
}

#[test]
fn a_small_word_costs_neither_much_memory_nor_a_deep_stack() {
    assert_eq!(expand(&"$a".repeat(1000)), Err(ExpansionFault::TooLarge));
    assert_eq!(expand(&"${x:-".repeat(10_000)), Err(ExpansionFault::TooDeep));
    assert_eq!(text(&format!("{}y{}", "${x:-".repeat(DEEPEST), "}".repeat(DEEPEST))), "y");
}

#[test]
fn variables_are_replaced_but_not_between_single_quotes_or_behind_a_backslash() {
    assert_eq!(text(r#"$a-${b_2}-"$a"-'$a'-\$a-"\$a"-$none-$"#), r#"1 2-x-1 2-$a-$a-$a--$"#);
    assert_eq!(text(r#"'a\b'"c\d\\"e\f"#), r"a\bc\d\ef");
    assert_eq!(text("$1a$?b"), "ab");
}

#[test]
fn a_missing_or_empty_variable_has_an_alternative() {
    assert_eq!(text("${a:-x}${none:-y}${empty:-z}"), "1 2yz");
    assert_eq!(text("${a:+x}${none:+y}${empty:+z}"), "x");
    assert_eq!(text("${none:-${none:-$b_2}'}'}"), "x}");
    assert_eq!(text("${a:?no}${a?no}${empty?no}"), "1 21 2");
}

#[test]
fn a_variable_can_become_several_words_unless_it_is_quoted() {
    assert_eq!(expand("3$a").unwrap().words, ["31", "2"]);
    assert_eq!(expand(r#""$a"\ 'x y'"#).unwrap().words, ["1 2 x y"]);
    assert!(expand("$empty").unwrap().words.is_empty());
}
