//! Buckets: opening them, and how they are kept apart.

use kvspec_reference::RequirementId::KveBkt02;
use kvspec_reference::interface::Failure;

use crate::case::check::{Check, Checked, Stop};

cases! { "buckets";
    opening_a_missing_bucket_is_an_error: [KveBkt02] "hands out a handle of a bucket that does not exist";
    an_existing_bucket_opens_and_works: [KveBkt04] "fails to open what is there";
    a_fresh_bucket_is_empty: [KveInt01, KveGet02, KveExi02] "has data that nobody set";
    same_key_in_two_buckets_holds_two_values: [KveBkt01] "ignores the bucket";
    a_life_in_one_bucket_leaves_another: [KveBkt01] "shares deletes or overwrites between buckets";
    separators_between_bucket_and_key_do_not_collide: [KveBkt01] "joins bucket and key with a separator";
    key_like_a_bucket_name_is_a_plain_key: [KveBkt01, KveKey01] "keeps buckets and keys in one name space";
    unusual_names_break_nothing: [KveBkt05, KveErr01] "breaks on the name of a bucket";
}

fn opening_a_missing_bucket_is_an_error(check: &mut Check<'_>) -> Checked<()> {
    let names = ["no-such-bucket-7d1c", "no-such-bucket-7d1c/", "no-such"];
    if check.declaration().capabilities.creates_buckets {
        check.reports_opening(&names)?;
        return Err(Stop::Skip("capabilities.creates_buckets = true".into()));
    }
    for name in names {
        let opened = check.implementation().open(name).map(drop);
        let why = "there is no such bucket, and capabilities.creates_buckets = false is declared";
        check.refused(&format!("open of {name}"), why, opened)?;
    }
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("opening buckets that do not exist was refused, as it must be");
    let value = check.value()?;
    check.claim(KveBkt02);
    check.set(&mut session, &bucket, "k", &value)?;
    check.reads(&mut session, &bucket, "k", Some(&value))
}

fn an_existing_bucket_opens_and_works(check: &mut Check<'_>) -> Checked<()> {
    let mut session = check.session();
    let named = check.declaration().capabilities.buckets.clone();
    let names = if named.is_empty() { vec![check.bucket()] } else { named };
    for name in names {
        let value = check.value()?;
        check.given(&mut session, &name, "k", &value)?;
    }
    Ok(())
}

fn a_fresh_bucket_is_empty(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("the store is fresh: nothing was set");
    let keys = ["k", "a", "key", "0", "1", "test", "config", "version", "meta", "index", "size", "count", "."];
    for key in check.allowed_keys(&keys)? {
        check.shows(&mut session, &bucket, key, None)?;
    }
    Ok(())
}

fn same_key_in_two_buckets_holds_two_values(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    let mut session = check.session();
    let (a, b) = (check.value()?, check.value()?);
    check.set(&mut session, &first, "k", &a)?;
    check.set(&mut session, &second, "k", &b)?;
    check.settle();
    check.shows(&mut session, &first, "k", Some(&a))?;
    check.shows(&mut session, &second, "k", Some(&b))
}

fn a_life_in_one_bucket_leaves_another(check: &mut Check<'_>) -> Checked<()> {
    let [quiet, busy] = check.buckets()?;
    let mut session = check.session();
    let kept = check.value()?;
    check.given(&mut session, &quiet, "k", &kept)?;
    check.settle();
    check.premise("the key lives a life in the other bucket only: it is set, replaced, deleted and set again");
    for step in 0..4 {
        let value = check.value()?;
        match step {
            2 => check.delete(&mut session, &busy, "k")?,
            _ => check.set(&mut session, &busy, "k", &value)?,
        }
        check.settle();
        check.shows(&mut session, &quiet, "k", Some(&kept))?;
    }
    check.gone(&mut session, &quiet, "k")?;
    let last = check.value()?;
    check.set(&mut session, &busy, "k", &last)?;
    check.settle();
    check.shows(&mut session, &quiet, "k", None)?;
    check.shows(&mut session, &busy, "k", Some(&last))
}

/// What stores put between bucket and key when they make one text of both.
const SEPARATORS: [&str; 9] = ["/", ".", "-", "_", ":", "|", "\0", "::", ""];

