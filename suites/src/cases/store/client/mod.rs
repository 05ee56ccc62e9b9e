//! A handle of the one client, with the calls that `store@0.2.0` adds. What was called is kept as
//! a trail for the reasons of an anomaly, since a history takes not all of it: see [`Client::tells`].

mod atomic_calls;
mod batch_calls;
mod cas;
mod handle;
mod listing_calls;
mod open;
mod record;
mod register_calls;
mod sessions;

pub(super) use handle::Client;
pub(super) use open::{another, client, client_of_name, clients, clients_apart, clients_of_two_buckets};
