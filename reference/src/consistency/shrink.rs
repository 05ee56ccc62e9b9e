//! The one minimiser of proofs.

/// Takes from `items` whatever can go, chunk by chunk, from halves to single items, until nothing
/// more can. `without` is asked to leave out some of them, given as a range; it answers with what is
/// left (without others too, if these cannot stay alone), or `None` where too much would be lost.
pub(crate) fn shrink<T>(
    items: Vec<T>,
    mut without: impl FnMut(&[T], std::ops::Range<usize>) -> Option<Vec<T>>,
) -> Vec<T> {
    let mut few = items;
    let mut chunk = few.len().next_power_of_two() / 2;
    while chunk > 0 {
        let (mut start, mut removed) = (0, false);
        while start < few.len() {
            let end = few.len().min(start + chunk);
            match without(&few, start..end) {
                Some(fewer) => (few, removed) = (fewer, true),
                None => start = end,
            }
        }
        if !removed || chunk > 1 {
            chunk /= 2;
        }
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_more_can_go_from_what_is_left() {
        // 3 and 40 must stay, and 40 only together with 41.
        let holds = |set: &[u32]| set.contains(&3) && set.contains(&40) && set.contains(&41);
        let few = shrink((0..100).collect(), |set, range| {
            let fewer: Vec<u32> = [&set[..range.start], &set[range.end..]].concat();
            holds(&fewer).then_some(fewer)
        });
        assert_eq!(few, [3, 40, 41]);
    }
}
