//! openat2(2), refused to a thread: as old kernels do, and seccomp profiles older than the call. The fuzz targets include this file.

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Makes openat2(2) fail with this error, for the calling thread and those that it starts.
pub fn refuse_openat2(errno: Errno) {
    let rules = [(libc::SYS_openat2, vec![])].into_iter().collect();
    let refusal = SeccompAction::Errno(errno.raw_os_error() as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refusal, TargetArch::x86_64).unwrap();
    seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
    assert_eq!(probe(), Err(errno));
}

/// Whether the calling thread may make the call.
pub fn probe() -> Result<(), Errno> {
    openat2(CWD, c".", OFlags::PATH, Mode::empty(), ResolveFlags::BENEATH).map(drop)
}
