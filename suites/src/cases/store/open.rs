//! `open`.

use kvspec_reference::interface::{ErrorKind, Failure};

use crate::case::check::{Check, Step, Stop};

cases! { "open";
    unknown_identifier_is_no_such_store: ["KVS-OPN-01"] "reports an unknown identifier as any other failure";
}

fn unknown_identifier_is_no_such_store(check: &mut Check<'_>) -> Step<()> {
    if check.declaration().capabilities.creates_buckets {
        return Err(Stop::Skip("capabilities.creates_buckets = true".into()));
    }
    for name in ["kvspec-no-such-store", "kvspec no such store/2"] {
        if check.declaration().capabilities.buckets.iter().any(|known| known == name) {
            continue;
        }
        let opened = check.implementation().open(name).map(drop);
        let seen = match &opened {
            Ok(()) => "a bucket".to_owned(),
            Err(failure) => failure.to_string(),
        };
        let is_typed = matches!(&opened, Err(Failure::Error(e)) if e.kind == ErrorKind::NoSuchStore);
        if let Err(broken) = opened
            && !broken.is_interface_error()
        {
            check.call(&format!("open of {name}"), Err::<(), _>(broken))?;
        }
        check.holds(is_typed, || (format!("open of \"{name}\" gives no-such-store"), seen))?;
    }
    Ok(())
}
