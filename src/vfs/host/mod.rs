//! Directories of the host, resolved by its kernel and never by joining path strings.
//!
//! A path goes through [`resolve`], or through [`walk`] where the kernel has no such call; both take a directory's handle
//! and give a handle beneath it. What acts on a name acts on a single one, without a slash, in the handle of its parent.

mod descriptor;
mod dir;
mod errno;
mod file;
mod list;
mod place;
#[cfg(target_os = "linux")]
mod resolve;
pub(crate) mod transfer;
mod walk;
#[cfg(not(target_os = "linux"))]
use walk as resolve;

pub use dir::{HostDir, MountOptions, Resolution};
pub use errno::from_host;
pub use file::{HostFile, filestat};
