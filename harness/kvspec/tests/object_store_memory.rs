//! object_store's store in memory, by way of its trait.

mod adapters;

use std::sync::Arc;

use adapters::{declaration, encoded, object_store::Store};
use kvspec::asynchronous::on_tokio;
use object_store::memory::InMemory;

fn store() -> Store {
    Store { objects: Arc::new(InMemory::new()), path_of: encoded }
}

kvspec::conformance!(on_tokio(async || store()), declaration(), threads);
