//! One kept-alive connection that sends requests made before: as little work as can be, for it shares the machine with
//! what is measured.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// No answer that is asked for here comes near it.
const ANSWER_MAX: usize = 64 * 1024;

/// See the module.
pub struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
    head: usize,
}

impl Wire {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4096), head: 0 })
    }

    /// Sends a whole request and reads the whole answer; its status.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let mut whole = None;
        while whole.is_none_or(|whole| self.answer.len() < whole) {
            if self.stream.read_buf(&mut self.answer).await? == 0 || self.answer.len() > ANSWER_MAX {
                return Err(io::Error::other("an answer that does not end"));
            }
            if whole.is_none()
                && let Some(head) = self.answer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                self.head = head + 4;
                whole = Some(self.head + length(&self.answer[..head])?);
            }
        }
        let status = self.answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        status.ok_or_else(|| io::Error::other("not HTTP"))
    }

    /// The last answer's head.
    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.answer[..self.head]).into_owned()
    }

    /// The last answer's body.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.answer[self.head..]).into_owned()
    }
}

/// What `Content-Length` says; nothing where there is none.
fn length(head: &[u8]) -> io::Result<usize> {
    const NAME: &[u8] = b"content-length:";
    for line in head.split(|byte| *byte == b'\n') {
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            let value = std::str::from_utf8(&line[NAME.len()..]).map_err(io::Error::other)?;
            return value.trim().parse().map_err(io::Error::other);
        }
    }
    Ok(0)
}
