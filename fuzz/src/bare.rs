//! What a target would be without kvspec: calls of the store, nothing recorded, nothing judged.
//! Measures hold the targets against these loops (`benches/executions.rs`); they find only panics.

use arbitrary::Unstructured;
use kvspec_reference::InMemory;
use kvspec_reference::interface::{Bucket, Implementation, fresh};
use kvspec_reference::workload::{Call, Step};

use crate::store_single_session;

/// Runs the workload that the target `store_single_session` makes of these bytes, its reads at
/// quiescence points included. Gives how many operations it had.
///
/// # Panics
/// When the store fails.
pub fn run(bytes: &[u8]) -> u64 {
    let subject = fresh(|_| InMemory::new());
    let Some((workload, _)) = store_single_session::store(&subject).decode(bytes) else { return 0 };
    let store = InMemory::new();
    let open = |name: &str| store.open(name).expect("the store opens every bucket");
    let mut handles: Vec<(&str, Box<dyn Bucket>)> = Vec::new();
    let mut registers: Vec<(&str, &str)> = Vec::new();
    let mut operations = 0;
    for step in &workload.steps {
        match step {
            Step::Wait(_) => {}
            Step::Quiesce => {
                for (bucket, key) in &registers {
                    let (_, handle) = handles.iter().find(|(name, _)| name == bucket).expect("it was opened");
                    std::hint::black_box((handle.get(key), handle.exists(key))).0.expect("the store reads");
                }
                operations += 2 * registers.len() as u64;
            }
            Step::Call { call, .. } => {
                // Those of this comparison are the four that every profile has, and opening.
                let Some(bucket) = call.bucket() else { continue };
                let known = handles.iter().position(|(name, _)| *name == bucket);
                let index = known.unwrap_or_else(|| {
                    handles.push((bucket, open(bucket)));
                    handles.len() - 1
                });
                if let Some(key) = call.key()
                    && !registers.contains(&(bucket, key))
                {
                    registers.push((bucket, key));
                }
                let handle = &mut handles[index].1;
                operations += 1;
                match call {
                    Call::Reopen { .. } => *handle = open(bucket),
                    Call::Get { key, .. } => drop(std::hint::black_box(handle.get(key).expect("the store reads"))),
                    Call::Set { key, value, .. } => handle.set(key, &value.bytes()).expect("the store writes"),
                    Call::Delete { key, .. } => handle.delete(key).expect("the store deletes"),
                    Call::Exists { key, .. } => {
                        std::hint::black_box(handle.exists(key).expect("the store reads"));
                    }
                    other => unreachable!("no workload of four operations has {other}"),
                }
            }
        }
    }
    operations
}

/// As one would write it by hand: two bytes choose an operation and a key, and values are bytes of the
/// input. Gives how many operations it made.
///
/// # Panics
/// When the store fails.
pub fn by_hand(bytes: &[u8]) -> u64 {
    let store = InMemory::new();
    let bucket = store.open("b").expect("the store opens every bucket");
    let mut bytes = Unstructured::new(bytes);
    let mut operations = 0;
    while !bytes.is_empty() {
        let [operation, key] = [0; 2].map(|_: u8| bytes.arbitrary::<u8>().unwrap_or(0));
        let key = ["k", "k2", "K", "key"][usize::from(key % 4)];
        operations += 1;
        match operation % 4 {
            0 => {
                let value = bytes.arbitrary::<&[u8]>().unwrap_or(&[]);
                bucket.set(key, value).expect("the store writes");
            }
            1 => drop(std::hint::black_box(bucket.get(key).expect("the store reads"))),
            2 => bucket.delete(key).expect("the store deletes"),
            _ => {
                std::hint::black_box(bucket.exists(key).expect("the store reads"));
            }
        }
    }
    operations
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bare_loops_do_what_they_are_measured_for() {
        let inputs: Vec<Vec<u8>> = crate::inputs::noise(1, 50).collect();
        for (name, operations) in [("run", super::run as fn(&[u8]) -> u64), ("by hand", super::by_hand)] {
            let sum: u64 = inputs.iter().map(|bytes| operations(bytes)).sum();
            assert!(sum > 100, "{name}: {sum} operations for 50 inputs");
        }
    }
}
