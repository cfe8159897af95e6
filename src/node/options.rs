//! What JavaScript asks for, and the process made of it. JavaScript has validated it.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use napi::Either;
use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;

use super::mounts::{Mount, Preopen, mounts};
use super::stream::StandardStream;
use crate::abi::{Errno, Snapshot};
use crate::guest::Strings;
use crate::process::{self, Process};
use crate::stdio::{self, Socket, Stream};
use crate::system::Host;

/// How many descriptors a guest may have, unless it is said: what a Unix shell gives a program.
const DEFAULT_MAX_FDS: u64 = 1024;

/// What a sandbox is made of.
#[napi(object, object_to_js = false)]
pub struct Options<'e> {
    /// The arguments, the program's name first.
    pub args: Vec<String>,
    /// The environment, each `KEY=value`.
    pub env: Vec<String>,
    /// The directories, in the order of their descriptors, from 3 on.
    pub preopens: Vec<Preopen<'e>>,
    /// 0, 1 and 2: the host's descriptors, or streams of ours.
    pub stdio: Vec<Either<i32, ClassInstance<'e, StandardStream>>>,
    /// Sockets, behind the directories: the host's descriptors, or addresses to listen on.
    pub sockets: Vec<Either<i32, String>>,
    /// How many descriptors it may have open; 0 for the default.
    pub max_fds: u32,
    /// Whether listings begin with `.` and `..`.
    pub dot_entries: bool,
    /// Whether it is a guest of preview0.
    pub unstable: bool,
    /// Where its calls are told.
    pub trace: Trace,
}

/// Where a guest's calls are told.
#[napi(string_enum = "lowercase")]
pub enum Trace {
    /// Nowhere.
    Off,
    /// On the host's standard error.
    Stderr,
    /// To the hook `trace`.
    Function,
}

/// A socket that a guest was given.
#[napi(object, object_from_js = false)]
#[derive(Clone)]
pub struct GivenSocket {
    /// The guest's descriptor.
    pub fd: u32,
    /// The IP address that it is bound to, empty where it has none.
    pub address: String,
    /// The port that it is bound to, 0 where it has none.
    pub port: u32,
}

/// Why there is no process, and what was at fault, as a property of the error: a preopen's host `path`, or a socket's
/// `address`.
pub struct Failure(pub Errno, pub Option<(&'static CStr, String)>);

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self(errno, None)
    }
}

/// Makes a process, with its descriptors open. `stream` takes a standard stream for it.
pub fn process(
    options: Options<'_>,
    stream: impl Fn(&StandardStream) -> Result<Arc<dyn Stream>, Errno>,
) -> Result<(Process, Vec<GivenSocket>), Failure> {
    let Options { args, env, preopens, stdio, sockets, max_fds, dot_entries, unstable, trace: _ } = options;
    let process = Process::new(process::Options {
        args: Strings::new(args)?,
        env: Strings::new(env)?,
        max_fds: if max_fds == 0 { default_max_fds() } else { max_fds },
        system: Box::new(Host::new()),
        snapshot: if unstable { Snapshot::Preview0 } else { Snapshot::Preview1 },
        dot_entries,
    });
    for standard in stdio {
        process.add_stream(match standard {
            Either::A(fd) => duplicate(fd)?,
            Either::B(standard) => stream(&standard)?,
        })?;
    }
    for Mount { guest, dir, host } in mounts(preopens)? {
        let added = process.add_preopen(guest.as_bytes(), dir);
        added.map_err(|errno| Failure(errno, Some((c"path", host))))?;
    }
    let mut given = Vec::with_capacity(sockets.len());
    for socket in sockets {
        let (stream, address) = match socket {
            Either::A(fd) => {
                let stream = duplicate(fd)?;
                let address = stream.as_socket().ok_or(Errno::Notsock)?.address();
                (stream, address)
            }
            Either::B(address) => {
                let socket =
                    Socket::listen(&address).map_err(|errno| Failure(errno, Some((c"address", address))))?;
                let address = socket.address();
                (Arc::new(socket) as Arc<dyn Stream>, address)
            }
        };
        let fd = process.add_stream(stream)?;
        given.push(GivenSocket {
            fd,
            address: address.map(|address| address.ip().to_string()).unwrap_or_default(),
            port: address.map(|address| u32::from(address.port())).unwrap_or_default(),
        });
    }
    Ok((process, given))
}

fn duplicate(fd: i32) -> Result<Arc<dyn Stream>, Errno> {
    if fd < 0 {
        return Err(Errno::Badf);
    }
    // SAFETY: used for one system call, which says so where the number is not open.
    stdio::duplicate(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// The default, or half of what the host process may have, where that is less.
fn default_max_fds() -> u32 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    DEFAULT_MAX_FDS.min(limit.current.map_or(DEFAULT_MAX_FDS, |limit| limit / 2)) as u32
}
