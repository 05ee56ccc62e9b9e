//! Streamed bodies in workloads of four operations.
//!
//! Which calls are streamed is drawn by itself, so that a seed gives the same calls with streams as without.

use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Cut, Pieces, Step, Workload};

/// The purpose of these choices.
const PURPOSE: u64 = 0x57;
/// Of 1,000 workloads, in how many bodies are streamed; and there, of 1,000 gets and sets.
const WORKLOADS_PER_MILLE: u64 = 250;
const CALLS_PER_MILLE: u64 = 500;

/// Streams some of the bodies that are set and got.
pub(super) fn stream_some(workload: &mut Workload, seed: u64) {
    let mut random = Random::for_purpose(seed, PURPOSE);
    if !random.chance(WORKLOADS_PER_MILLE) {
        return;
    }
    for step in &mut workload.steps {
        let Step::Call { call, .. } = step else { continue };
        if !random.chance(CALLS_PER_MILLE) {
            continue;
        }
        match call.clone() {
            Call::Set { bucket, key, value } => {
                let pieces = pieces(value.length(), &mut random);
                *call = Call::SetStreamed { bucket, key, value, pieces };
            }
            Call::Get { bucket, key } => {
                let pieces = pieces(64, &mut random);
                *call = Call::GetStreamed { bucket, key, pieces };
            }
            _ => {}
        }
    }
}

/// Pieces of a body of about this many bytes: single bytes, nothing, halves, buffers; with flushes between.
fn pieces(length: usize, random: &mut Random) -> Pieces {
    let mut cuts = Vec::new();
    for _ in 0..random.below(5) {
        let sizes = [0, 1, 2, length as u64 / 2, length as u64, 4_096, 4_097];
        cuts.push(match random.chance(250) {
            true => Cut::Flush,
            false => Cut::Bytes(sizes[random.below(sizes.len() as u64) as usize] as u32),
        });
    }
    Pieces { cuts, is_dropped: random.chance(150) }
}
