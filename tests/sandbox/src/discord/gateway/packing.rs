//! Compression of what is sent. <https://discord.com/developers/docs/topics/gateway#encoding-and-compression>

use std::io::Write as _;

use axum::extract::ws::Message;
use flate2::{Compress, Compression, FlushCompress, write::ZlibEncoder};

/// Payloads beyond this are compressed where the client asked for it in IDENTIFY.
const LARGE: usize = 4096;

/// How one connection wants its frames.
pub enum Packing {
    Plain,
    /// Each large payload for itself.
    Payload,
    /// `compress=zlib-stream`: one stream over the whole connection.
    Stream(Box<Compress>),
}

impl Packing {
    pub fn stream() -> Self {
        Self::Stream(Box::new(Compress::new(Compression::fast(), true)))
    }

    pub fn pack(&mut self, frame: String) -> Message {
        match self {
            Self::Payload if frame.len() > LARGE => match zlib(frame.as_bytes()) {
                Ok(packed) => Message::binary(packed),
                Err(_) => Message::text(frame),
            },
            Self::Plain | Self::Payload => Message::text(frame),
            Self::Stream(stream) => Message::binary(flushed(stream, frame.as_bytes())),
        }
    }
}

fn zlib(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(vec![], Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The next piece of the stream; it ends with the suffix `00 00 FF FF`.
fn flushed(stream: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    let before = stream.total_in();
    loop {
        let done = usize::try_from(stream.total_in() - before).unwrap_or(bytes.len());
        // Compressing into memory does not fail.
        let _ = stream.compress_vec(&bytes[done..], &mut packed, FlushCompress::Sync);
        let is_done = stream.total_in() - before == bytes.len() as u64;
        if is_done && packed.len() < packed.capacity() {
            return packed;
        }
        packed.reserve(bytes.len() + 64);
    }
}
