//! redb, by way of opendal's operator; each store has a database in memory of its own.

mod adapters;

use std::sync::Arc;

use adapters::{declaration, encoded, opendal::Store};
use kvspec::asynchronous::on_tokio;
use opendal::{Operator, services::Redb};

fn store() -> Store {
    let database = redb::Database::builder().create_with_backend(redb::backends::InMemoryBackend::new());
    let service = Redb::default().database(Arc::new(database.expect("a database in memory can be made"))).table("kv");
    Store { operator: Operator::new(service).expect("the settings are complete"), path_of: encoded }
}

kvspec::conformance!(on_tokio(async || store()), declaration(), threads);
