//! The smallest store under the suite, as a user would test their own.

kvspec::conformance!(kvspec::InMemory::new);
