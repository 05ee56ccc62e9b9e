//! What it takes to judge a file: reading a million lines, beside judging what was read, in one run.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kvspec_recording::json_lines;
use kvspec_reference::consistency::register::linearizable;
use kvspec_reference::history::{Entry, Header, State};
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome};

const OPERATIONS: u64 = 1_000_000;
const SESSIONS: u64 = 64;
const REGISTERS: u64 = 1_000;

/// Operations of overlapping sessions on one store, three in ten of them writes; values of 32 bytes.
fn history() -> History {
    let mut seed = 1u64;
    let mut below = move |bound: u64| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (seed >> 33) % bound
    };
    let mut builder = HistoryBuilder::new(Header::default());
    for key in 0..REGISTERS {
        builder.register("bucket", &format!("key-{key}"));
    }
    let mut states = vec![State::ABSENT; REGISTERS as usize];
    let mut free_at = vec![0; SESSIONS as usize];
    for i in 0..OPERATIONS {
        // Operation i takes effect at time 8 i + 4, somewhere between its invocation and response.
        let (session, register, effect) = (below(SESSIONS), below(REGISTERS) as u32, 8 * i + 4);
        let invoke = effect.saturating_sub(below(8 * SESSIONS)).max(free_at[session as usize]);
        let response = effect + below(8);
        free_at[session as usize] = response + 1;
        let kind = if below(10) < 3 { Kind::Set } else { Kind::Get };
        if kind == Kind::Set {
            states[register as usize] = builder.value_bytes(format!("{i:032}").as_bytes());
        }
        let (value, outcome) = (states[register as usize], Outcome::Ok);
        let session = session as u16;
        builder.push(Entry {
            session,
            kind,
            register,
            operand: value.into(),
            outcome,
            invoke,
            response: Some(response),
        });
    }
    builder.finish().expect("sessions issue one call after another")
}

fn file(criterion: &mut Criterion) {
    let history = history();
    let mut text = Vec::new();
    json_lines::write(&history, &mut text).expect("memory takes it");
    let mut group = criterion.benchmark_group("a million operations");
    group.sample_size(10).throughput(Throughput::Elements(OPERATIONS));
    group.bench_function("read", |b| b.iter(|| json_lines::read(black_box(&*text)).expect("it was written so")));
    group.bench_function("judge linearizability", |b| b.iter(|| linearizable::check(black_box(&history))));
    group.finish();
}

criterion_group!(all, file);
criterion_main!(all);
