//! `delete`.

use crate::case::Case;
use crate::check::{Check, Step};

pub(super) const CASES: &[Case] = &[
    Case { name: "eventual::delete::absent_key_is_ok", requirements: &["KVE-DEL-02"], run: absent_key_is_ok },
    Case {
        name: "eventual::delete::present_key_becomes_absent",
        requirements: &["KVE-DEL-01"],
        run: present_key_becomes_absent,
    },
];

fn absent_key_is_ok(check: &mut Check<'_>) -> Step<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let deleted = session.delete(&bucket, "never-set");
    check.ok("KVE-DEL-02", "delete of an absent key", deleted)?;
    check.reads("KVE-DEL-02", &mut session, &bucket, "never-set", None)
}

fn present_key_becomes_absent(check: &mut Check<'_>) -> Step<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let set = session.set(&bucket, "key", b"value");
    check.ok("KVE-SET-01", "set", set)?;
    check.reads("KVE-SET-01", &mut session, &bucket, "key", Some(b"value"))?;
    let deleted = session.delete(&bucket, "key");
    check.ok("KVE-DEL-01", "delete", deleted)?;
    check.reads("KVE-DEL-01", &mut session, &bucket, "key", None)?;
    check.exists("KVE-DEL-01", &mut session, &bucket, "key", false)
}
