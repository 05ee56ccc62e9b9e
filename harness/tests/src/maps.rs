//! A host with maps in memory, in any published dialect. Every function is asynchronous, and yields
//! once before it answers.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use kvspec::probe::{Cursor, GetMany, Increment, StoreDialect};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceTable, ResourceType,
};
use wasmtime::{Result, StoreContextMut};

/// Setting this key fails inside the host.
pub const KEY_THAT_FAILS: &str = "fail-in-the-host";
/// And its failure says this.
pub const FAILURE: &str = "the disk is gone";

/// Dialects that were published, and the text that kvspec shows of each.
pub const DIALECTS: [(StoreDialect, &str); 3] = [
    (
        StoreDialect {
            version: "0.2.0-draft2",
            cursor: Cursor::Text,
            increment: Some(Increment::Signed),
            cas: true,
            get_many: Some(GetMany::PairOrNone),
        },
        "store@0.2.0-draft2 with string cursor, s64 increment, cas, get-many of option<tuple<string, list<u8>>>",
    ),
    (
        StoreDialect {
            version: "0.2.0-draft2",
            cursor: Cursor::Text,
            increment: Some(Increment::Signed),
            cas: false,
            get_many: Some(GetMany::KeyWithValueOrNone),
        },
        "store@0.2.0-draft2 with string cursor, s64 increment, get-many of tuple<string, option<list<u8>>>",
    ),
    (
        StoreDialect {
            version: "0.2.0-draft",
            cursor: Cursor::Number,
            increment: None,
            cas: false,
            get_many: Some(GetMany::ValueOrNone),
        },
        "store@0.2.0-draft with u64 cursor, no atomics, get-many of option<list<u8>>",
    ),
];

/// The state of the host.
#[derive(Default)]
pub struct Maps {
    table: ResourceTable,
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// How many writes there were: the version that a compare-and-swap compares.
    writes: u64,
    versions: BTreeMap<(String, String), u64>,
}

struct Bucket(String);

struct Cas {
    bucket: String,
    key: String,
    version: u64,
    value: Option<Vec<u8>>,
}

#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum Error {
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum CasError {
    #[component(name = "store-error")]
    Store(Error),
    #[component(name = "cas-failed")]
    Failed(Resource<Cas>),
}

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
struct TextPage {
    keys: Vec<String>,
    cursor: Option<String>,
}

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
struct NumberPage {
    keys: Vec<String>,
    cursor: Option<u64>,
}

type Answer<T> = Result<(std::result::Result<T, Error>,)>;
type Handle = Resource<Bucket>;
type Pair = (String, Vec<u8>);

impl Maps {
    fn name(&self, bucket: &Handle) -> Result<String> {
        Ok(self.table.get(bucket)?.0.clone())
    }

    fn get(&self, bucket: &Handle, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.buckets.get(&self.name(bucket)?).and_then(|pairs| pairs.get(key)).cloned())
    }

    fn write(&mut self, bucket: &str, key: &str, value: Option<Vec<u8>>) {
        self.writes += 1;
        self.versions.insert((bucket.to_owned(), key.to_owned()), self.writes);
        let pairs = self.buckets.entry(bucket.to_owned()).or_default();
        match value {
            Some(value) => pairs.insert(key.to_owned(), value),
            None => pairs.remove(key),
        };
    }

    fn version(&self, bucket: &str, key: &str) -> u64 {
        self.versions.get(&(bucket.to_owned(), key.to_owned())).copied().unwrap_or(0)
    }

    fn keys(&self, bucket: &Handle) -> Result<Vec<String>> {
        Ok(self.buckets.get(&self.name(bucket)?).into_iter().flat_map(|pairs| pairs.keys().cloned()).collect())
    }

    fn new_cas(&mut self, bucket: String, key: String) -> Result<Resource<Cas>> {
        let value = self.buckets.get(&bucket).and_then(|pairs| pairs.get(&key)).cloned();
        let version = self.version(&bucket, &key);
        Ok(self.table.push(Cas { bucket, key, version, value })?)
    }
}

/// Defines a function that yields once, then answers.
fn define<P, R>(
    instance: &mut LinkerInstance<'_, Maps>,
    name: &str,
    answer: impl Fn(&mut Maps, P) -> Result<R> + Clone + Send + Sync + 'static,
) -> Result<()>
where
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    instance.func_wrap_async(name, move |mut store: StoreContextMut<'_, Maps>, arguments: P| {
        let answer = answer.clone();
        Box::new(async move {
            YieldOnce::default().await;
            answer(store.data_mut(), arguments)
        })
    })
}