/// Buckets and keys of which two different pairs are one text when joined. Each pair of a line has a key
/// of its own among all lines: names that open one bucket are no fault, and must not look like one.
fn joined() -> Vec<[(String, String); 2]> {
    let line =
        |(i, sep): (usize, &&str)| [("a".to_owned(), format!("b{sep}c{i}")), (format!("a{sep}b"), format!("c{i}"))];
    let swapped = [("a".to_owned(), "b".to_owned()), ("b".to_owned(), "a".to_owned())];
    SEPARATORS.iter().enumerate().map(line).chain([swapped]).collect()
}

fn separators_between_bucket_and_key_do_not_collide(check: &mut Check<'_>) -> Checked<()> {
    if !check.declaration().capabilities.creates_buckets {
        return Err(Stop::Skip("capabilities.creates_buckets = false: this case needs names of its own".into()));
    }
    // A name for each separator, and the two short ones; one more while a name is tried.
    const NAMES: usize = SEPARATORS.len() + 2;
    check.buckets::<NAMES>()?;
    check.needs_handles(NAMES + 1)?;
    let mut session = check.session();
    for [first, second] in &joined() {
        let (first, second) = ((&*first.0, &*first.1), (&*second.0, &*second.1));
        let allowed = check.needs_key(first.1).and(check.needs_key(second.1)).is_ok();
        // An implementation may refuse names of buckets; what it opens, it must keep apart.
        if !allowed || !opens(check, first.0)? || !opens(check, second.0)? {
            continue;
        }
        let (a, b) = (check.value()?, check.value()?);
        check.set(&mut session, first.0, first.1, &a)?;
        check.exists(&mut session, second.0, second.1, false)?;
        check.set(&mut session, second.0, second.1, &b)?;
        check.settle();
        check.shows(&mut session, first.0, first.1, Some(&a))?;
        check.delete(&mut session, first.0, first.1)?;
        check.settle();
        check.shows(&mut session, second.0, second.1, Some(&b))?;
        check.delete(&mut session, second.0, second.1)?;
    }
    Ok(())
}

fn opens(check: &mut Check<'_>, name: &str) -> Checked<bool> {
    match check.implementation().open(name) {
        Ok(_) => Ok(true),
        Err(Failure::Error(_)) => Ok(false),
        Err(failure) => check.call("open", Err(failure)),
    }
}

fn key_like_a_bucket_name_is_a_plain_key(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    check.needs_key(&first)?;
    check.needs_key(&second)?;
    check.needs_keys(2)?;
    let mut session = check.session();
    let (own, cross) = (check.value()?, check.value()?);
    check.premise("the keys are the names of the two buckets");
    check.set(&mut session, &first, &first, &own)?;
    check.set(&mut session, &first, &second, &cross)?;
    check.settle();
    check.shows(&mut session, &first, &first, Some(&own))?;
    check.shows(&mut session, &first, &second, Some(&cross))?;
    check.shows(&mut session, &second, &first, None)?;
    check.shows(&mut session, &second, &second, None)
}

fn unusual_names_break_nothing(check: &mut Check<'_>) -> Checked<()> {
    if !check.declaration().capabilities.creates_buckets {
        return Err(Stop::Skip("capabilities.creates_buckets = false: this case needs names of its own".into()));
    }
    let long = "b".repeat(300);
    let names = ["", "B", "b ", "b/", "../b", "\u{e9}", "e\u{301}", "b\0", "*", &long];
    check.buckets::<10>()?;
    check.needs_handles(11)?;
    let mut session = check.session();
    let value = check.value()?;
    let (mut refused, mut shared) = (Vec::new(), Vec::new());
    for name in names {
        let quoted = kvspec_reference::anomaly::name_text(name);
        if !opens(check, name)? {
            refused.push(quoted);
        } else if check.glance_unrecorded(name, "k")?.is_some() {
            shared.push(quoted);
        } else {
            check.given(&mut session, name, "k", &value)?;
        }
    }
    // What identifies a bucket beyond its name is not said, so both are reports.
    if !refused.is_empty() {
        check.observe(format!("these names of buckets are refused with an error: {}", refused.join(", ")));
    }
    if !shared.is_empty() {
        check.observe(format!("these names open a bucket that another name opens too: {}", shared.join(", ")));
    }
    check.counted();
    Ok(())
}
