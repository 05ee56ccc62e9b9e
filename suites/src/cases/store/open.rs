//! `open`.

use kvspec_reference::interface::{ErrorKind, Failure};

use crate::case::check::{Check, Checked, Stop};

cases! { "open";
    unknown_identifier_is_no_such_store: [KvsOpn01] "reports an unknown identifier as any other failure";
}

fn unknown_identifier_is_no_such_store(check: &mut Check<'_>) -> Checked<()> {
    let names = ["kvspec-no-such-store", "kvspec no such store/2"];
    if check.declaration().capabilities.creates_buckets {
        check.reports_opening(&names)?;
        return Err(Stop::Skip("capabilities.creates_buckets = true".into()));
    }
    for name in names {
        if check.declaration().capabilities.buckets.iter().any(|known| known == name) {
            continue;
        }
        let opened = check.implementation().open(name).map(drop);
        let seen = match &opened {
            Ok(()) => "a bucket".to_owned(),
            Err(failure) => failure.to_string(),
        };
        // `access-denied` does not say whether the store exists: a host that grants stores by name answers
        // it for any that it did not grant.
        let is_denied = matches!(&opened, Err(Failure::Error(e)) if e.kind == ErrorKind::AccessDenied);
        if is_denied {
            check.observe(format!("open of \"{name}\", which is unknown, gives access-denied"));
        }
        let is_typed = is_denied || matches!(&opened, Err(Failure::Error(e)) if e.kind == ErrorKind::NoSuchStore);
        if let Err(broken) = opened
            && !broken.is_interface_error()
        {
            check.call(&format!("open of {name}"), Err::<(), _>(broken))?;
        }
        check.holds(is_typed, || (format!("open of \"{name}\" gives no-such-store"), seen))?;
    }
    Ok(())
}
