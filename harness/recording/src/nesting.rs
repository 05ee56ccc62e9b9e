//! How deep the text of an EDN form nests, told before it is read: what is deep is shown, and thrown
//! away, by recursion.

/// How deep a form may nest. Events are shallow.
pub(super) const DEPTH_MAX: usize = 64;

/// Whether the form that begins the text nests too deeply, in brackets or in tags one after another.
/// Looks no further than its end.
pub(super) fn nests_too_deeply(text: &str) -> bool {
    let (mut depth, mut tags) = (0_usize, 0_usize);
    let (mut in_string, mut in_comment, mut in_tag) = (false, false, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' if in_comment => in_comment = false,
            _ if in_comment => {}
            // An escape in a string, or a character such as `\[`.
            '\\' => drop(chars.next()),
            '"' => (in_string, in_tag, tags) = (!in_string, false, 0),
            _ if in_string => {}
            ';' => (in_comment, in_tag) = (true, false),
            c if c.is_whitespace() || c == ',' => in_tag = false,
            '#' => (in_tag, tags) = (true, tags + 1),
            '[' | '(' | '{' => (depth, in_tag, tags) = (depth + 1, false, 0),
            ']' | ')' | '}' => {
                (depth, in_tag, tags) = (depth.saturating_sub(1), false, 0);
                if depth == 0 {
                    return false;
                }
            }
            _ if in_tag => {}
            _ => tags = 0,
        }
        if depth > DEPTH_MAX || tags > DEPTH_MAX {
            return true;
        }
    }
    false
}
