//! Shrinks a set of operations while the history they make still breaks a level.

use crate::history::History;
use crate::history::sub_history::sub_history;

/// How many operations may be judged again; what is left then is the result.
const JUDGED_MAX: usize = 1 << 23;

/// A subset of `operations` (ascending) that still `breaks` the level, and from which nothing more
/// can be taken. When `operations` do not break, they come back as they are.
pub(crate) fn shrink(history: &History, operations: Vec<usize>, breaks: impl Fn(&History) -> bool) -> Vec<usize> {
    let mut judged = 0;
    let mut still_breaks = |set: &[usize]| {
        judged += set.len() + 1;
        judged < JUDGED_MAX && breaks(&sub_history(history, set))
    };
    let mut few = operations;
    if !still_breaks(&few) {
        return few;
    }
    let mut chunk = few.len().next_power_of_two() / 2;
    while chunk > 0 {
        let (mut start, mut removed) = (0, false);
        while start < few.len() {
            let end = few.len().min(start + chunk);
            let fewer: Vec<usize> = few[..start].iter().chain(&few[end..]).copied().collect();
            if still_breaks(&fewer) {
                (few, removed) = (fewer, true);
            } else {
                start = end;
            }
        }
        if !removed || chunk > 1 {
            chunk /= 2;
        }
    }
    few
}
