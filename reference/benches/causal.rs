//! How fast the levels of the causal family are judged, from parsed records.
//!
//! `cargo bench -p kvspec-reference --bench causal`; `KVSPEC_BENCH_OPERATIONS` (default 1,000,000)
//! sets the length of the histories.

#![allow(missing_docs)] // criterion_group! makes a public function without any

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kvspec_reference::consistency::ladder::check_within;
use kvspec_reference::consistency::{Budget, Finding, Level};
use kvspec_reference::history::{Entry, Header, State};
use kvspec_reference::random::Random;
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome};

const ABSENT: u32 = State::ABSENT.number();

/// How a recorded store behaves.
#[derive(Clone, Copy)]
struct Store {
    sessions: u16,
    registers: usize,
    /// Percent of the writes that delete.
    deletes: u64,
    /// How many operations of others a session may be behind: 0 is linearizable, more is causally
    /// convergent.
    lag: u64,
}

/// A history of `operations` operations, three in ten of them writes, of overlapping sessions.
/// Every session applies the same log of writes in the same order, so all levels but those of real
/// time are kept.
fn history(operations: usize, store: Store) -> History {
    let mut random = Random::new(1);
    let mut below = |bound: u64| random.below(bound);
    let mut builder = HistoryBuilder::new(Header::default());
    for key in 0..store.registers {
        builder.register("b", &format!("k{key}"));
    }
    let mut log: Vec<(u32, u32)> = Vec::new();
    let mut replicas = vec![vec![ABSENT; store.registers]; store.sessions as usize];
    let mut applied = vec![0usize; store.sessions as usize];
    let mut free_at = vec![0u64; store.sessions as usize];
    for i in 0..operations as u64 {
        // Operation i takes effect at time 8 i + 4, somewhere between its invocation and response.
        let session = below(u64::from(store.sessions)) as u16;
        let s = session as usize;
        let effect = 8 * i + 4;
        let invoke = effect.saturating_sub(below(8 * u64::from(store.sessions))).max(free_at[s]);
        let response = effect + below(8);
        free_at[s] = response + 1;
        let register = below(store.registers as u64) as u32;
        let (kind, value) = if below(10) < 3 {
            let is_delete = below(100) < store.deletes;
            let value = if is_delete { ABSENT } else { builder.value_named(i).number() };
            log.push((register, value));
            (if is_delete { Kind::Delete } else { Kind::Set }, value)
        } else {
            (Kind::Get, ABSENT)
        };
        let behind = if kind == Kind::Get && store.lag > 0 { below(store.lag) as usize } else { 0 };
        let upto = log.len().saturating_sub(behind).max(applied[s]);
        for &(register, value) in &log[applied[s]..upto] {
            replicas[s][register as usize] = value;
        }
        applied[s] = upto;
        let value = if kind == Kind::Get { replicas[s][register as usize] } else { value };
        let (outcome, response) = (Outcome::Ok, Some(response));
        builder.push(Entry { session, kind, register, operand: State::value(value).into(), outcome, invoke, response });
    }
    builder.finish().expect("sessions issue one call after another")
}

fn benches(criterion: &mut Criterion) {
    let operations = std::env::var("KVSPEC_BENCH_OPERATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let plain = Store { sessions: 16, registers: 16, deletes: 0, lag: 0 };
    let stores = [
        ("16-sessions-16-keys", plain),
        ("16-sessions-1000-keys", Store { registers: 1000, ..plain }),
        ("16-sessions-1-key", Store { registers: 1, ..plain }),
        ("64-sessions-1000-keys", Store { sessions: 64, registers: 1000, ..plain }),
        ("16-sessions-16-keys-lagging", Store { lag: 200, ..plain }),
        // An absent read has many possible sources.
        ("16-sessions-16-keys-deletes", Store { deletes: 20, ..plain }),
    ];
    let levels = [
        Level::CausalConvergent,
        Level::Causal,
        Level::Coherent,
        Level::MonotonicWrites,
        Level::WritesFollowReads,
        Level::Pram,
        Level::CausalMemory,
    ];
    let mut group = criterion.benchmark_group("causal");
    group.sample_size(10).throughput(Throughput::Elements(operations as u64));
    for (name, store) in stores {
        let history = history(operations, store);
        for level in levels {
            let judge = |b: &mut criterion::Bencher<'_>| {
                b.iter(|| {
                    let finding = check_within(level, &history, &Budget::new(u64::MAX));
                    assert_eq!(finding, Finding::Kept, "{name}: {level:?}");
                });
            };
            group.bench_function(BenchmarkId::new(level.name(), name), judge);
        }
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
