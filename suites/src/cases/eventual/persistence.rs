//! Data that outlives an instance, where that is declared.

use crate::case::check::{Check, Checked, Stop};

cases! { "persistence";
    data_outlives_the_instance: [KveBkt03] "keeps its data in the instance and declares otherwise";
    a_delete_outlives_the_instance: [KveBkt03, KveCon03] "forgets deletes when it starts anew";
}

fn data_outlives_the_instance(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (first, second) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &first)?;
    check.set(&mut session, &bucket, "k", &second)?;
    check.close(&mut session, &bucket);
    restart(check)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&second))
}

fn a_delete_outlives_the_instance(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.delete(&mut session, &bucket, "k")?;
    check.close(&mut session, &bucket);
    restart(check)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", None)
}

fn restart(check: &mut Check<'_>) -> Checked<()> {
    if !check.declaration().capabilities.outlives_instance {
        return Err(Stop::Skip("capabilities.outlives_instance = false".into()));
    }
    let Some(restarted) = check.implementation().restart() else {
        return Err(Stop::Inconclusive("the adapter of this implementation can not start a second instance".into()));
    };
    check.call("starting a new instance", restarted)?;
    check.premise("the instance was ended and a new one started; capabilities.outlives_instance = true is declared");
    Ok(())
}
