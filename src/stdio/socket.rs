//! Sockets: listening or connected, handed to the guest or accepted by it.

use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::ioctl_fionread;
use rustix::net::{self, AddressFamily, Shutdown, SocketFlags, SocketType, sockopt};

use super::{Source, Stream};
use crate::abi::{Errno, Filestat, Filetype, Riflags, Sdflags};
use crate::span::Span;
use crate::system::{Host, Wait};
use crate::vfs::Result;
use crate::vfs::host::{filestat, from_host, transfer};

/// How many connections may wait to be accepted. Node's own number.
const BACKLOG: i32 = 511;

/// A socket of the host's.
pub struct Socket {
    fd: OwnedFd,
    datagram: bool,
}

impl Socket {
    /// A socket over a descriptor of its own.
    pub fn new(fd: OwnedFd) -> Self {
        let datagram = sockopt::socket_type(&fd) == Ok(SocketType::DGRAM);
        Self { fd, datagram }
    }

    /// Listens for TCP connections on `HOST:PORT`; port 0 takes a free one. Errors: `Inval` for what is no address,
    /// `Addrinuse`, `Addrnotavail`, `Acces`.
    pub fn listen(address: &str) -> Result<Self> {
        let address = address.to_socket_addrs().map_err(|_| Errno::Inval)?.next().ok_or(Errno::Inval)?;
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = net::socket_with(family, SocketType::STREAM, flags, None).map_err(from_host)?;
        sockopt::set_socket_reuseaddr(&fd, true).map_err(from_host)?;
        net::bind(&fd, &address).map_err(from_host)?;
        net::listen(&fd, BACKLOG).map_err(from_host)?;
        Ok(Self { fd, datagram: false })
    }

    /// Its own address, where it has an IP address.
    pub fn address(&self) -> Option<SocketAddr> {
        net::getsockname(&self.fd).ok()?.try_into().ok()
    }

    /// Takes a connection, or answers `AGAIN`. A listening socket of the host's may block, and whoever else accepts from it
    /// may have been faster; what accept(2) then waits for can't be given up. The flag is the open file's, and no call takes it
    /// for itself, so one that blocks gets it just for this.
    fn accept_now(&self) -> rustix::io::Result<OwnedFd> {
        /// Of two threads, the second must not take the first one's flag for the host's.
        static ALONE: Mutex<()> = Mutex::new(());
        let accept = || net::accept_with(&self.fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK);
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let flags = fcntl_getfl(&self.fd)?;
        if flags.contains(OFlags::NONBLOCK) {
            return accept();
        }
        fcntl_setfl(&self.fd, flags | OFlags::NONBLOCK)?;
        let accepted = accept();
        fcntl_setfl(&self.fd, flags)?;
        accepted
    }
}

impl Stream for Socket {
    fn stat(&self) -> Result<Filestat> {
        let stat = filestat(&fstat(&self.fd).map_err(from_host)?);
        let filetype = if self.datagram { Filetype::SocketDgram } else { Filetype::SocketStream };
        Ok(Filestat { filetype, ..stat })
    }

    fn directions(&self) -> (bool, bool) {
        (true, true)
    }

    fn source(&self) -> Source<'_> {
        Source::Fd(self.fd.as_fd())
    }

    fn available(&self) -> Option<u64> {
        ioctl_fionread(&self.fd).ok()
    }

    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        self.receive(into, Riflags::default()).map(|(len, _)| len)
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        self.send(from)
    }

    fn as_socket(&self) -> Option<&Socket> {
        Some(self)
    }

    fn accept(&self) -> Result<Arc<dyn Stream>> {
        // Asked first, so that the flags are touched only where somebody is there.
        let mut wait = [Wait::new(self.fd.as_fd(), false)];
        if !Host::poll_now(&mut wait)? {
            // Only a listening socket is worth waiting for; of any other the kernel would say so at once.
            return Err(match sockopt::socket_acceptconn(&self.fd) {
                Ok(false) if self.datagram => Errno::Notsup,
                Ok(false) => Errno::Inval,
                _ => Errno::Again,
            });
        }
        let fd = self.accept_now().map_err(from_host)?;
        Ok(Arc::new(Self { fd, datagram: false }))
    }

    fn receive(&self, into: &[Span<'_>], flags: Riflags) -> Result<(usize, bool)> {
        transfer::receive(self.fd.as_fd(), into, flags.contains(Riflags::PEEK))
    }

    fn send(&self, from: &[Span<'_>]) -> Result<usize> {
        transfer::send(self.fd.as_fd(), from)
    }

    fn shutdown(&self, how: Sdflags) -> Result<()> {
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        net::shutdown(&self.fd, how).map_err(from_host)
    }
}
