//! Connections, given up where the other end no longer reads what it asked for.

use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// How long an answer may wait for its reader to take anything of it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Listens, and gives up who reads nothing for so long.
pub struct Impatient {
    listener: TcpListener,
    patience: Duration,
}

impl Impatient {
    pub const fn new(listener: TcpListener, patience: Duration) -> Self {
        Self { listener, patience }
    }
}

impl Listener for Impatient {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        // That of the listener itself, which outlives connections that fail and having no more files to open.
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.patience));
        (Box::pin(stream), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Listener::local_addr(&self.listener)
    }
}

/// Who is at the other end of the wire: a client, or a proxy that passes on what clients ask.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, Impatient>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Impatient>) -> Self {
        Self(*stream.remote_addr())
    }
}
