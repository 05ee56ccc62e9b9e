//! A command line as words: blanks separate, quotes of both kinds hold together.

/// Splits a command line. Nothing is expanded: no shell is asked.
///
/// # Errors
/// When a quote is not closed, or there is no word.
pub(super) fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    if let Some(open) = quote {
        return Err(format!("a quote {open} is not closed"));
    }
    words.extend(word);
    if words.is_empty() { Err("there is no command".into()) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_hold_together() {
        assert_eq!(split("a  'b c' d\"e f\" ''").unwrap(), ["a", "b c", "de f", ""]);
        assert!(split("a 'b").unwrap_err().contains("not closed"));
        assert!(split("  ").is_err());
    }
}
