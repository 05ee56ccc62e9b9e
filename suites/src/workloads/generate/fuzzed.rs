//! Workloads for fuzz targets that take an `Arbitrary` value.

use arbitrary::{Arbitrary, Unstructured};
use kvspec_reference::workload::Workload;

use super::size::Size;
use super::workload::from_unstructured;
use crate::declaration::Declaration;

/// A workload that obeys the default declaration, made of a fuzzer's bytes: for
/// `fuzz_target!(|workload: FuzzedWorkload| ...)`. For another declaration or size call
/// [`from_unstructured`]. Its debug form is the text form of the workload.
#[derive(Clone, PartialEq, Eq)]
pub struct FuzzedWorkload(pub Workload);

impl std::fmt::Debug for FuzzedWorkload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a> Arbitrary<'a> for FuzzedWorkload {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        from_unstructured(&Declaration::default(), Size::default(), bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::random::Random;
    use kvspec_reference::workload::text::parse;

    #[test]
    fn bytes_are_a_workload_that_obeys_the_default_declaration() {
        let mut random = Random::new(9);
        let noise: Vec<u8> = (0..400).map(|_| random.bits() as u8).collect();
        let FuzzedWorkload(workload) = Unstructured::new(&noise).arbitrary().unwrap();
        let same = from_unstructured(&Declaration::default(), Size::default(), &mut Unstructured::new(&noise));
        assert_eq!(Ok(&workload), same.as_ref());
        assert_eq!(parse(&format!("{:?}", FuzzedWorkload(workload.clone()))).unwrap().workload, workload);
        assert!(Unstructured::new(&[]).arbitrary::<FuzzedWorkload>().is_err());
    }
}
