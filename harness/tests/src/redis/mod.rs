//! Two redis-servers on ports of their own, and the store that writes to one and reads the other.

mod protocol;

use std::cell::{Cell, RefCell};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use kvspec::{Bucket, Clock, Failure, Implementation, Result};
use protocol::{Connection, Reply};

use crate::redis_server::Server;

/// Whether there is a redis-server to start.
pub fn is_installed() -> bool {
    Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A primary sends its data at once, without a file.
const AT_ONCE: &[&str] = &["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"];

/// A primary and its replica, which run until this is dropped.
pub struct Servers {
    primary: Server,
    replica: Server,
}

impl Servers {
    /// Starts both.
    pub fn start() -> Result<Self> {
        let fault = |e: std::io::Error| Failure::Setup(format!("starting a server: {e}"));
        Ok(Self { primary: Server::start(AT_ONCE).map_err(fault)?, replica: Server::start(AT_ONCE).map_err(fault)? })
    }
}

/// Sets and deletes go to the primary, gets and exists to the replica.
pub struct Replicated {
    /// Those of this store alone; empty where it was given others, or after a promotion.
    servers: RefCell<Vec<Server>>,
    links: Rc<Links>,
    /// Real time, in which replication runs.
    pub clock: Box<dyn Clock>,
}

struct Links {
    primary: RefCell<Connection>,
    replica: RefCell<Connection>,
    /// Replication runs: to let time pass is to let the replica catch up.
    replicates: Cell<bool>,
    primary_port: u16,
    now_ns: Cell<u64>,
}

/// Time in which the replica catches up: it has no other meaning to a store without timers.
struct CatchUp(Rc<Links>);

impl Clock for CatchUp {
    fn now_ns(&self) -> u64 {
        self.0.now_ns.get()
    }

    fn advance(&self, by: Duration) {
        self.0.now_ns.set(self.0.now_ns.get() + by.as_nanos() as u64);
        if self.0.replicates.get() {
            self.0.catch_up().expect("both servers answer");
        }
    }
}

fn text(reply: Reply) -> Result<String> {
    match reply {
        Reply::Bytes(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        other => Err(Failure::Harness(format!("redis said {other:?}"))),
    }
}

/// The number of this field in what `INFO replication` says.
fn field(info: &str, name: &str) -> Option<String> {
    info.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':').map(str::to_owned))
}

impl Links {
    /// Waits until the replica has what the primary has.
    fn catch_up(&self) -> Result<()> {
        let target = text(self.primary.borrow_mut().ask(&[b"INFO", b"replication"])?)?;
        let target: u64 = field(&target, "master_repl_offset").and_then(|n| n.parse().ok()).unwrap_or(0);
        loop {
            let info = text(self.replica.borrow_mut().ask(&[b"INFO", b"replication"])?)?;
            let offset = field(&info, "slave_repl_offset").and_then(|n| n.parse::<u64>().ok());
            let is_up = field(&info, "master_link_status").as_deref() == Some("up");
            if is_up && offset.is_some_and(|offset| offset >= target) {
                return Ok(());
            }
            std::thread::yield_now();
        }
    }

    fn follow(&self, port: &str) -> Result<()> {
        self.replica.borrow_mut().ask(&[b"REPLICAOF", b"127.0.0.1", port.as_bytes()]).map(drop)
    }
}

impl Replicated {
    /// Starts two servers of its own, and waits until the replica follows.
    pub fn start() -> Result<Self> {
        let servers = Servers::start()?;
        let store = Self::of(&servers)?;
        let Servers { primary, replica } = servers;
        *store.servers.borrow_mut() = vec![replica, primary];
        Ok(store)
    }

    /// A client of these servers; waits until the replica follows.
    pub fn of(servers: &Servers) -> Result<Self> {
        let links = Rc::new(Links {
            primary: RefCell::new(Connection::open(servers.primary.port)?),
            replica: RefCell::new(Connection::open(servers.replica.port)?),
            replicates: Cell::new(true),
            primary_port: servers.primary.port,
            now_ns: Cell::new(0),
        });
        let clock = Box::new(CatchUp(links.clone()));
        let store = Self { servers: RefCell::default(), links, clock };
        store.resume()?;
        store.links.catch_up()?;
        Ok(store)
    }

    /// The replica follows a port where nobody listens, and goes on serving what it has.
    pub fn pause(&self) -> Result<()> {
        self.links.replicates.set(false);
        self.links.follow("1")
    }

    /// The replica follows the primary.
    pub fn resume(&self) -> Result<()> {
        self.links.replicates.set(true);
        self.links.follow(&self.links.primary_port.to_string())
    }

    /// The primary ends, and the replica takes its place with what it has.
    pub fn promote_the_replica(&self) -> Result<()> {
        self.links.replicates.set(false);
        // The primary is the last.
        self.servers.borrow_mut().pop();
        self.links.replica.borrow_mut().ask(&[b"REPLICAOF", b"NO", b"ONE"]).map(drop)
    }

    /// Removes everything, on both.
    pub fn empty(&self) -> Result<()> {
        self.links.primary.borrow_mut().ask(&[b"FLUSHALL"])?;
        self.links.catch_up()
    }
}

impl Implementation for Replicated {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        // The length keeps names apart whatever is in them.
        Ok(Box::new(Handle { links: self.links.clone(), prefix: format!("{}:{name}", name.len()) }))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&*self.clock)
    }
}

struct Handle {
    links: Rc<Links>,
    prefix: String,
}

impl Handle {
    fn key(&self, key: &str) -> Vec<u8> {
        format!("{}{key}", self.prefix).into_bytes()
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self.links.replica.borrow_mut().ask(&[b"GET", &self.key(key)])? {
            Reply::Bytes(value) => Ok(value),
            other => Err(Failure::Harness(format!("redis said {other:?}"))),
        }
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.links.primary.borrow_mut().ask(&[b"SET", &self.key(key), value]).map(drop)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.links.primary.borrow_mut().ask(&[b"DEL", &self.key(key)]).map(drop)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(matches!(self.links.replica.borrow_mut().ask(&[b"EXISTS", &self.key(key)])?, Reply::Number(1)))
    }
}
