//! A redis-server of the test's own.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::folders;

/// How many ports are tried.
const PORTS: u32 = 5;

/// A server on a loopback port; it ends with this value.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts a server that keeps nothing, with these arguments besides, and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started, or ends, on each of several ports.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        // Another program may take a port between the moment it is found free and the start.
        let mut started = Self::start_on_a_free_port(arguments);
        for _ in 1..PORTS {
            if started.is_ok() {
                break;
            }
            started = Self::start_on_a_free_port(arguments);
        }
        started
    }

    fn start_on_a_free_port(arguments: &[&str]) -> io::Result<Self> {
        // Free again when the listener is dropped.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--daemonize", "no", "--dir"])
            .arg(folders::scratch())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { process, port };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.process.try_wait()? {
                return Err(io::Error::other(format!("redis-server ended before it answered: {status}")));
            }
            std::thread::yield_now();
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
