//! Sizes of values: around powers of two and common buffers, and at what is declared.

use kvspec_reference::workload::recorder::Session;

use crate::case::check::{Check, Checked, Stop};

cases! { "sizes";
    small_sizes_are_kept_whole: [KveVal03, KveGet01] "keeps a length in one byte, or pads small values";
    sizes_around_a_page_are_kept_whole: [KveVal03, KveGet01] "loses what lies beyond a page or a buffer";
    sizes_around_64_kib_are_kept_whole: [KveVal03, KveGet01] "keeps a length in 16 bits";
    sizes_around_1_mib_are_kept_whole: [KveVal03, KveGet01] "cuts at a limit that it does not declare";
    the_declared_limit_is_kept_whole: [KveVal03] "counts one byte too many at its limit";
    above_the_declared_limit_is_refused: [KveVal03] "cuts a value that is too long and answers ok";
    growing_and_shrinking_across_sizes: [KveSet02, KveVal03] "leaves old chunks behind, or mixes chunks";
}

/// Beyond this, a declared limit is believed and not tried: a run must stay quick and small.
const TRIED_BYTES_MAX: usize = 16 << 20;

fn small_sizes_are_kept_whole(check: &mut Check<'_>) -> Checked<()> {
    kept_whole(check, &[1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513])
}

fn sizes_around_a_page_are_kept_whole(check: &mut Check<'_>) -> Checked<()> {
    kept_whole(
        check,
        &[1_000, 1_023, 1_024, 1_025, 2_048, 4_095, 4_096, 4_097, 8_191, 8_192, 8_193, 16_384, 32_767, 32_769],
    )
}

fn sizes_around_64_kib_are_kept_whole(check: &mut Check<'_>) -> Checked<()> {
    kept_whole(check, &[65_535, 65_536, 65_537, 131_071, 131_073])
}

fn sizes_around_1_mib_are_kept_whole(check: &mut Check<'_>) -> Checked<()> {
    kept_whole(check, &[(1 << 20) - 1, 1 << 20, (1 << 20) + 1])
}

/// Those of the sizes that are declared to be kept; the case is skipped when none is.
fn kept_whole(check: &mut Check<'_>, sizes: &[usize]) -> Checked<()> {
    check.needs_value_bytes(sizes[0])?;
    let (mut session, bucket) = (check.session(), check.bucket());
    for &size in sizes {
        if check.needs_value_bytes(size).is_err() {
            break;
        }
        let value = check.value_of(size)?;
        check.premise(format!("the value has {size} bytes"));
        check.set(&mut session, &bucket, "k", &value)?;
        check.shows(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn declared_limit(check: &Check<'_>) -> Checked<usize> {
    match check.declaration().limits.max_value_bytes {
        None => Err(Stop::Skip("limits.max_value_bytes is not declared".into())),
        Some(max) if max > TRIED_BYTES_MAX => {
            Err(Stop::Skip(format!("limits.max_value_bytes = {max} is above the {TRIED_BYTES_MAX} that are tried")))
        }
        Some(max) => Ok(max),
    }
}

fn the_declared_limit_is_kept_whole(check: &mut Check<'_>) -> Checked<()> {
    let max = declared_limit(check)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    for size in [max.saturating_sub(1), max] {
        let value = check.value_of(size)?;
        check.premise(format!("limits.max_value_bytes = {max} is declared, and the value has {size}"));
        check.set(&mut session, &bucket, "k", &value)?;
        check.settle();
        check.shows(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn above_the_declared_limit_is_refused(check: &mut Check<'_>) -> Checked<()> {
    let max = declared_limit(check)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let kept = check.value_of(max.min(32))?;
    check.given(&mut session, &bucket, "k", &kept)?;
    if check.declaration().limits.at_least {
        return above_a_least_limit(check, &mut session, &bucket, max);
    }
    for size in [max + 1, max + 24, max * 2 + 24] {
        let too_long = check.value_beyond_limits(size);
        let size = too_long.len();
        let why = format!("the value has {size} bytes and limits.max_value_bytes = {max} is declared");
        check.set_is_refused(&mut session, &bucket, "k", &too_long, &why)?;
        check.premise(format!("a set of {size} bytes was refused, as it must be: {why}"));
        check.settle();
        check.shows(&mut session, &bucket, "k", Some(&kept))?;
    }
    let too_long = check.value_beyond_limits(max + 24);
    check.set_is_refused(&mut session, &bucket, "n", &too_long, "the value is above limits.max_value_bytes")?;
    check.settle();
    check.premise("the only set of this key was refused, for a value that is too long");
    check.shows(&mut session, &bucket, "n", None)
}

/// Where more than the limit may be accepted, what is accepted is kept whole.
fn above_a_least_limit<'a>(check: &mut Check<'a>, session: &mut Session<'a>, bucket: &str, max: usize) -> Checked<()> {
    for (size, key) in [(max + 1, "n"), (max * 2 + 24, "m")] {
        let value = check.value_beyond_limits(size);
        check.needs_room(bucket, key, value.len())?;
        let is_kept = check.set_or_refusal(session, bucket, key, &value)?;
        let answer = if is_kept { "accepted" } else { "refused" };
        check.premise(format!("limits.max_value_bytes = {max} is declared as a least, and {size} bytes were {answer}"));
        check.settle();
        check.shows(session, bucket, key, is_kept.then_some(&value))?;
    }
    Ok(())
}

fn growing_and_shrinking_across_sizes(check: &mut Check<'_>) -> Checked<()> {
    check.needs_value_bytes(70_000)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    for size in [70_000, 5_000, 65_536, 4_096, 4_097, 30, 70_000, 0, 69_999, 1] {
        let value = if size == 0 { Vec::new() } else { check.value_of(size)? };
        check.set(&mut session, &bucket, "k", &value)?;
        check.shows(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}
