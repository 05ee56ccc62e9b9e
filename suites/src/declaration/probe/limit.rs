//! Where a limit is, by trying.

use kvspec_reference::interface::{Failure, Result};

/// The greatest size that is accepted; `None` when `tried` is. Assumes that a size below one that is
/// accepted is accepted too.
pub(super) fn longest(tried: usize, mut accepts: impl FnMut(usize) -> Result<bool>) -> Result<Option<usize>> {
    if accepts(tried)? {
        return Ok(None);
    }
    if !accepts(1)? {
        return Err(Failure::error("a set of one byte is refused: no limit can be proposed"));
    }
    let (mut accepted, mut refused) = (1, tried);
    while refused - accepted > 1 {
        let middle = accepted + (refused - accepted) / 2;
        if accepts(middle)? {
            accepted = middle;
        } else {
            refused = middle;
        }
    }
    Ok(Some(accepted))
}

/// How many were accepted before the first refusal; `None` when none of `tried` was refused.
pub(super) fn first_refused(tried: usize, mut accepts: impl FnMut(usize) -> Result<bool>) -> Result<Option<usize>> {
    for i in 0..tried {
        if !accepts(i)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}
