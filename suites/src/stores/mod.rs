//! Stores that test the tests: broken ones that must fail, odd but legal ones that must pass.

mod hooked;
pub mod legal;
pub mod mutants;
