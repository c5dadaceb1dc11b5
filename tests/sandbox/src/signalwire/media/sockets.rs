//! The UDP sockets of the engine: one for all calls at each address it is reached at.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdSocket};
use std::task::Poll;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// A socket with more to complain about waits for the engine's next look.
const ERRORS_IN_A_ROW: usize = 8;

pub struct Sockets(Vec<(UdpSocket, SocketAddr)>);

/// One packet's way: how long it is, whence it came and where it arrived.
pub type Received = (usize, SocketAddr, SocketAddr);

impl Sockets {
    /// Ports are the system's choice.
    pub async fn bind(addresses: impl IntoIterator<Item = IpAddr>) -> std::io::Result<Sockets> {
        let mut sockets = Vec::new();
        for address in addresses {
            let socket = UdpSocket::bind((address, 0)).await?;
            // Sending only ever tries; the runtime has to see once that the socket can.
            socket.writable().await?;
            let here = socket.local_addr()?;
            sockets.push((socket, here));
        }
        Ok(Sockets(sockets))
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().map(|(_, here)| *here).collect()
    }

    /// The next packet at any of the addresses. Safe to drop and call again.
    pub async fn receive(&self, buffer: &mut [u8]) -> Received {
        poll_fn(|context| {
            for (socket, here) in &self.0 {
                let mut buffer = ReadBuf::new(buffer);
                // An error is about a packet of ours that nobody took (ICMP); what comes after it is looked at at once.
                for _ in 0..ERRORS_IN_A_ROW {
                    match socket.poll_recv_from(context, &mut buffer) {
                        Poll::Ready(Ok(from)) => return Poll::Ready((buffer.filled().len(), from, *here)),
                        Poll::Ready(Err(_)) => {}
                        Poll::Pending => break,
                    }
                }
            }
            Poll::Pending
        })
        .await
    }

    /// A packet that is there already.
    pub fn try_receive(&self, buffer: &mut [u8]) -> Option<Received> {
        self.0.iter().find_map(|(socket, here)| {
            let (length, from) = socket.try_recv_from(buffer).ok()?;
            Some((length, from, *here))
        })
    }

    /// A full send buffer loses the packet, as any network may; the receiver asks for it again.
    pub fn send(&self, packet: &[u8], from: SocketAddr, to: SocketAddr) {
        if let Some((socket, _)) = self.0.iter().find(|(_, here)| *here == from) {
            let _ = socket.try_send_to(packet, to);
        }
    }
}

/// The address this machine has on its default network, if it is on one. Connecting a datagram socket sends nothing; it
/// only has the system choose the address it would send from (to one that is reserved for documentation, RFC 5737).
pub fn own_address() -> Option<IpAddr> {
    let socket = StdSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(198, 51, 100, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
