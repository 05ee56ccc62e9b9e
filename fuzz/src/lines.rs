//! Texts, changed and crossed line by line: what changes of bytes seldom reach.

use kvspec_reference::random::Random;

/// So many inputs that are texts with a few changes: for targets that read files.
///
/// # Panics
/// When there are no texts.
pub fn changed_texts(texts: &[String], seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(seed);
    (0..count).map(move |_| {
        let text = &texts[random.below(texts.len() as u64) as usize];
        let other = &texts[random.below(texts.len() as u64) as usize];
        changed(text, other, &mut random).into_bytes()
    })
}

/// A crossover for libFuzzer: the first lines of one text and the last of another, as much as `out`
/// has room for; gives how many bytes there are, 0 where an input is no text.
pub fn cross_over(first: &[u8], second: &[u8], out: &mut [u8], seed: u32) -> usize {
    let (Ok(first), Ok(second)) = (std::str::from_utf8(first), std::str::from_utf8(second)) else { return 0 };
    let mut random = Random::new(seed.into());
    let mut cut = |text: &str| random.below(text.lines().count() as u64 + 1) as usize;
    let (taken, skipped) = (cut(first), cut(second));
    let lines: Vec<&str> = first.lines().take(taken).chain(second.lines().skip(skipped)).collect();
    let crossed = lines.join("\n");
    let kept = crossed.floor_char_boundary(out.len());
    out[..kept].copy_from_slice(&crossed.as_bytes()[..kept]);
    kept
}

fn changed(text: &str, other: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.below(4) {
        change_line(&mut lines, other, random);
    }
    lines.join("\n")
}

/// Words and signs of both file formats.
const TOKENS: [&str; 24] = [
    "0",
    "1",
    "2",
    "12",
    "null",
    "true",
    "\"ok\"",
    "\"trap\"",
    "\"unknown\"",
    "\"get\"",
    "\"set\"",
    "\"delete\"",
    "get",
    "set",
    "wait",
    "quiesce",
    "\"",
    "\\",
    "\\\"",
    "\\x00",
    "\\u{e9}",
    "{",
    "}",
    ":",
];

fn change_line(lines: &mut Vec<String>, other: &str, random: &mut Random) {
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len() as u64) as usize;
    match random.below(6) {
        0 => {
            lines.remove(at);
        }
        1 => {
            let to = random.below(lines.len() as u64) as usize;
            lines.swap(at, to);
        }
        2 => {
            let count = other.lines().count().max(1);
            let taken = other.lines().nth(random.below(count as u64) as usize).unwrap_or_default();
            lines.insert(at, taken.to_owned());
        }
        3 => {
            // A number becomes another: times, sessions, versions.
            let line = &lines[at];
            let digits: Vec<usize> = line.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
            if !digits.is_empty() {
                let digit = digits[random.below(digits.len() as u64) as usize];
                lines[at].replace_range(digit..=digit, &random.below(10).to_string());
            }
        }
        _ => {
            let line = &mut lines[at];
            let from = line.floor_char_boundary(random.below(line.len() as u64 + 1) as usize);
            let to = line.floor_char_boundary((from + random.below(4) as usize).min(line.len()));
            line.replace_range(from..to, TOKENS[random.below(TOKENS.len() as u64) as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossover_is_of_whole_lines_of_both_within_its_room() {
        let (first, second) = ("a1\na2\na3\n", "b1\nb2\nb\u{e9}");
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut out = [0; 16];
            let size = cross_over(first.as_bytes(), second.as_bytes(), &mut out, seed);
            seen.insert(std::str::from_utf8(&out[..size]).expect("still UTF-8").to_owned());
        }
        for crossed in ["a1\nb2\nb\u{e9}", "a1\na2\na3", "b1\nb2\nb\u{e9}", "a1\na2\na3\nb1\nb2\nb", ""] {
            assert!(seen.contains(crossed), "{crossed:?} is not in {seen:?}");
        }
        assert!(seen.iter().all(|crossed| crossed.lines().all(|line| (1..=3).contains(&line.len()))), "{seen:?}");
        assert_eq!(cross_over(b"a", &[0xff], &mut [0; 9], 1), 0);
    }
}
