//! A redis-server of the test's own.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::folders;

/// A server on a loopback port; it ends with this value.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts a server that keeps nothing, with these arguments besides, and waits until it answers.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        // The port is free again when the listener is dropped; nothing else asks for it by chance.
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
