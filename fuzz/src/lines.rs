//! Texts, changed line by line: what libFuzzer's own changes of bytes seldom reach.

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

/// A change for libFuzzer, of the first `size` bytes of `data`; gives how many there are then, at most
/// `size_max`. `None`: its own changes are due, half of the time and where the bytes are no text.
pub fn mutate(data: &mut [u8], size: usize, size_max: usize, seed: u32) -> Option<usize> {
    let mut random = Random::new(seed.into());
    if random.chance(500) {
        return None;
    }
    let text = std::str::from_utf8(data.get(..size)?).ok()?.to_owned();
    let changed = changed(&text, &text, &mut random);
    let kept = changed.floor_char_boundary(size_max.min(data.len()));
    data[..kept].copy_from_slice(&changed.as_bytes()[..kept]);
    Some(kept)
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
    fn what_libfuzzer_is_given_is_text_within_its_room() {
        let text = "kvspec workload 1\nsessions 1\n0 set b \u{e9} \"v\"\nquiesce\n";
        let mut changes = 0;
        for seed in 0..500 {
            let mut data = [0; 80];
            data[..text.len()].copy_from_slice(text.as_bytes());
            let Some(size) = mutate(&mut data, text.len(), 60, seed) else { continue };
            assert!(size <= 60);
            let mutated = std::str::from_utf8(&data[..size]).expect("still UTF-8");
            changes += u32::from(!text.starts_with(mutated));
        }
        assert!((100..400).contains(&changes), "{changes}");
        assert_eq!((0..100).find_map(|seed| mutate(&mut [0xff; 8], 8, 8, seed)), None);
    }
}
