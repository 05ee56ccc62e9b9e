//! What driving costs: the same operations through a trait object, through a component by kvspec,
//! and by raw typed calls of wasmtime to the same component, in one run.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kvspec::{Implementation, InMemory, Subject};
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_tests::guest;
use wasmtime::component::{Component, Linker, ResourceAny, TypedFunc};
use wasmtime::{Config, Engine, Store};

const VALUE: &[u8] = &[7; 32];

/// A set and a get of one key, as a client does them: the outgoing value is made, written, set and
/// dropped, the incoming value consumed.
fn set_and_get(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("set and get");
    group.throughput(Throughput::Elements(2));

    let memory = InMemory::new();
    let subject = ComponentSubject::load(&guest::store(""), Options::default()).unwrap();
    let driven = subject.start(1).unwrap();
    for (name, store) in [("trait object", &memory as &dyn Implementation), ("component", &*driven)] {
        let bucket = store.open("b").unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                bucket.set("key", VALUE).unwrap();
                bucket.get("key").unwrap()
            });
        });
    }

    let mut raw = Raw::new();
    group.bench_function("raw typed calls", |bencher| bencher.iter(|| raw.set_and_get()));
    group.finish();
}

fn instantiation(criterion: &mut Criterion) {
    let subject = ComponentSubject::load(&guest::store(""), Options::default()).unwrap();
    criterion.bench_function("fresh instance", |bencher| {
        bencher.iter_batched(|| (), |()| subject.start(1).unwrap(), BatchSize::SmallInput);
    });
}

type OrError<T> = (Result<T, ResourceAny>,);

struct Raw {
    store: Store<()>,
    bucket: ResourceAny,
    new: TypedFunc<(), (ResourceAny,)>,
    write: TypedFunc<(ResourceAny, &'static [u8]), OrError<()>>,
    set: TypedFunc<(ResourceAny, &'static str, ResourceAny), OrError<()>>,
    get: TypedFunc<(ResourceAny, &'static str), OrError<Option<ResourceAny>>>,
    consume: TypedFunc<(ResourceAny,), OrError<Vec<u8>>>,
}

impl Raw {
    fn new() -> Self {
        let mut config = Config::new();
        // As kvspec does, so that the compiled code is the same.
        config.epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        let component = Component::from_file(&engine, guest::store("")).unwrap();
        let mut linker: Linker<()> = Linker::new(&engine);
        for (name, _) in component.component_type().imports(&engine) {
            if name.starts_with("wasi:cli/environment@") {
                let mut environment = linker.instance(name).unwrap();
                environment.func_wrap("get-environment", |_, ()| Ok((Vec::<(String, String)>::new(),))).unwrap();
            }
        }
        linker.define_unknown_imports_as_traps(&component).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1 << 40);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let index = |interface: &str, function: &str| {
            let (_, interface) = component.get_export(None, interface).unwrap();
            component.get_export_index(Some(&interface), function).unwrap()
        };
        let (types, eventual) = ("wasi:keyvalue/types@0.1.0", "wasi:keyvalue/eventual@0.1.0");
        macro_rules! function {
            ($interface:expr, $name:literal) => {
                instance.get_typed_func(&mut store, &index($interface, $name)).unwrap()
            };
        }
        let open: TypedFunc<(&str,), OrError<ResourceAny>> = function!(types, "[static]bucket.open-bucket");
        let new = function!(types, "[static]outgoing-value.new-outgoing-value");
        let write = function!(types, "[method]outgoing-value.outgoing-value-write-body-sync");
        let consume = function!(types, "[static]incoming-value.incoming-value-consume-sync");
        let (set, get) = (function!(eventual, "set"), function!(eventual, "get"));
        let bucket = open.call(&mut store, ("b",)).unwrap().0.unwrap();
        Self { store, bucket, new, write, set, get, consume }
    }

    fn set_and_get(&mut self) -> Vec<u8> {
        let store = &mut self.store;
        let (value,) = self.new.call(&mut *store, ()).unwrap();
        self.write.call(&mut *store, (value, VALUE)).unwrap().0.unwrap();
        self.set.call(&mut *store, (self.bucket, "key", value)).unwrap().0.unwrap();
        value.resource_drop(&mut *store).unwrap();
        let incoming = self.get.call(&mut *store, (self.bucket, "key")).unwrap().0.unwrap().unwrap();
        self.consume.call(&mut *store, (incoming,)).unwrap().0.unwrap()
    }
}

criterion_group!(benches, set_and_get, instantiation);
criterion_main!(benches);
