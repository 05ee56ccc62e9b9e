//! opendal's store in memory, by way of its operator.

mod adapters;

use adapters::{declaration, encoded, opendal::Store};
use kvspec::asynchronous::on_tokio;
use opendal::{Operator, services::Memory};

fn store() -> Store {
    let operator = Operator::new(Memory::default()).expect("a store in memory needs no settings");
    Store { operator, path_of: encoded }
}

kvspec::conformance!(on_tokio(async || store()), declaration(), threads);
