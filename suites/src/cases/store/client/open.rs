//! How handles are opened: one or several, of one session or of several, of one bucket or of two.

use kvspec_reference::anomaly::name_text;

use super::handle::{Client, Trail};
use super::sessions::Sessions;
use crate::case::check::{Check, Checked};

/// One handle of the bucket that the case works in.
pub(in crate::cases::store) fn client(check: &mut Check<'_>) -> Checked<Client> {
    let [only] = clients(check)?;
    Ok(only)
}

/// A further handle of the bucket of this client, whose calls are told with those of the client.
pub(in crate::cases::store) fn another(check: &mut Check<'_>, client: &Client, name: &str) -> Checked<Client> {
    check.needs_handles(2)?;
    let another = Client {
        bucket: check.only_handle(&client.bucket_name)?,
        bucket_name: client.bucket_name.clone(),
        name: format!("{name}: "),
        trail: client.trail.clone(),
        sessions: client.sessions.clone(),
    };
    another.tell(check, "open -> ok".into());
    Ok(another)
}

/// Several handles of the bucket that the case works in.
pub(in crate::cases::store) fn clients<const N: usize>(check: &mut Check<'_>) -> Checked<[Client; N]> {
    check.needs_handles(N)?;
    let (bucket_name, trail, sessions) = (check.bucket(), Trail::default(), Sessions::new(check));
    let mut all = Vec::with_capacity(N);
    for number in 0..N {
        let name = if N == 1 { String::new() } else { format!("handle {number}: ") };
        let (bucket, bucket_name) = (check.only_handle(&bucket_name)?, bucket_name.clone());
        all.push(Client { bucket, bucket_name, name, trail: trail.clone(), sessions: sessions.clone() });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("N handles were pushed")))
}

/// As [`clients`], each of another session: where sessions run in processes of their own, the
/// handles are of several clients, and only what holds between clients may be expected.
pub(in crate::cases::store) fn clients_apart<const N: usize>(check: &mut Check<'_>) -> Checked<[Client; N]> {
    check.needs_handles(N)?;
    let (bucket_name, trail) = (check.bucket(), Trail::default());
    let mut all = Vec::with_capacity(N);
    for _ in 0..N {
        let sessions = Sessions::new(check);
        let opened = check.implementation().open_as(sessions.own, &bucket_name);
        let bucket = check.opened(&bucket_name, opened)?;
        let (name, bucket_name) = (format!("session {}: ", sessions.own), bucket_name.clone());
        all.push(Client { bucket, bucket_name, name, trail: trail.clone(), sessions });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("N handles were pushed")))
}

/// One handle of each of two buckets.
pub(in crate::cases::store) fn clients_of_two_buckets(check: &mut Check<'_>) -> Checked<[Client; 2]> {
    check.needs_handles(2)?;
    let (buckets, trail, sessions) = (check.buckets::<2>()?, Trail::default(), Sessions::new(check));
    let mut of = |bucket_name: &String| -> Checked<Client> {
        let (name, bucket) = (format!("{}: ", name_text(bucket_name)), check.only_handle(bucket_name)?);
        let (trail, sessions) = (trail.clone(), sessions.clone());
        Ok(Client { bucket, bucket_name: bucket_name.clone(), name, trail, sessions })
    };
    Ok([of(&buckets[0])?, of(&buckets[1])?])
}

/// One handle of the bucket of this name; `None` where such a name is refused.
pub(in crate::cases::store) fn client_of_name(check: &mut Check<'_>, bucket: &str) -> Checked<Option<Client>> {
    let opened = match check.implementation().open(bucket) {
        Err(failure) if failure.is_interface_error() => return Ok(None),
        opened => check.opened(bucket, opened)?,
    };
    Ok(Some(Client {
        bucket: opened,
        bucket_name: bucket.to_owned(),
        name: format!("{}: ", name_text(bucket)),
        trail: Trail::default(),
        sessions: Sessions::new(check),
    }))
}
