//! Stores behind other traits, made into implementations of ours: to copy, and to see what such a
//! layer does to keys and values.

#![allow(dead_code, reason = "each test target uses a part of this module")]

pub(crate) mod object_store;
pub(crate) mod opendal;

use kvspec::{Claim, Declaration};

/// How a bucket and a key become the path of an object.
pub(crate) type PathOf = fn(&str, &str) -> String;

/// Bucket and key in hexadecimal: any two registers have two paths, whatever a layer does to paths.
pub(crate) fn encoded(bucket: &str, key: &str) -> String {
    let hexadecimal = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    // The letters keep empty names from being empty parts of a path.
    format!("b{}/k{}", hexadecimal(bucket), hexadecimal(key))
}

/// Bucket and key as they are, as one writes it at first.
pub(crate) fn plain(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

/// What a store in one place promises.
pub(crate) fn declaration() -> Declaration {
    let mut declaration = Declaration::default();
    declaration.consistency.claims = vec![Claim::Linearizable];
    declaration
}