#[derive(Default)]
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Offers the interface in this dialect.
///
/// # Errors
/// When the linker has it already.
pub fn add_to_linker(linker: &mut Linker<Maps>, dialect: StoreDialect) -> Result<()> {
    let mut instance = linker.instance(&format!("wasi:keyvalue/store@{}", dialect.version))?;
    let s = &mut instance;
    s.resource("bucket", ResourceType::host::<Bucket>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<Bucket>::new_own(rep))?;
        Ok(())
    })?;
    define(s, "open", |maps, (name,): (String,)| -> Answer<Handle> {
        if !["bucket-a", "bucket-b"].contains(&name.as_str()) {
            return Ok((Err(Error::NoSuchStore),));
        }
        Ok((Ok(maps.table.push(Bucket(name))?),))
    })?;
    define(s, "[method]bucket.get", |maps, (bucket, key): (Handle, String)| -> Answer<Option<Vec<u8>>> {
        Ok((Ok(maps.get(&bucket, &key)?),))
    })?;
    define(s, "[method]bucket.set", |maps, (bucket, key, value): (Handle, String, Vec<u8>)| -> Answer<()> {
        if key == KEY_THAT_FAILS {
            wasmtime::bail!("{FAILURE}");
        }
        let bucket = maps.name(&bucket)?;
        maps.write(&bucket, &key, Some(value));
        Ok((Ok(()),))
    })?;
    define(s, "[method]bucket.delete", |maps, (bucket, key): (Handle, String)| -> Answer<()> {
        let bucket = maps.name(&bucket)?;
        maps.write(&bucket, &key, None);
        Ok((Ok(()),))
    })?;
    define(s, "[method]bucket.exists", |maps, (bucket, key): (Handle, String)| -> Answer<bool> {
        Ok((Ok(maps.get(&bucket, &key)?.is_some()),))
    })?;
    match dialect.cursor {
        Cursor::Text => {
            define(
                s,
                "[method]bucket.list-keys",
                |maps, (bucket, cursor): (Handle, Option<String>)| -> Answer<TextPage> {
                    let keys = maps.keys(&bucket)?.into_iter().filter(|key| cursor.as_ref().is_none_or(|c| key > c));
                    let page: Vec<String> = keys.take(100).collect();
                    let cursor = page.last().cloned();
                    Ok((Ok(TextPage { keys: page, cursor }),))
                },
            )?;
        }
        Cursor::Number => {
            define(
                s,
                "[method]bucket.list-keys",
                |maps, (bucket, cursor): (Handle, Option<u64>)| -> Answer<NumberPage> {
                    match cursor {
                        None => Ok((Ok(NumberPage { keys: maps.keys(&bucket)?, cursor: None }),)),
                        Some(_) => Ok((Err(Error::Other("no page gave this cursor".into())),)),
                    }
                },
            )?;
        }
    }
    add_atomics(linker, dialect)?;
    add_batch(linker, dialect)
}

fn add_atomics(linker: &mut Linker<Maps>, dialect: StoreDialect) -> Result<()> {
    let Some(Increment::Signed) = dialect.increment else { return Ok(()) };
    let mut instance = linker.instance(&format!("wasi:keyvalue/atomics@{}", dialect.version))?;
    let s = &mut instance;
    define(s, "increment", |maps, (bucket, key, delta): (Handle, String, i64)| -> Answer<i64> {
        let number = match maps.get(&bucket, &key)? {
            None => Some(0),
            Some(value) => String::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok()),
        };
        let Some(sum) = number.and_then(|number| number.checked_add(delta)) else {
            return Ok((Err(Error::Other("no number, or too great a one".into())),));
        };
        let bucket = maps.name(&bucket)?;
        maps.write(&bucket, &key, Some(sum.to_string().into_bytes()));
        Ok((Ok(sum),))
    })?;
    if !dialect.cas {
        return Ok(());
    }
    s.resource("cas", ResourceType::host::<Cas>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<Cas>::new_own(rep))?;
        Ok(())
    })?;
    define(s, "[static]cas.new", |maps, (bucket, key): (Handle, String)| -> Answer<Resource<Cas>> {
        let bucket = maps.name(&bucket)?;
        Ok((Ok(maps.new_cas(bucket, key)?),))
    })?;
    define(s, "[method]cas.current", |maps, (cas,): (Resource<Cas>,)| -> Answer<Option<Vec<u8>>> {
        Ok((Ok(maps.table.get(&cas)?.value.clone()),))
    })?;
    type Swapped = Result<(std::result::Result<(), CasError>,)>;
    define(s, "swap", |maps, (cas, value): (Resource<Cas>, Vec<u8>)| -> Swapped {
        let Cas { bucket, key, version, .. } = maps.table.delete(cas)?;
        if maps.version(&bucket, &key) != version {
            return Ok((Err(CasError::Failed(maps.new_cas(bucket, key)?)),));
        }
        maps.write(&bucket, &key, Some(value));
        Ok((Ok(()),))
    })
}

fn add_batch(linker: &mut Linker<Maps>, dialect: StoreDialect) -> Result<()> {
    let Some(get_many) = dialect.get_many else { return Ok(()) };
    let mut instance = linker.instance(&format!("wasi:keyvalue/batch@{}", dialect.version))?;
    let s = &mut instance;
    type Asked = (Handle, Vec<String>);
    match get_many {
        GetMany::PairOrNone => define(s, "get-many", |maps, (bucket, keys): Asked| -> Answer<Vec<Option<Pair>>> {
            let answer = |key: String| Ok(maps.get(&bucket, &key)?.map(|value| (key, value)));
            Ok((Ok(keys.into_iter().map(answer).collect::<Result<_>>()?),))
        }),
        GetMany::KeyWithValueOrNone => {
            define(s, "get-many", |maps, (bucket, keys): Asked| -> Answer<Vec<(String, Option<Vec<u8>>)>> {
                let answer = |key: String| Ok((key.clone(), maps.get(&bucket, &key)?));
                Ok((Ok(keys.into_iter().map(answer).collect::<Result<_>>()?),))
            })
        }
        GetMany::ValueOrNone => define(s, "get-many", |maps, (bucket, keys): Asked| -> Answer<Vec<Option<Vec<u8>>>> {
            Ok((Ok(keys.into_iter().map(|key| maps.get(&bucket, &key)).collect::<Result<_>>()?),))
        }),
    }?;
    define(s, "set-many", |maps, (bucket, pairs): (Handle, Vec<(String, Vec<u8>)>)| -> Answer<()> {
        let bucket = maps.name(&bucket)?;
        for (key, value) in pairs {
            maps.write(&bucket, &key, Some(value));
        }
        Ok((Ok(()),))
    })?;
    define(s, "delete-many", |maps, (bucket, keys): Asked| -> Answer<()> {
        let bucket = maps.name(&bucket)?;
        for key in keys {
            maps.write(&bucket, &key, None);
        }
        Ok((Ok(()),))
    })
}
