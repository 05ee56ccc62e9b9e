//! As much of Redis's protocol (RESP2) as the tests speak.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use kvspec::{Failure, Result};

#[derive(Debug)]
pub(super) enum Reply {
    Line,
    Number(i64),
    Bytes(Option<Vec<u8>>),
}

pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(fault)?;
        stream.set_nodelay(true).map_err(fault)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(super) fn ask(&mut self, words: &[&[u8]]) -> Result<Reply> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&request).map_err(fault)?;
        let mut line = String::new();
        self.0.read_line(&mut line).map_err(fault)?;
        let rest = line.get(1..).unwrap_or_default().trim_end();
        let number = || rest.parse::<i64>().map_err(|_| Failure::Harness(format!("redis said {line:?}")));
        match line.as_bytes().first() {
            Some(b'+') => Ok(Reply::Line),
            Some(b'-') => Err(Failure::error(rest)),
            Some(b':') => Ok(Reply::Number(number()?)),
            Some(b'$') => match usize::try_from(number()?) {
                Err(_) => Ok(Reply::Bytes(None)),
                Ok(length) => {
                    let mut bytes = vec![0; length + 2];
                    self.0.read_exact(&mut bytes).map_err(fault)?;
                    bytes.truncate(length);
                    Ok(Reply::Bytes(Some(bytes)))
                }
            },
            _ => Err(Failure::Harness(format!("redis said {line:?}"))),
        }
    }
}

fn fault(error: std::io::Error) -> Failure {
    Failure::Harness(format!("redis: {error}"))
}
